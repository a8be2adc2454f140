// The timeline: a strip of photos day by day, of which only those in sight are there, and above it all of them in small.
import { button, byId, element } from "/map/dom.js";
import { plural } from "/map/words.js";
import {
  act,
  choose,
  chosen,
  isOpen,
  lineOf,
  onChange,
  onChoose,
  photos,
  radiusWords,
  STATES,
  shown,
  timeWords,
} from "./store.js";
import { want } from "./thumbs.js";

/** @typedef {import("./store.js").Photo} Photo */
/** @typedef {{ left: number, n: number, day: string, numbers: number[] }} Item `n` −1: the head of a day */

const CELL = 104; // pixels
const HEAD = 124;
const BEYOND = 400; // pixels outside of what is seen that are there, too
const OVERVIEW = 14; // pixels high

const strip = byId("strip", HTMLElement);
const track = byId("track", HTMLElement);
const overview = byId("overview", HTMLCanvasElement);
/** @type {Item[]} */
let items = [];
/** @type {Map<string, HTMLElement>} key → what is there */
const there = new Map();
let width = 0;
let queued = false;

/** @param {Item} item */
const keyOf = ({ n, day }) => (n < 0 ? `day ${day}` : String(n));

function layout() {
  items = [];
  let left = 0;
  /** @type {Item | null} */
  let head = null;
  for (const n of shown) {
    const { day } = photos[n];
    if (!head || head.day !== day) {
      head = { left, n: -1, day, numbers: [] };
      items.push(head);
      left += HEAD;
    }
    head.numbers.push(n);
    items.push({ left, n, day, numbers: [] });
    left += CELL;
  }
  width = left;
  track.style.width = `${width}px`;
}

/** The rows of `items` in sight. */
function inSight() {
  const from = strip.scrollLeft - BEYOND;
  const to = strip.scrollLeft + strip.clientWidth + BEYOND;
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].left + HEAD < from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < items.length && items[end].left < to) end++;
  return items.slice(low, end);
}

function draw() {
  queued = false;
  const wanted = inSight();
  const keys = new Set(wanted.map(keyOf));
  for (const [key, node] of there)
    if (!keys.has(key) && !node.contains(document.activeElement)) {
      node.remove();
      there.delete(key);
    }
  wanted.forEach((item) => {
    const key = keyOf(item);
    let node = there.get(key);
    if (!node) {
      node = item.n < 0 ? headOf(item) : cellOf(item.n);
      there.set(key, node);
      track.append(node);
    }
    node.style.left = `${item.left}px`;
  });
  drawOverview();
}

function redraw() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(draw);
}

/** @param {Item} item */
function headOf(item) {
  const head = element("div", "", "day");
  head.append(element("h2"), element("p", "", "quiet"));
  fillHead(head, item);
  return head;
}

/** @param {HTMLElement} head @param {Item} item */
function fillHead(head, item) {
  const open = item.numbers.filter((n) => isOpen(photos[n]) && photos[n].latitude !== null).length;
  const [title, line] = head.children;
  title.textContent = dayWords(item.day);
  line.textContent = plural(item.numbers.length, "photo");
  head.querySelector("button")?.remove();
  if (!open) return;
  const accept = button(`Accept ${open}`, "small");
  accept.setAttribute("aria-label", `Accept ${plural(open, "proposal")} of ${dayWords(item.day)}`);
  accept.addEventListener("click", () => act("accept-all", { day: item.day }));
  head.append(accept);
}

