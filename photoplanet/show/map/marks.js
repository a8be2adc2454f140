// Marks on the map, drawn in pixels of its canvas.
import { EARTH_KM, RAD, toX, toY } from "./mercator.js";

/** @typedef {import("./atlas.js").Atlas} Atlas */
/** @typedef {import("./gestures.js").Spot} Spot */
/** @typedef {import("./mercator.js").Place} Place */

const FULL_TURN = 2 * Math.PI;
const POINT = 5; // pixels: how far a known place's capsule runs into points
const LEAST_STEP = 2; // pixels: a shorter one is not drawn
const BEYOND = 10; // pixels outside the map that lines are still drawn

/** @param {Atlas} atlas @param {Path2D} path @param {string} colour */
function filled({ ctx, colours }, path, colour) {
  ctx.fillStyle = colour;
  ctx.fill(path);
  ctx.lineWidth = 2;
  ctx.strokeStyle = colours.halo;
  ctx.stroke(path);
}

/** @param {Spot[]} corners */
function polygon(corners) {
  const path = new Path2D();
  for (const { x, y } of corners) path.lineTo(x, y);
  path.closePath();
  return path;
}

/** A pin whose tip is at the spot. @param {Atlas} atlas @param {Spot} spot */
export function pin(atlas, { x, y }) {
  const head = new Path2D();
  head.moveTo(x, y);
  head.lineTo(x - 8, y - 17);
  head.arc(x, y - 21, 9, Math.PI * 0.85, Math.PI * 2.15);
  head.closePath();
  filled(atlas, head, atlas.colours.point);
  const eye = new Path2D();
  eye.arc(x, y - 21, 3.5, 0, FULL_TURN);
  atlas.ctx.fillStyle = atlas.colours.halo;
  atlas.ctx.fill(eye);
}

/** @param {Atlas} atlas @param {Spot} spot @param {number} radius @param {string} colour @param {string} [text] */
export function disc(atlas, { x, y }, radius, colour, text) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, FULL_TURN);
  filled(atlas, path, colour);
  if (text) label(atlas, { x, y }, text, atlas.colours.halo);
}

/** @param {Atlas} atlas @param {Spot} spot */
export function square(atlas, { x, y }) {
  const path = new Path2D();
  path.rect(x - 8, y - 8, 16, 16);
  filled(atlas, path, atlas.colours.mass);
}

/** @param {Atlas} atlas @param {Spot} spot @param {string} text */
export function diamond(atlas, { x, y }, text) {
  const size = text ? 13 : 7;
  const corners = [
    { x, y: y - size },
    { x: x + size, y },
    { x, y: y + size },
    { x: x - size, y },
  ];
  filled(atlas, polygon(corners), atlas.colours.known);
  if (text) label(atlas, { x, y }, text, atlas.colours.halo);
}

/** @param {Atlas} atlas @param {Spot} spot @param {string} text @param {string} colour */
function label({ ctx }, { x, y }, text, colour) {
  ctx.fillStyle = colour;
  ctx.font = "600 11px system-ui, sans-serif";
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x, y + 0.5);
}

/** How large the capsule of a text is: pixels, its points included. @param {string} text */
export const tagSize = (text) => ({ width: 2 * (Math.max(10, 4 + 3.6 * text.length) + POINT), height: 22 });

/**
 * A capsule with a number; with pointed ends where the place is known, hollow and dashed where it is weak.
 * @param {Atlas} atlas
 * @param {Spot} spot
 * @param {string} text
 * @param {boolean} known
 * @param {boolean} weak
 */
export function tag(atlas, { x, y }, text, known, weak) {
  const half = tagSize(text).width / 2 - POINT;
  let path = new Path2D();
  if (known)
    path = polygon([
      { x: x - half - POINT, y },
      { x: x - half + POINT, y: y - 11 },
      { x: x + half - POINT, y: y - 11 },
      { x: x + half + POINT, y },
      { x: x + half - POINT, y: y + 11 },
      { x: x - half + POINT, y: y + 11 },
    ]);
  else path.roundRect(x - half, y - 10, 2 * half, 20, 10);
  if (weak) hollow(atlas, path);
  else filled(atlas, path, known ? atlas.colours.known : atlas.colours.point);
  label(atlas, { x, y }, text, weak ? atlas.colours.point : atlas.colours.halo);
}

/** An unsure mark: its ground light, its edge dashed. @param {Atlas} atlas @param {Path2D} path */
function hollow({ ctx, colours }, path) {
  ctx.fillStyle = colours.halo;
  ctx.fill(path);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = colours.point;
  ctx.setLineDash([4, 3]);
  ctx.stroke(path);
  ctx.setLineDash([]);
}

/** A disc of photos: hollow where all are unsure. @param {Atlas} atlas @param {Spot} spot @param {number} radius @param {string} text @param {boolean} known @param {boolean} weak */
export function count(atlas, { x, y }, radius, text, known, weak) {
  const path = new Path2D();
  path.arc(x, y, radius, 0, FULL_TURN);
  if (weak) hollow(atlas, path);
  else filled(atlas, path, known ? atlas.colours.known : atlas.colours.point);
  if (text) label(atlas, { x, y }, text, weak ? atlas.colours.point : atlas.colours.halo);
}

export const DOUBT = { width: 22, height: 15 }; // pixels of the mark that says how many are unsure

