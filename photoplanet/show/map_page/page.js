// What every single-file map has: the map, the list of photos, and what is known of the chosen one.

import { outlineOf } from "../map/cells.js";
import { isWeak } from "../map/certainty.js";
import { carriedBy } from "../map/coast.js";
import { button, byId, element, picture } from "../map/dom.js";
import { evidenceList, outlinedPicture } from "../map/evidence.js";
import { PhotoMap } from "../map/photos.js";
import { isAnywhere, km, percent, plural, unknownWords } from "../map/words.js";

/** @typedef {import("../map/cells.js").Outline} Outline */
/** @typedef {import("../map/mercator.js").Point} Point */
/** @typedef {import("../map/photos.js").MapPhoto} MapPhoto */
/** @typedef {import("../map/photos.js").NamedPlace} NamedPlace */
/**
 * @typedef {object} Answer of a photo that could be read (show/maps.py)
 * @property {number | null} unknown how likely it is from outside all that the model knows; null: it cannot tell
 * @property {NamedPlace | null} best
 * @property {NamedPlace[]} top
 * @property {{ city: number, region: number, country: number }} confidence
 * @property {{ probability: number, cells: number, radius_km: number, area_km2: number }} region
 * @property {"real" | "toy"} world
 * @property {[row: number, probability: number][]} cells
 * @property {number} inside how many of the cells are in the region
 * @property {Point} [truth]
 * @property {number} [truth_km]
 * @property {string} [no_answer] why there is none
 * @property {import("../map/mercator.js").Place & { place: string, words: string }} [own] the place that it states itself
 * @property {import("../map/evidence.js").Clue[]} [clues] what speaks for it, where anybody looked
 * @property {string | null} [conflict] what contradicts what
 */
/** @typedef {{ kind: string, album: number, second: number | null, taken: string | null, dated?: boolean, camera: number, fault?: string }} Stop of a trip (show/trip.py) */
/** @typedef {{ name: string, thumbnail?: string, error?: string } & Partial<Answer> & Partial<Stop>} Photo */
/**
 * @typedef {object} Data
 * @property {Photo[]} photos
 * @property {{ title: string, days: [string, string] }[]} [albums]
 * @property {number[][]} cells corners, ten-thousandths of a degree
 * @property {Omit<import("../map/atlas.js").Land, "coast"> & { coast: Record<string, string> }} land
 */
/**
 * @typedef {object} More what a page with a trip adds
 * @property {(photo: Photo) => string} line
 * @property {(photo: Photo) => boolean} known
 * @property {(row: number, detail: HTMLElement) => void} select
 */

const TEN_THOUSANDTHS = 1e4;
const MANY = 8; // photos from which on there is a field to find them

/** @type {Data} */
export const data = JSON.parse(byId("data", HTMLScriptElement).textContent);
export const photos = data.photos;
/** @type {Set<number>} rows that the field leaves out */
const hidden = new Set();
/** @type {Map<number, Outline>} */
const outlines = new Map();
export let chosen = -1;
/** @type {More | null} */
let more = null;

/** @type {MapPhoto[][]} by row, as the map takes them: none where a photo could not be read */
const made = [];
/** @type {{ listed: MapPhoto[], albums: MapPhoto[][] | null } | null} those that the field does not leave out */
let shown = null;

export const map = new PhotoMap(
  byId("canvas", HTMLCanvasElement),
  { ...data.land, coast: carriedBy(data.land.coast) },
  {
    listed: () => seen().listed,
    chosen: () => mapPhotos(chosen)[0] ?? null,
    choose: (row) => select(row, false),
    albums: () => seen().albums,
  },
  byId("hint", HTMLElement),
);

function seen() {
  if (shown) return shown;
  const rows = photos.map((_, row) => row).filter((row) => !hidden.has(row));
  /** @type {MapPhoto[][] | null} */
  const albums = data.albums ? data.albums.map(() => []) : null;
  for (const row of rows) albums?.[photos[row].album ?? 0].push(...mapPhotos(row));
  shown = { listed: rows.flatMap(mapPhotos), albums };
  return shown;
}

