// "Similar photos": those of the server's library that show the same, with their thumbnails; each leads to its place.
import { button, element, picture } from "/map/dom.js";
import { plural } from "/map/words.js";
import { messageOf } from "./api.js";
import { areaQuery } from "./area.js";
import { state } from "./state.js";
import * as worldmap from "./worldmap.js";

/** @typedef {import("/map/photos.js").Match} Match */
/** @typedef {import("./api.js").Api} Api */

const MOST = 12; // photos
const MAYBE = 4; // of these where none is proven
const FEW = 20; // matches that were counted: fewer are too few to know

/** @param {import("./state.js").Photo} photo @param {Api} api */
export function section(photo, api) {
  const made = element("section", undefined, "similar");
  const ask = button("Similar photos");
  const rest = element("div");
  rest.setAttribute("aria-live", "polite");
  made.append(ask, rest);
  ask.addEventListener("click", async () => {
    ask.disabled = true;
    rest.replaceChildren(element("p", `Comparing with ${plural(state.library?.photos ?? 0, "photo")}…`, "quiet"));
    try {
      const asked = { count: MOST, all: true, precision: state.precision, name: photo.name, ...areaQuery() };
      const found = await api.post("/v1/similar", asked, photo.file);
      if (made.isConnected) list(rest, found, api);
    } catch (error) {
      rest.replaceChildren(element("p", messageOf(error), "bad"));
    }
    ask.disabled = false;
  });
  return made;
}

/** @param {HTMLElement} rest @param {{ itself: unknown[], matches: Match[], outside?: number }} found @param {Api} api */
function list(rest, { itself, matches, outside }, api) {
  const made = element("ul");
  rest.replaceChildren();
  if (itself.length) rest.append(element("p", "This photo is in the library itself.", "quiet"));
  if (outside) rest.append(element("p", `${plural(outside, "photo")} from elsewhere left out.`, "quiet"));
  const proven = matches.filter((match) => match.trusted);
  const agreeing = matches.filter((match) => match.trusted === undefined || match.details);
  const shown = proven.length ? proven : agreeing.slice(0, MAYBE);
  if (!shown.length) rest.append(element("p", "None in the library shows the same.", "quiet"));
  else if (!proven.length) rest.append(element("p", "Nothing is proven. These may match:", "quiet"));
  for (const match of shown) {
    const item = element("li");
    const entry = button();
    const frame = element("span", undefined, "picture");
    entry.append(frame, element("span", match.place), element("span", match.photo_id, "quiet"));
    if (match.trusted !== undefined) entry.append(element("span", proof(match), "quiet"));
    entry.addEventListener("click", () => worldmap.goTo(match));
    fetchThumbnail(frame, match.photo_id, api);
    item.append(entry);
    made.append(item);
  }
  rest.append(made);
  worldmap.showMatches(shown);
}

/** How often matches like it were right. @param {Match} match */
function proof({ trusted, impossible, like_it }) {
  if (impossible) return "not at that time";
  if (!trusted) return "may match";
  if (!like_it) return "by a rule of thumb";
  return `${like_it.right} of ${like_it.of} such were within 25 km${like_it.of < FEW ? " (too few to know)" : ""}`;
}

/** @param {HTMLElement} frame @param {string} id @param {Api} api */
async function fetchThumbnail(frame, id, api) {
  try {
    const image = picture(await api.picture("/v1/similar/thumbnail", { photo_id: id }));
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    frame.append(image);
  } catch {
    frame.title = "This photo can no longer be read";
  }
}
