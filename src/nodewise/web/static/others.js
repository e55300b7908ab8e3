// What the readers said about the marked node, for the adjudicator; the page itself knows no names.

const code = document.querySelector("meta[name=code]").content;
const place = document.getElementById("others");
const list = document.getElementById("subjects");

const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

function show(readers) {
  const answers = document.createElement("dl");
  for (const { name, words, score } of readers) {
    answers.append(element("dt", name));
    for (const word of words.length ? words : ["no answer"]) answers.append(element("dd", word));
    if (score !== null) answers.append(element("dd", `→ ${score}`));
  }
  place.replaceChildren(answers);
}

const answer = await fetch(`/read/${code}/others`);
const said = answer.ok ? await answer.json() : [];
const marked = () => [...list.children].findIndex((each) => each.getAttribute("aria-current") === "true");
const follow = () => said[marked()] && show(said[marked()]);
new MutationObserver(follow).observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-current"] });
follow();
