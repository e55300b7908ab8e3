// The annotator's page: nodes grown from a point, adjusted by hand, named and measured.
import { Draft } from "./draft.js";
import { clamp, toPlace, toVoxel } from "./geometry.js";
import { fetchBytes } from "./image.js";
import { HELP, Viewer, help, named } from "./viewer.js";

const $ = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;
const base = `/mark/${meta("code")}`;

const KEYS_HELP = [
  ["1", "grow: press on the node's middle, drag to its edge; or Enter at the cross-hair"],
  ["2  3", "paint, rub out with a round brush; or b, e at the cross-hair"],
  ["4", "look: the mouse moves the cross-hair"],
  ["( )", "expected radius, or the brush's, smaller or larger"],
  ["j  k", "grown region smaller, larger"],
  ["i  d", "take off, put on one voxel within the slices"],
  ["Backspace", "clear this slice of the region"],
  ["u", "undo"],
  ["n  p", "next, previous node; y begins a new one"],
  ["t", "set a point of the chosen landmark at the cross-hair"],
  ["Tab, Escape", "into name, side, level and landmark; out of them"],
  ["s", "save; Delete takes the node away"],
  ...HELP.filter(([key]) => !["r", "Alt and drag"].includes(key)),
  ["?", "this help"],
];
const READ_ALREADY = "A reader has opened this case: it can be looked at only.";
const ADVICE = {
  grow: "Press on the node's middle and drag to its edge.",
  paint: "Drag to add to the node on this slice.",
  rub: "Drag to take away from the node on this slice.",
  look: "Click to move the cross-hair.",
};

const viewer = new Viewer($("viewer"), { base, csrf: meta("csrf") });
const { state } = viewer;
const page = { node: null, draft: null, tool: "grow", radius: 6, brush: 3, undone: [] };

async function begin() {
  await refresh();
  for (const name of page.facts.levels) $("level").append(new Option(name, name));
  landmarks();
  await Promise.all([viewer.hang(page.facts.panels), choose(page.facts.nodes[0] ?? null)]);
}

async function refresh() {
  const answer = await fetch(`${base}/case`);
  if (!answer.ok) return viewer.fail((await answer.json()).problem);
  page.facts = await answer.json();
  if (page.facts.begun) say("unsaved", READ_ALREADY);
  return undefined;
}

// Take up a node, or begin a new one.
async function choose(node) {
  if (page.draft?.changed && !window.confirm("Leave this node without saving?")) return;
  page.node = node;
  page.draft?.leave();
  page.draft = null;
  const number = node ? page.facts.nodes.indexOf(node) + 1 : page.facts.nodes.length + 1;
  $("which").textContent = node ? titled(node, number) : "New node";
  kind(node?.kind ?? "node");
  $("name").value = node?.label ?? `N${number}`;
  $("side").value = node?.side ?? "";
  $("level").value = node?.level ?? "";
  $("step").disabled = true;
  viewer.goTo(node?.centre, number);
  measured(null);
  list();
  if (!node) return;
  const image = state.images[node.panel];
  if (!image) return say("unsaved", "This node was drawn on a grid that no image here has: it can be taken away only.");
  if (!image.nodes) await image.loadOverlay();
  page.draft = new Draft(alike(image), number, node.runs);
  Object.assign(page.draft, { drawnBy: node.drawn_by, frame: (node.frame ?? 1) - 1 });
  if (node.frame) await viewer.show(page.draft.frame, image);
  await measure();
}

const titled = (node, number) => (node.kind === "node" ? `Node ${number}` : "Reference tissue");

// A reference tissue, which nodes are held against, has no level.
function kind(chosen) {
  $("kind").value = chosen;
  $("levelled").hidden = chosen !== "node";
}

function list() {
  const place = ({ kind, side, level }) => [side, level].filter(Boolean).join(" ") || (kind === "node" ? "no level" : "no side");
  const rows = page.facts.nodes.map((node, number) => row(titled(node, number + 1), `${node.label} · ${place(node)}`, node));
  $("subjects").replaceChildren(...rows, row("New node", "y", null));
  $("subjects").querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
}

