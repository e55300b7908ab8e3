// The matching board by mouse and by keys; without this script its forms do the same.

const images = [...document.querySelectorAll(".node.image")];
const specimens = [...document.querySelectorAll(".specimen-node")];
let chosen = null;

function choose(image) {
  chosen = image === chosen ? null : image;
  for (const each of images) each.setAttribute("aria-pressed", each === chosen);
  if (chosen) (specimens.find(({ dataset }) => dataset.side === chosen.dataset.side) ?? specimens[0])?.focus();
}

function submit(specimen, fields) {
  const form = document.querySelector(`form[data-node="${CSS.escape(specimen.dataset.node)}"]`);
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
  sessionStorage.setItem("board", specimen.dataset.node);
  form.requestSubmit();
}

function step(nodes, from, by) {
  nodes[(nodes.indexOf(from) + by + nodes.length) % nodes.length]?.focus();
}

for (const image of images) {
  image.addEventListener("click", () => choose(image));
  image.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/plain", image.dataset.label));
}

for (const specimen of specimens) {
  specimen.addEventListener("click", () => {
    if (chosen) submit(specimen, { image_label: chosen.dataset.label });
  });
  specimen.addEventListener("dragover", (event) => {
    event.preventDefault();
    specimen.classList.add("over");
  });
  specimen.addEventListener("dragleave", () => specimen.classList.remove("over"));
  specimen.addEventListener("drop", (event) => {
    event.preventDefault();
    submit(specimen, { image_label: event.dataTransfer.getData("text/plain") });
  });
  specimen.addEventListener("keydown", ({ key }) => {
    const certainty = { c: "certain", p: "probable", u: "uncertain" }[key];
    if (certainty) submit(specimen, { certainty });
    if (key === "Delete" || key === "Backspace") submit(specimen, { image_label: "" });
  });
}

document.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const column = [images, specimens].find((nodes) => nodes.includes(document.activeElement));
  if (by && column) {
    event.preventDefault();
    step(column, document.activeElement, by);
  }
  if (event.key === "ArrowLeft" && column === specimens) (chosen ?? images[0])?.focus();
  if (event.key === "ArrowRight" && column === images) specimens[0]?.focus();
  if (event.key === "Escape" && chosen) choose(chosen);
});

// After a link the board comes back where it was left.
const left = sessionStorage.getItem("board");
sessionStorage.removeItem("board");
specimens.find(({ dataset }) => dataset.node === left)?.focus();
