// Where each photo of a trip stands on its timeline, and what is written there: album by album, in the order of time.

/** @typedef {import("./page.js").Photo} Photo */
/** @typedef {{ title: string, days: [string, string] }} Album */
/** @typedef {{ x: number, text: string, title?: string }} Label its left, or its middle: pixels */
/** @typedef {{ from: number, to: number, text: string, first: number }} Band photos of one place that follow each other, from the row `first` */
/**
 * @typedef {object} Layout pixels
 * @property {number[]} xs where each photo stands
 * @property {(Label & { end: number })[]} headings of albums, and where their photos end
 * @property {Label[]} days
 * @property {Label[]} numbers
 * @property {Band[]} bands
 * @property {number} width
 */

const SPACE = { few: 14, many: 7 }; // pixels between photos at least
const MANY_PHOTOS = 400; // photos
const LETTER = 6.6; // pixels of a place's name
const SMALL_LETTER = 6.2; // pixels
const BETWEEN = 14; // pixels between two labels
const END = 12; // pixels

/**
 * Hours are as wide as they were long, stretched so that photos stay apart and nights do not take all the room.
 * @param {Photo[]} photos
 * @param {Album[]} albums
 * @param {number} room pixels that there are
 * @returns {Layout}
 */
export function layout(photos, albums, room) {
  const least = photos.length > MANY_PHOTOS ? SPACE.many : SPACE.few;
  const spare = Math.max(0, room - 2 * END - photos.length * least - albums.length * 40);
  /** @type {number[]} */
  const xs = [];
  /** @type {Layout["headings"]} */
  const headings = [];
  let x = END;
  let row = 0;
  albums.forEach((album, k) => {
    const text = headingOf(album, albums.length > 1 ? k : -1);
    const start = x;
    const first = row;
    while (photos[row]?.album === k) row++;
    const group = photos.slice(first, row);
    const gaps = group.map((photo, i) => (i ? gap(group[i - 1], photo) : 0));
    const total = gaps.reduce((sum, each) => sum + each, 0) || 1;
    const stretch = (spare * group.length) / photos.length;
    x += 10;
    gaps.forEach((each, i) => {
      if (i) x += least + (stretch * each) / total;
      xs.push(x);
    });
    x = Math.max(x + 10, start + text.length * SMALL_LETTER);
    headings.push({ x: start + 2, text, title: album.title, end: x - text.length * SMALL_LETTER });
    x += BETWEEN;
  });
  const days = daysOf(photos, albums, xs);
  return { xs, headings, days, numbers: numbersOf(xs), bands: bandsOf(photos, xs), width: Math.max(room, x) };
}

/** Time between two photos, in a scale that lets nights shrink. @param {Photo} before @param {Photo} photo */
function gap(before, photo) {
  if (typeof before.second !== "number" || typeof photo.second !== "number") return 1;
  return Math.log1p(Math.max(0, photo.second - before.second) / 600);
}

/** @param {Album} album @param {number} k from 0; −1: it is the only one */
function headingOf({ days }, k) {
  const time = (days[0] === days[1] ? days[0] : days.join(" – ")) || "time unknown";
  return k < 0 ? time : `${k + 1}. ${time}`;
}

/** The day of the first photo of each, where it keeps clear of the one before, and the album has more days than one. @param {Photo[]} photos @param {Album[]} albums @param {number[]} xs */
function daysOf(photos, albums, xs) {
  /** @type {Label[]} */
  const labels = [];
  let free = 0;
  let day = "";
  photos.forEach((photo, row) => {
    const text = photo.taken?.slice(0, "2000-01-01".length) ?? "";
    const [first, last] = albums[photo.album ?? 0].days;
    if (!text || first === last || text === day || xs[row] < free) return;
    day = text;
    free = xs[row] + text.length * SMALL_LETTER + BETWEEN;
    labels.push({ x: xs[row] - 5, text });
  });
  return labels;
}

/** Numbers of photos, the first and then whichever have room. @param {number[]} xs */
function numbersOf(xs) {
  /** @type {Label[]} */
  const labels = [];
  let free = Number.NEGATIVE_INFINITY;
  xs.forEach((x, row) => {
    const text = String(row + 1);
    const half = (text.length * SMALL_LETTER) / 2;
    if (x - half < free) return;
    free = x + half + 6;
    labels.push({ x, text });
  });
  return labels;
}

/** @param {Photo[]} photos @param {number[]} xs */
function bandsOf(photos, xs) {
  /** @type {Band[]} */
  const bands = [];
  const name = (/** @type {number} */ row) => (photos[row].error === undefined && photos[row].best?.place) || "";
  const sameAlbum = (/** @type {number} */ a, /** @type {number} */ b) => photos[a]?.album === photos[b]?.album;
  for (let first = 0, last = 0; first < photos.length; first = last + 1) {
    last = first;
    while (last + 1 < photos.length && sameAlbum(last, last + 1) && name(last + 1) === name(first)) last++;
    if (!name(first)) continue;
    const from = sameAlbum(first - 1, first) ? (xs[first - 1] + xs[first]) / 2 : xs[first] - 9;
    const to = sameAlbum(last, last + 1) ? (xs[last] + xs[last + 1]) / 2 : xs[last] + 9;
    bands.push({ from, to, text: name(first), first });
  }
  return bands;
}

/** As much of a name as there is room for: its first words, else its first letters; "" for less than five. @param {string} name @param {number} room pixels */
export function fitted(name, room) {
  const most = Math.floor(room / LETTER);
  if (name.length <= most) return name;
  const town = name.split(",")[0];
  if (town.length <= most) return town;
  return most > 5 ? `${town.slice(0, most - 1)}…` : "";
}