function row(title, says, node) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.setAttribute("aria-current", node === page.node);
  button.append(Object.assign(document.createElement("b"), { textContent: title }), says);
  button.addEventListener("click", () => choose(node));
  return button;
}

function say(kind, text) {
  $("saved").className = kind;
  $("saved").textContent = text;
}

async function send(method, address, facts) {
  const headers = { "content-type": "application/json", "x-csrf-token": meta("csrf") };
  return fetchBytes(`${base}/${address}`, { method, headers, body: JSON.stringify(facts) }).catch((error) => {
    say("unsaved", error instanceof TypeError ? "No connection: nothing was saved. Try again." : error.message);
    return null;
  });
}

const told = ({ bytes }) => JSON.parse(new TextDecoder().decode(bytes));

// An image and all that have the same voxels.
function alike(image) {
  return [image, ...state.images.filter((each) => each !== image && each.grid() === image.grid())];
}

// The image that a node grows on: the marked one, if the region begun has its voxels.
const source = (image) => (!page.draft || page.draft.images.includes(image) ? image : page.draft.image);

// Grow a node from a place on the marked image, as large about as was dragged.
async function grow(place, radius) {
  const image = source(viewer.current());
  const voxel = toVoxel(image, place).map((at, axis) => clamp(Math.round(at), 0, image.shape[axis] - 1));
  say("saving", "Growing…");
  const found = await send("POST", `grow/${image.number}`, { voxel, frame: image.frame, radius });
  if (!found) return;
  if (!image.nodes) await image.loadOverlay();
  page.draft ??= new Draft(alike(image), state.node, []);
  Object.assign(page.draft, { drawnBy: "SEMIAUTOMATIC", frame: image.frame });
  page.draft.grown(new Uint8Array(found.bytes), +found.headers.get("x-best"));
  Object.assign($("step"), { disabled: false, max: page.draft.lastStep, value: page.draft.step });
  state.cursor = toPlace(image, voxel);
  say("saving", "Not saved yet");
  await measure();
}

async function measure() {
  viewer.schedule();
  const { draft } = page;
  const runs = draft?.runs() ?? [];
  if (!runs.length) return measured(null);
  const found = await send("POST", `measure/${draft.image.number}`, { runs });
  if (found && page.draft === draft && draft.runs().length) measured(told(found));
}

function measured(facts) {
  state.lines = facts ? [
    { name: "long", plane: "axial", from: facts.long[0], to: facts.long[1] },
    { name: "short", plane: "axial", from: facts.short[0], to: facts.short[1] },
  ] : [];
  const rows = facts ? [
    ["Short axis", `${facts.size.short_axis_mm.toFixed(1)} mm`], ["Long axis", `${facts.size.axial_long_axis_mm.toFixed(1)} mm`],
    ["Longest in 3-D", `${facts.size.long_axis_mm.toFixed(1)} mm`], ["Volume", `${(facts.size.volume / 1000).toFixed(2)} cm³`],
    ["Voxels", facts.size.voxels],
  ] : [["Size", "no region yet"]];
  $("size").replaceChildren(...rows.flatMap(([name, value]) =>
    [["dt", name], ["dd", value]].map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text }))));
  suggest(facts?.suggested);
  viewer.schedule();
}

// What the landmarks say of side and level; taken over where nothing is chosen yet.
function suggest(found) {
  $("suggested").textContent = "";
  if (!found) return;
  if (!$("side").value) $("side").value = found.side;
  if (found.level && !$("level").value) $("level").value = found.level;
  const levels = found.levels.join(" or ");
  const more = found.missing.length ? `; ${found.missing.join(", ")} would tell more` : "";
  if (levels) $("suggested").textContent = `Landmarks say ${found.side} ${levels}${more}.`;
}