/** The photo as the map takes it; none where it could not be read. @param {number} row */
export function mapPhotos(row) {
  made[row] ??= mapPhotosOf(row);
  return made[row];
}

/** @param {number} row @returns {MapPhoto[]} */
function mapPhotosOf(row) {
  const photo = photos[row];
  if (!photo || !hasAnswer(photo)) return [];
  const { name, best, confidence, truth, own } = photo;
  const known = more?.known(photo) ?? false;
  return [
    {
      row,
      name,
      best,
      top: known ? [] : photo.top,
      known,
      line: lineOf(photo),
      sure: confidence.city,
      cells: () => (known ? [] : photo.cells.map(([cell, probability]) => ({ outline: outline(cell), probability }))),
      inside: () => photo.inside,
      thumbnail: photo.thumbnail,
      second: photo.dated ? null : photo.second,
      camera: photo.camera,
      ...(truth ? { truth: { latitude: truth[0], longitude: truth[1] } } : own && { truth: own }),
    },
  ];
}

/** @param {Photo} photo @returns {photo is Photo & Answer} */
const hasAnswer = (photo) => photo.error === undefined;

/** @param {number} cell */
function outline(cell) {
  const known = outlines.get(cell);
  if (known) return known;
  const flat = data.cells[cell];
  /** @type {Point[]} */
  const corners = [];
  for (let i = 0; i < flat.length; i += 2) corners.push([flat[i] / TEN_THOUSANDTHS, flat[i + 1] / TEN_THOUSANDTHS]);
  const made = outlineOf(corners);
  outlines.set(cell, made);
  return made;
}

// --- the panel
/** @param {Photo} photo */
export const place = (photo) => photo.error ?? photo.best?.place ?? photo.no_answer ?? "";

/** @param {Photo} photo */
export const lineOf = (photo) => (more ? more.line(photo) : place(photo));

/** @param {number} row @param {boolean} [move] the map, to the photo's region */
export function select(row, move = true) {
  const photo = photos[row];
  const detail = byId("detail", HTMLElement);
  map.atlas.touched ||= photos.length > 1;
  chosen = row;
  for (const each of document.querySelectorAll("#list [aria-current]")) each.removeAttribute("aria-current");
  entryOf(row)?.setAttribute("aria-current", "true");
  detail.replaceChildren();
  if (photo.thumbnail)
    detail.append(photo.clues?.length ? outlinedPicture(photo.thumbnail, photo.clues) : picture(photo.thumbnail));
  detail.append(element("h2", photo.name));
  if (photo.own) detail.append(...ownPlace(photo.own));
  detail.append(element("p", lineOf(photo), "place"));
  if (hasAnswer(photo)) detail.append(...facts(photo));
  more?.select(row, detail);
  const [placed] = mapPhotos(row);
  if (move && placed) map.show(placed);
  else map.atlas.redraw();
}

/** @param {number} row */
const entryOf = (row) => byId("list", HTMLElement).children[row]?.querySelector("button");
/** The cross. @param {NonNullable<Answer["own"]>} own */
function ownPlace(own) {
  const entry = button(`${own.place} (${own.latitude}, ${own.longitude})`);
  entry.className = "own";
  entry.addEventListener("click", () => map.goTo(own));
  return [entry, element("p", `The cross: ${own.words}. Below is what the photo shows.`, "quiet")];
}

/** @param {Answer} answer */
function facts({ best, top, confidence, region, unknown, truth_km, clues, conflict }) {
  const parts = [];
  if (conflict) parts.push(element("p", `Conflict: ${conflict}`, "conflict"));
  if (best && unknown) parts.push(element("p", `${unknownWords(unknown)}.`, "quiet"));
  const { city, region: near, country } = confidence;
  const scales = `Within 25 km: ${percent(city)} · 200 km: ${percent(near)} · 750 km: ${percent(country)}`;
  if (best) parts.push(element("p", scales, "quiet"));
  const cells = region.cells === 1 ? "one cell" : plural(region.cells, "cell");
  const pinned = best && !isAnywhere(region.radius_km);
  const where = pinned ? `lies within about ${km(region.radius_km)} km, in ${cells}` : `is spread over ${cells}`;
  const area = `${percent(region.probability)} of the probability ${where} of ${km(region.area_km2)} km² in all.`;
  const rest = "The rest is elsewhere: it may be from anywhere.";
  parts.push(element("p", isAnywhere(region.radius_km) ? `${area} ${rest}` : area, "quiet"));
  if (truth_km !== undefined)
    parts.push(element("p", `The cross is the true place, ${km(truth_km)} km away.`, "quiet"));
  if (clues?.length) parts.push(element("h3", "What speaks for it"), evidenceList(clues), element("h3", "Likeliest"));
  return top.length ? [...parts, places(top)] : parts;
}

