// The photos of a map in groups that each have one mark, the same wherever the map is moved; made anew as it is zoomed.
import { unsureOf } from "./certainty.js";
import { apart, clusters } from "./clusters.js";
import { toX, toY } from "./mercator.js";

/** @typedef {import("./clusters.js").Cluster} Cluster */
/** @typedef {import("./clusters.js").PhotoSpot} PhotoSpot */
/** @typedef {import("./clusters.js").Size} Size */
/** @typedef {import("./photos.js").MapPhoto} MapPhoto */
/** @typedef {{ x: number, y: number, photos: MapPhoto[], unsure: number, size: Size }} Group world widths; how many are unsure; its mark's size: pixels */

export class Groups {
  constructor() {
    /** @type {{ listed: MapPhoto[], without: number, scale: number, groups: Group[] } | null} */
    this.last = null;
    /** @type {{ listed: MapPhoto[], without: number, spots: PhotoSpot[] } | null} world widths */
    this.spots = null;
  }

  /**
   * @param {MapPhoto[]} listed
   * @param {number} without the row of a photo that has its own mark, or −1
   * @param {number} scale pixels per world width
   * @param {number} together pixels: photos that are closer share a mark
   * @param {(photos: MapPhoto[], unsure: number) => Size} sizeOf
   */
  of(listed, without, scale, together, sizeOf) {
    const { last } = this;
    if (last?.listed === listed && last.without === without && last.scale === scale) return last.groups;
    if (this.spots?.listed !== listed || this.spots.without !== without)
      this.spots = { listed, without, spots: spotsOf(listed.filter(({ row }) => row !== without)) };
    const spots = this.spots.spots.map(({ photo, x, y }) => ({ photo, x: x * scale, y: y * scale }));
    const measure = (/** @type {Cluster} */ { photos }) => sizeOf(photos, unsureOf(photos));
    const groups = apart(clusters(spots, together), measure).map(({ x, y, photos }) => {
      const unsure = unsureOf(photos);
      return { x: x / scale, y: y / scale, photos, unsure, size: sizeOf(photos, unsure) };
    });
    this.last = { listed, without, scale, groups };
    return groups;
  }
}

/** Where the photos are: world widths from where there are none for longest, so that neighbours across ±180° are near. @param {MapPhoto[]} photos @returns {PhotoSpot[]} */
function spotsOf(photos) {
  const spots = photos.flatMap((photo) =>
    photo.best ? [{ photo, x: toX(photo.best.longitude), y: toY(photo.best.latitude) }] : [],
  );
  const seam = seamOf(spots.map(({ x }) => x));
  for (const spot of spots) if (spot.x < seam) spot.x += 1;
  return spots;
}

/** What is just east of the widest gap. @param {number[]} xs 0…1 */
function seamOf(xs) {
  const sorted = [...xs].sort((a, b) => a - b);
  let widest = sorted[0] + 1 - sorted[sorted.length - 1];
  let seam = sorted[0];
  sorted.forEach((x, i) => {
    if (i && x - sorted[i - 1] > widest) {
      widest = x - sorted[i - 1];
      seam = x;
    }
  });
  return seam;
}
