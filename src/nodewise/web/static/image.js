// One image of a case: fetched frame by frame, windowed and cut into planes here.
import { clamp, inverse, spacing } from "./geometry.js";

const CT_WINDOWS = [["soft tissue", 40, 400], ["neck", 60, 250], ["bone", 500, 2000], ["lung", -500, 1500]];
const SHARES = [["standard", 0.01, 0.995], ["bright", 0.01, 0.95], ["dark", 0.05, 0.9995], ["full", 0, 1]];

export class Image {
  constructor(code, number, facts) {
    Object.assign(this, { code, number, ...facts });
    this.inverse = inverse(this.affine);
    this.spacing = spacing(this.affine);
    this.frame = this.start;
    this.kept = new Map();
    this.preset = 0;
  }

  async load() {
    const overlay = fetchBytes(`/read/${this.code}/overlay/${this.number}`);
    await this.show(this.start);
    this.usePreset(0);
    this.nodes = new Uint8Array((await overlay).bytes);
  }

  async show(frame) {
    if (!this.kept.has(frame)) {
      const { bytes, headers } = await fetchBytes(`/read/${this.code}/image/${this.number}/${frame}`);
      const levels = new Uint16Array(bytes);
      this.kept.set(frame, { levels, slope: +headers.get("x-slope"), intercept: +headers.get("x-intercept") });
    }
    this.frame = frame;
    this.voxels = this.kept.get(frame);
  }

  presets() {
    return this.modality === "CT" ? CT_WINDOWS : SHARES;
  }

  usePreset(number) {
    this.preset = number % this.presets().length;
    const [, first, second] = this.presets()[this.preset];
    if (this.modality === "CT") this.window = { low: first - second / 2, high: first + second / 2 };
    else this.window = { low: this.share(first), high: this.share(second) };
  }

  share(part) {
    const { levels, slope, intercept } = this.voxels;
    const step = Math.max(1, Math.floor(levels.length / 50000));
    const sample = [];
    for (let i = 0; i < levels.length; i += step) if (levels[i] > 0) sample.push(levels[i]);
    if (!sample.length) return intercept;
    sample.sort((a, b) => a - b);
    return intercept + slope * sample[clamp(Math.round(part * (sample.length - 1)), 0, sample.length - 1)];
  }

  shift(level, width) {
    const { low, high } = this.window;
    const span = high - low;
    const middle = (low + high) / 2 + level * span;
    const half = Math.max((span * (1 + width)) / 2, this.voxels.slope);
    this.window = { low: middle - half, high: middle + half };
    this.preset = -1;
  }

  // Grey values of one slice and, where the overlay has them, nodes' numbers.
  cut(plane, slice) {
    const { across, down, through } = plane;
    const stride = [1, this.shape[0], this.shape[0] * this.shape[1]];
    const [wide, high] = [this.shape[across], this.shape[down]];
    const grey = new ImageData(wide, high);
    const labels = new Uint8Array(wide * high);
    const { nodes, voxels: { levels, slope, intercept } } = this;
    const gain = (255 * slope) / (this.window.high - this.window.low || 1);
    const offset = (255 * (intercept - this.window.low)) / (this.window.high - this.window.low || 1);
    for (let v = 0, pixel = 0; v < high; v++) {
      let index = slice * stride[through] + v * stride[down];
      for (let u = 0; u < wide; u++, pixel++, index += stride[across]) {
        const value = levels[index] * gain + offset;
        grey.data[4 * pixel] = grey.data[4 * pixel + 1] = grey.data[4 * pixel + 2] = value;
        grey.data[4 * pixel + 3] = 255;
        labels[pixel] = nodes ? nodes[index] : 0;
      }
    }
    return { grey, labels, wide, high };
  }
}

async function fetchBytes(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error((await answer.json()).problem);
  return { bytes: await answer.arrayBuffer(), headers: answer.headers };
}
