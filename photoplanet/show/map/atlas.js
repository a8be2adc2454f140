// A world map on a canvas: Web Mercator that repeats eastwards. What is drawn on it is its page's.
// The server's pages import this; the single-file maps carry it (show/maps.py).
import { drawCells } from "./cells.js";
import { Coast } from "./coast.js";
import { listen } from "./gestures.js";
import { EARTH_KM, RAD, toLatitude, toLongitude, toX, toY } from "./mercator.js";
import { drawTowns } from "./towns.js";

/** @typedef {import("./cells.js").Cell} Cell */
/** @typedef {import("./cells.js").Outline} Outline */
/** @typedef {import("./gestures.js").Spot} Spot */
/** @typedef {import("./mercator.js").Box} Box */
/** @typedef {import("./mercator.js").Place} Place */
/** @typedef {import("./towns.js").Frame} Frame */
/** @typedef {import("./towns.js").Town} Town */
/**
 * @typedef {object} Land land.json, and where finer ground comes from
 * @property {number} scale
 * @property {number[][]} land
 * @property {number[][]} borders
 * @property {[name: string, longitude: number, latitude: number][]} towns
 * @property {import("./coast.js").Source} [coast]
 */
/**
 * @typedef {object} Page what a page adds to the map
 * @property {() => Cell[]} [cells] shaded below everything else
 * @property {() => void} [below] draws under the names of towns, in pixels of the canvas
 * @property {() => Frame[]} [frames] where marks will be: names keep clear of them
 * @property {() => void} [marks] draws on top (marks.js), in pixels of the canvas
 * @property {(here: Spot, place: Place) => void} [click]
 * @property {(here: Spot, place: Place) => void} [hover]
 * @property {() => void} [home] shows all there is; called for the key 0, and at every new size until somebody moves the map
 */

const MAX_SCALE = 3e6; // pixels per world width
const LEAST_SHOWN = 0.004; // world widths, 160 km at the equator: a point without its surroundings says little
const SCALE_BAR = 120; // pixels at most
const BUTTON_ZOOM = 1.8;
const HIT = 1e4; // `isPointInPath` is asked in world widths times this: it rounds small numbers

