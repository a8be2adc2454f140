// Cells on the map: their outlines in world widths, and how they are shaded.
import { arc, toX, toY } from "./mercator.js";

/** @typedef {import("./mercator.js").Point} Point */
/** @typedef {{ path: Path2D, west: number, east: number, north: number, south: number }} Outline world widths */
/** @typedef {{ outline: Outline, share: number, inside: boolean }} Cell `share`: 0…1 of the likeliest one's probability */

const POLE = 89.99; // degrees: what lies nearer to a pole is on it

/**
 * Corners of a cell → its outline: sides go along great circles, longitudes are unwrapped across ±180°, and it is closed
 * over a pole inside it.
 * @param {Point[]} corners
 */
export function outlineOf(corners) {
  const points = corners.flatMap((from, i) => arc(from, corners[(i + 1) % corners.length]));
  const start = points.find(([latitude]) => Math.abs(latitude) < POLE) ?? points[0];
  let last = start[1];
  /** @type {Point[]} */
  const line = [];
  points.forEach(([latitude, longitude], i) => {
    if (Math.abs(latitude) < POLE) last += shortest(longitude - last);
    else {
      line.push([latitude, last]); // a pole has every longitude: go along it from the one before to the one after
      last += shortest(points[(i + 1) % points.length][1] - last);
    }
    line.push([latitude, last]);
  });
  const turn = line[0][1] - last;
  if (Math.abs(turn) > 180) {
    const pole = line[0][0] > 0 ? 90 : -90;
    const end = line[0][1] - Math.sign(turn) * 360;
    line.push([line[0][0], end], [pole, end], [pole, line[0][1]]);
  }
  return ringsOf([line]);
}

/** A difference of longitudes → the same, −180…180°. @param {number} degrees */
const shortest = (degrees) => (((degrees % 360) + 540) % 360) - 180;

/** Rings whose sides are straight on the map → their outline. @param {Point[][]} rings @returns {Outline} */
export function ringsOf(rings) {
  const made = {
    path: new Path2D(),
    west: Number.POSITIVE_INFINITY,
    east: Number.NEGATIVE_INFINITY,
    north: Number.POSITIVE_INFINITY,
    south: Number.NEGATIVE_INFINITY,
  };
  for (const ring of rings) {
    ring.forEach(([latitude, longitude], i) => {
      const x = toX(longitude);
      const y = toY(latitude);
      made.west = Math.min(made.west, x);
      made.east = Math.max(made.east, x);
      made.north = Math.min(made.north, y);
      made.south = Math.max(made.south, y);
      if (i) made.path.lineTo(x, y);
      else made.path.moveTo(x, y);
    });
    made.path.closePath();
  }
  return made;
}

/**
 * Shade cells, the likelier the stronger, and outline those of the region.
 * @param {CanvasRenderingContext2D} ctx in world widths
 * @param {Cell[]} cells
 * @param {string} colour
 * @param {number} pixel in world widths
 */
export function drawCells(ctx, cells, colour, pixel) {
  ctx.fillStyle = colour;
  ctx.strokeStyle = colour;
  for (const { outline, share, inside } of cells) {
    const strength = Math.sqrt(share);
    ctx.globalAlpha = inside ? 0.12 + 0.63 * strength : 0.4 * strength;
    ctx.fill(outline.path);
    if (inside) {
      ctx.globalAlpha = 0.9;
      ctx.lineWidth = pixel;
      ctx.stroke(outline.path);
    }
  }
  ctx.globalAlpha = 1;
}