/** @param {string} day */
export function dayWords(day) {
  if (!day) return "Time unknown";
  const date = new Date(`${day}T12:00:00Z`);
  if (Number.isNaN(date.getTime())) return day;
  return date.toLocaleDateString("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
}

/** @param {number} n */
function cellOf(n) {
  const cell = button("", "cell");
  cell.append(
    element("span", "", "frame"),
    element("span", "", "when"),
    element("span", "", "far"),
    element("span", "", "gap"),
  );
  cell.dataset.n = String(n);
  fillCell(cell, n);
  want(n, (url) => {
    const image = element("img");
    image.alt = "";
    image.src = url;
    cell.children[0].replaceChildren(image);
  });
  return cell;
}

/** @param {HTMLElement} cell @param {number} n */
function fillCell(cell, n) {
  const photo = photos[n];
  const [, when, far, gap] = cell.children;
  cell.className = `cell ${photo.state} ${photo.latitude === null ? "nowhere" : ""}`;
  cell.setAttribute("aria-label", lineOf(photo));
  cell.title = lineOf(photo);
  if (n === chosen) cell.setAttribute("aria-current", "true");
  else cell.removeAttribute("aria-current");
  cell.tabIndex = n === chosen ? 0 : -1;
  when.textContent = photo.time.slice(11) || (photo.time ? "no hour" : "no time");
  far.textContent = farWords(photo);
  gap.textContent = photo.state === "open" && photo.hours !== null ? `Δt ${timeWords(photo.hours)}` : "";
}

/** @param {Photo} photo */
function farWords(photo) {
  if (photo.latitude === null) return photo.state === "open" ? "no proposal" : STATES[photo.state];
  if (photo.state === "known") return "GPS";
  return `± ${radiusWords(photo.radius_km ?? 0)}`;
}

// --- all photos in small
/** @type {Record<string, string>} */
const COLOURS = { known: "--known", open: "--point", accepted: "--mass", placed: "--mass", rejected: "--bad" };

function drawOverview() {
  const ratio = window.devicePixelRatio || 1;
  const wide = overview.clientWidth;
  if (!wide || !width) return;
  overview.width = Math.round(wide * ratio);
  overview.height = Math.round(OVERVIEW * ratio);
  const pen = /** @type {CanvasRenderingContext2D} */ (overview.getContext("2d"));
  const style = getComputedStyle(overview);
  pen.scale(ratio, ratio);
  const step = wide / Math.max(1, shown.length);
  /** @type {Map<string, string>} */
  const colours = new Map();
  for (const [state, name] of Object.entries(COLOURS)) colours.set(state, style.getPropertyValue(name));
  const quiet = style.getPropertyValue("--edge");
  shown.forEach((n, i) => {
    const photo = photos[n];
    pen.fillStyle = (photo.latitude !== null && colours.get(photo.state)) || quiet;
    pen.fillRect(i * step, 3, Math.max(1, step > 3 ? step - 1 : step), OVERVIEW - 6);
  });
  const at = shown.indexOf(chosen);
  pen.fillStyle = style.getPropertyValue("--ink");
  if (at >= 0) pen.fillRect(Math.min(wide - 3, at * step + step / 2 - 1.5), 0, 3, OVERVIEW);
}

overview.addEventListener("click", (event) => {
  const box = overview.getBoundingClientRect();
  const at = Math.floor(((event.clientX - box.left) / box.width) * shown.length);
  if (shown.length) choose(shown[Math.max(0, Math.min(shown.length - 1, at))]);
});

// --- mouse and keys
track.addEventListener("click", (event) => {
  const cell = event.target instanceof Element && event.target.closest(".cell");
  if (cell instanceof HTMLElement) choose(Number(cell.dataset.n));
});
strip.addEventListener("scroll", redraw, { passive: true });
strip.addEventListener(
  "wheel",
  (event) => {
    if (Math.abs(event.deltaY) <= Math.abs(event.deltaX)) return;
    event.preventDefault(); // a wheel goes along the timeline
    strip.scrollLeft += event.deltaY;
  },
  { passive: false },
);

/** Put the focus on the chosen photo. */
export function focusChosen() {
  bring(chosen);
  draw();
  there.get(String(chosen))?.focus({ preventScroll: true });
}

/** @param {number} n */
function bring(n) {
  const item = items.find((each) => each.n === n);
  if (!item) return;
  const { scrollLeft, clientWidth } = strip;
  if (item.left < scrollLeft + 8 || item.left + CELL > scrollLeft + clientWidth - 8)
    strip.scrollLeft = item.left - (clientWidth - CELL) / 2;
}

export function start() {
  let last = chosen;
  onChange((changed) => {
    layout();
    const heads = new Map(items.filter(({ n }) => n < 0).map((item) => [item.day, item]));
    for (const [key, node] of there) {
      const head = key.startsWith("day ") && heads.get(key.slice(4));
      if (head) fillHead(node, head);
      else if (changed.has(Number(key))) fillCell(node, Number(key));
    }
    redraw();
  });
  onChoose((n) => {
    const focused = strip.contains(document.activeElement);
    for (const each of [last, n]) {
      const node = there.get(String(each));
      if (node) fillCell(node, each);
    }
    last = n;
    bring(n);
    if (focused) focusChosen();
    else redraw();
  });
  new ResizeObserver(redraw).observe(strip);
}
