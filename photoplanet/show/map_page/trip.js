// The single-file map of `album --map`: photos in time order, album by album, with a timeline below the map.
import { isWeak } from "../map/certainty.js";
import { byId, element } from "../map/dom.js";
import { chosen, data, lineOf, map, mapPhotos, open, photos, place, select } from "./page.js";
import { fitted, layout } from "./timeline.js";

/** @typedef {import("./page.js").Photo} Photo */

/** @type {Record<string, string>} */
const SOURCES = {
  "own GPS": "the camera's own GPS",
  track: "from the track",
  estimated: "estimated from the pixels and the photos around it",
  neighbours: "the photo cannot be read: its place is that of its neighbours in time",
};
const SVG = "http://www.w3.org/2000/svg";
const EDGE = 30; // pixels at the timeline's ends where a photo does not count as seen
const AHEAD = 300; // pixels outside of what is seen that are drawn, too

const timeline = byId("timeline", HTMLElement);
const drawing = /** @type {SVGSVGElement} */ (timeline.querySelector("svg"));
let laid = layout([], [], 0);

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
  const x = laid.xs[row];
  if (x < timeline.scrollLeft + EDGE || x > timeline.scrollLeft + timeline.clientWidth - EDGE)
    timeline.scrollLeft = x - timeline.clientWidth / 2;
  draw();
}

// --- the timeline: only what is seen of it is drawn, since a trip may have thousands of photos
function lay() {
  laid = layout(photos, data.albums ?? [], Math.max(300, timeline.clientWidth));
  drawing.setAttribute("width", String(laid.width));
  draw();
}

function draw() {
  const from = timeline.scrollLeft - AHEAD;
  const to = timeline.scrollLeft + timeline.clientWidth + AHEAD;
  const seen = (/** @type {{ x: number }} */ { x }) => x > from && x < to;
  const text =
    (/** @type {number} */ y, /** @type {string} */ anchor) =>
    (/** @type {import("./timeline.js").Label} */ { x, text, title }) =>
      shape("text", { x, y, "text-anchor": anchor, class: "quiet" }, text, title);
  const { xs, headings, days, numbers, bands } = laid;
  drawing.replaceChildren(
    ...headings.map(inSight).filter(seen).map(text(15, "start")),
    ...bands.filter((each) => each.to > from && each.from < to).flatMap(band),
    ...xs.flatMap((x, row) => (seen({ x }) ? [tick(row, x)] : [])),
    ...numbersAround(numbers).filter(seen).map(text(94, "middle")),
    ...days.filter(seen).map(text(111, "start")),
  );
}

/** An album's heading, which stays in sight as long as its photos. @param {import("./timeline.js").Layout["headings"][number]} heading */
const inSight = (heading) => ({ ...heading, x: Math.max(heading.x, Math.min(timeline.scrollLeft + 4, heading.end)) });

/** The numbers that keep clear of the chosen photo's, and that one. @param {import("./timeline.js").Label[]} numbers */
function numbersAround(numbers) {
  const x = laid.xs[chosen];
  if (x === undefined) return numbers;
  return [...numbers.filter((label) => Math.abs(label.x - x) > 26), { x, text: String(chosen + 1) }];
}

/** @param {import("./timeline.js").Band} band */
function band({ from, to, text }) {
  const frame = { x: from + 1, y: 24, width: Math.max(1, to - from - 2), height: 26, rx: 4, class: "band" };
  const words = fitted(text, to - from - 10);
  const parts = [shape("rect", frame, undefined, text)];
  if (words) parts.push(shape("text", { x: from + 5, y: 41 }, words, text));
  return parts;
}

/** A photo's mark. @param {number} row @param {number} x pixels */
function tick(row, x) {
  const photo = photos[row];
  const title = `${row + 1}. ${photo.name}: ${lineOf(photo)}`;
  const css = `tick ${kindOf(row)}${row === chosen ? " chosen" : ""}`;
  if (!isKnown(photo)) return shape("circle", { class: css, cx: x, cy: 68, r: 6 }, undefined, title);
  const diamond = { class: css, x: x - 5, y: 63, width: 10, height: 10, transform: `rotate(45 ${x} 68)` };
  return shape("rect", diamond, undefined, title);
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
  const away = laid.xs.map((each) => Math.abs(each - x));
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

timeline.addEventListener("scroll", () => requestAnimationFrame(draw));

open({ line: (photo) => `${when(photo)} · ${place(photo)}`, known: isKnown, select: addSource });
new ResizeObserver(lay).observe(timeline);
lay();
