// Photos on the map: the chosen one's cells, point and likeliest places, the others as marks, and a trip as a line.
import { Atlas } from "./atlas.js";
import { isWeak, unsureOf } from "./certainty.js";
import { between } from "./gestures.js";
import { Groups } from "./groups.js";
import { linksOf } from "./links.js";
import { circle, count, cross, DOUBT, disc, doubt, lines, pin, tag, tagSize } from "./marks.js";
import { boxAt } from "./mercator.js";
import { framed, PICTURE, Thumbs } from "./thumbs.js";
import { numbers, percent, plural } from "./words.js";

/** @typedef {import("./atlas.js").Land} Land */
/** @typedef {import("./cells.js").Outline} Outline */
/** @typedef {import("./gestures.js").Spot} Spot */
/** @typedef {import("./mercator.js").Box} Box */
/** @typedef {import("./mercator.js").Place} Place */
/** @typedef {Place & { place: string, confidence: number, radius_km: number }} NamedPlace */
/** @typedef {Place & { place: string, photo_id: string, trusted?: boolean, details?: number, impossible?: string, like_it?: { right: number, of: number } }} Match a photo of a library, whether it is proven to show the same, and how often such were right */
/**
 * @typedef {object} MapPhoto a photo that has an answer
 * @property {number} row in the list of all photos, from 0
 * @property {string} name
 * @property {string} line what is said of it
 * @property {NamedPlace | null} best
 * @property {NamedPlace[]} top the likeliest places; none where the place is known
 * @property {boolean} known measured and not estimated
 * @property {number} sure the probability within 25 km
 * @property {() => { outline: Outline, probability: number }[]} cells the likeliest first; none where the place is known
 * @property {() => number} inside how many of them are in the credible region
 * @property {Place} [truth] a cross: the true place, or the one that the photo states itself
 * @property {string | null} [thumbnail] the address of a small picture, drawn on the map of a trip
 * @property {number | null} [second] when a clock said it was taken; without, nothing links it to another photo
 * @property {string | number} [camera] photos of different ones are not linked
 */
/**
 * @typedef {object} Photos what a page says of its photos, asked at every drawing
 * @property {() => MapPhoto[]} listed those to be seen
 * @property {() => MapPhoto | null} chosen
 * @property {(row: number) => void} choose by a click
 * @property {() => MapPhoto[][] | null} albums their photos numbered, and joined by lines where they follow each other; null: every photo for itself
 */
/** @typedef {import("./groups.js").Group} Group */
/** @typedef {import("./links.js").Link} Link */
/** @typedef {import("./towns.js").Frame} Frame */
/** @typedef {Spot & { radius: number, photos: MapPhoto[], group: Group }} Mark */

const AROUND = 0.012; // world widths that are shown at least, 480 km at the equator
const CLOSEST = 2e-5; // of a mark that is looked at, 800 m at the equator
const CLOSE = 6000; // pixels per world width, to see one place
const TOGETHER = { numbers: 26, counts: 34, pictures: 40 }; // pixels: photos that are closer share a mark
const MARGIN = 40; // pixels at the edge where a point does not count as seen
const MOST_RADII = 40; // of unsure photos that are drawn at a time
const APART = 1e-9; // world widths, 4 cm: photos that are nearer to each other stay together however close one looks

export { isWeak };