// Set a point of the chosen landmark at the cross-hair, or take its points away.
async function landmark(points) {
  const name = $("landmark").value;
  const found = await send("PUT", "landmarks", { landmark: name, points });
  if (!found) return;
  for (const each of Object.keys(page.facts.landmarks)) page.facts.landmarks[each] = told(found)[each] ?? [];
  landmarks();
  say("saved", `${name}: ${points.length === 1 ? "1 point" : `${points.length} points`}`);
  await measure();
}

const setPoint = () => landmark([...page.facts.landmarks[$("landmark").value], state.cursor]);

function landmarks() {
  const chosen = $("landmark").value;
  $("landmark").replaceChildren(...Object.entries(page.facts.landmarks).map(([name, points]) =>
    new Option(points.length ? `${name} (${points.length})` : name, name)));
  if (chosen) $("landmark").value = chosen;
}

async function save() {
  const { draft, node } = page;
  if (page.facts.begun) return say("unsaved", READ_ALREADY);
  if (!draft?.runs().length) return say("unsaved", "There is no region to save yet.");
  const facts = {
    panel: draft.image.number, runs: draft.runs(), label: $("name").value.trim(), kind: $("kind").value, side: $("side").value || null,
    level: $("level").value || null, drawn_by: draft.drawnBy ?? "MANUAL", frame: draft.frame, version: node?.version ?? 0,
  };
  const found = node ? await send("PUT", `nodes/${node.region}`, facts) : await send("POST", "nodes", facts);
  if (!found) return;
  draft.changed = false;
  page.undone.push(told(found).region);
  await again(told(found).region, `Saved ${new Date().toLocaleTimeString("en-GB")}`);
}

async function remove() {
  const { node } = page;
  if (!node || page.facts.begun || !window.confirm(`Take ${node.label} away?`)) return;
  if (!(await send("DELETE", `nodes/${node.region}`, { version: node.version }))) return;
  if (page.draft) page.draft.changed = false;
  page.undone.push(node.region);
  page.removed = { ...page.removed, [node.region]: node.version + 1 };
  await again(null, "Taken away; u takes that back");
}

// Undo a stroke; when there is none, take back what was saved last.
async function undo() {
  if (page.draft?.undo()) {
    Object.assign($("step"), { value: page.draft.step });
    return measure();
  }
  const region = page.undone.pop();
  if (!region) return say("saving", "Nothing to undo");
  const node = page.facts.nodes.find((each) => each.region === region);
  const version = node?.version ?? page.removed?.[region] ?? 0;
  if (await send("POST", `nodes/${region}/undo`, { version })) await again(region, "Taken back");
  return undefined;
}

// Read the case anew and take up a node of it.
async function again(region, says) {
  await refresh();
  page.draft = null;
  const overlays = new Map();
  await Promise.all(state.images.filter((image) => image.voxels).map((image) => image.loadOverlay(overlays)));
  await choose(page.facts.nodes.find((node) => node.region === region) ?? page.facts.nodes[0] ?? null);
  say("saved", says);
}

function stroke(view, place, on) {
  page.draft ??= new Draft(alike(view.image), state.node, []);
  page.draft.brush(view.plane, place, { radius: page.brush, on });
  page.draft.frame = page.draft.image === view.image ? view.image.frame : page.draft.frame ?? 0;
  viewer.schedule();
}

// What the mouse does: a press, a drag and a lift, as the chosen tool has it.
state.tool = {
  press(view, place, event) {
    if (event.shiftKey || event.altKey || page.tool === "look" || page.facts?.begun) return false;
    state.cursor = place;
    if (page.tool === "grow") state.ruler = { plane: view.name, from: place, to: place };
    else {
      page.draft?.remember();
      stroke(view, place, page.tool === "paint");
    }
    return true;
  },
  drag(view, place) {
    if (page.tool === "grow") state.ruler.to = place;
    else stroke(view, place, page.tool === "paint");
  },
  lift(view, place) {
    if (page.tool !== "grow") return measure();
    const from = state.ruler.from;
    const radius = Math.hypot(...[0, 1, 2].map((axis) => place[axis] - from[axis]));
    state.ruler = null;
    return grow(from, radius >= 1.5 ? Math.min(radius, 60) : null);
  },
};

