// The single-file map of `album --map`: photos in time order, album by album, with a timeline below the map.
import { byId, element } from "../map/dom.js";
import { isWeak } from "../map/photos.js";
import { chosen, data, lineOf, map, mapPhotos, open, photos, place, select } from "./page.js";

/** @typedef {import("./page.js").Photo} Photo */

/** @type {Record<string, string>} */
const SOURCES = {
  "own GPS": "the camera's own GPS",
  track: "from the track",
  estimated: "estimated from the pixels and the photos around it",
  neighbours: "the photo cannot be read: its place is that of its neighbours in time",
};
const SVG = "http://www.w3.org/2000/svg";
const CROWD = 400; // photos that stand closer together, and of which few have a number
const EDGE = 30; // pixels at the timeline's ends where a photo does not count as seen
const LETTER = 6.6; // pixels
const HEAD_LETTER = 6.2; // pixels of an album's heading, which is smaller

const albums = data.albums ?? [];
const timeline = byId("timeline", HTMLElement);
const drawing = /** @type {SVGSVGElement} */ (timeline.querySelector("svg"));

/** @param {Photo} photo */
const isKnown = (photo) => photo.kind === "own GPS" || photo.kind === "track";

/** @param {Photo} photo */
const when = (photo) => photo.taken ?? "time unknown";

/** @param {number} row @param {HTMLElement} detail */
function addSource(row, detail) {
  const photo = photos[row];
  const head = /** @type {HTMLElement} */ (detail.querySelector("h2"));
  const source = photo.error === undefined ? SOURCES[photo.kind ?? ""] : "no place";
  head.textContent = `${row + 1}. ${photo.name}`;
  head.after(element("p", `${when(photo)} · ${source}`, "quiet"));
  if (photo.fault) head.after(element("p", photo.fault, "fault"));
  /** @type {HTMLElement} */ (detail.querySelector(".place")).textContent = place(photo);
  draw();
  const x = layout().xs[row];
  if (x < timeline.scrollLeft + EDGE || x > timeline.scrollLeft + timeline.clientWidth - EDGE)
    timeline.scrollLeft = x - timeline.clientWidth / 2;
}

// --- the timeline: albums side by side, inside each the hours as they passed, stretched so that photos stay apart
/** Where each photo stands (xs), where each album begins and ends, and how wide it all is: pixels. */
function layout() {
  const least = photos.length > CROWD ? 5 : 14;
  const room = Math.max(300, timeline.clientWidth) - 24;
  const spare = Math.max(0, room - photos.length * least - albums.length * 40);
  /** @type {number[]} */
  const xs = [];
  /** @type {[number, number][]} */
  const ends = [];
  let x = 12;
  albums.forEach((_, album) => {
    const words = headingOf(album).length * HEAD_LETTER;
    const group = photos.filter((photo) => photo.album === album);
    const gaps = group.map((photo, i) => (i ? gap(group[i - 1], photo) : 0));
    const total = gaps.reduce((sum, each) => sum + each, 0) || 1;
    const stretch = (spare * group.length) / photos.length;
    const start = x;
    x += 10;
    gaps.forEach((each, i) => {
      if (i) x += least + (stretch * each) / total;
      xs.push(x);
    });
    x += 10;
    ends.push([start, x]);
    x = Math.max(x, start + words) + 14;
  });
  return { xs, ends, width: Math.max(room + 24, x) };
}

/** Time between two photos, in a scale that lets nights shrink. @param {Photo} before @param {Photo} photo */
function gap(before, photo) {
  if (typeof before.second !== "number" || typeof photo.second !== "number") return 1;
  return Math.log1p(Math.max(0, photo.second - before.second) / 600);
}

function draw() {
  if (!photos.length) return;
  const { xs, ends, width } = layout();
  drawing.setAttribute("width", String(width));
  drawing.replaceChildren(
    ...ends.map(([start], album) => heading(album, start)),
    ...bands(xs),
    ...photos.flatMap((_, row) => tick(row, xs[row])),
  );
}

