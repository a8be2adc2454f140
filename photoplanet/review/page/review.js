// The review: buttons and keys, what they decide, and the counts at the top.
import { byId, element } from "/map/dom.js";
import { plural } from "/map/words.js";
import { messageOf } from "/page/api.js";
import * as map from "./map.js";
import * as panel from "./panel.js";
import * as search from "./search.js";
import {
  act,
  after,
  before,
  choose,
  chosen,
  count,
  isOpen,
  lineOf,
  load,
  news,
  onChange,
  photos,
  radiusWords,
  refresh,
  show,
  shown,
  standing,
  warn,
} from "./store.js";
import * as strip from "./strip.js";
import * as writing from "./writing.js";

/** @typedef {import("./store.js").Photo} Photo */
/** @typedef {import("/map/mercator.js").Place} Place */

/** @param {string} id */
const $ = (id) => byId(id, HTMLElement);
const SINGLE = "photoplanet review: single keys off"; // in the browser's storage
const COPIED_KM = 0.05; // a copied place is good to, at least

/** @type {number | null} the photo whose place was copied */
let copied = null;
let busy = false;

/** @type {Record<string, (photo: Photo) => boolean>} */
const FILTERS = {
  all: () => true,
  open: isOpen,
  none: (photo) => isOpen(photo) && photo.latitude === null,
  decided: ({ state }) => state === "accepted" || state === "placed",
  skipped: ({ state }) => state === "skipped",
  rejected: ({ state }) => state === "rejected",
  known: ({ kind }) => kind === "own GPS",
};

// --- deciding
/** One decision at a time; then the next photo that waits for one. @param {string} path @param {object} body @param {string} done @param {boolean} [onwards] */
async function decide(path, body, done, onwards = true) {
  if (busy) return;
  busy = true;
  const next = onwards ? (after(chosen, isOpen) ?? before(chosen, isOpen)) : null;
  try {
    const answer = await act(path, body);
    if (!answer) return;
    if (!answer.changed) return news("Nothing changed");
    if (next !== null) choose(next);
    const then = next === null ? "" : `. Now ${lineOf(photos[next])}`;
    news(`${done}; ${plural(count("open"), "photo")} to decide${then}`);
  } finally {
    busy = false;
  }
}

/** @param {string} decision @param {string} done */
const decideOne = (decision, done, onwards = true) =>
  decide("decide", { photos: [chosen], decision }, `${done} ${photos[chosen].name}`, onwards);

function accept() {
  if (isOpen(photos[chosen])) decideOne("accept", "Accepted");
}

function acceptDay() {
  const { day } = photos[chosen];
  decide("accept-all", { day }, `Accepted ${strip.dayWords(day)}`);
}

function acceptUnder() {
  const km = radiusGiven("radius");
  if (km === null) return warn("Type a radius in km, such as 5 or 0.5.");
  decide("accept-all", { within_km: km }, `Accepted all within ${radiusWords(km)}`);
}

/** @param {Place} place @param {number} km @param {string} how @param {string} [note] */
function putAt({ latitude, longitude }, km, how, note = "") {
  const photo = photos[chosen];
  if (photo.kind === "own GPS") return warn(`${photo.name} has GPS of its own, which is never written over.`);
  const body = { photos: [chosen], latitude, longitude, radius_km: Math.max(0.001, km), how, note };
  decide("place", body, `Placed ${photo.name}`, false);
}

/** @param {number} n */
function putAsPhoto(n) {
  const { latitude, longitude, radius_km, name } = photos[n];
  if (latitude === null || longitude === null) return;
  putAt({ latitude, longitude }, Math.max(COPIED_KM, radius_km ?? 0), "photo", name);
}

function copy() {
  if (photos[chosen].latitude === null) return;
  copied = chosen;
  byId("paste", HTMLButtonElement).disabled = false;
  $("paste").textContent = `At the place of ${photos[chosen].name}`;
  news(`Copied the place of ${photos[chosen].name}; V puts another photo there`);
}

