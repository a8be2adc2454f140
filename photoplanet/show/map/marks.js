// Marks on the map, drawn in pixels of its canvas.
import { EARTH_KM, RAD, toX, toY } from "./mercator.js";

/** @typedef {import("./atlas.js").Atlas} Atlas */
/** @typedef {import("./gestures.js").Spot} Spot */
/** @typedef {import("./mercator.js").Point} Point */

const FULL_TURN = 2 * Math.PI;
const POINT = 5; // pixels: how far a known place's capsule runs into points

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
  if (text) label(atlas, { x, y }, text);
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
  if (text) label(atlas, { x, y }, text);
}

/** @param {Atlas} atlas @param {Spot} spot @param {string} text */
function label({ ctx, colours }, { x, y }, text) {
  ctx.fillStyle = colours.halo;
  ctx.font = "600 11px system-ui, sans-serif";
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x, y + 0.5);
}

/** How large the capsule of a text is: pixels, its points included. @param {string} text */
export const tagSize = (text) => ({ width: 2 * (Math.max(10, 4 + 3.6 * text.length) + POINT), height: 22 });

/**
 * A capsule with a number; with pointed ends where the place is known, faint where it is weak.
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
  atlas.ctx.globalAlpha = weak ? 0.55 : 1;
  filled(atlas, path, known ? atlas.colours.known : atlas.colours.point);
  label(atlas, { x, y }, text);
  atlas.ctx.globalAlpha = 1;
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
 * A line, each step the short way round the Earth; dashed where unsure.
 * @param {Atlas} atlas
 * @param {Point[]} points
 * @param {boolean} sure
 */
export function line(atlas, points, sure) {
  const { ctx } = atlas;
  let x = atlas.nearest(toX(points[0][1]));
  ctx.beginPath();
  for (const [latitude, longitude] of points) {
    const there = toX(longitude);
    x = there + Math.round(x - there);
    ctx.lineTo(atlas.screenX(x), atlas.screenY(toY(latitude)));
  }
  ctx.lineJoin = "round";
  ctx.strokeStyle = atlas.colours.ink;
  ctx.globalAlpha = sure ? 0.75 : 0.35;
  ctx.lineWidth = sure ? 1.8 : 1.2;
  ctx.setLineDash(sure ? [] : [5, 5]);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
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
