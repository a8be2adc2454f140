// --- a picture that can be looked at closely: wheel, pinch, drag, double click and keys; 1 shows all of it
const MOST = 8;

export class Zoomable {
  constructor(frame, image) {
    Object.assign(this, { frame, image, pointers: new Map() });
    this.reset();
    this.listen();
  }
  reset() { Object.assign(this, { scale: 1, x: 0, y: 0 }); this.place(); }
  place() {
    const { width, height } = this.frame.getBoundingClientRect();
    this.x = Math.min(0, Math.max(width * (1 - this.scale), this.x));
    this.y = Math.min(0, Math.max(height * (1 - this.scale), this.y));
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.frame.classList.toggle("zoomed", this.scale > 1);
  }
  zoom(factor, here = this.middle()) {
    const old = this.scale;
    this.scale = Math.max(1, Math.min(MOST, old * factor));
    this.x = here.x - (here.x - this.x) * this.scale / old;
    this.y = here.y - (here.y - this.y) * this.scale / old;
    this.place();
  }
  pan(dx, dy) { this.x += dx; this.y += dy; this.place(); }
  middle() { const { width, height } = this.frame.getBoundingClientRect(); return { x: width / 2, y: height / 2 }; }
  at(event) { const box = this.frame.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; }

  listen() {
    const { frame, pointers } = this;
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-Math.max(-300, Math.min(300, event.deltaY * (event.deltaMode === 1 ? 30 : 1))) / 300), this.at(event));
    }, { passive: false });
    frame.addEventListener("dblclick", (event) => { if (this.scale > 1) this.reset(); else this.zoom(2.5, this.at(event)); });
    frame.addEventListener("pointerdown", (event) => { frame.setPointerCapture(event.pointerId); pointers.set(event.pointerId, this.at(event)); });
    frame.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId), here = this.at(event);
      if (!before) return;
      if (pointers.size === 1) this.pan(here.x - before.x, here.y - before.y);
      else {
        const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
        const spread = Math.hypot(here.x - other.x, here.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
        this.zoom(spread, { x: (here.x + other.x) / 2, y: (here.y + other.y) / 2 });
      }
      pointers.set(event.pointerId, here);
    });
    for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, (event) => pointers.delete(event.pointerId));
    frame.addEventListener("keydown", (event) => {
      const act = { "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5), 0: () => this.reset(),
        ArrowLeft: () => this.pan(60, 0), ArrowRight: () => this.pan(-60, 0), ArrowUp: () => this.pan(0, 60), ArrowDown: () => this.pan(0, -60) }[event.key];
      if (act && !event.ctrlKey && !event.metaKey) { event.preventDefault(); act(); }
    });
    new ResizeObserver(() => this.place()).observe(frame);
  }
}
