// What the page knows of the review, and how it asks for more; every answer brings what has changed meanwhile.
import { plural } from "/map/words.js";
import { Api, messageOf } from "/page/api.js";
import { ask as askToken } from "/page/token.js";

/** @typedef {import("/map/mercator.js").Place} Place */
/** @typedef {"known" | "open" | "accepted" | "placed" | "rejected" | "skipped"} State */
/**
 * @typedef {object} Photo as the server reports it (review/answers.py)
 * @property {number} n its number in time order
 * @property {string} name
 * @property {string} time YYYY-MM-DD HH:MM, or the day alone
 * @property {string} day
 * @property {State} state
 * @property {string} kind what its place rests on
 * @property {number | null} latitude
 * @property {number | null} longitude
 * @property {number | null} radius_km
 * @property {number | null} hours to the known place nearest in time
 * @property {string} place
 * @property {string} note
 * @property {boolean} anchor
 */
/** @typedef {{ title: string, names: string[], model: string, toy: boolean, write: "xmp" | "exif", anchor_km: number, matches: string, note: string }} About */
/** @typedef {{ revision: number, photos: Photo[], total: number, pending: number, looked_at: number, to_look_at: number, written: number, undo: string | null, redo: string | null, focus: number | null, changed: number }} Answer */

const SOON = 250; // milliseconds to the next look while photos are placed anew
const LATER = 2000; // and while photos are read

export const api = new Api(askToken, (seconds, why) => warn(seconds ? `${why}; waiting.` : ""));

/** What the server says. @param {string} path @param {import("/page/api.js").Query} query */
export const ask = (path, query) => api.json(`/v1/review/${path}`, query, { method: "GET" });

/** @type {Photo[]} in time order */
export const photos = [];
/** @type {About} */
export let about;
/** @type {Answer} without its photos */
export let standing;
/** @type {number} the photo that is looked at */
export let chosen = 0;
/** @type {number[]} those of the filter, in time order */
export let shown = [];
/** @type {(photo: Photo) => boolean} */
let filter = () => true;
let revision = -1;
let timer = 0;

/** @type {((changed: Set<number>) => void)[]} called when photos, the filter or counts changed */
const listeners = [];
/** @type {((n: number, follow: boolean) => void)[]} called when another photo is chosen */
const choosers = [];
/** @param {(changed: Set<number>) => void} listener */
export const onChange = (listener) => listeners.push(listener);
/** @param {(n: number, follow: boolean) => void} listener */
export const onChoose = (listener) => choosers.push(listener);

/** @param {string} text */
export function warn(text) {
  const box = /** @type {HTMLElement} */ (document.getElementById("problem"));
  box.textContent = text;
  box.hidden = !text;
}

/** Say what happened to those who do not see it. @param {string} text */
export function news(text) {
  /** @type {HTMLElement} */ (document.getElementById("news")).textContent = text;
}

export async function load() {
  about = await ask("about", {});
  take(await ask("photos", {}));
  const first = photos.findIndex(isOpen);
  choose(Math.max(0, first));
}

/** @param {Answer} answer */
function take(answer) {
  const { photos: fresh, ...rest } = answer;
  standing = { ...rest, photos: [] };
  revision = answer.revision;
  for (const photo of fresh) photos[photo.n] = photo;
  refilter(new Set(fresh.map(({ n }) => n)));
  clearTimeout(timer);
  const waits = answer.pending ? SOON : answer.looked_at < answer.to_look_at ? LATER : 0;
  if (waits) timer = setTimeout(refresh, waits);
}

/** @param {Set<number>} changed */
function refilter(changed) {
  shown = photos.filter((photo) => filter(photo)).map(({ n }) => n);
  for (const listener of listeners) listener(changed);
}

/** @param {(photo: Photo) => boolean} wanted */
export function show(wanted) {
  filter = wanted;
  refilter(new Set());
  if (shown.length && !filter(photos[chosen])) choose(after(chosen) ?? shown[shown.length - 1]);
}

/** What changed meanwhile, in another tab or by being placed anew. */
export async function refresh() {
  try {
    take(await ask("photos", { since: revision }));
  } catch (error) {
    warn(messageOf(error));
  }
}

/** Decide; returns how many photos that changed, null where it failed. @param {string} path @param {object} body @returns {Promise<Answer | null>} */
export async function act(path, body) {
  try {
    warn("");
    const answer = await api.postJson(`/v1/review/${path}`, { ...body, since: revision });
    take(answer);
    return answer;
  } catch (error) {
    warn(messageOf(error));
    return null;
  }
}

/** @param {number} n @param {boolean} [follow] whether the map moves there */
export function choose(n, follow = true) {
  if (!photos[n]) return;
  chosen = n;
  for (const chooser of choosers) chooser(n, follow);
}

/** @param {Photo} photo */
export const isOpen = (photo) => photo.state === "open";
/** @param {Photo} photo @returns {Place | null} */
export const placeOf = ({ latitude, longitude }) =>
  latitude === null || longitude === null ? null : { latitude, longitude };

/** The next photo of the filter behind one, null where there is none. @param {number} n @param {(photo: Photo) => boolean} [wanted] */
export const after = (n, wanted = () => true) => shown.find((each) => each > n && wanted(photos[each])) ?? null;
/** @param {number} n @param {(photo: Photo) => boolean} [wanted] */
export const before = (n, wanted = () => true) =>
  shown.filter((each) => each < n && wanted(photos[each])).at(-1) ?? null;

/** @param {State} state */
export const count = (state) => photos.reduce((sum, photo) => sum + Number(photo.state === state), 0);

/** @param {number} km */
export function radiusWords(km) {
  if (km < 0.95) return `${Math.max(1, Math.round(km * 100) * 10)} m`;
  return km < 10 ? `${km.toFixed(1)} km` : `${Math.round(km).toLocaleString("en")} km`;
}

/** @param {number} hours */
export function timeWords(hours) {
  const minutes = Math.abs(hours) * 60;
  if (minutes < 1) return "0 min";
  if (minutes < 90) return `${Math.round(minutes)} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return plural(Math.round(minutes / 1440), "day");
}

/** @type {Record<State, string>} */
export const STATES = {
  known: "own GPS",
  open: "to decide",
  accepted: "accepted",
  placed: "placed by hand",
  rejected: "rejected",
  skipped: "skipped",
};

/** A photo in one line. @param {Photo} photo */
export function lineOf(photo) {
  const where = photo.place ? `${photo.place}, within ${radiusWords(photo.radius_km ?? 0)}` : "no proposal";
  return `${photo.name}, ${photo.time || "time unknown"}, ${where}, ${STATES[photo.state]}`;
}
