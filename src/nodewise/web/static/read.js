// The reading page: images beside each other, nodes, questions, and every deed on a key.
import { Clock } from "./clock.js";
import { Drafts } from "./drafts.js";
import { clamp, toPlace } from "./geometry.js";
import { Image } from "./image.js";
import { Sheet, complete } from "./sheet.js";
import { View } from "./view.js";

const $ = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;

const HELP = [
  ["n  p", "next, previous on the list"],
  ["1 … 9  0", "answer the marked question"],
  ["j  k", "next, previous question"],
  ["Enter", "type into the marked question; Escape leaves it"],
  ["Backspace", "take the marked answer back"],
  ["s", "sign the case"],
  ["↑ ↓", "scroll one slice; Page Up and Page Down five; or the mouse wheel"],
  ["a", "plane that the arrows scroll: axial, coronal, sagittal"],
  ["x", "image that keys act on (marked by a line)"],
  ["h", "put the next image into the marked place"],
  ["c", "one, two or three images side by side"],
  ["v", "three planes or axial alone"],
  ["w", "next window preset; right mouse button drags the window"],
  ["[ ]  { }", "darker, brighter; less, more contrast"],
  [", .", "previous, next frame (b-value, time)"],
  ["+ −", "zoom on the cross-hair; Alt and 0 the whole field; middle button moves"],
  ["Space", "centre on the node again"],
  ["o", "outlines on or off"],
  ["g", "cross-hair on or off"],
  ["Shift and drag", "ruler; Escape takes it away"],
  ["z", "pause: images hidden, clock stands still"],
  ["?", "this help"],
];

const state = {
  images: [], hanging: [], columns: 2, planes: 3, active: { column: 0, plane: "axial" },
  cursor: [0, 0, 0], centre: [0, 0, 0], extent: [200, 200, 200], zoom: 1,
  overlay: true, cross: true, node: 0, ruler: null, changed: () => schedule(),
};
const page = { subject: 0, views: [], answers: [] };

async function begin() {
  const answer = await fetch(`/read/${meta("code")}/case`);
  if (!answer.ok) return fail((await answer.json()).problem);
  page.facts = await answer.json();
  $("place").textContent = `case ${page.facts.place[0]} of ${page.facts.place[1]}`;
  page.answers = page.facts.subjects.map(({ name }) => page.facts.answers[name]?.answers ?? {});
  page.scores = page.facts.subjects.map(({ name }) => page.facts.answers[name]?.score);
  page.clock = new Clock(page.facts.seconds, (text) => ($("timer").textContent = text));
  page.drafts = new Drafts(page.facts.code, {
    csrf: meta("csrf"), list: page.facts.list, status: $("saved"), seconds: page.clock,
    answers: page.facts.subjects.map(({ name }) => page.facts.answers[name]?.revision ?? 0),
    scored: (place, score) => { page.scores[place] = score; finish(); },
  });
  page.sheet = new Sheet($("questions"), page.facts.questions, () => edited());
  if (page.facts.signed) page.drafts.say("saved", `Signed ${new Date(page.facts.signed).toLocaleString("en-GB")}`);
  resume();
  page.clock.paused = Boolean(page.facts.signed);
  select(Math.max(0, page.answers.findIndex((given) => !complete(page.facts.questions, given))));
  await hang();
}

// Answers that an earlier visit could not send are put back and sent.
function resume() {
  if (page.facts.signed) return page.drafts.forget();
  for (const [place, answers] of page.drafts.left()) {
    if (!page.answers[place]) continue;
    page.answers[place] = answers;
    page.drafts.keep(+place, answers);
  }
}

async function hang() {
  state.images = page.facts.panels.map((panel, number) => new Image(page.facts.code, number, panel));
  if (!state.images.length) return fail("there is no image to show for this case");
  state.hanging = [0, 1, 2].map((column) => Math.min(column, state.images.length - 1));
  state.columns = Math.min(2, state.images.length);
  const first = state.images[0];
  state.extent = [0, 1, 2].map((axis) => Math.max(...state.images.map((each) => each.shape[axis] * each.spacing[axis])));
  state.centre = state.cursor = toPlace(first, first.shape.map((length) => (length - 1) / 2));
  layout();
  goTo(page.subject);
  const load = (image) => image.load().then(() => state.changed());
  try {
    await Promise.all(state.images.slice(0, state.columns).map(load));
    document.body.dataset.ready = "yes";
    for (const image of state.images.slice(state.columns)) await load(image);
  } catch (error) {
    fail(error.message);
  }
}

