// The answer sheet: one question after the other, by key or by mouse.

export function asked(questions, answers) {
  const valid = {};
  return questions.filter((question) => {
    const fits = Object.entries(question.when ?? {}).every(([name, wanted]) =>
      [valid[name]].flat().some((value) => wanted.includes(value)),
    );
    if (fits && question.name in answers) valid[question.name] = answers[question.name];
    return fits;
  });
}

export function complete(questions, answers) {
  return asked(questions, answers).every((question) => question.optional || question.name in answers);
}

// Choices of a question: value, words, the digit that gives it.
export function choices(question) {
  if (question.scale) return Object.entries(question.scale).map(([value, says]) => [+value, says, value]);
  return (question.choose ?? question.pick ?? []).map((name, number) => [name, name, `${number + 1}`]);
}

export class Sheet {
  constructor(place, questions, changed) {
    Object.assign(this, { place, questions, changed });
    this.active = 0;
  }

  show(answers, readOnly) {
    this.answers = answers;
    this.readOnly = readOnly;
    this.active = Math.max(0, this.asked().findIndex((question) => !(question.name in answers)));
    this.render();
  }

  asked() {
    return asked(this.questions, this.answers);
  }

  move(step) {
    this.active = Math.min(this.asked().length - 1, Math.max(0, this.active + step));
    this.render();
  }

  press(digit) {
    const question = this.asked()[this.active];
    const choice = question && choices(question).find(([, , key]) => key === digit);
    if (!choice) return false;
    this.give(question, choice[0]);
    return true;
  }

  enter() {
    this.place.querySelector(".active input, .active textarea")?.focus();
  }

  clear() {
    const question = this.asked()[this.active];
    if (question) this.set(question, undefined);
  }

  give(question, value) {
    if (!question.pick) {
      this.set(question, value);
      const next = this.asked().findIndex((each) => !(each.name in this.answers) && !each.optional);
      if (next >= 0) this.active = next;
      return this.render();
    }
    const picked = this.answers[question.name] ?? [];
    const now = picked.includes(value) ? picked.filter((each) => each !== value) : [...picked, value];
    return this.set(question, now.length ? now : undefined);
  }

  set(question, value) {
    if (this.readOnly) return;
    if (value === undefined || value === "") delete this.answers[question.name];
    else this.answers[question.name] = value;
    const kept = this.asked().map(({ name }) => name);
    for (const name of Object.keys(this.answers)) if (!kept.includes(name)) delete this.answers[name];
    this.changed();
    this.render();
  }

  render() {
    const typing = document.activeElement?.dataset?.question;
    this.place.replaceChildren(...this.asked().map((question, number) => this.field(question, number)));
    if (typing) this.place.querySelector(`[data-question="${typing}"]`)?.focus();
    this.place.querySelector(".active")?.scrollIntoView({ block: "nearest" });
  }

  field(question, number) {
    const field = document.createElement("fieldset");
    field.classList.toggle("active", number === this.active);
    field.classList.toggle("done", question.name in this.answers);
    field.disabled = this.readOnly;
    field.addEventListener("focusin", () => (this.active = number));
    const legend = document.createElement("legend");
    const more = question.pick ? " (one or more, then j)" : question.optional ? " (optional)" : "";
    legend.textContent = question.ask + more;
    field.append(legend);
    if (question.help) field.append(Object.assign(document.createElement("p"), { className: "hint", textContent: question.help }));
    field.append(...(choices(question).length ? this.buttons(question) : [this.input(question)]));
    return field;
  }

  buttons(question) {
    return choices(question).map(([value, says, key]) => {
      const button = document.createElement("button");
      button.type = "button";
      const on = [this.answers[question.name]].flat().includes(value);
      button.setAttribute("aria-pressed", on);
      button.append(Object.assign(document.createElement("kbd"), { textContent: key }), says);
      button.addEventListener("click", () => {
        this.active = this.asked().indexOf(question);
        this.give(question, value);
      });
      return button;
    });
  }

  input(question) {
    const input = document.createElement(question.text ? "textarea" : "input");
    input.dataset.question = question.name;
    input.value = this.answers[question.name] ?? "";
    input.setAttribute("aria-label", question.ask);
    if (question.text) input.maxLength = 4000;
    else Object.assign(input, { type: "number", min: question.number.low, max: question.number.high, step: "any" });
    if (question.number) input.placeholder = `${question.number.low} to ${question.number.high} ${question.number.unit}`;
    input.addEventListener("input", () => {
      const value = question.text ? input.value : input.value === "" || !input.checkValidity() ? undefined : +input.value;
      if (value === undefined || value === "") delete this.answers[question.name];
      else this.answers[question.name] = value;
      this.changed();
    });
    return input;
  }
}