function pick(tool) {
  page.tool = tool;
  $("advice").textContent = ADVICE[tool];
  for (const button of document.querySelectorAll("[data-tool]"))
    button.setAttribute("aria-pressed", button.dataset.tool === tool);
}

const change = (deed) => () => {
  if (!page.draft) return undefined;
  page.draft.remember();
  deed(page.draft);
  return measure();
};
const strike = (on) => () => {
  page.draft?.remember();
  stroke(viewer.scrolled(), state.cursor, on);
  return measure();
};
const extent = (by) => () => {
  if ($("step").disabled) return undefined;
  return step(clamp(page.draft.step + by, 1, page.draft.lastStep));
};

function step(number) {
  page.draft.take(number);
  $("step").value = number;
  return measure();
}

function resize(by) {
  if (page.tool === "grow" || page.tool === "look") page.radius = clamp(page.radius + by, 2, 60);
  else page.brush = clamp(page.brush + by / 2, 0.5, 30);
  say("saving", page.tool === "grow" ? `Expected radius ${page.radius} mm` : `Brush ${page.brush} mm`);
}

function next(by) {
  const place = page.facts.nodes.indexOf(page.node) + by;
  return choose(page.facts.nodes[clamp(place, 0, page.facts.nodes.length - 1)] ?? null);
}

const slice = (draft) => draft.clearSlice(viewer.scrolled().plane, state.cursor);
const KEYS = {
  1: () => pick("grow"), 2: () => pick("paint"), 3: () => pick("rub"), 4: () => pick("look"),
  Enter: () => grow([...state.cursor], page.radius),
  b: strike(true), e: strike(false),
  "(": () => resize(-1), ")": () => resize(1),
  j: extent(-1), k: extent(1),
  i: change((draft) => draft.shrink()), d: change((draft) => draft.widen()),
  Backspace: change(slice),
  t: setPoint, u: undo, s: save, Delete: remove,
  n: () => next(1), p: () => next(-1), y: () => choose(null),
  r: () => {},
  "?": () => help($("keys"), KEYS_HELP),
};

function typed(event) {
  const field = event.target.tagName === "SELECT" || (event.target.tagName === "INPUT" && event.target.type !== "range");
  if (field && ["Escape", "Enter"].includes(event.key)) event.target.blur();
  if (field || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey) return;
  if (event.target.tagName === "BUTTON" && [" ", "Enter"].includes(event.key)) return;
  if (event.target.id === "step" && event.key.startsWith("Arrow")) return;
  const name = named(event);
  if (KEYS[name] ? (KEYS[name](), true) : viewer.press(name)) event.preventDefault();
}

function button(place, says, key, deed) {
  const found = Object.assign(document.createElement("button"), { type: "button" });
  found.append(Object.assign(document.createElement("kbd"), { textContent: key }), says);
  found.addEventListener("click", deed);
  place.append(found);
  return found;
}

const tools = document.querySelector(".tools");
for (const [key, says, tool] of [["1", "Grow", "grow"], ["2", "Paint", "paint"], ["3", "Rub out", "rub"], ["4", "Look", "look"]])
  button(tools, says, key, () => pick(tool)).dataset.tool = tool;
for (const [key, says] of [["i", "Take off"], ["d", "Put on"], ["Backspace", "Clear slice"], ["u", "Undo"]])
  button($("deeds"), says, key === "Backspace" ? "⌫" : key, () => KEYS[key]());
button($("keeping"), "Save", "s", save).id = "save";
button($("keeping"), "Take away", "Del", remove);
button($("points"), "Set a point", "t", setPoint);
button($("points"), "Take its points away", "", () => landmark([]));
$("step").addEventListener("input", () => step(+$("step").value));
$("kind").addEventListener("change", () => kind($("kind").value));
$("help").addEventListener("click", KEYS["?"]);
document.addEventListener("keydown", typed);
window.addEventListener("beforeunload", (event) => page.draft?.changed && event.preventDefault());
pick("grow");
begin();