/** How many photos of a mark are unsure. @param {Atlas} atlas @param {Spot} spot its middle @param {number} unsure */
export function doubt(atlas, { x, y }, unsure) {
  const { ctx, colours } = atlas;
  const text = unsure < 1000 ? `${unsure}?` : "999+?";
  const half = Math.max(DOUBT.width / 2, 3.4 * text.length + 4);
  const path = new Path2D();
  path.roundRect(x - half, y - DOUBT.height / 2, 2 * half, DOUBT.height, DOUBT.height / 2);
  hollow(atlas, path);
  ctx.lineWidth = 1;
  label(atlas, { x, y }, text, colours.point);
}

/** @param {Atlas} atlas @param {Spot} spot */
export function cross({ ctx, colours }, { x, y }) {
  ctx.strokeStyle = colours.ink;
  ctx.lineWidth = 2.5;
  ctx.beginPath();
  ctx.moveTo(x - 8, y);
  ctx.lineTo(x + 8, y);
  ctx.moveTo(x, y - 8);
  ctx.lineTo(x, y + 8);
  ctx.stroke();
}

/**
 * A radius on the ground, as it is at that latitude.
 * @param {Atlas} atlas
 * @param {Spot} spot
 * @param {number} latitude degrees
 * @param {number} km
 */
export function circle({ ctx, colours, view }, { x, y }, latitude, km) {
  const around = 2 * Math.PI * EARTH_KM * Math.max(0.05, Math.cos(latitude * RAD));
  ctx.fillStyle = colours.point;
  ctx.strokeStyle = colours.point;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.arc(x, y, (km / around) * view.scale, 0, FULL_TURN);
  ctx.globalAlpha = 0.06;
  ctx.fill();
  ctx.globalAlpha = 0.35;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/**
 * Steps, each the short way round the Earth; all at once, since there may be thousands.
 * @param {Atlas} atlas
 * @param {[from: Place, to: Place][]} steps
 * @param {boolean} sure dashed where it is not
 */
export function lines(atlas, steps, sure) {
  const { ctx } = atlas;
  let last = { x: Number.NaN, y: Number.NaN };
  ctx.beginPath();
  for (const [from, to] of steps) {
    const there = toX(to.longitude);
    const start = atlas.nearest(toX(from.longitude));
    const end = there + Math.round(start - there);
    const away = atlas.nearest(there) - end; // the other end's mark is on another copy of the world
    for (const turn of away ? [0, away] : [0]) {
      const one = { x: atlas.screenX(start + turn), y: atlas.screenY(toY(from.latitude)) };
      const other = { x: atlas.screenX(end + turn), y: atlas.screenY(toY(to.latitude)) };
      if (Math.abs(one.x - other.x) < LEAST_STEP && Math.abs(one.y - other.y) < LEAST_STEP) continue;
      const seen = inside(one, other, atlas.width, atlas.height);
      if (!seen) continue;
      if (seen[0].x !== last.x || seen[0].y !== last.y) ctx.moveTo(seen[0].x, seen[0].y);
      last = seen[1];
      ctx.lineTo(last.x, last.y);
    }
  }
  ctx.lineCap = "round";
  ctx.strokeStyle = atlas.colours.ink;
  ctx.globalAlpha = sure ? 0.75 : 0.4;
  ctx.lineWidth = sure ? 1.8 : 1.2;
  ctx.setLineDash(sure ? [] : [2, 6]);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.lineCap = "butt";
  ctx.globalAlpha = 1;
}

/** A line through points in degrees. @param {Atlas} atlas @param {import("./mercator.js").Point[]} points @param {boolean} sure */
export function line(atlas, points, sure) {
  const places = points.map(([latitude, longitude]) => ({ latitude, longitude }));
  lines(
    atlas,
    places.slice(1).map((place, i) => [places[i], place]),
    sure,
  );
}

/**
 * The part of a step that can be seen, by Liang and Barsky; null where there is none: dashes far outside take for ever.
 * @param {Spot} one
 * @param {Spot} other
 * @param {number} width
 * @param {number} height
 * @returns {[Spot, Spot] | null}
 */
export function inside(one, other, width, height) {
  const [dx, dy] = [other.x - one.x, other.y - one.y];
  let [start, end] = [0, 1];
  for (const [step, room] of [
    [-dx, one.x + BEYOND],
    [dx, width + BEYOND - one.x],
    [-dy, one.y + BEYOND],
    [dy, height + BEYOND - one.y],
  ]) {
    if (step === 0 && room < 0) return null;
    if (step < 0) start = Math.max(start, room / step);
    if (step > 0) end = Math.min(end, room / step);
  }
  const at = (/** @type {number} */ share) => ({ x: one.x + share * dx, y: one.y + share * dy });
  return start < end ? [at(start), at(end)] : null;
}

/**
 * Words beside a mark, on the side where there is room.
 * @param {Atlas} atlas
 * @param {Spot} spot
 * @param {number} down pixels
 * @param {string} text
 * @param {string} colour
 */
export function caption({ ctx, colours, width }, { x, y }, down, text, colour) {
  ctx.font = "600 12px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  const left = x > width - 70;
  const start = x + (left ? -13 : 13);
  ctx.textAlign = left ? "right" : "left";
  ctx.lineWidth = 4;
  ctx.lineJoin = "round";
  ctx.strokeStyle = colours.halo;
  ctx.strokeText(text, start, y + down);
  ctx.fillStyle = colour;
  ctx.fillText(text, start, y + down);
}
