// Photos on the map: the chosen one's cells, point and likeliest places, the others as marks, and a trip as a line.
import { Atlas } from "./atlas.js";
import { apart, clusters } from "./clusters.js";
import { between } from "./gestures.js";
import { circle, cross, disc, line, pin, tag, tagSize } from "./marks.js";
import { boxAt } from "./mercator.js";
import { numbers, percent } from "./words.js";

/** @typedef {import("./atlas.js").Land} Land */
/** @typedef {import("./cells.js").Outline} Outline */
/** @typedef {import("./gestures.js").Spot} Spot */
/** @typedef {import("./mercator.js").Box} Box */
/** @typedef {import("./mercator.js").Place} Place */
/** @typedef {Place & { place: string, confidence: number, radius_km: number }} NamedPlace */
/** @typedef {Place & { place: string, photo_id: string, trusted?: boolean }} Match a photo of a library, and whether it is proven to show the same */
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
 */
/**
 * @typedef {object} Photos what a page says of its photos, asked at every drawing
 * @property {() => MapPhoto[]} listed those to be seen
 * @property {() => MapPhoto | null} chosen
 * @property {(row: number) => void} choose by a click
 * @property {() => MapPhoto[][] | null} albums joined by lines, their photos numbered; null: every photo for itself
 */
/** @typedef {import("./clusters.js").Cluster} Cluster */
/** @typedef {import("./clusters.js").PhotoSpot} PhotoSpot */
/** @typedef {Spot & { radius: number, photos: MapPhoto[] }} Mark */

const SURE = 0.5; // of the probability within 25 km; a photo of a trip that is less sure is drawn faint, with its radius
const AROUND = 0.012; // world widths that are shown at least, 480 km at the equator
const CLOSE = 6000; // pixels per world width, to see one place
const TOGETHER = { numbers: 26, counts: 34 }; // pixels: photos that are closer share a mark
const MARGIN = 40; // pixels at the edge where a point does not count as seen

