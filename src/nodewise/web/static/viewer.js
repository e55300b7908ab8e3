// The viewer: images beside each other, linked planes, windows, frames, ruler and curves. What a
// page does with them (answers, marks) stands elsewhere.
import { Curve } from "./curve.js";
import { clamp, toPlace, toVoxel } from "./geometry.js";
import { Image } from "./image.js";
import { circle, runs } from "./region.js";
import { View } from "./view.js";

export const HELP = [
  ["↑ ↓", "scroll one slice; Page Up and Page Down five; or the mouse wheel"],
  ["Shift and arrows", "move the cross-hair within the slice; or click"],
  ["a", "plane that the arrows act on: axial, coronal, sagittal"],
  ["x", "image that keys act on (marked by a line)"],
  ["h", "put the next image into the marked place"],
  ["c", "one, two or three images side by side"],
  ["v", "three planes or axial alone"],
  ["w", "next window preset; right mouse button drags the window"],
  ["[ ]  { }", "darker, brighter; less, more contrast"],
  ["l", "colour map or grey; grey or inverse"],
  ["← →", "previous, next frame (b-value, time, echo); also , and ."],
  ["f", "play the frames, or stop; < and > slower, faster"],
  ["r", "region about the cross-hair and its curve; ( and ) smaller, larger"],
  ["Alt and drag", "region outlined by hand"],
  ["m", "ruler from the cross-hair; m again ends it; or Shift and drag"],
  ["Escape", "takes ruler and region away"],
  ["+ −", "zoom on the cross-hair; Alt and 0 the whole field; middle button moves"],
  ["o", "outlines on or off"],
  ["g", "cross-hair on or off"],
];

const turn = (list, value) => list[(list.indexOf(value) + 1) % list.length];

export class Viewer {
  constructor(place, { base, csrf }) {
    Object.assign(this, { place, base, csrf });
    this.rows = place.querySelector("#images");
    this.views = [];
    this.state = {
      images: [], hanging: [], columns: 2, planes: 3, active: { column: 0, plane: "axial" },
      cursor: [0, 0, 0], centre: [0, 0, 0], extent: [200, 200, 200], zoom: 1,
      overlay: true, cross: true, node: 0, ruler: null, lines: [], region: null, tool: null,
      changed: () => this.schedule(), outlined: () => this.measure(),
    };
    this.curve = new Curve(place.querySelector("#curve"), { goTo: (frame) => this.show(frame) });
    this.keys = this.deeds();
    new ResizeObserver(() => this.schedule()).observe(this.rows);
  }

  // Load the images that hang first, then the others.
  async hang(panels) {
    const { state } = this;
    state.images = panels.map((panel, number) => new Image(this.base, number, panel));
    if (!state.images.length) return this.fail("there is no image to show for this case");
    state.hanging = [0, 1, 2].map((column) => Math.min(column, state.images.length - 1));
    state.columns = Math.min(window.innerWidth > 700 ? 2 : 1, state.images.length);
    const first = state.images[0];
    state.extent = [0, 1, 2].map((axis) => Math.max(...state.images.map((each) => each.shape[axis] * each.spacing[axis])));
    state.centre = state.cursor = toPlace(first, first.shape.map((length) => (length - 1) / 2));
    if (state.images.every(({ shape }) => shape[2] === 1)) state.planes = 1;
    this.layout();
    const overlays = new Map();
    const load = (image) => image.load(overlays).then(() => this.schedule());
    try {
      await Promise.all(state.images.slice(0, state.columns).map(load));
      document.body.dataset.ready = "yes";
      for (const image of state.images.slice(state.columns)) if (!image.voxels) await load(image);
      this.seek();
    } catch (error) {
      this.fail(error.message);
    }
    return undefined;
  }

  layout() {
    const { state } = this;
    const names = state.planes === 3 ? ["axial", "coronal", "sagittal"] : ["axial"];
    this.views = [];
    const columns = [...Array(state.columns).keys()].map((column) => {
      const box = document.createElement("div");
      box.className = `column planes${state.planes}`;
      box.append(Object.assign(document.createElement("p"), { className: "title" }));
      for (const name of names) {
        const view = new View(state, column, name);
        this.views.push(view);
        box.append(view.canvas);
      }
      return box;
    });
    this.rows.replaceChildren(...columns);
    state.active.column = Math.min(state.active.column, state.columns - 1);
    this.schedule();
  }