function layout() {
  const names = state.planes === 3 ? ["axial", "coronal", "sagittal"] : ["axial"];
  page.views = [];
  const columns = [...Array(state.columns).keys()].map((column) => {
    const box = document.createElement("div");
    box.className = `column planes${state.planes}`;
    const title = document.createElement("p");
    title.className = "title";
    box.append(title);
    for (const name of names) {
      const view = new View(state, column, name);
      page.views.push(view);
      box.append(view.canvas);
    }
    return box;
  });
  $("images").replaceChildren(...columns);
  state.active.column = Math.min(state.active.column, state.columns - 1);
  state.changed();
}

let due = false;
function schedule() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    for (const view of page.views) view.draw();
    document.querySelectorAll(".column").forEach((box, column) => {
      box.classList.toggle("active", column === state.active.column && state.columns > 1);
      box.querySelector(".title").textContent = titled(state.images[state.hanging[column]]);
      for (const canvas of box.querySelectorAll("canvas"))
        canvas.classList.toggle("scrolled", column === state.active.column && canvas.className.startsWith(state.active.plane));
    });
  });
}

function titled(image) {
  const preset = image.preset >= 0 ? image.presets()[image.preset][0] : "by hand";
  return [image.title, image.frames[image.frame], `window: ${preset}`].filter(Boolean).join(" · ");
}

function fail(problem) {
  $("images").replaceChildren(Object.assign(document.createElement("p"), { className: "problem", textContent: problem }));
}

function edited() {
  page.scores[page.subject] = null;
  page.drafts.keep(page.subject, page.answers[page.subject]);
  list();
}

function select(subject) {
  page.subject = clamp(subject, 0, page.facts.subjects.length - 1);
  if (document.activeElement?.dataset?.question) document.activeElement.blur();
  page.sheet.show(page.answers[page.subject] ?? {}, Boolean(page.facts.signed));
  list();
  if (state.images.length && page.views.length) goTo(page.subject);
}

function goTo(subject) {
  const centre = page.facts.per === "node" ? page.facts.nodes[subject] : null;
  state.node = centre ? subject + 1 : 0;
  if (centre) {
    state.cursor = [...centre];
    if (state.zoom > 1) state.centre = [...centre];
  }
  state.ruler = null;
  state.changed();
}

function list() {
  const rows = page.facts.subjects.map(({ name, where }, number) => {
    const button = document.createElement("button");
    button.type = "button";
    const done = complete(page.facts.questions, page.answers[number]);
    button.setAttribute("aria-current", number === page.subject);
    button.className = done ? "done" : "";
    const label = page.facts.per === "node" ? `Node ${name}` : name;
    button.append(Object.assign(document.createElement("b"), { textContent: label }), where ?? "",
      Object.assign(document.createElement("i"), { textContent: done ? "✓ answered" : "to do" }));
    button.addEventListener("click", () => select(number));
    return button;
  });
  $("subjects").replaceChildren(...rows);
  $("subjects").querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  finish();
}

function finish() {
  const left = page.answers.filter((given) => !complete(page.facts.questions, given)).length;
  const box = $("finish");
  $("score").textContent = page.scores[page.subject] ?? "";
  if (page.facts.signed) return box.replaceChildren("This case is signed and can be looked at only.");
  const button = Object.assign(document.createElement("button"), { type: "button", id: "sign", disabled: left > 0 });
  button.append("Sign the case ", Object.assign(document.createElement("kbd"), { textContent: "s" }));
  button.addEventListener("click", askToSign);
  const words = left ? `${left} of ${page.answers.length} still to answer.` : "All answered.";
  const hint = Object.assign(document.createElement("p"), { className: "hint" });
  hint.innerHTML = "<kbd>1</kbd>–<kbd>5</kbd> answer · <kbd>n</kbd> next · <kbd>↓</kbd> scroll · <kbd>?</kbd> all keys";
  return box.replaceChildren(Object.assign(document.createElement("p"), { textContent: words }), button, hint);
}

async function askToSign() {
  const left = page.answers.findIndex((given) => !complete(page.facts.questions, given));
  if (page.facts.signed) return;
  if (left >= 0) return select(left);
  page.drafts.keep(page.subject, page.answers[page.subject]);
  const dialog = $("signing");
  dialog.innerHTML = `<form><h2>Sign this case</h2><p class="meaning"></p>
    <p>Afterwards it cannot be changed.</p><label for="secret">Your password</label>
    <input id="secret" type="password" autocomplete="current-password" required><p class="problem" role="alert"></p>
    <button>Sign</button> <button type="button" class="plain">Not yet</button></form>`;
  dialog.querySelector(".meaning").textContent = page.facts.meaning;
  dialog.querySelector(".plain").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    sign(dialog);
  });
  dialog.showModal();
}

