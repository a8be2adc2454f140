// A picture that can be looked at closely: wheel, pinch, drag, double click and keys; 0 shows all of it.
import { listen } from "/map/gestures.js";

/** @typedef {import("/map/gestures.js").Spot} Spot */

const MOST = 8; // times as large as the frame

export class Zoomable {
  /** @param {HTMLElement} frame @param {HTMLImageElement} image */
  constructor(frame, image) {
    this.frame = frame;
    this.image = image;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.fixed = false; // whether it stays as large as the frame
    this.place();
    listen(frame, {
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, here) => this.zoom(factor, here),
      all: () => this.reset(),
      doubleClick: (here) => (this.scale > 1 ? this.reset() : this.zoom(2.5, here)),
    });
    new ResizeObserver(() => this.place()).observe(frame);
  }

  reset() {
    this.scale = 1;
    this.place();
  }

  place() {
    const { width, height } = this.frame.getBoundingClientRect();
    if (this.fixed) this.scale = 1;
    this.frame.classList.toggle("fixed", this.fixed);
    this.x = Math.min(0, Math.max(width * (1 - this.scale), this.x));
    this.y = Math.min(0, Math.max(height * (1 - this.scale), this.y));
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.frame.classList.toggle("zoomed", this.scale > 1);
  }

  /** What is at `here` (default: the middle) stays there. @param {number} factor @param {Spot} [here] */
  zoom(factor, here = this.middle()) {
    const old = this.scale;
    this.scale = Math.max(1, Math.min(MOST, old * factor));
    this.x = here.x - ((here.x - this.x) * this.scale) / old;
    this.y = here.y - ((here.y - this.y) * this.scale) / old;
    this.place();
  }

  /** @param {number} dx pixels @param {number} dy */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.place();
  }

  middle() {
    const { width, height } = this.frame.getBoundingClientRect();
    return { x: width / 2, y: height / 2 };
  }
}
