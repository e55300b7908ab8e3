// A region's signal over the frames of a series: mean and standard deviation, with axes and units.

const [WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM] = [520, 170, 62, 14, 12, 38];

export class Curve {
  constructor(figure, { goTo }) {
    Object.assign(this, { figure, goTo });
    this.figure.hidden = true;
  }

  hide() {
    this.facts = null;
    this.figure.hidden = true;
  }

  show(title, facts, frame) {
    this.facts = facts;
    this.figure.hidden = false;
    const caption = document.createElement("figcaption");
    const plural = facts.voxels === 1 ? "voxel" : "voxels";
    caption.append(strong(title), ` mean ± SD of ${facts.voxels} ${plural}, by ${facts.axis.name}. `);
    this.reading = document.createElement("output");
    caption.append(this.reading);
    this.figure.replaceChildren(caption, this.drawing());
    this.mark(frame);
  }

  // Limits of both axes: whole steps that hold the curve and its band.
  limits() {
    const { x, mean, sd } = this.facts;
    const low = Math.min(...mean.map((value, number) => value - sd[number]));
    const high = Math.max(...mean.map((value, number) => value + sd[number]));
    const ys = ticks(low, high, 4);
    return { x1: Math.min(...x), x2: Math.max(...x), ys, y1: ys[0], y2: ys[ys.length - 1] };
  }

  drawing() {
    const { x, mean, sd, axis, unit } = this.facts;
    const box = this.limits();
    this.across = (value) => LEFT + ((value - box.x1) / (box.x2 - box.x1 || 1)) * (WIDE - LEFT - RIGHT);
    this.up = (value) => HIGH - BOTTOM - ((value - box.y1) / (box.y2 - box.y1 || 1)) * (HIGH - BOTTOM - TOP);
    const svg = made("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" });
    svg.append(titled(`Signal in ${unit} by ${axis.name}${axis.unit ? ` in ${axis.unit}` : ""}`));
    for (const value of box.ys) {
      svg.append(made("line", { class: "grid", x1: LEFT, x2: WIDE - RIGHT, y1: this.up(value), y2: this.up(value) }));
      svg.append(made("text", { x: LEFT - 6, y: this.up(value) + 4, "text-anchor": "end" }, short(value)));
    }
    for (const value of ticks(box.x1, box.x2, 6).filter((each) => each >= box.x1 && each <= box.x2))
      svg.append(made("text", { x: this.across(value), y: HIGH - BOTTOM + 15, "text-anchor": "middle" }, short(value)));
    const named = axis.unit ? `${axis.name} (${axis.unit})` : axis.name;
    svg.append(made("text", { class: "name", x: (WIDE + LEFT) / 2, y: HIGH - 5, "text-anchor": "middle" }, named));
    const middle = (HIGH - BOTTOM + TOP) / 2;
    svg.append(made("text", { class: "name", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, `signal (${unit})`));
    const band = [...x.map((at, n) => [at, mean[n] + sd[n]]), ...x.map((at, n) => [at, mean[n] - sd[n]]).reverse()];
    svg.append(made("polygon", { class: "band", points: this.points(band) }));
    svg.append(made("polyline", { class: "mean", points: this.points(x.map((at, n) => [at, mean[n]])) }));
    this.now = made("g", { class: "now" });
    svg.append(this.now);
    svg.addEventListener("pointerdown", (event) => this.press(event, svg));
    return svg;
  }

  points(pairs) {
    return pairs.map(([x, y]) => `${this.across(x).toFixed(1)},${this.up(y).toFixed(1)}`).join(" ");
  }

  // Where in the curve the frame that is shown lies.
  mark(frame) {
    if (!this.facts) return;
    const { x, mean, sd, axis, unit } = this.facts;
    const [at, y] = [this.across(x[frame]), this.up(mean[frame])];
    this.now.replaceChildren(
      made("line", { x1: at, x2: at, y1: TOP, y2: HIGH - BOTTOM }),
      made("circle", { cx: at, cy: y, r: 3.5 }),
    );
    this.reading.value = `${axis.name} ${short(x[frame])} ${axis.unit}: ${short(mean[frame])} ± ${short(sd[frame])} ${unit}`;
  }

  press(event, svg) {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDE;
    const away = this.facts.x.map((value) => Math.abs(this.across(value) - at));
    this.goTo(away.indexOf(Math.min(...away)));
  }
}

function ticks(low, high, about) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let at = Math.floor(low / step); at * step < high + step; at++) found.push(at * step);
  return found;
}

function short(value) {
  return Math.abs(value) >= 1000 || Number.isInteger(value) ? value.toFixed(0) : `${+value.toPrecision(3)}`;
}

function made(name, attributes, text = "") {
  const found = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.textContent = text;
  return found;
}

const titled = (text) => made("title", {}, text);
const strong = (text) => Object.assign(document.createElement("b"), { textContent: text });