/** @param {{ known: boolean, sure: number }} photo */
export const isWeak = ({ known, sure }) => !known && sure < SURE;

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
    /** @type {Mark[]} */
    this.marks = [];
    /** @type {(Spot & { rank: number, place: NamedPlace })[]} */
    this.tops = [];
    /** @type {Match[]} */
    this.matches = [];
    this.atlas = new Atlas(canvas, land, {
      cells: () => this.cells(),
      marks: () => this.draw(),
      click: (here) => this.click(here),
      hover: (here) => {
        hint.textContent = this.wordsAt(here);
      },
      home: () => this.showAll(),
    });
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

  draw() {
    const { atlas, photos } = this;
    const albums = photos.albums();
    const chosen = photos.chosen();
    const spots = this.spots(photos.listed());
    if (albums) {
      this.drawRadii(spots);
      for (const album of albums) this.drawLine(album);
    }
    const others = albums ? spots : spots.filter(({ photo }) => photo.row !== chosen?.row);
    const seen = others.filter((spot) => atlas.inSight(spot, 20));
    this.marks = albums
      ? apart(clusters(seen, TOGETHER.numbers), sizeOfNumbers).map((cluster) => this.drawNumbers(cluster))
      : apart(clusters(seen, TOGETHER.counts), sizeOfCount).map((cluster) => this.drawCount(cluster));
    for (const match of this.matches) disc(atlas, atlas.spot(match), 6, atlas.colours.known);
    this.tops = chosen ? this.topsOf(chosen, Boolean(albums)) : [];
    for (const top of this.tops) disc(atlas, top, 9, atlas.colours.mass, String(top.rank));
    if (chosen?.truth) cross(atlas, atlas.spot(chosen.truth));
    if (chosen?.best) pin(atlas, atlas.spot(chosen.best));
  }

  /** @param {MapPhoto[]} listed @returns {PhotoSpot[]} */
  spots(listed) {
    return listed.flatMap((photo) => (photo.best ? [{ photo, ...this.atlas.spot(photo.best) }] : []));
  }

  /** @param {PhotoSpot[]} spots */
  drawRadii(spots) {
    const drawn = new Set();
    for (const { photo, x, y } of spots) {
      if (!photo.best || !isWeak(photo)) continue;
      const { latitude, longitude, radius_km } = photo.best;
      const key = `${latitude} ${longitude} ${radius_km}`;
      if (!drawn.has(key)) circle(this.atlas, { x, y }, latitude, radius_km);
      drawn.add(key);
    }
  }

  /** @param {MapPhoto[]} album */
  drawLine(album) {
    const stops = album.filter((photo) => photo.best);
    for (let i = 1; i < stops.length; i++) {
      const pair = stops.slice(i - 1, i + 1);
      const points = pair.flatMap(({ best }) => (best ? [pointOf(best)] : []));
      line(this.atlas, points, !pair.some(isWeak));
    }
  }

  /** Photos of a trip at one spot, by their numbers: known where all of them are. @param {Cluster} cluster @returns {Mark} */
  drawNumbers(cluster) {
    const { x, y, photos } = cluster;
    const known = photos.every((photo) => photo.known);
    tag(this.atlas, { x, y }, textOf(cluster), known, photos.every(isWeak));
    return { x, y, radius: sizeOfNumbers(cluster).width / 2, photos };
  }

  /** Photos at one spot, by how many they are. @param {Cluster} cluster @returns {Mark} */
  drawCount(cluster) {
    const { x, y, photos } = cluster;
    const count = photos.length;
    const radius = sizeOfCount(cluster).width / 2;
    disc(this.atlas, { x, y }, radius, this.atlas.colours.point, count > 1 ? String(count) : "");
    return { x, y, radius, photos };
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
    if (mark.photos.length === 1 || this.atlas.isClosest()) return this.photos.choose(mark.photos[0].row);
    this.atlas.touched = true;
    this.atlas.show(boxesOfPoints(mark.photos));
  }

  /** What is there. @param {Spot} here */
  wordsAt(here) {
    const top = this.tops.find((each) => between(each, here) < 12);
    if (top) return `${top.rank}. ${top.place.place}: ${percent(top.place.confidence)}`;
    const match = this.matches.find((each) => between(this.atlas.spot(each), here) < 10);
    if (match) return `${match.photo_id}: ${match.place}`;
    const photos = this.markAt(here)?.photos ?? [];
    if (photos.length === 1) return `${photos[0].name}: ${photos[0].line}`;
    if (photos.length) return `${photos.length} photos: click to look closer`;
    const cells = this.photos.chosen()?.cells() ?? [];
    const row = this.atlas.cellAt(
      here,
      cells.map(({ outline }) => outline),
    );
    return row >= 0 ? `${percent(cells[row].probability)} in this cell` : "";
  }
}

/** @param {Cluster} cluster */
const textOf = ({ photos }) => numbers(photos.map((photo) => photo.row));

/** @param {Cluster} cluster */
const sizeOfNumbers = (cluster) => tagSize(textOf(cluster));

/** @param {Cluster} cluster */
function sizeOfCount({ photos: { length } }) {
  const width = 2 * (length === 1 ? 6 : Math.min(22, 9 + 2.2 * Math.log2(length)));
  return { width, height: width };
}

/** @param {Place} place @returns {import("./mercator.js").Point} */
const pointOf = ({ latitude, longitude }) => [latitude, longitude];

/** @param {MapPhoto[]} photos */
const boxesOfPoints = (photos) => photos.flatMap(({ best }) => (best ? [boxAt(best)] : []));

/** The point and the region's cells. @param {MapPhoto} photo @returns {Box[]} */
function boxesOf(photo) {
  const region = photo.cells().slice(0, Math.max(1, photo.inside()));
  /** @type {Box[]} */
  const boxes = region.map(({ outline }) => [outline.west, outline.east, outline.north, outline.south]);
  return photo.best ? [boxAt(photo.best), ...boxes] : boxes;
}
