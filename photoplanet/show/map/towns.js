// The names of towns on the map: the largest first, each where it keeps clear of those before it and of all marks.

/** @typedef {import("./atlas.js").Atlas} Atlas */
/** @typedef {{ name: string, latitude: number, longitude: number, width: number }} Town `width`: pixels of its name, 0: not measured */
/** @typedef {[left: number, top: number, right: number, bottom: number]} Frame pixels */

const TOWN_GAP = [30, 18]; // pixels between names, across and down, so that the map stays calm
const MOST_TOWNS = 30;
const HALF_NAME = 8; // pixels of half a name
const BESIDE = 6; // pixels from a dot, or from the mark that hides it, to the name
const DOT = 3; // pixels

/** @param {Atlas} atlas @param {Town[]} towns @param {Frame[]} marks what names must not lie on */
export function drawTowns(atlas, towns, marks) {
  const { ctx, colours } = atlas;
  /** @type {Frame[]} */
  const taken = [];
  ctx.font = "11px system-ui, sans-serif";
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  ctx.strokeStyle = colours.land;
  ctx.fillStyle = colours.ink;
  ctx.globalAlpha = 0.8;
  for (const town of towns) {
    if (taken.length === MOST_TOWNS) break;
    const { x, y } = atlas.spot(town);
    if (!atlas.inSight({ x, y })) continue;
    town.width ||= ctx.measureText(town.name).width;
    const hiding = marks.find((mark) => crowded([x - DOT, y - DOT, x + DOT, y + DOT], mark, 0, 0));
    const free = (/** @type {Frame} */ frame) =>
      atlas.holds(frame) &&
      !marks.some((mark) => crowded(frame, mark, 0, 0)) &&
      !taken.some((other) => crowded(frame, other, TOWN_GAP[0], TOWN_GAP[1]));
    const frame = framesAround(hiding ?? [x - DOT, y - DOT, x + DOT, y + DOT], town.width, y).find(free);
    if (!frame) continue;
    taken.push(hiding ? frame : [Math.min(frame[0], x - 5), frame[1], Math.max(frame[2], x + 5), frame[3]]);
    ctx.strokeText(town.name, frame[0], frame[1] + HALF_NAME);
    ctx.fillText(town.name, frame[0], frame[1] + HALF_NAME);
    if (hiding) continue;
    ctx.beginPath();
    ctx.arc(x, y, 2, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}

/** Where a name may stand: right, left, below or above of what is there. @param {Frame} there @param {number} width @param {number} y @returns {Frame[]} */
function framesAround([left, top, right, bottom], width, y) {
  const middle = (left + right - width) / 2;
  return [
    [right + BESIDE - DOT, y - HALF_NAME, right + BESIDE - DOT + width, y + HALF_NAME],
    [left - BESIDE + DOT - width, y - HALF_NAME, left - BESIDE + DOT, y + HALF_NAME],
    [middle, bottom + 1, middle + width, bottom + 1 + 2 * HALF_NAME],
    [middle, top - 1 - 2 * HALF_NAME, middle + width, top - 1],
  ];
}

/** Whether two frames are closer than that. @param {Frame} a @param {Frame} b @param {number} across @param {number} down */
export function crowded(a, b, across, down) {
  return a[0] < b[2] + across && b[0] < a[2] + across && a[1] < b[3] + down && b[1] < a[3] + down;
}