export class Atlas {
  /**
   * @param {HTMLCanvasElement} canvas fills its parent
   * @param {Land} land
   * @param {Page} page
   */
  constructor(canvas, land, page) {
    this.canvas = canvas;
    this.page = page;
    this.ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {((from: Spot, to: Spot, done: boolean) => boolean | void) | null} takes drags; where it says false, they move the map */
    this.drawing = null;
    this.touched = false; // by the user, so that it does not move by itself
    this.queued = false;
    this.width = 0;
    this.height = 0;
    this.view = { x: 0.5, y: 0.45, scale: 400 }; // the middle, and pixels per world width
    this.colours = { sea: "", land: "", border: "", mass: "", point: "", halo: "", ink: "", known: "" }; // CSS: --sea, …
    this.land = new Path2D();
    this.borders = new Path2D();
    for (const ring of land.land) {
      addLine(this.land, ring, land.scale, true);
      addLine(this.borders, ring, land.scale, false);
    }
    for (const line of land.borders) addLine(this.borders, line, land.scale, false);
    this.coast = land.coast ? new Coast(land.coast, () => this.redraw()) : null;
    /** @type {Frame[]} where buttons lie on the map */
    this.buttons = [];
    /** @type {HTMLElement[]} buttons on the map */
    this.controls = [];
    /** @type {Town[]} */
    this.towns = land.towns.map(([name, longitude, latitude]) => ({
      name,
      latitude: latitude / land.scale,
      longitude: longitude / land.scale,
      width: 0,
    }));
    listen(canvas, {
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, here) => this.zoom(factor, here),
      all: () => this.home(),
      doubleClick: (here) => this.zoom(2.5, here),
      click: (here) => page.click?.(here, this.placeAt(here)),
      hover: (here) => page.hover?.(here, this.placeAt(here)),
      draw: (from, to, done) => this.drawing !== null && this.drawing(from, to, done) !== false,
    });
  }

  /** Draw, now that what `page` draws is there. */
  start() {
    this.restyle();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.restyle());
    new ResizeObserver(() => this.resize()).observe(this.parent());
    this.resize();
  }

  /** @param {HTMLElement} closer @param {HTMLElement} farther @param {HTMLElement} all */
  listenTo(closer, farther, all) {
    this.controls = [closer, farther, all];
    closer.addEventListener("click", () => this.zoom(BUTTON_ZOOM));
    farther.addEventListener("click", () => this.zoom(1 / BUTTON_ZOOM));
    all.addEventListener("click", () => {
      this.touched = false;
      this.home();
    });
  }

  // --- where things are
  parent() {
    return /** @type {HTMLElement} */ (this.canvas.parentElement);
  }

  /** @param {number} x world widths */
  screenX(x) {
    return (x - this.view.x) * this.view.scale + this.width / 2;
  }

  /** @param {number} y world widths */
  screenY(y) {
    return (y - this.view.y) * this.view.scale + this.height / 2;
  }

  /** The copy of x that is nearest to the middle of the view. @param {number} x world widths */
  nearest(x) {
    return x + Math.round(this.view.x - x);
  }

  /** @param {Place} place @returns {Spot} */
  spot({ latitude, longitude }) {
    return { x: this.screenX(this.nearest(toX(longitude))), y: this.screenY(toY(latitude)) };
  }

  /** @param {Spot} spot @param {number} [beyond] pixels outside that still count */
  inSight({ x, y }, beyond = 0) {
    return x >= -beyond && y >= -beyond && x <= this.width + beyond && y <= this.height + beyond;
  }

  /** Whether all of a frame is to be seen. @param {Frame} frame */
  holds([left, top, right, bottom]) {
    return left >= 0 && top >= 0 && right <= this.width && bottom <= this.height;
  }

  /** World widths at a spot. @param {Spot} here */
  worldAt(here) {
    const { x, y, scale } = this.view;
    return { x: x + (here.x - this.width / 2) / scale, y: y + (here.y - this.height / 2) / scale };
  }

  /** @param {Spot} here @returns {Place} */
  placeAt(here) {
    const { x, y } = this.worldAt(here);
    return { latitude: toLatitude(y), longitude: toLongitude(x) };
  }

  /** The row of the first outline that holds the spot, or −1. @param {Spot} here @param {Outline[]} outlines */
  cellAt(here, outlines) {
    const { x, y } = this.worldAt(here);
    this.ctx.setTransform(HIT, 0, 0, HIT, 0, 0); // isPointInPath transforms the path, not the point
    const holds = (/** @type {Outline} */ { path }) =>
      [-1, 0, 1].some((turn) => this.ctx.isPointInPath(path, (x + turn) * HIT, y * HIT));
    return outlines.findIndex(holds);
  }

  // --- drawing
  redraw() {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    const { ctx, view, width, colours, page } = this;
    const ratio = window.devicePixelRatio || 1;
    this.queued = false;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = colours.sea;
    ctx.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const first = Math.floor(view.x - width / 2 / view.scale);
    const last = Math.floor(view.x + width / 2 / view.scale);
    for (let turn = first; turn <= last; turn++) {
      this.toWorldWidths(ratio, turn);
      this.drawLand();
      this.coast?.draw(this, ratio, turn);
    }
    const cells = page.cells?.() ?? [];
    for (let turn = first - 1; cells.length && turn <= last + 1; turn++) {
      this.toWorldWidths(ratio, turn);
      drawCells(ctx, cells, colours.mass, 1 / view.scale);
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    page.below?.();
    const scaleBar = /** @type {Frame} */ ([0, this.height - 36, SCALE_BAR + 24, this.height]);
    drawTowns(this, this.towns, [...(page.frames?.() ?? []), ...this.buttons, scaleBar]);
    page.marks?.();
    this.drawScale();
  }

  /** From here on, draw in world widths: that copy of the world. @param {number} ratio @param {number} turn */
  toWorldWidths(ratio, turn) {
    const { x, y, scale } = this.view;
    const left = this.width / 2 + (turn - x) * scale;
    const top = this.height / 2 - y * scale;
    this.ctx.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * left, ratio * top);
  }

  drawLand() {
    const { ctx, colours } = this;
    ctx.fillStyle = colours.land;
    ctx.fill(this.land);
    ctx.strokeStyle = colours.border;
    ctx.lineWidth = 0.8 / this.view.scale;
    ctx.stroke(this.borders);
  }

  drawScale() {
    const { ctx, colours } = this;
    const perPixel = (2 * Math.PI * EARTH_KM * Math.cos(toLatitude(this.view.y) * RAD)) / this.view.scale;
    const km = roundBelow(perPixel * Math.min(SCALE_BAR, this.width / 3));
    const right = 12 + km / perPixel;
    const y = this.height - 12;
    ctx.strokeStyle = colours.ink;
    ctx.fillStyle = colours.ink;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(12, y - 5);
    ctx.lineTo(12, y);
    ctx.lineTo(right, y);
    ctx.lineTo(right, y - 5);
    ctx.stroke();
    ctx.font = "12px system-ui, sans-serif";
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.fillText(km >= 1 ? `${km.toLocaleString("en")} km` : `${Math.round(km * 1000)} m`, 17, y - 2);
  }

  // --- moving
  clamp() {
    const { view } = this;
    view.scale = this.scaleWithin(view.scale);
    const half = Math.min(0.5, this.height / 2 / view.scale);
    view.y = Math.max(half, Math.min(1 - half, view.y));
    view.x -= Math.floor(view.x);
    this.redraw();
  }

  /** @param {number} scale */
  scaleWithin(scale) {
    return Math.max(Math.min(this.width, 360), Math.min(MAX_SCALE, scale));
  }

  isClosest() {
    return this.view.scale > MAX_SCALE / 4;
  }

  /** What is at `here` (default: the middle) stays there. @param {number} factor @param {Spot} [here] */
  zoom(factor, here = { x: this.width / 2, y: this.height / 2 }) {
    const { view } = this;
    const old = view.scale;
    this.touched = true;
    view.scale = this.scaleWithin(old * factor);
    view.x += (here.x - this.width / 2) * (1 / old - 1 / view.scale);
    view.y += (here.y - this.height / 2) * (1 / old - 1 / view.scale);
    this.clamp();
  }

  /** @param {number} dx pixels @param {number} dy */
  pan(dx, dy) {
    this.touched = true;
    this.view.x -= dx / this.view.scale;
    this.view.y -= dy / this.view.scale;
    this.clamp();
  }

  /** At least as close as `scale`. @param {Place} place @param {number} [scale] */
  goTo({ latitude, longitude }, scale = 0) {
    this.view = { x: toX(longitude), y: toY(latitude), scale: Math.max(this.view.scale, scale) };
    this.clamp();
  }

  /**
   * All of the boxes, near the copy of the first one; the world where there is none.
   * @param {Box[]} boxes
   * @param {number} [least] world widths that are shown at least
   */
  show(boxes, least = LEAST_SHOWN) {
    const { width, height } = this;
    if (boxes.length) {
      const [west, east, north, south] = aroundAll(boxes);
      const scale = 0.8 * Math.min(width / Math.max(least, east - west), height / Math.max(least, south - north));
      this.view = { x: (west + east) / 2, y: (north + south) / 2, scale };
    } else this.view = { x: 0.5, y: 0.42, scale: Math.max(width, 400) };
    this.clamp();
  }

  home() {
    if (this.page.home) this.page.home();
    else this.show([]);
  }

  // --- how it looks and how large it is
  restyle() {
    const style = getComputedStyle(this.canvas);
    for (const name of /** @type {(keyof typeof this.colours)[]} */ (Object.keys(this.colours)))
      this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    this.redraw();
  }

  resize() {
    const box = this.parent().getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    this.width = box.width;
    this.height = box.height;
    this.canvas.width = Math.round(box.width * ratio);
    this.canvas.height = Math.round(box.height * ratio);
    this.buttons = this.controls.map((control) => {
      const { left, top, right, bottom } = control.getBoundingClientRect();
      return [left - box.left, top - box.top, right - box.left, bottom - box.top];
    });
    if (this.touched) this.clamp();
    else this.home(); // until somebody moves it, the map fits what it shows
    this.draw(); // at once: a new size has emptied the canvas
  }
}

