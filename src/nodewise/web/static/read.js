// The reading page: the viewer, the list of nodes, questions, and every deed on a key.
import { Clock } from "./clock.js";
import { Drafts } from "./drafts.js";
import { clamp } from "./geometry.js";
import { Sheet, complete } from "./sheet.js";
import { HELP, Viewer, help, named } from "./viewer.js";

const $ = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;

const KEYS_HELP = [
  ["n  p", "next, previous on the list"],
  ["1 … 9  0", "answer the marked question"],
  ["j  k", "next, previous question"],
  ["Enter", "type into the marked question; Escape leaves it"],
  ["Backspace", "take the marked answer back"],
  ["s", "sign the case"],
  ["Space", "centre on the node again"],
  ["z", "pause: images hidden, clock stands still"],
  ...HELP,
  ["?", "this help"],
];

const viewer = new Viewer($("viewer"), { base: `/read/${meta("code")}`, csrf: meta("csrf") });
const page = { subject: 0, answers: [] };

async function begin() {
  const answer = await fetch(`/read/${meta("code")}/case`);
  if (!answer.ok) return viewer.fail((await answer.json()).problem);
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
  const hung = viewer.hang(page.facts.panels);
  select(Math.max(0, page.answers.findIndex((given) => !complete(page.facts.questions, given))));
  await hung;
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
  goTo(page.subject);
}

function goTo(subject) {
  const centre = page.facts.per === "node" ? page.facts.nodes[subject] : null;
  viewer.goTo(centre, centre ? subject + 1 : 0);
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
  hint.innerHTML = "<kbd>0</kbd>–<kbd>9</kbd> answer · <kbd>n</kbd> next · <kbd>↓</kbd> scroll · <kbd>?</kbd> all keys";
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

function pause() {
  viewer.stop();
  page.clock.paused = true;
  document.body.classList.add("hidden");
  page.drafts.send();
  $("paused").showModal();
}

const KEYS = {
  n: () => select(page.subject + 1),
  p: () => select(page.subject - 1),
  j: () => page.sheet.move(1),
  k: () => page.sheet.move(-1),
  Enter: () => page.sheet.enter(),
  Backspace: () => page.sheet.clear(),
  s: askToSign,
  " ": () => { goTo(page.subject); viewer.state.centre = [...viewer.state.cursor]; },
  z: pause,
  "?": () => help($("keys"), KEYS_HELP),
};

function typed(event) {
  const field = ["INPUT", "TEXTAREA"].includes(event.target.tagName);
  if (field && event.key === "Escape") event.target.blur();
  if (field || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey) return;
  if (event.target.tagName === "BUTTON" && [" ", "Enter"].includes(event.key)) return;
  const name = named(event);
  if (/^[0-9]$/.test(name) ? page.sheet.press(name) : key(name)) event.preventDefault();
}

function key(name) {
  if (!KEYS[name]) return viewer.press(name);
  KEYS[name]();
  return true;
}

document.addEventListener("keydown", typed);
$("help").addEventListener("click", () => help($("keys"), KEYS_HELP));
$("pause").addEventListener("click", pause);
$("paused").addEventListener("close", () => {
  page.clock.paused = Boolean(page.facts.signed);
  document.body.classList.remove("hidden");
});
begin();
