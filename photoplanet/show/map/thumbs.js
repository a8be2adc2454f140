// Small pictures on the map: loaded once each, cut to a square, in a frame that says how the photo is placed.

/** @typedef {import("./atlas.js").Atlas} Atlas */
/** @typedef {import("./gestures.js").Spot} Spot */

export const PICTURE = 44; // pixels
const ROUND = 6; // pixels of a corner

export class Thumbs {
  /** @param {() => void} changed a picture has come */
  constructor(changed) {
    this.changed = changed;
    /** @type {Map<string, HTMLImageElement | null>} address → picture; null where it cannot be shown */
    this.pictures = new Map();
  }

  /** The picture at an address; null until it has come. @param {string} address */
  get(address) {
    const known = this.pictures.get(address);
    if (known !== undefined) return known?.complete && known.naturalWidth ? known : null;
    const made = new Image();
    made.addEventListener("load", () => this.changed());
    made.addEventListener("error", () => this.pictures.set(address, null));
    made.src = address;
    this.pictures.set(address, made);
    return null;
  }
}

/**
 * A picture with a frame; dashed where the place is unsure.
 * @param {Atlas} atlas
 * @param {Spot} spot its middle
 * @param {HTMLImageElement | null} picture
 * @param {string} colour
 * @param {boolean} weak
 */
export function framed({ ctx, colours }, { x, y }, picture, colour, weak) {
  const half = PICTURE / 2;
  const path = new Path2D();
  path.roundRect(x - half, y - half, PICTURE, PICTURE, ROUND);
  ctx.fillStyle = colours.halo;
  ctx.fill(path);
  if (picture) {
    const side = Math.min(picture.naturalWidth, picture.naturalHeight);
    const [left, top] = [(picture.naturalWidth - side) / 2, (picture.naturalHeight - side) / 2];
    ctx.save();
    ctx.clip(path);
    ctx.drawImage(picture, left, top, side, side, x - half, y - half, PICTURE, PICTURE);
    ctx.restore();
  }
  ctx.lineWidth = 5;
  ctx.strokeStyle = colours.halo;
  ctx.stroke(path);
  ctx.lineWidth = 3;
  ctx.strokeStyle = colour;
  ctx.setLineDash(weak ? [5, 3] : []);
  ctx.stroke(path);
  ctx.setLineDash([]);
}
