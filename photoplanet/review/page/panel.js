// The chosen photo: what it shows, where it is proposed to be and why, and what a person may decide of it.
import { button, byId, element, picture } from "/map/dom.js";
import { evidenceList, outlinedPicture } from "/map/evidence.js";
import { messageOf } from "/page/api.js";
import * as map from "./map.js";
import {
  about,
  api,
  ask,
  choose,
  chosen,
  onChange,
  onChoose,
  photos,
  placeOf,
  radiusWords,
  STATES,
  timeWords,
} from "./store.js";
import { dayWords } from "./strip.js";
import { have, want } from "./thumbs.js";

/** @typedef {import("/map/evidence.js").Clue} Clue */
/** @typedef {import("./store.js").Photo} Photo */
/** @typedef {{ n: number | null, hours: number, share: number, km: number, kind: string }} Neighbour */
/** @typedef {{ n: number, by: string, silent: string, path: string, neighbours: Neighbour[], clues: Clue[], conflict: string | null, cells: { corners: number[], probability: number }[] }} Why */
/** @typedef {{ n: number | null, name: string, says: string, trusted: boolean, latitude: number, longitude: number, place: string }} Match */

const LISTED = 3; // neighbours that are seen at once
const SPOT_KM = 0.02; // what is nearer is at the same place
const WAIT = 90; // milliseconds that a photo is looked at before more of it is asked for

/** @param {string} id */
const $ = (id) => byId(id, HTMLElement);
const why = byId("neighbours", HTMLUListElement);
/** @type {(n: number) => void} */
let putAt = () => {};
let timer = 0;
let asked = 0;
/** @type {string} what the reasons were asked for */
let known = "";

/** @type {Record<string, string>} */
const RESTS = {
  "own GPS": "its own GPS",
  track: "the track",
  time: "the places known near to it in time",
  clues: "what stands in it, and its time",
  model: "its pixels, and the photos around it",
  hand: "your hand",
};

/** @param {Photo} photo */
function whereWords(photo) {
  if (photo.latitude === null) return photo.state === "open" ? "No proposal" : "No place";
  return `${photo.place}, within ${radiusWords(photo.radius_km ?? 0)}`;
}

function fill() {
  const photo = photos[chosen];
  if (!photo) return;
  const own = photo.kind === "own GPS";
  const decided = photo.state !== "open" && photo.state !== "known";
  $("name").textContent = photo.name;
  $("when").textContent = [
    photo.day ? `${dayWords(photo.day)}${photo.time.slice(10)}` : "Time unknown",
    STATES[photo.state],
  ].join(" · ");
  $("where").textContent = whereWords(photo);
  $("own").hidden = !own;
  $("accept").hidden = own || decided || photo.latitude === null;
  $("reject").hidden = photo.state === "rejected";
  $("reject").textContent = own ? "Do not rely on it" : "Reject";
  $("skipIt").hidden = own || decided;
  $("reopen").hidden = !decided;
  $("putting").hidden = own;
  $("copy").hidden = photo.latitude === null;
  $("radiusBox").hidden = photo.state !== "placed";
  byId("own-radius", HTMLInputElement).value = photo.radius_km === null ? "" : String(photo.radius_km);
  const rests = RESTS[photo.kind] ?? "";
  $("whyHead").textContent = own || photo.state === "placed" ? "Known near to it in time" : "Why there";
  $("where").title = rests && `By ${rests}`;
  const note = noteOf(photo);
  if (note) $("where").append(element("span", ` · ${note}`, "quiet"));
}

/** @param {Photo} photo */
function noteOf(photo) {
  if (photo.state === "placed")
    return [photo.note && `as ${photo.note}`, "it places others now"].filter(Boolean).join("; ");
  if (photo.state === "accepted")
    return photo.anchor ? "it places others now" : "too rough, or accepted with others, to place more";
  return RESTS[photo.kind] && photo.state === "open" ? `by ${RESTS[photo.kind]}` : "";
}

function fillPicture() {
  const n = chosen;
  const box = $("picture");
  const small = have(n);
  box.replaceChildren(...(small ? [picture(small)] : [element("p", photos[n]?.name ?? "", "quiet")]));
  want(n, (url) => {
    if (chosen === n && !have(n, "large")) box.replaceChildren(picture(url));
  });
}

/** The larger picture, and why: once the photo has been looked at for a moment. @param {boolean} follow */
function askWhy(follow) {
  clearTimeout(timer);
  const n = chosen;
  const now = ++asked;
  const photo = photos[n];
  known = keyOf(photo);
  timer = setTimeout(async () => {
    try {
      const found = /** @type {Why} */ (await ask("why", { n }));
      if (now !== asked) return;
      want(n, (url) => chosen === n && fillLarge(url, found.clues), "large");
      fillWhy(found, follow);
    } catch (error) {
      if (now === asked) $("silent").textContent = messageOf(error);
    }
  }, WAIT);
}

/** @param {Photo} photo */
const keyOf = (photo) => `${photo.n} ${photo.latitude} ${photo.longitude} ${photo.radius_km} ${photo.kind}`;

/** @param {string} url @param {Clue[]} clues */
function fillLarge(url, clues) {
  const text = clues.some(({ boxes }) => boxes.length);
  const shown = text ? outlinedPicture(url, clues) : picture(url);
  if (shown instanceof HTMLImageElement) shown.alt = photos[chosen].name;
  $("picture").replaceChildren(shown);
}