export class PhotoMap {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Land} land
   * @param {Photos} photos
   * @param {HTMLElement} hint says what is under the mouse
   */
  constructor(canvas, land, photos, hint) {
    this.photos = photos;
    this.hint = hint;
    this.groups = new Groups();
    /** @type {{ of: MapPhoto[][], links: Link[] } | null} */
    this.linked = null;
    /** @type {Mark[]} */
    this.marks = [];
    /** @type {(Spot & { rank: number, place: NamedPlace })[]} */
    this.tops = [];
    /** @type {Match[]} */
    this.matches = [];
    this.atlas = new Atlas(canvas, land, {
      cells: () => this.cells(),
      below: () => this.drawBelow(),
      frames: () => this.frames(),
      marks: () => this.draw(),
      click: (here) => this.click(here),
      hover: (here) => {
        hint.textContent = this.wordsAt(here);
      },
      home: () => this.showAll(),
    });
    this.thumbs = new Thumbs(() => this.atlas.redraw());
  }

  // --- where to look
  /** The photo's region and point. @param {MapPhoto} photo */
  show(photo) {
    this.atlas.touched = true;
    this.atlas.show(boxesOf(photo), AROUND);
  }

  /** Only as far as it must: a step along a trip should not make the map jump. @param {MapPhoto} photo */
  bring(photo) {
    this.atlas.touched = true;
    this.atlas.redraw();
    if (photo.best && !this.atlas.inSight(this.atlas.spot(photo.best), -MARGIN)) this.atlas.goTo(photo.best);
  }

  showAll() {
    const listed = this.photos.listed();
    if (listed.length === 1) this.atlas.show(boxesOf(listed[0]), AROUND);
    else this.atlas.show(boxesOfPoints(listed), AROUND);
  }

  /** @param {Place} place */
  goTo(place) {
    this.atlas.touched = true;
    this.atlas.goTo(place, CLOSE);
  }

  // --- drawing
  cells() {
    const chosen = this.photos.chosen();
    if (!chosen) return [];
    const cells = chosen.cells();
    const inside = chosen.inside();
    return cells.map(({ outline, probability }, i) => ({
      outline,
      share: probability / cells[0].probability,
      inside: i < inside,
    }));
  }

  /** What lies under the names of towns: radii and lines. Which marks there are is decided here, for all of a drawing. */
  drawBelow() {
    const { atlas, photos } = this;
    const albums = photos.albums();
    this.marks = this.marksInSight(Boolean(albums));
    this.tops = [];
    const chosen = photos.chosen();
    if (chosen) this.tops = this.topsOf(chosen, Boolean(albums));
    if (!albums) return;
    this.drawRadii();
    const links = this.links(albums);
    for (const sure of [false, true]) {
      const steps = links.filter((link) => link.sure === sure);
      lines(
        atlas,
        steps.map(({ from, to }) => [from, to]),
        sure,
      );
    }
  }

  /** @param {MapPhoto[][]} albums */
  links(albums) {
    if (this.linked?.of !== albums) this.linked = { of: albums, links: albums.flatMap(linksOf) };
    return this.linked.links;
  }

  /** @param {boolean} trip @returns {Mark[]} */
  marksInSight(trip) {
    const { atlas, photos } = this;
    const listed = photos.listed();
    const without = trip ? -1 : (photos.chosen()?.row ?? -1);
    const pictures = trip && listed.some(({ thumbnail }) => thumbnail);
    const together = pictures ? TOGETHER.pictures : trip ? TOGETHER.numbers : TOGETHER.counts;
    const sizeOf = pictures ? sizeOfPicture : trip ? sizeOfNumbers : sizeOfCount;
    return this.groups.of(listed, without, atlas.view.scale, together, sizeOf).flatMap((group) => {
      const spot = { x: atlas.screenX(atlas.nearest(group.x)), y: atlas.screenY(group.y) };
      if (!atlas.inSight(spot, 40)) return [];
      return [{ ...spot, radius: group.size.width / 2, photos: group.photos, group }];
    });
  }

  /** Where marks will be, so that names keep clear of them. @returns {Frame[]} */
  frames() {
    const around = (/** @type {Spot} */ { x, y }, /** @type {number} */ across, /** @type {number} */ down) =>
      /** @type {Frame} */ ([x - across, y - down, x + across, y + down]);
    const frames = this.marks.map(({ x, y, group: { size } }) => around({ x, y }, size.width / 2, size.height / 2));
    frames.push(...this.tops.map((top) => around(top, 10, 10)));
    const best = this.photos.chosen()?.best;
    if (best) {
      const { x, y } = this.atlas.spot(best);
      frames.push([x - 10, y - 31, x + 10, y + 2]);
    }
    return frames;
  }

  draw() {
    const { atlas, photos } = this;
    const trip = Boolean(photos.albums());
    const chosen = photos.chosen();
    for (const mark of this.marks) this.drawMark(mark, trip);
    for (const match of this.matches) disc(atlas, atlas.spot(match), 6, atlas.colours.known);
    for (const top of this.tops) disc(atlas, top, 9, atlas.colours.mass, String(top.rank));
    if (chosen?.truth) cross(atlas, atlas.spot(chosen.truth));
    if (chosen?.best) pin(atlas, atlas.spot(chosen.best));
  }

  /** The radii of the unsure photos that are to be seen, each mark's smallest. */
  drawRadii() {
    const { atlas } = this;
    const bounded = this.marks.flatMap(({ photos }) => {
      const unsure = photos.flatMap((photo) => (photo.best && isWeak(photo) ? [photo.best] : []));
      return unsure.length ? [unsure.reduce((best, other) => (other.radius_km < best.radius_km ? other : best))] : [];
    });
    bounded.sort((a, b) => a.radius_km - b.radius_km);
    for (const best of bounded.slice(0, MOST_RADII)) circle(atlas, atlas.spot(best), best.latitude, best.radius_km);
  }

  /** Photos at one spot, by their picture or their numbers in a trip, else by how many they are. @param {Mark} mark @param {boolean} trip */
  drawMark({ x, y, photos, radius, group: { unsure, size } }, trip) {
    const { atlas } = this;
    const known = photos.every((photo) => photo.known);
    const weak = unsure === photos.length;
    const text = trip ? textOf(photos) : photos.length > 1 ? String(photos.length) : "";
    const shown = trip ? photos.find(({ thumbnail }) => thumbnail) : undefined;
    if (shown?.thumbnail) {
      framed(
        atlas,
        { x, y },
        this.thumbs.get(shown.thumbnail),
        known ? atlas.colours.known : atlas.colours.point,
        weak,
      );
      tag(atlas, { x, y: y + PICTURE / 2 }, text, known, weak);
    } else if (trip) tag(atlas, { x, y }, text, known, weak);
    else count(atlas, { x, y }, radius, text, known, weak);
    const [across, up] = shown ? [PICTURE / 2 - 5, PICTURE / 2 + 2] : [size.width / 2 - 8, size.height / 2 - 2];
    if (unsure && !weak) doubt(atlas, { x: x + across, y: y - up }, unsure);
  }

  /** A number that would lie on a likelier one, or on a trip's pin, is left out. @param {MapPhoto} chosen @param {boolean} trip */
  topsOf({ best, top }, trip) {
    /** @type {(Spot & { rank: number, place: NamedPlace })[]} */
    const tops = [];
    const taken = trip && best ? [this.atlas.spot(best)] : [];
    top.forEach((place, k) => {
      const spot = this.atlas.spot(place);
      if ([...tops, ...taken].some((other) => between(other, spot) < 16)) return;
      tops.push({ ...spot, rank: k + 1, place });
    });
    return tops;
  }

  // --- the mouse
  /** @param {Spot} here */
  markAt(here) {
    return this.marks.find((mark) => between(mark, here) <= Math.max(14, mark.radius));
  }

  /** @param {Spot} here */
  click(here) {
    const mark = this.markAt(here);
    if (!mark) return;
    const boxes = boxesOfPoints(mark.photos);
    const [[x, , y]] = boxes;
    const together = boxes.every((box) => Math.abs(box[0] - x) < APART && Math.abs(box[2] - y) < APART);
    const near = together && this.atlas.view.scale >= CLOSE;
    if (near || this.atlas.isClosest()) return this.photos.choose(this.after(mark.photos).row);
    this.atlas.touched = true;
    this.atlas.show(boxes, CLOSEST);
  }

  /** The photo after the chosen one among those of a mark, or their first. @param {MapPhoto[]} photos */
  after(photos) {
    const chosen = photos.findIndex(({ row }) => row === this.photos.chosen()?.row);
    return photos[(chosen + 1) % photos.length];
  }

  /** What is there. @param {Spot} here */
  wordsAt(here) {
    const top = this.tops.find((each) => between(each, here) < 12);
    if (top) return `${top.rank}. ${top.place.place}: ${percent(top.place.confidence)}`;
    const match = this.matches.find((each) => between(this.atlas.spot(each), here) < 10);
    if (match) return `${match.photo_id}: ${match.place}${match.trusted ? "" : " (may match)"}`;
    const photos = this.markAt(here)?.photos ?? [];
    if (photos.length === 1) return `${photos[0].name}: ${photos[0].line}`;
    if (photos.length) return wordsOf(photos);
    const cells = this.photos.chosen()?.cells() ?? [];
    const row = this.atlas.cellAt(
      here,
      cells.map(({ outline }) => outline),
    );
    return row >= 0 ? `${percent(cells[row].probability)} in this cell` : "";
  }
}

