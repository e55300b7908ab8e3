// What the readers said about the marked node, for the adjudicator; the page itself knows no names.

const code = document.querySelector("meta[name=code]").content;
const place = document.getElementById("others");
const list = document.getElementById("subjects");

const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

// Question by question; where the readers differ, which comes first, each answer with its reader.
function show(questions) {
  const answers = document.createElement("dl");
  for (const { ask, said, apart } of questions) {
    answers.append(element("dt", apart ? `≠ ${ask}` : ask));
    for (const [name, word] of apart ? Object.entries(said) : [["All", Object.values(said)[0]]])
      answers.append(element("dd", `${name}: ${word}`));
  }
  place.replaceChildren(answers);
}

const answer = await fetch(`/read/${code}/others`);
const said = answer.ok ? await answer.json() : [];
const marked = () => [...list.children].findIndex((each) => each.getAttribute("aria-current") === "true");
const follow = () => said[marked()] && show(said[marked()]);
new MutationObserver(follow).observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-current"] });
follow();