/** @param {Why} found @param {boolean} follow */
function fillWhy(found, follow) {
  $("path").textContent = found.path;
  $("silent").hidden = !found.silent;
  $("silent").textContent = found.silent && `${found.silent[0].toUpperCase()}${found.silent.slice(1)}.`;
  $("conflict").hidden = !found.conflict;
  $("conflict").textContent = found.conflict ?? "";
  const rest = found.neighbours.slice(LISTED).map(neighbour);
  why.replaceChildren(...found.neighbours.slice(0, LISTED).map(neighbour));
  $("more").hidden = !rest.length;
  $("moreHead").textContent = `${rest.length} more`;
  byId("others", HTMLUListElement).replaceChildren(...rest);
  $("clues").replaceChildren(...(found.clues.length ? [element("h4", "Read in it"), evidenceList(found.clues)] : []));
  const places = found.neighbours.flatMap(({ n, share }) => {
    const place = n === null ? null : placeOf(photos[n]);
    return place ? [{ place, share }] : [];
  });
  map.explain(places, found.cells, follow);
}

/** @param {Neighbour} each */
function neighbour({ n, hours, share, km, kind }) {
  const item = element("li");
  const way = Math.abs(hours) * 60 < 1 ? "the same minute" : `${timeWords(hours)} ${hours < 0 ? "before" : "after"}`;
  const words = element("span", "", "words");
  const name = n === null ? "A point of the track" : photos[n].name;
  words.append(
    element("strong", way),
    element("span", ` ${name}`),
    element(
      "span",
      `${km < SPOT_KM ? "at this place" : `${radiusWords(km)} away`} · ${RESTS[kind] ?? kind} · ${Math.round(share * 100)} % of the weight`,
      "quiet",
    ),
  );
  if (n === null) {
    item.append(words);
    return item;
  }
  const entry = button("", "neighbour");
  const frame = element("span", "", "frame");
  want(n, (url) => frame.replaceChildren(picture(url)));
  entry.append(frame, words);
  entry.addEventListener("click", () => choose(n));
  const same = button("Same place", "small");
  same.setAttribute("aria-label", `Put it at the place of ${photos[n].name}`);
  same.addEventListener("click", () => putAt(n));
  item.append(entry);
  if (photos[chosen].kind !== "own GPS") item.append(same);
  return item;
}

// --- photos that show the same
export async function showMatches() {
  if ($("look").hidden) return;
  const n = chosen;
  const box = $("matches");
  box.replaceChildren(element("p", "Comparing…", "quiet"));
  try {
    const { matches } = await ask("matches", { n });
    if (n !== chosen) return;
    box.replaceChildren(element("h4", matches.length ? "Show the same details" : "No photo shows the same details"));
    const list = element("ul");
    list.append(...matches.map((/** @type {Match} */ match, /** @type {number} */ k) => matchOf(match, n, k)));
    box.append(list);
  } catch (error) {
    if (n === chosen) box.replaceChildren(element("p", messageOf(error), "quiet"));
  }
}

/** @param {Match} match @param {number} n @param {number} k */
function matchOf(match, n, k) {
  const item = element("li");
  const entry = button("", "neighbour");
  const frame = element("span", "", "frame");
  const words = element("span", "", "words");
  words.append(
    element("strong", match.trusted ? "Matches" : "May match"),
    element("span", ` ${match.name}`),
    element("span", `${match.says} · ${match.place}`, "quiet"),
  );
  if (match.n !== null) want(match.n, (url) => frame.replaceChildren(picture(url)));
  entry.append(frame, words);
  entry.addEventListener("click", () => showPair(n, k, match));
  item.append(entry);
  const other = match.n;
  if (other === null) return item;
  const same = button("Same place", "small");
  same.setAttribute("aria-label", `Put it at the place of ${match.name}`);
  same.addEventListener("click", () => putAt(other));
  item.append(same);
  return item;
}

/** @param {number} n @param {number} k @param {Match} match */
async function showPair(n, k, match) {
  try {
    byId("pairPicture", HTMLImageElement).src = await api.picture("/v1/review/match", { n, match: k });
    $("pairHead").textContent = `${match.name}: ${match.says}`;
    byId("pair", HTMLDialogElement).showModal();
  } catch (error) {
    $("matches").append(element("p", messageOf(error), "bad"));
  }
}

/** @param {(n: number) => void} put puts the chosen photo at the place of another one */
export function start(put) {
  putAt = put;
  onChoose((_, follow) => {
    $("matches").replaceChildren();
    why.replaceChildren();
    $("more").hidden = true;
    $("clues").replaceChildren();
    $("silent").hidden = true;
    $("conflict").hidden = true;
    $("panel").scrollTop = 0;
    fill();
    fillPicture();
    askWhy(follow);
  });
  onChange((changed) => {
    if (!changed.has(chosen)) return;
    fill();
    if (known && keyOf(photos[chosen]) !== known) askWhy(true);
  });
  $("look").addEventListener("click", showMatches);
}

/** What is reviewed, once that is known. */
export function introduce() {
  $("title").textContent = about.title;
  document.title = `${about.title}: photoplanet review`;
  $("title").title = about.names.join("\n");
  $("toy").hidden = !about.toy;
  $("licence").textContent = about.note;
  $("look").hidden = about.matches.startsWith("start with");
}
