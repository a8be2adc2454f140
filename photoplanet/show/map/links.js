// Which photos are known to follow each other: those of one camera with times, whose places are known well enough.

import { isWeak } from "./certainty.js";
import { distance } from "./mercator.js";

/** @typedef {import("./photos.js").MapPhoto} MapPhoto */
/** @typedef {import("./photos.js").NamedPlace} NamedPlace */
/** @typedef {{ from: NamedPlace, to: NamedPlace, sure: boolean, rows: [from: number, to: number] }} Link `sure`: little can have been between them */

const HOUR = 3600; // seconds
const SHORT = 6 * HOUR; // a longer pause, and the way between is anyone's guess
const LONGEST = 72 * HOUR; // after that nothing links two photos
const FAR = 300; // km: so far nobody saw the way
const FASTEST = 1000; // km/h: faster, and one of them is not where or when it says
const SLACK = 5; // km that places may be off

/**
 * The links of one album. A photo whose place is unsure, or whose time no clock has stated, is not linked; where an
 * unsure one lies between two others, these are not sure to follow each other.
 * @param {MapPhoto[]} album
 * @returns {Link[]}
 */
export function linksOf(album) {
  /** @type {Map<unknown, MapPhoto[]>} */
  const cameras = new Map();
  for (const photo of album) {
    if (!photo.best || typeof photo.second !== "number") continue;
    const taken = cameras.get(photo.camera);
    if (taken) taken.push(photo);
    else cameras.set(photo.camera, [photo]);
  }
  return [...cameras.values()].flatMap((taken) => linksOfCamera(taken.sort((a, b) => secondOf(a) - secondOf(b))));
}

/** @param {MapPhoto[]} taken in time order @returns {Link[]} */
function linksOfCamera(taken) {
  /** @type {Link[]} */
  const links = [];
  /** @type {MapPhoto | null} */
  let last = null;
  let sure = true;
  for (const photo of taken) {
    if (isWeak(photo)) sure = false;
    else {
      links.push(...(last ? linkBetween(last, photo, sure) : []));
      last = photo;
      sure = true;
    }
  }
  return links;
}

/** @param {MapPhoto} one @param {MapPhoto} other @param {boolean} sure @returns {Link[]} one, or none */
function linkBetween(one, other, sure) {
  const [from, to] = [one.best, other.best];
  const pause = secondOf(other) - secondOf(one);
  if (!from || !to || pause > LONGEST) return [];
  const km = distance(from, to);
  const off = SLACK + (one.known ? 0 : from.radius_km) + (other.known ? 0 : to.radius_km);
  if (km - off > (FASTEST * pause) / HOUR) return [];
  return [{ from, to, sure: sure && pause <= SHORT && km <= FAR, rows: [one.row, other.row] }];
}

/** @param {MapPhoto} photo */
const secondOf = ({ second }) => second ?? Number.NaN;