/** @param {"undo" | "redo"} way */
async function step(way) {
  if (busy || !standing?.[way]) return;
  busy = true;
  const label = standing[way];
  try {
    const answer = await act(way, {});
    if (answer && answer.focus !== null) choose(answer.focus);
    if (answer) news(`${way === "undo" ? "Took back" : "Did again"}: ${label}, ${plural(answer.changed, "photo")}`);
  } finally {
    busy = false;
  }
}

/** The km in a field, null for what is not a radius. @param {string} id */
function radiusGiven(id) {
  const km = Number(byId(id, HTMLInputElement).value.replace(",", "."));
  return km > 0 && km <= 20000 ? km : null;
}

/** @param {number} km */
function setRadius(km) {
  const { latitude, longitude, state, note } = photos[chosen];
  if (state !== "placed" || latitude === null || longitude === null) return;
  putAt({ latitude, longitude }, Math.min(20000, km), "numbers", note);
}

// --- moving along
/** @param {number | null} n */
function go(n) {
  if (n !== null) choose(n);
}

// --- keys
/** @type {[key: string, words: string, does: () => void][]} */
const KEYS = [
  ["ArrowRight", "next photo", () => go(after(chosen))],
  ["ArrowLeft", "photo before", () => go(before(chosen))],
  ["n", "next photo to decide", () => go(after(chosen, isOpen))],
  ["p", "photo to decide before", () => go(before(chosen, isOpen))],
  ["Home", "first photo", () => go(shown[0] ?? null)],
  ["End", "last photo", () => go(shown.at(-1) ?? null)],
  ["a", "accept", accept],
  ["d", "accept all proposals of its day", acceptDay],
  ["r", "accept all within a radius: goes to its field", () => byId("radius", HTMLInputElement).select()],
  ["x", "reject", () => decideOne("rejected", "Rejected")],
  ["s", "skip", () => decideOne("skipped", "Skipped")],
  ["o", "decide again", () => decideOne("open", "Open again:", false)],
  ["t", "put it in a town: goes to the field", () => search.focus()],
  ["m", "move it on the map: arrow keys, then Enter", () => photos[chosen].kind !== "own GPS" && map.startMoving()],
  ["e", "photos that show the same, where --matches was given", panel.showMatches],
  ["c", "copy its place", copy],
  ["v", "put it at the copied place", () => copied !== null && putAsPhoto(copied)],
  ["[", "half the radius of what you placed", () => setRadius((photos[chosen].radius_km ?? 0) / 2)],
  ["]", "twice the radius", () => setRadius((photos[chosen].radius_km ?? 0) * 2)],
  ["z", "show it on the map", map.showChosen],
  ["0", "show all on the map", map.showAll],
  ["u", "undo", () => step("undo")],
  ["y", "redo", () => step("redo")],
  ["w", "write…", () => writing.open()],
  ["?", "these keys", () => byId("keys", HTMLDialogElement).showModal()],
];
/** @type {Record<string, string>} */
const NAMES = { ArrowRight: "→", ArrowLeft: "←" };

/** @param {KeyboardEvent} event */
function press(event) {
  const { target, key } = event;
  if (document.querySelector("dialog[open]") || !(target instanceof HTMLElement)) return;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z") {
    if (isField(target)) return;
    event.preventDefault();
    return void step(event.shiftKey ? "redo" : "undo");
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isField(target)) return;
  const single = key.length === 1;
  if (single && !byId("single", HTMLInputElement).checked) return;
  if (!single && target.id === "canvas") return; // there the arrows move the map
  const found = KEYS.find(([name]) => name === key || name === key.toLowerCase());
  if (!found) return;
  event.preventDefault();
  found[2]();
}

/** @param {HTMLElement} target */
const isField = (target) => target.matches("input:not([type=checkbox]):not([type=radio]), select, textarea");