/** Steps of longitude and latitude → a line of the path; open, it leaves out what only closes a ring along a map's edge. @param {Path2D} path @param {number[]} steps @param {number} scale @param {boolean} closed */
function addLine(path, steps, scale, closed) {
  let longitude = 0;
  let latitude = 0;
  let onEdge = true;
  for (let i = 0; i < steps.length; i += 2) {
    longitude += steps[i];
    latitude += steps[i + 1];
    const wasOnEdge = onEdge;
    onEdge = Math.abs(longitude) >= 180 * scale || latitude <= -90 * scale;
    const [x, y] = [toX(longitude / scale), toY(latitude / scale)];
    if (i && (closed || !(wasOnEdge && onEdge))) path.lineTo(x, y);
    else path.moveTo(x, y);
  }
  if (closed) path.closePath();
}

/** @param {Box[]} boxes @returns {Box} */
function aroundAll(boxes) {
  const start = (boxes[0][0] + boxes[0][1]) / 2;
  const shifted = boxes.map(([west, east, north, south]) => {
    const shift = Math.round(start - (west + east) / 2);
    return [west + shift, east + shift, north, south];
  });
  const least = (/** @type {number} */ k) =>
    shifted.reduce((value, box) => Math.min(value, box[k]), Number.POSITIVE_INFINITY);
  const most = (/** @type {number} */ k) =>
    shifted.reduce((value, box) => Math.max(value, box[k]), Number.NEGATIVE_INFINITY);
  return [least(0), most(1), least(2), most(3)];
}

/** The largest of 1, 2, 5, 10, … below. @param {number} most */
function roundBelow(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([5, 2].find((digit) => digit * power <= most) ?? 1) * power;
}