/** @param {number} album */
function headingOf(album) {
  const { days } = albums[album];
  const time = (days[0] === days[1] ? days[0] : days.join(" – ")) || "time unknown";
  return albums.length > 1 ? `${album + 1}. ${time}` : time;
}

/** @param {number} album @param {number} start pixels */
const heading = (album, start) =>
  shape("text", { x: start + 2, y: 15, class: "quiet" }, headingOf(album), albums[album].title);

/** Photos of one place that follow each other, as a band with its name. @param {number[]} xs */
function bands(xs) {
  /** @type {SVGElement[]} */
  const parts = [];
  const name = (/** @type {number} */ row) => (photos[row].error === undefined && photos[row].best?.place) || "";
  const sameAlbum = (/** @type {number} */ a, /** @type {number} */ b) => photos[a]?.album === photos[b]?.album;
  for (let first = 0, last = 0; first < photos.length; first = last + 1) {
    last = first;
    while (last + 1 < photos.length && sameAlbum(last, last + 1) && name(last + 1) === name(first)) last++;
    if (!name(first)) continue;
    const from = sameAlbum(first - 1, first) ? (xs[first - 1] + xs[first]) / 2 : xs[first] - 9;
    const to = sameAlbum(last, last + 1) ? (xs[last] + xs[last + 1]) / 2 : xs[last] + 9;
    const frame = { x: from + 1, y: 24, width: Math.max(1, to - from - 2), height: 26, rx: 4, class: "band" };
    parts.push(shape("rect", frame, undefined, name(first)));
    const fits = Math.floor((to - from - 8) / LETTER);
    const text = name(first).length > fits ? `${name(first).slice(0, fits - 1)}…` : name(first);
    if (fits > 3) parts.push(shape("text", { x: from + 5, y: 41 }, text, name(first)));
  }
  return parts;
}

/** A photo's mark, and its number where there is room. @param {number} row @param {number} x pixels */
function tick(row, x) {
  const photo = photos[row];
  const title = `${row + 1}. ${photo.name}: ${lineOf(photo)}`;
  const css = `tick ${kindOf(row)}${row === chosen ? " chosen" : ""}`;
  const mark = isKnown(photo)
    ? shape(
        "rect",
        { class: css, x: x - 5, y: 63, width: 10, height: 10, transform: `rotate(45 ${x} 68)` },
        undefined,
        title,
      )
    : shape("circle", { class: css, cx: x, cy: 68, r: 6 }, undefined, title);
  const every = photos.length > CROWD ? 20 : photos.length > 60 ? 5 : 1;
  if (row % every && row !== chosen) return [mark];
  return [mark, shape("text", { x, y: 94, "text-anchor": "middle", class: "quiet" }, String(row + 1))];
}

/** @param {number} row */
function kindOf(row) {
  const [shown] = mapPhotos(row);
  if (!shown?.best) return "none";
  if (shown.known) return "known";
  return isWeak(shown) ? "guess weak" : "guess";
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] @param {string} [title] */
function shape(tag, attributes, text, title) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  if (title) {
    const tip = document.createElementNS(SVG, "title");
    tip.textContent = title;
    made.append(tip);
  }
  return /** @type {SVGElement} */ (made);
}

// --- mouse and keys
drawing.addEventListener("click", (event) => {
  const x = event.clientX - drawing.getBoundingClientRect().left;
  const away = layout().xs.map((each) => Math.abs(each - x));
  if (away.length) select(away.indexOf(Math.min(...away)), false);
});

timeline.addEventListener("keydown", (event) => {
  const last = photos.length - 1;
  const to = { ArrowRight: Math.min(last, chosen + 1), ArrowLeft: Math.max(0, chosen - 1), Home: 0, End: last }[
    event.key
  ];
  if (to === undefined || last < 0) return;
  event.preventDefault();
  select(to, false);
  const [shown] = mapPhotos(to);
  if (shown) map.bring(shown);
});

open({ line: (photo) => `${when(photo)} · ${place(photo)}`, known: isKnown, select: addSource });
new ResizeObserver(draw).observe(timeline);
draw();
