// Drafts: every answer goes to the server at once; what has not arrived is kept and sent again.

export class Drafts {
  constructor(code, { csrf, list, status, seconds, answers, scored }) {
    Object.assign(this, { code, csrf, list, status, seconds, scored });
    this.revisions = answers; // place → revision that the server has
    this.waiting = new Map(); // place → answers that the server may not have
    this.shelf = `nodewise:${code}:${list}`;
    this.pause = 1000;
    window.addEventListener("online", () => this.send());
    window.addEventListener("beforeunload", (event) => this.waiting.size && event.preventDefault());
  }

  // Answers that an earlier visit of this page could not send.
  left() {
    return Object.entries(JSON.parse(localStorage.getItem(this.shelf) ?? "{}"));
  }

  keep(place, answers) {
    this.waiting.set(place, { ...answers });
    this.remember();
    this.say("saving", "Saving…");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), 150);
  }

  forget() {
    localStorage.removeItem(this.shelf);
  }

  remember() {
    if (this.waiting.size) localStorage.setItem(this.shelf, JSON.stringify(Object.fromEntries(this.waiting)));
    else this.forget();
  }

  // Send what waits, one after the other; resolves when all has arrived or nothing more can be done.
  send() {
    this.sending ??= this.sendAll().finally(() => (this.sending = null));
    return this.sending;
  }

  async sendAll() {
    clearTimeout(this.timer);
    while (this.waiting.size) {
      const [place, answers] = this.waiting.entries().next().value;
      if (!(await this.put(place, answers))) return false;
    }
    return true;
  }

  async put(place, answers) {
    const seconds = this.seconds.take();
    const body = JSON.stringify({ answers, seconds, revision: this.revisions[place] ?? 0, list: this.list });
    const headers = { "content-type": "application/json", "x-csrf-token": this.csrf };
    let answer;
    try {
      answer = await fetch(`/read/${this.code}/answers/${place}`, { method: "PUT", headers, body });
    } catch {
      answer = null;
    }
    if (answer?.ok) return this.arrived(place, answers, await answer.json());
    this.seconds.giveBack(seconds);
    return this.failed(answer);
  }

  arrived(place, answers, { revision, saved_at: time, score }) {
    this.revisions[place] = revision;
    this.scored(place, score);
    if (this.waiting.get(place) === answers) this.waiting.delete(place);
    this.remember();
    this.pause = 1000;
    this.say("saved", `Saved ${new Date(time).toLocaleTimeString("en-GB")}`);
    return true;
  }

  async failed(answer) {
    if (answer === null || answer.status >= 500) {
      this.say("unsaved", "Not saved: no connection. Your answers are kept here; trying again.");
      this.timer = setTimeout(() => this.send(), this.pause);
      this.pause = Math.min(this.pause * 2, 15000);
    } else if (answer.status === 401 || answer.status === 403) {
      this.say("unsaved", "You are signed out. Your answers are kept here: sign in again and reopen the case.");
    } else {
      this.say("unsaved", `Not saved: ${(await answer.json()).problem}`);
    }
    return false;
  }

  say(kind, text) {
    this.status.className = kind;
    this.status.textContent = text;
  }
}