/** "3", "3–5" where they follow each other in the list, or how many they are. @param {MapPhoto[]} photos in any order */
function textOf(photos) {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const { row } of photos) {
    first = Math.min(first, row);
    last = Math.max(last, row);
  }
  return last - first + 1 === photos.length ? numbers(first, last) : `×${photos.length}`;
}

/** @param {MapPhoto[]} photos */
function wordsOf(photos) {
  const unsure = unsureOf(photos);
  const known = photos.filter((photo) => photo.known).length;
  const all = (/** @type {number} */ count) => (count === photos.length ? "all" : count.toLocaleString("en"));
  const parts = [known && `${all(known)} known`, unsure && `${all(unsure)} unsure`];
  const words = [plural(photos.length, "photo"), ...parts.filter(Boolean)].join(", ");
  return `${words}: click to look closer`;
}

/** @param {MapPhoto[]} photos @param {number} unsure */
function sizeOfNumbers(photos, unsure) {
  const { width, height } = tagSize(textOf(photos));
  return unsure && unsure < photos.length ? { width: width + DOUBT.width / 2, height: height + 12 } : { width, height };
}

/** @param {MapPhoto[]} photos @param {number} unsure */
const sizeOfPicture = ({ length }, unsure) => ({
  width: PICTURE + (unsure && unsure < length ? 2 * DOUBT.width - 10 : 6),
  height: PICTURE + 22,
});

/** @param {MapPhoto[]} photos */
function sizeOfCount({ length }) {
  const width = 2 * (length === 1 ? 6 : Math.min(22, 9 + 2.2 * Math.log2(length)));
  return { width, height: width };
}

/** @param {MapPhoto[]} photos */
const boxesOfPoints = (photos) => photos.flatMap(({ best }) => (best ? [boxAt(best)] : []));

/** The point and the region's cells. @param {MapPhoto} photo @returns {Box[]} */
function boxesOf(photo) {
  const region = photo.cells().slice(0, Math.max(1, photo.inside()));
  /** @type {Box[]} */
  const boxes = region.map(({ outline }) => [outline.west, outline.east, outline.north, outline.south]);
  return photo.best ? [boxAt(photo.best), ...boxes] : boxes;
}
