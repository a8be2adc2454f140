// Lines as GeoJSON has them: cut at ±180° (RFC 7946, section 3.1.9). As photoplanet/earth/lines.py does it.

/** @typedef {[longitude: number, latitude: number]} Position degrees */

/**
 * The geometry of a line that goes the short way from position to position.
 * @param {Position[]} positions two or more
 */
export function lineShape(positions) {
  const pieces = cutLine(positions);
  return pieces.length === 1
    ? { type: "LineString", coordinates: pieces[0] }
    : { type: "MultiLineString", coordinates: pieces };
}

/** The pieces of a line inside −180…180°. @param {Position[]} positions @returns {Position[][]} */
function cutLine(positions) {
  /** @type {Position[][]} */
  const pieces = [];
  let zone = Number.NaN;
  let [x, y] = positions[0];
  for (const [longitude, latitude] of positions.slice(1)) {
    const next = rounded(x + shortest(longitude - x));
    const edge = 360 * Math.floor((Math.max(x, next) + 180) / 360) - 180;
    /** @type {Position[]} */
    const steps = [[next, latitude]];
    if (Math.min(x, next) < edge && edge < Math.max(x, next))
      steps.unshift([edge, rounded(y + ((edge - x) / (next - x)) * (latitude - y))]);
    for (const [toX, toY] of steps) {
      const middle = ((x + toX) / 2 + 180) / 360;
      const here = middle === zone || middle === zone + 1 ? zone : Math.floor(middle);
      if (here !== zone) pieces.push([[rounded(x - 360 * here), y]]);
      zone = here;
      pieces[pieces.length - 1].push([rounded(toX - 360 * here), toY]);
      [x, y] = [toX, toY];
    }
  }
  return pieces;
}

/** A difference of longitudes → the same, −180…180°. @param {number} degrees */
const shortest = (degrees) => degrees - 360 * Math.round(degrees / 360);

/** @param {number} degrees to 0.1 mm */
const rounded = (degrees) => Math.round(degrees * 1e9) / 1e9;