async function sign(dialog) {
  const problem = dialog.querySelector(".problem");
  if (!(await page.drafts.send())) return (problem.textContent = "Your last answers are not saved yet; wait a moment.");
  const headers = { "content-type": "application/json", "x-csrf-token": meta("csrf") };
  const body = JSON.stringify({ password: $("secret").value });
  try {
    const answer = await fetch(`/read/${page.facts.code}/sign`, { method: "POST", headers, body });
    if (!answer.ok) return (problem.textContent = (await answer.json()).problem);
  } catch {
    return (problem.textContent = "No connection: the case is not signed. Try again.");
  }
  page.drafts.forget();
  location.assign(page.facts.part === "explorative" ? `/read/${page.facts.code}/feedback` : "/worklist");
}

function help() {
  const rows = HELP.map(([key, says]) => {
    const row = document.createElement("tr");
    row.append(...[key, says].map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    return row;
  });
  const table = document.createElement("table");
  const body = document.createElement("tbody");
  body.append(...rows);
  table.append(body);
  const close = Object.assign(document.createElement("button"), { textContent: "Close" });
  close.addEventListener("click", () => $("keys").close());
  $("keys").replaceChildren(Object.assign(document.createElement("h2"), { textContent: "Keys" }), table, close);
  $("keys").showModal();
}

function pause() {
  page.clock.paused = true;
  document.body.classList.add("hidden");
  page.drafts.send();
  $("paused").showModal();
}

const current = () => state.images[state.hanging[state.active.column]];
const scrolled = () =>
  page.views.find(({ column, name }) => column === state.active.column && name === state.active.plane) ?? page.views[0];
const zoom = (factor) => {
  state.zoom = clamp(state.zoom * factor, 0.5, 12);
  if (factor > 1) state.centre = [...state.cursor];
};
const turn = (list, value, step = 1) => list[(list.indexOf(value) + step + list.length) % list.length];

async function frame(step) {
  const image = current();
  await image.show(clamp(image.frame + step, 0, image.frames.length - 1));
  if (image.preset >= 0) image.usePreset(image.preset);
}

const KEYS = {
  n: () => select(page.subject + 1),
  p: () => select(page.subject - 1),
  j: () => page.sheet.move(1),
  k: () => page.sheet.move(-1),
  Enter: () => page.sheet.enter(),
  Backspace: () => page.sheet.clear(),
  s: askToSign,
  ArrowUp: () => scrolled().step(-1),
  ArrowDown: () => scrolled().step(1),
  PageUp: () => scrolled().step(-5),
  PageDown: () => scrolled().step(5),
  a: () => (state.active.plane = turn(["axial", "coronal", "sagittal"].slice(0, state.planes), state.active.plane)),
  x: () => (state.active.column = (state.active.column + 1) % state.columns),
  h: () => (state.hanging[state.active.column] = (state.hanging[state.active.column] + 1) % state.images.length),
  c: () => { state.columns = (state.columns % Math.min(3, state.images.length)) + 1; layout(); },
  v: () => { state.planes = state.planes === 3 ? 1 : 3; state.active.plane = "axial"; layout(); },
  w: () => current().usePreset(current().preset + 1),
  "[": () => current().shift(0.05, 0),
  "]": () => current().shift(-0.05, 0),
  "{": () => current().shift(0, 0.1),
  "}": () => current().shift(0, -0.1),
  ",": () => frame(-1),
  ".": () => frame(1),
  "+": () => zoom(1.25),
  "=": () => zoom(1.25),
  "-": () => zoom(0.8),
  " ": () => { goTo(page.subject); state.centre = [...state.cursor]; },
  o: () => (state.overlay = !state.overlay),
  g: () => (state.cross = !state.cross),
  z: pause,
  "?": help,
  Escape: () => (state.ruler = null),
};

const WITHOUT_IMAGES = ["n", "p", "j", "k", "s", "z", "?", "h", "Enter", "Backspace"];

function typed(event) {
  const field = ["INPUT", "TEXTAREA"].includes(event.target.tagName);
  if (field && event.key === "Escape") event.target.blur();
  if (field || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey) return;
  if (event.altKey && event.key === "0") {
    state.zoom = 1;
    state.centre = toPlace(state.images[0], state.images[0].shape.map((length) => (length - 1) / 2));
    return state.changed();
  }
  if (event.altKey || (event.target.tagName === "BUTTON" && [" ", "Enter"].includes(event.key))) return;
  if (/^[0-9]$/.test(event.key) ? page.sheet.press(event.key) : key(event.key)) event.preventDefault();
}

function key(name) {
  const deed = KEYS[name];
  if (!deed || (!WITHOUT_IMAGES.includes(name) && !current()?.window)) return false;
  Promise.resolve(deed()).then(() => state.changed());
  return true;
}

document.addEventListener("keydown", typed);
new ResizeObserver(() => state.changed()).observe($("images"));
$("help").addEventListener("click", help);
$("pause").addEventListener("click", pause);
$("paused").addEventListener("close", () => {
  page.clock.paused = Boolean(page.facts.signed);
  document.body.classList.remove("hidden");
});
begin();
