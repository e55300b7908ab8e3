// One plane of one image on a canvas. All views share the cursor, the centre and the zoom.
import { PLANES, clamp, toPlace, toVoxel } from "./geometry.js";

export class View {
  constructor(state, column, name) {
    Object.assign(this, { state, column, name, plane: PLANES[name] });
    this.canvas = document.createElement("canvas");
    this.canvas.className = name;
    this.canvas.tabIndex = -1;
    this.canvas.setAttribute("role", "img");
    this.scratch = document.createElement("canvas");
    this.listen();
  }

  get image() {
    return this.state.images[this.state.hanging[this.column]];
  }

  slice() {
    const { through } = this.plane;
    return clamp(Math.round(toVoxel(this.image, this.state.cursor)[through]), 0, this.image.shape[through] - 1);
  }

  step(count) {
    const { through } = this.plane;
    const voxel = toVoxel(this.image, this.state.cursor);
    const direction = this.plane.up ? 1 : -1; // scrolling down goes to the feet, to the back, to the right
    voxel[through] = clamp(this.slice() + direction * count, 0, this.image.shape[through] - 1);
    this.state.cursor = toPlace(this.image, voxel);
  }

  // Move the cursor within the plane, by whole voxels to the right and down on the screen.
  nudge(right, below) {
    const voxel = toVoxel(this.image, this.state.cursor);
    const { across, down, up } = this.plane;
    voxel[across] = clamp(Math.round(voxel[across]) + right, 0, this.image.shape[across] - 1);
    voxel[down] = clamp(Math.round(voxel[down]) + (up ? -below : below), 0, this.image.shape[down] - 1);
    this.state.cursor = toPlace(this.image, voxel);
  }

  frame() {
    const { across, down, up } = this.plane;
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const scale = this.state.zoom * Math.min(width / this.state.extent[across], height / this.state.extent[down]);
    const middle = toVoxel(this.image, this.state.centre);
    const [du, dv] = [this.image.spacing[across] * scale, this.image.spacing[down] * scale * (up ? -1 : 1)];
    return { ratio, width, height, scale, du, dv, left: width / 2 - middle[across] * du, top: height / 2 - middle[down] * dv };
  }

