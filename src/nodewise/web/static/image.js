// One image of a case: fetched frame by frame, windowed and cut into planes here.
import { table } from "./colours.js";
import { clamp, inverse, spacing } from "./geometry.js";

const KEPT_BYTES = 256e6; // of frames, over all images

const kept = new Map(); // address → voxels, the least recently shown first

export class Image {
  constructor(base, number, facts) {
    Object.assign(this, { base, number, ...facts });
    this.inverse = inverse(this.affine);
    this.spacing = spacing(this.affine);
    this.frame = this.wanted = this.start;
    this.asked = new Map();
    this.preset = 0;
    this.coloured = this.colours;
  }

  // The numbers of nodes on its voxels, which images with the same voxels share.
  async loadOverlay(shared = new Map()) {
    const grid = this.grid();
    if (!shared.has(grid)) shared.set(grid, fetchBytes(`${this.base}/overlay/${this.number}`));
    this.nodes = new Uint8Array((await shared.get(grid)).bytes);
  }

  async load(shared) {
    await Promise.all([this.show(this.wanted), this.loadOverlay(shared)]);
  }

  // Whether a node was drawn on another frame of this cine than the one that is shown.
  elsewhere(node) {
    return (this.drawn_on[node] ?? this.frame) !== this.frame;
  }

  // Equal for images with the same voxels.
  grid() {
    return JSON.stringify([this.shape, this.affine]);
  }

  async show(frame) {
    this.wanted = frame;
    const voxels = await this.fetch(frame).catch((error) => {
      if (this.wanted === frame) this.wanted = this.frame; // the next step begins where we are
      throw error;
    });
    if (this.wanted !== frame) return;
    const first = !this.voxels;
    Object.assign(this, { frame, voxels });
    if (first) this.usePreset(0);
  }

  // A frame's voxels; asked for once, however often they are wanted meanwhile.
  fetch(frame) {
    const address = `${this.base}/image/${this.number}/${frame}`;
    const found = kept.get(address);
    if (found) {
      kept.delete(address);
      kept.set(address, found);
      return Promise.resolve(found);
    }
    if (!this.asked.has(frame))
      this.asked.set(frame, fetchVoxels(address).finally(() => this.asked.delete(frame)));
    return this.asked.get(frame);
  }

  usePreset(number) {
    this.preset = number % this.windows.length;
    const { low, high, from, to } = this.windows[this.preset];
    if (low !== undefined) this.window = { low, high };
    else this.window = { low: this.share(from), high: this.share(to) };
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

  // Its colour map, or grey.
  turnColours() {
    const own = this.colours === "grey" ? "inverse" : this.colours;
    this.coloured = this.coloured === "grey" ? own : "grey";
  }

  // A stored value as it is shown: number and unit.
  said(value) {
    const shown = value * this.factor;
    const digits = Math.abs(shown) >= 100 ? 0 : Math.abs(shown) >= 10 ? 1 : 2;
    return `${shown.toFixed(digits)} ${this.unit}`;
  }

  valueAt(voxel) {
    const at = voxel.map(Math.round);
    if (at.some((place, axis) => place < 0 || place >= this.shape[axis])) return null;
    return this.voxels.intercept + this.voxels.slope * this.voxels.levels[this.index(at)];
  }

  index([x, y, z]) {
    return x + this.shape[0] * (y + this.shape[1] * z);
  }

  // Colours of one slice and, where the overlay has them, nodes' numbers.
  cut(plane, slice) {
    const { across, down, through } = plane;
    const stride = [1, this.shape[0], this.shape[0] * this.shape[1]];
    const [wide, high] = [this.shape[across], this.shape[down]];
    const shown = new ImageData(wide, high);
    const pixels = new Uint32Array(shown.data.buffer);
    const labels = new Uint8Array(wide * high);
    const { nodes, voxels: { levels, slope, intercept } } = this;
    const span = this.window.high - this.window.low || 1;
    const [gain, offset] = [(255 * slope) / span, (255 * (intercept - this.window.low)) / span];
    const colours = this.packed();
    for (let v = 0, pixel = 0; v < high; v++) {
      let index = slice * stride[through] + v * stride[down];
      for (let u = 0; u < wide; u++, pixel++, index += stride[across]) {
        const value = levels[index] * gain + offset;
        pixels[pixel] = colours[value <= 0 ? 0 : value >= 255 ? 255 : value | 0];
        labels[pixel] = nodes ? nodes[index] : 0;
      }
    }
    return { shown, labels, wide, high };
  }

  // The colour map as the canvas stores pixels.
  packed() {
    if (this.packedFor !== this.coloured) {
      const colours = table(this.coloured);
      const bytes = new Uint8ClampedArray(256 * 4).fill(255);
      for (let level = 0; level < 256; level++) bytes.set(colours.subarray(3 * level, 3 * level + 3), 4 * level);
      Object.assign(this, { packedFor: this.coloured, packedColours: new Uint32Array(bytes.buffer) });
    }
    return this.packedColours;
  }
}

async function fetchVoxels(address) {
  const { bytes, headers } = await fetchBytes(address);
  const found = {
    levels: new Uint16Array(bytes), slope: +headers.get("x-slope"), intercept: +headers.get("x-intercept"),
  };
  kept.set(address, found);
  let size = [...kept.values()].reduce((sum, { levels }) => sum + levels.byteLength, 0);
  for (const [old, { levels }] of kept) {
    if (size <= KEPT_BYTES || old === address) break;
    kept.delete(old);
    size -= levels.byteLength;
  }
  return found;
}

export async function fetchBytes(address, options) {
  const answer = await fetch(address, options).catch(() => {
    throw new TypeError("No connection: this image is not here yet. Try again.");
  });
  if (!answer.ok) throw new Error((await answer.json()).problem);
  return { bytes: await answer.arrayBuffer(), headers: answer.headers };
}