  schedule() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.draw();
    });
  }

  draw() {
    const { state } = this;
    if (state.ruler?.live) state.ruler.to = state.cursor;
    for (const view of this.views) view.draw();
    this.rows.querySelectorAll(".column").forEach((box, column) => {
      const active = column === state.active.column;
      box.classList.toggle("active", active && state.columns > 1);
      box.querySelector(".title").textContent = this.titled(state.images[state.hanging[column]]);
      for (const canvas of box.querySelectorAll("canvas"))
        canvas.classList.toggle("scrolled", active && canvas.className.startsWith(state.active.plane));
    });
    if (this.curve.facts && state.region) this.curve.mark(state.region.image.frame);
  }

  titled(image) {
    const preset = image.preset >= 0 ? image.windows[image.preset].name : "by hand";
    const value = image.voxels && image.valueAt(toVoxel(image, this.state.cursor));
    const at = value === null || value === undefined ? "" : `at cross-hair ${image.said(value)}`;
    const playing = this.film?.image === image ? `▶ ${this.film.speed.toFixed(0)}/s` : "";
    const line = this.state.ruler;
    const ruled = line ? `ruler ${Math.hypot(...[0, 1, 2].map((axis) => line.from[axis] - line.to[axis])).toFixed(1)} mm` : "";
    const trouble = image === this.current() ? this.trouble : "";
    const outlined = image.elsewhere(this.state.node) ? `outlined on ${image.frames[image.drawn_on[this.state.node]]}` : "";
    return [trouble, image.title, image.frames[image.frame], outlined, playing, ruled, at, `window: ${preset}`].filter(Boolean).join(" · ");
  }

  fail(problem) {
    this.rows.replaceChildren(Object.assign(document.createElement("p"), { className: "problem", textContent: problem }));
  }

  current() {
    return this.state.images[this.state.hanging[this.state.active.column]];
  }

  scrolled() {
    const { column, plane } = this.state.active;
    return this.views.find((view) => view.column === column && view.name === plane) ?? this.views[0];
  }

  // Put the cursor on a place; when zoomed in, the view follows.
  goTo(place, node) {
    Object.assign(this.state, { node, ruler: null });
    if (place) {
      this.state.cursor = [...place];
      if (this.state.zoom > 1) this.state.centre = [...place];
    }
    this.seek();
    this.clear();
    this.schedule();
  }

  // Hang an image that has the current node, where none that hangs has: two cines share no space.
  seek() {
    const { node, images, hanging, columns, active } = this.state;
    const has = (number) => node > 0 && images[number].nodes?.includes(node);
    const other = images.findIndex((_, number) => has(number));
    if (other < 0 || hanging.slice(0, columns).some(has)) return;
    hanging[active.column] = other;
    this.schedule();
  }

  zoom(factor) {
    const { state } = this;
    state.zoom = clamp(state.zoom * factor, 0.5, 12);
    if (factor > 1) state.centre = [...state.cursor];
  }

  whole() {
    const first = this.state.images[0];
    this.state.zoom = 1;
    this.state.centre = toPlace(first, first.shape.map((length) => (length - 1) / 2));
    this.schedule();
  }

  async show(frame, image = this.state.region?.image ?? this.current()) {
    await image.show((frame + image.frames.length) % image.frames.length);
    if (image.preset >= 0) image.usePreset(image.preset);
    this.schedule();
  }

  step(count) {
    this.stop();
    const image = this.current();
    return this.show(clamp(image.wanted + count, 0, image.frames.length - 1), image); // keys outrun frames
  }

  // Play the frames of the marked image in a loop; a frame that is not there yet is waited for.
  play() {
    const image = this.current();
    if (this.film) return this.stop();
    if (image.frames.length < 2) return undefined;
    const film = { image, speed: image.plays };
    this.film = film;
    const next = async () => {
      if (this.film !== film) return;
      const began = performance.now();
      const after = (image.frame + 2) % image.frames.length;
      image.fetch(after).catch(() => this.stop());
      try {
        await image.show((image.frame + 1) % image.frames.length);
      } catch {
        return this.stop();
      }
      this.schedule();
      film.timer = setTimeout(next, Math.max(0, 1000 / film.speed - (performance.now() - began)));
    };
    return next();
  }

  stop() {
    clearTimeout(this.film?.timer);
    this.film = null;
    this.schedule();
  }

  ruler() {
    const { state } = this;
    if (state.ruler?.live) state.ruler = { ...state.ruler, live: false, to: [...state.cursor] };
    else state.ruler = { plane: state.active.plane, from: [...state.cursor], to: [...state.cursor], live: true };
  }

  // A round region about the cross-hair on the marked plane, and its curve.
  around(radius) {
    const view = this.scrolled();
    this.state.region = { ...circle(view.image, view.plane, this.state.cursor, radius), image: view.image };
    return this.measure();
  }

  async measure() {
    const { region } = this.state;
    if (!region) return undefined;
    const inside = runs(region.image, region);
    if (!inside.length) return this.curve.hide();
    const headers = { "content-type": "application/json", "x-csrf-token": this.csrf };
    const body = JSON.stringify({ runs: inside });
    const answer = await fetch(`${this.base}/curve/${region.image.number}`, { method: "POST", headers, body }).catch(() => null);
    const facts = answer?.ok ? await answer.json() : null;
    if (this.state.region !== region) return undefined;
    if (facts) this.curve.show(region.image.title, facts, region.image.frame);
    else this.curve.hide();
    return this.schedule();
  }

  clear() {
    this.state.ruler = this.state.region = null;
    this.curve.hide();
  }

  // Keys and what they do.
  deeds() {
    const { state } = this;
    const image = () => this.current();
    return {
      ArrowUp: () => this.scrolled().step(-1),
      ArrowDown: () => this.scrolled().step(1),
      PageUp: () => this.scrolled().step(-5),
      PageDown: () => this.scrolled().step(5),
      "Shift ArrowUp": () => this.scrolled().nudge(0, -1),
      "Shift ArrowDown": () => this.scrolled().nudge(0, 1),
      "Shift ArrowLeft": () => this.scrolled().nudge(-1, 0),
      "Shift ArrowRight": () => this.scrolled().nudge(1, 0),
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ",": () => this.step(-1),
      ".": () => this.step(1),
      f: () => this.play(),
      "<": () => this.film && (this.film.speed = Math.max(1, this.film.speed / 1.5)),
      ">": () => this.film && (this.film.speed = Math.min(60, this.film.speed * 1.5)),
      a: () => (state.active.plane = turn(["axial", "coronal", "sagittal"].slice(0, state.planes), state.active.plane)),
      x: () => (state.active.column = (state.active.column + 1) % state.columns),
      h: () => (state.hanging[state.active.column] = (state.hanging[state.active.column] + 1) % state.images.length),
      c: () => { state.columns = (state.columns % Math.min(3, state.images.length)) + 1; this.layout(); },
      v: () => { state.planes = state.planes === 3 ? 1 : 3; state.active.plane = "axial"; this.layout(); },
      w: () => image().usePreset(image().preset + 1),
      l: () => image().turnColours(),
      "[": () => image().shift(0.05, 0),
      "]": () => image().shift(-0.05, 0),
      "{": () => image().shift(0, 0.1),
      "}": () => image().shift(0, -0.1),
      "+": () => this.zoom(1.25),
      "=": () => this.zoom(1.25),
      "-": () => this.zoom(0.8),
      "Alt 0": () => this.whole(),
      m: () => this.ruler(),
      r: () => this.around(state.region?.radius ?? 4),
      "(": () => this.around(Math.max(1, (state.region?.radius ?? 4) - 0.5)),
      ")": () => this.around(Math.min(40, (state.region?.radius ?? 4) + 0.5)),
      o: () => (state.overlay = !state.overlay),
      g: () => (state.cross = !state.cross),
      Escape: () => this.clear(),
    };
  }

  // Do what a key stands for; false when it stands for nothing here.
  press(name) {
    const deed = this.keys[name];
    if (!deed || (name !== "h" && !this.current()?.window)) return false;
    const told = (trouble) => { this.trouble = trouble; this.schedule(); };
    Promise.resolve(deed()).then(() => told(""), (error) => told(error.message));
    return true;
  }
}

// The name of a key with what is held down; a capital letter or a sign already says Shift.
export function named(event) {
  const held = event.altKey ? "Alt " : event.shiftKey && event.key.startsWith("Arrow") ? "Shift " : "";
  return held + event.key;
}

export function help(dialog, rows) {
  const body = document.createElement("tbody");
  body.append(...rows.map(([key, says]) => {
    const row = document.createElement("tr");
    row.append(...[key, says].map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    return row;
  }));
  const table = document.createElement("table");
  table.append(body);
  const close = Object.assign(document.createElement("button"), { textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(Object.assign(document.createElement("h2"), { textContent: "Keys" }), table, close);
  dialog.showModal();
}