function listKeys() {
  const rows = KEYS.map(([key, words]) => {
    const row = element("tr");
    const head = element("th");
    head.scope = "row";
    head.append(element("kbd", NAMES[key] ?? key.toUpperCase().replace("HOME", "Home").replace("END", "End")));
    row.append(head, element("td", words));
    return row;
  });
  document.querySelector("#keyTable tbody")?.append(...rows);
  const single = byId("single", HTMLInputElement);
  single.checked = !localStorage.getItem(SINGLE);
  single.addEventListener("change", () => {
    if (single.checked) localStorage.removeItem(SINGLE);
    else localStorage.setItem(SINGLE, "1");
  });
}

// --- counts
function fillCounts() {
  const open = count("open");
  const decided = count("accepted") + count("placed");
  const parts = [`${open.toLocaleString("en")} to decide`, `${decided.toLocaleString("en")} decided`];
  const aside = count("skipped") + count("rejected");
  if (aside) parts.push(`${aside.toLocaleString("en")} put aside`);
  parts.push(
    `${photos.reduce((sum, { kind }) => sum + Number(kind === "own GPS"), 0).toLocaleString("en")} with own GPS`,
  );
  if (standing.pending) parts.push(`placing ${standing.pending.toLocaleString("en")} anew…`);
  if (standing.looked_at < standing.to_look_at) parts.push(`looked at ${standing.looked_at} of ${standing.to_look_at}`);
  $("standing").textContent = parts.join(" · ");
  $("shown").textContent =
    shown.length === photos.length
      ? plural(shown.length, "photo")
      : `${shown.length.toLocaleString("en")} of ${plural(photos.length, "photo")}`;
  fillStep("undo", "Undo");
  fillStep("redo", "Redo");
  fillUnder();
}

/** @param {"undo" | "redo"} way @param {string} word */
function fillStep(way, word) {
  byId(way, HTMLButtonElement).disabled = !standing[way];
  $(way).title = standing[way] ? `${word}: ${standing[way]}` : "";
}

function fillUnder() {
  const km = radiusGiven("radius") ?? 0;
  const found = photos.filter((photo) => isOpen(photo) && photo.radius_km !== null && photo.radius_km <= km).length;
  $("underCount").textContent = found.toLocaleString("en");
  byId("acceptUnder", HTMLButtonElement).disabled = !found;
}

// --- start
/** @param {string} id @param {() => void} does */
const on = (id, does) => $(id).addEventListener("click", does);

function listen() {
  on("undo", () => step("undo"));
  on("redo", () => step("redo"));
  on("help", () => byId("keys", HTMLDialogElement).showModal());
  on("openWrite", () => writing.open());
  on("accept", accept);
  on("reject", () => decideOne("rejected", "Rejected"));
  on("skipIt", () => decideOne("skipped", "Skipped"));
  on("reopen", () => decideOne("open", "Open again:", false));
  on("move", map.startMoving);
  on("copy", copy);
  on("paste", () => copied !== null && putAsPhoto(copied));
  byId("filter", HTMLSelectElement).addEventListener("change", (event) => {
    show(FILTERS[/** @type {HTMLSelectElement} */ (event.target).value]);
    news(`${plural(shown.length, "photo")} shown`);
  });
  byId("radius", HTMLInputElement).addEventListener("input", fillUnder);
  byId("under", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    acceptUnder();
  });
  byId("own-radius", HTMLInputElement).addEventListener("change", () => {
    const km = radiusGiven("own-radius");
    if (km !== null) setRadius(km);
  });
  document.addEventListener("keydown", press);
  window.addEventListener("focus", refresh);
}

strip.start();
panel.start(putAsPhoto);
writing.start();
search.start(
  (town) => {
    putAt(town, town.radius_km, "town", town.name);
    strip.focusChosen();
  },
  () => strip.focusChosen(),
);
onChange(fillCounts);
listKeys();
listen();
map.onPick((n) => choose(n, false));
try {
  await map.start((place, km) => putAt(place, km, "map"));
  await load();
  panel.introduce();
  map.showAll();
  strip.focusChosen();
} catch (error) {
  warn(messageOf(error));
}
