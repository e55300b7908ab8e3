// The region that is being marked, on one image's voxels; what is drawn shows in the overlay.
import { toVoxel } from "./geometry.js";
import { joined } from "./region.js";

export class Draft {
  constructor(images, label, runs) {
    const [image] = images; // the others have the same voxels, and show the same
    Object.assign(this, { images, image, label, changed: false, past: [], step: 0, lastStep: 0, steps: null });
    this.under = image.nodes.map((node) => (node === label ? 0 : node));
    this.was = image.nodes.slice();
    this.bits = new Uint8Array(image.nodes.length);
    for (const [first, length] of runs) this.bits.fill(1, first, first + length);
    this.show();
  }

  // Put back what the overlay said before.
  leave() {
    if (this.changed) for (const image of this.images) image.nodes = this.was;
  }

  show() {
    const { under, bits, label } = this;
    const nodes = new Uint8Array(under.length);
    for (let i = 0; i < under.length; i++) nodes[i] = bits[i] ? label : under[i];
    for (const image of this.images) image.nodes = nodes;
    this.kept = null;
  }

  runs() {
    this.kept ??= joined([...this.inside()]);
    return this.kept;
  }

  *inside() {
    for (let i = 0; i < this.bits.length; i++) if (this.bits[i]) yield i;
  }

  remember() {
    this.past.push({ bits: this.bits.slice(), step: this.step, steps: this.steps });
    if (this.past.length > 50) this.past.shift();
    this.changed = true;
  }

  undo() {
    const last = this.past.pop();
    if (!last) return false;
    Object.assign(this, last);
    this.show();
    return true;
  }

  // A grown region: the step at which each voxel joins.
  grown(steps, best) {
    this.remember();
    this.steps = steps;
    this.lastStep = steps.reduce((most, each) => Math.max(most, each), 1);
    this.fill(best);
  }

  take(step) {
    this.remember();
    this.fill(step);
  }

  fill(step) {
    this.step = step;
    for (let i = 0; i < this.bits.length; i++) this.bits[i] = this.steps[i] > 0 && this.steps[i] <= step ? 1 : 0;
    this.show();
  }

  // Add or take away a disc on one slice, in mm.
  brush(plane, place, { radius, on }) {
    const { image } = this;
    const middle = toVoxel(image, place);
    const { across, down, through } = plane;
    const slice = Math.round(middle[through]);
    const reach = (axis) => Math.ceil(radius / image.spacing[axis]);
    for (let v = Math.round(middle[down]) - reach(down); v <= middle[down] + reach(down) + 1; v++)
      for (let u = Math.round(middle[across]) - reach(across); u <= middle[across] + reach(across) + 1; u++) {
        const away = Math.hypot((u - middle[across]) * image.spacing[across], (v - middle[down]) * image.spacing[down]);
        const here = Math.round(middle[across]) === u && Math.round(middle[down]) === v;
        if (away > radius && !here) continue;
        this.set(Object.assign([0, 0, 0], { [across]: u, [down]: v, [through]: slice }), on);
      }
    this.changed = true;
    this.show();
  }

  set(voxel, on) {
    if (voxel.some((at, axis) => at < 0 || at >= this.image.shape[axis])) return;
    this.bits[this.image.index(voxel)] = on ? 1 : 0;
  }

  clearSlice(plane, place) {
    const slice = Math.round(toVoxel(this.image, place)[plane.through]);
    for (const i of [...this.inside()]) if (this.voxel(i)[plane.through] === slice) this.bits[i] = 0;
    this.show();
  }

  voxel(i) {
    const [columns, rows] = this.image.shape;
    return [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (columns * rows))];
  }

  // One voxel more, or less, along every border within the slices.
  widen() {
    for (const i of [...this.inside()]) for (const near of this.beside(i)) this.bits[near] = 1;
    this.show();
  }

  shrink() {
    const border = [...this.inside()].filter((i) => {
      const near = this.beside(i);
      return near.length < 4 || near.some((each) => !this.bits[each]);
    });
    for (const i of border) this.bits[i] = 0;
    this.show();
  }

  beside(i) {
    const [columns, rows] = this.image.shape;
    const [x, y] = this.voxel(i);
    return [x > 0 && i - 1, x < columns - 1 && i + 1, y > 0 && i - columns, y < rows - 1 && i + columns].filter((each) => each !== false);
  }
}