/** @param {NamedPlace[]} top */
function places(top) {
  const list = element("ol");
  top.forEach((each, k) => {
    const item = element("li");
    const entry = button();
    const bar = element("span", "", "bar");
    bar.style.width = `${Math.max(1, 100 * each.confidence)}%`;
    entry.append(
      element("span", String(k + 1)),
      element("span", each.place),
      element("span", percent(each.confidence)),
      bar,
    );
    entry.addEventListener("click", () => map.goTo(each));
    item.append(entry);
    list.append(item);
  });
  return list;
}

// --- the list
function fillList() {
  const list = byId("list", HTMLElement);
  photos.forEach((photo, row) => {
    const item = element("li");
    const entry = button();
    const text = element("span");
    entry.dataset.photo = String(row);
    if (photo.thumbnail) entry.append(picture(photo.thumbnail));
    text.append(element("span", photo.name), element("span", lineOf(photo), "quiet"));
    entry.append(text);
    entry.addEventListener("click", () => select(row));
    item.append(entry);
    list.append(item);
  });
  list.hidden = photos.length < 2;
  byId("find", HTMLElement).hidden = photos.length < MANY;
  byId("toy", HTMLElement).hidden = !photos.some((photo) => photo.world === "toy");
  byId("summary", HTMLElement).textContent = summary();
}

function summary() {
  const failed = photos.filter((photo) => !hasAnswer(photo)).length;
  const weak = photos.length - failed - photos.filter((photo) => photo.best).length;
  const unsure = photos.filter((_, row) => mapPhotos(row).some((photo) => photo.best && isWeak(photo))).length;
  const parts = [plural(photos.length, "photo")];
  if (unsure) parts.push(`${unsure.toLocaleString("en")} unsure`);
  if (weak) parts.push(`${weak} without an answer`);
  if (failed) parts.push(`${failed} unreadable`);
  return parts.join(" · ");
}

/** Leave out of the list and the map what does not hold the words. @param {string} words */
function filter(words) {
  const wanted = words.trim().toLocaleLowerCase();
  document.querySelectorAll("#list li").forEach((item, row) => {
    const held = `${photos[row].name} ${lineOf(photos[row])}`.toLocaleLowerCase().includes(wanted);
    if (held) hidden.delete(row);
    else hidden.add(row);
    item.toggleAttribute("hidden", !held);
  });
  shown = null;
  map.atlas.redraw();
}

/** Arrow keys go up and down the list. @param {KeyboardEvent} event */
function step(event) {
  const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!next || !(event.target instanceof Element)) return;
  const way = /** @type {"nextElementSibling" | "previousElementSibling"} */ (next);
  let item = event.target.closest("li")?.[way];
  while (item?.hasAttribute("hidden")) item = item[way];
  const entry = item?.querySelector("button");
  if (!entry) return;
  event.preventDefault();
  entry.focus();
}

// --- start
/** @param {More} [added] */
export function open(added) {
  more = added ?? null;
  made.length = 0;
  shown = null;
  const field = byId("filter", HTMLInputElement);
  field.addEventListener("input", () => filter(field.value));
  byId("list", HTMLElement).addEventListener("keydown", step);
  map.atlas.listenTo(byId("in", HTMLElement), byId("out", HTMLElement), byId("all", HTMLElement));
  fillList();
  map.atlas.start();
  if (photos.length === 1) select(0);
}