  draw() {
    const { width, height, ratio, du, dv, left, top } = this.frame();
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.ariaLabel = this.image.modality === "US" ? this.image.title : `${this.image.title}, ${this.name}`;
    if (!width || !height) return;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    if (!this.image.window) return this.wait(pen);
    const cut = this.image.cut(this.plane, this.slice());
    this.scratch.width = cut.wide;
    this.scratch.height = cut.high;
    this.scratch.getContext("2d").putImageData(cut.shown, 0, 0);
    pen.save();
    pen.translate(left, top);
    pen.scale(du, dv);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.scratch, -0.5, -0.5);
    pen.restore();
    if (this.state.overlay) this.outline(pen, cut);
    this.crosshair(pen);
    const lines = this.state.overlay ? this.state.lines : [];
    for (const line of [this.state.ruler, ...lines]) if (line) this.measure(pen, line);
    if (this.state.region) this.ring(pen, this.state.region);
    this.letters(pen);
    if (this.image.coloured !== "grey" && this.name === "axial") this.legend(pen);
  }

  // Whether a place lies on the slice that is shown.
  holds(place) {
    return Math.round(toVoxel(this.image, place)[this.plane.through]) === this.slice();
  }

  wait(pen) {
    pen.fillStyle = "#8d9399";
    pen.font = "13px system-ui";
    pen.fillText("loading…", 12, 24);
  }

  outline(pen, { labels, wide, high }) {
    const { du, dv, left, top } = this.frame();
    const paths = new Map();
    const edge = (label, u1, v1, u2, v2) => {
      if (this.image.elsewhere(label) && (u1 + v1) & 2) return; // dashed: on a cine the node moves on
      const path = paths.get(label) ?? paths.set(label, new Path2D()).get(label);
      path.moveTo(left + (u1 - 0.5) * du, top + (v1 - 0.5) * dv);
      path.lineTo(left + (u2 - 0.5) * du, top + (v2 - 0.5) * dv);
    };
    for (let v = 0, pixel = 0; v < high; v++)
      for (let u = 0; u < wide; u++, pixel++) {
        const label = labels[pixel];
        if (!label) continue;
        if (u === 0 || labels[pixel - 1] !== label) edge(label, u, v, u, v + 1);
        if (u === wide - 1 || labels[pixel + 1] !== label) edge(label, u + 1, v, u + 1, v + 1);
        if (v === 0 || labels[pixel - wide] !== label) edge(label, u, v, u + 1, v);
        if (v === high - 1 || labels[pixel + wide] !== label) edge(label, u, v + 1, u + 1, v + 1);
      }
    for (const [label, path] of paths) {
      const current = this.state.node === label;
      pen.strokeStyle = current ? "#e8b84b" : "#8a8f94";
      pen.lineWidth = current ? 1.5 : 1;
      pen.stroke(path);
    }
  }

  crosshair(pen) {
    if (!this.state.cross) return;
    const [x, y] = this.toScreen(this.state.cursor);
    const { width, height } = this.frame();
    pen.strokeStyle = "rgba(86, 180, 233, 0.55)";
    pen.lineWidth = 1;
    pen.beginPath();
    for (const [x1, y1, x2, y2] of [[0, y, x - 14, y], [x + 14, y, width, y], [x, 0, x, y - 14], [x, y + 14, x, height]]) {
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
    }
    pen.stroke();
  }

  // A line with its length in mm.
  measure(pen, { plane, from, to, name }) {
    if ((plane && plane !== this.name) || !this.holds(from)) return;
    const [[x1, y1], [x2, y2]] = [this.toScreen(from), this.toScreen(to)];
    const length = Math.hypot(...[0, 1, 2].map((axis) => from[axis] - to[axis]));
    pen.strokeStyle = pen.fillStyle = "#f0e442";
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    for (const [x, y] of [[x1, y1], [x2, y2]]) pen.rect(x - 2, y - 2, 4, 4);
    pen.stroke();
    pen.font = "13px system-ui";
    const right = x1 > x2 ? [x1, y1] : [x2, y2];
    this.written(pen, `${name ? `${name} ` : ""}${length.toFixed(1)} mm`, right[0] + 7, right[1] + 4);
  }

  ring(pen, { plane, outline }) {
    if (plane !== this.plane || !this.holds(outline[0])) return;
    pen.strokeStyle = "#cc79a7";
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const place of outline) pen.lineTo(...this.toScreen(place));
    pen.closePath();
    pen.stroke();
  }

  // The colour map beside the image, with the window's limits and the unit.
  legend(pen) {
    const { width, height } = this.frame();
    const [tall, x] = [clamp(height * 0.4, 60, 180), width - 22];
    const y = height / 2 - tall - 24;
    const colours = this.image.packed();
    const bar = new ImageData(1, 256);
    new Uint32Array(bar.data.buffer).set([...colours].reverse());
    this.scratch.width = 1;
    this.scratch.height = 256;
    this.scratch.getContext("2d").putImageData(bar, 0, 0);
    pen.drawImage(this.scratch, x, y, 10, tall);
    pen.fillStyle = "#c3c8cc";
    pen.font = "12px system-ui";
    pen.textAlign = "right";
    const { low, high } = this.image.window;
    this.written(pen, this.image.said(high), x + 10, y - 6);
    this.written(pen, this.image.said(low), x + 10, y + tall + 15);
    pen.textAlign = "left";
  }

  // Text that can be read on any ground.
  written(pen, text, x, y) {
    pen.save();
    pen.strokeStyle = "rgba(0, 0, 0, 0.8)";
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
    pen.restore();
  }

  letters(pen) {
    const { width, height, scale } = this.frame();
    const [west, east, north, south] = this.plane.edges;
    pen.fillStyle = "#c3c8cc";
    pen.font = "12px system-ui";
    pen.textAlign = "center";
    if (this.image.modality !== "US") { // a probe's image says nothing of the patient's sides
      this.written(pen, north, width / 2, 14);
      this.written(pen, south, width / 2, height - 6);
      this.written(pen, west, 10, height / 2 + 4);
      this.written(pen, east, width - 10, height / 2 + 4);
    }
    pen.textAlign = "left";
    const slices = this.image.shape[this.plane.through];
    const from = this.plane.up ? this.slice() + 1 : slices - this.slice();
    this.written(pen, `${from}/${slices}`, 8, height - 6);
    if (this.image.frames[this.image.frame]) this.written(pen, this.image.frames[this.image.frame], 8, 18);
    const length = 10 * scale;
    pen.strokeStyle = "#000";
    pen.strokeRect(width - 14 - length, height - 10, length, 2);
    pen.fillRect(width - 14 - length, height - 10, length, 2);
    pen.textAlign = "right";
    this.written(pen, "10 mm", width - 14, height - 15);
    pen.textAlign = "left";
  }

  toScreen(place) {
    const { du, dv, left, top } = this.frame();
    const voxel = toVoxel(this.image, place);
    return [left + voxel[this.plane.across] * du, top + voxel[this.plane.down] * dv];
  }

  toPlaceAt(event) {
    const { du, dv, left, top } = this.frame();
    const box = this.canvas.getBoundingClientRect();
    const { across, down, through } = this.plane;
    const voxel = [0, 0, 0];
    voxel[across] = clamp((event.clientX - box.left - left) / du, 0, this.image.shape[across] - 1);
    voxel[down] = clamp((event.clientY - box.top - top) / dv, 0, this.image.shape[down] - 1);
    voxel[through] = this.slice();
    return toPlace(this.image, voxel);
  }

  listen() {
    const { canvas, state } = this;
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (event.ctrlKey) state.zoom = clamp(state.zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1), 0.5, 12);
      else this.step(Math.sign(event.deltaY));
      state.changed();
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.lift(event));
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.state.active = { column: this.column, plane: this.name };
    const here = this.toPlaceAt(event);
    if (event.button === 0 && this.state.tool?.press(this, here, event)) this.state.tool.busy = true;
    else if (event.button === 0 && event.shiftKey) this.state.ruler = { plane: this.name, from: here, to: here };
    else if (event.button === 0 && event.altKey) this.state.region = { plane: this.plane, outline: [here], image: this.image };
    else if (event.button === 0) this.state.cursor = here;
    this.state.changed();
  }

  drag(event) {
    const { state } = this;
    if (!event.buttons) return;
    const here = this.toPlaceAt(event);
    if (event.buttons === 1 && state.tool?.busy) state.tool.drag(this, here, event);
    else if (event.buttons === 1 && event.shiftKey && state.ruler) state.ruler.to = here;
    else if (event.buttons === 1 && event.altKey && state.region) state.region.outline.push(here);
    else if (event.buttons === 1) state.cursor = here;
    else if (event.buttons === 2) this.image.shift(event.movementY / 400, event.movementX / 200);
    else if (event.buttons === 4) this.pan(event);
    state.changed();
  }

  lift(event) {
    const { state } = this;
    if (state.tool?.busy) {
      state.tool.busy = false;
      state.tool.lift(this, this.toPlaceAt(event), event);
    } else if (event.altKey && state.region) state.outlined();
    state.changed();
  }

  pan(event) {
    const { du, dv } = this.frame();
    const { across, down } = this.plane;
    const voxel = toVoxel(this.image, this.state.centre);
    voxel[across] -= event.movementX / du;
    voxel[down] -= event.movementY / dv;
    this.state.centre = toPlace(this.image, voxel);
  }
}
