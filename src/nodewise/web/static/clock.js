// Reading time: it runs while the page is looked at and used, and stands still in a pause.

const IDLE = 120000;

export class Clock {
  constructor(before, show) {
    Object.assign(this, { total: before, unsent: 0, paused: false, show, used: Date.now() });
    for (const kind of ["pointermove", "keydown", "wheel"])
      document.addEventListener(kind, () => (this.used = Date.now()), { passive: true });
    setInterval(() => this.tick(), 1000);
  }

  tick() {
    if (this.paused || document.hidden || Date.now() - this.used > IDLE) return;
    this.total += 1;
    this.unsent += 1;
    const minutes = Math.floor(this.total / 60);
    this.show(`${minutes}:${String(Math.floor(this.total % 60)).padStart(2, "0")}`);
  }

  take() {
    const seconds = this.unsent;
    this.unsent = 0;
    return seconds;
  }

  giveBack(seconds) {
    this.unsent += seconds;
  }
}
