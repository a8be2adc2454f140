// Web Mercator. World widths: x and y are 0…1, from the north-west.

/** @typedef {{ latitude: number, longitude: number }} Place degrees */
/** @typedef {[latitude: number, longitude: number]} Point degrees */
/** @typedef {[west: number, east: number, north: number, south: number]} Box world widths */

export const RAD = Math.PI / 180;
export const EARTH_KM = 6371;
const MAX_LATITUDE = 85.0511;

/** @param {number} longitude */
export const toX = (longitude) => (longitude + 180) / 360;

/** @param {number} latitude */
export function toY(latitude) {
  const sine = Math.sin(Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude)) * RAD);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** @param {number} y */
export const toLatitude = (y) => (2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2) / RAD;

/** @param {number} x */
export const toLongitude = (x) => (x - Math.floor(x)) * 360 - 180;

/** @param {Place} place @returns {Box} */
export function boxAt({ latitude, longitude }) {
  const x = toX(longitude);
  const y = toY(latitude);
  return [x, x, y, y];
}

/** Points along a great circle, a degree or less apart, without the last. @param {Point} from @param {Point} to */
export function arc(from, to) {
  const a = unit(from);
  const b = unit(to);
  const angle = 2 * Math.asin(Math.min(1, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / 2));
  const steps = Math.max(1, Math.ceil(angle / RAD));
  const points = [from];
  for (let i = 1; i < steps; i++) {
    const s = Math.sin(angle * (1 - i / steps));
    const t = Math.sin((angle * i) / steps);
    const [x, y, z] = a.map((v, k) => v * s + b[k] * t);
    points.push([Math.atan2(z, Math.hypot(x, y)) / RAD, Math.atan2(y, x) / RAD]);
  }
  return points;
}

/** Kilometres along the great circle. @param {Place} one @param {Place} other */
export function distance(one, other) {
  const a = unit([one.latitude, one.longitude]);
  const b = unit([other.latitude, other.longitude]);
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / 2));
}

/** @param {Point} point */
function unit([latitude, longitude]) {
  const across = Math.cos(latitude * RAD);
  return [across * Math.cos(longitude * RAD), across * Math.sin(longitude * RAD), Math.sin(latitude * RAD)];
}
