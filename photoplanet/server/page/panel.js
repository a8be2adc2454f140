// The chosen photo and its answer: place, how sure, the region with its slider, the likeliest places.
import { button, byId, element } from "/map/dom.js";
import { digits, insideOf, isNothing, isUnknown, km, percent, unknownWords } from "/map/words.js";
import * as evidence from "./evidence.js";
import { line, when } from "./filmstrip.js";
import * as region from "./region.js";
import * as similar from "./similar.js";
import { answerOf, isKnown, isSilent, state } from "./state.js";
import * as why from "./why.js";
import * as worldmap from "./worldmap.js";

/** @typedef {import("/map/photos.js").NamedPlace} NamedPlace */
/** @typedef {import("./state.js").Answer} Answer */
/** @typedef {import("./state.js").Photo} Photo */

/** @type {[import("./state.js").Scale, string, number][]} */
const SCALES = [
  ["street", "Street", 1],
  ["city", "City", 25],
  ["region", "Region", 200],
  ["country", "Country", 750],
  ["continent", "Continent", 2500],
];
/** @type {Record<string, string>} */
const SOURCES = {
  "own GPS": "The place is the camera's own GPS.",
  track: "The place is from a track.",
  estimated: "Estimated from its pixels and from the photos around it.",
  neighbours: "It cannot be read: its place is that of its neighbours in time.",
};
const box = byId("answer", HTMLElement);
/** @type {{ photo: Photo, figure: HTMLElement, address: string } | null} the photo that is shown */
let shown = null;

/** @param {import("./api.js").Api} api */
export function render(api) {
  const photo = state.chosen;
  if (shown && shown.photo !== photo) {
    URL.revokeObjectURL(shown.address);
    shown = null;
  }
  if (!photo) return box.replaceChildren();
  const answer = answerOf(photo);
  shown ??= figure(photo);
  const picture = shown.figure;
  const tools = element("div", undefined, "tools");
  why.uncover(picture);
  if (photo.alone && state.network) tools.append(why.section(photo, picture, api));
  if (photo.alone && state.library) tools.append(similar.section(photo, api));
  const parts = [picture, facts(photo, answer)];
  if (answer) parts.push(...evidence.sections(photo, answer, picture));
  parts.push(tools);
  if (answer && !isKnown(answer)) {
    parts.push(confidences(answer), slider(answer));
    if (answer.top.length) parts.push(places(answer.top));
  }
  const focus = evidence.focused();
  box.replaceChildren(...parts);
  evidence.focusAgain(focus);
}

/** @param {Photo} photo @param {Answer | null} answer */
function facts(photo, answer) {
  const made = element("div", undefined, "facts");
  const wrong = !answer && photo.error; // may be long, and says what to do: no heading
  made.append(element("h2", wrong ? "Not located" : line(photo)), element("p", photo.name, "quiet name"));
  if (wrong) made.append(element("p", photo.error, "bad"));
  if (when(photo)) made.append(element("p", `Taken ${when(photo)}`, "quiet"));
  const trip = state.together ? photo.trip : null;
  if (answer?.own_gps && !isKnown(answer)) made.append(...own(answer.own_gps));
  if (trip) made.append(element("p", SOURCES[trip.kind ?? ""], "quiet"));
  if (trip?.error) made.append(element("p", trip.error, "bad"));
  if (answer?.best && answer.unknown !== null && !isKnown(answer)) {
    const text = `${unknownWords(answer.unknown)}. All shares and distances count that.`;
    made.append(element("p", text, isUnknown(answer.unknown) ? "abstention" : "quiet"));
  }
  if (answer?.within) made.append(inside(answer.within));
  if (answer?.best) made.append(coordinates(answer.best, answer.region.radius_km));
  if (trip && photo.alone) made.append(element("p", `By itself: ${placeOf(photo.alone)}.`, "quiet"));
  if (answer && !answer.best) made.append(abstention(answer));
  return made;
}

/** The place that the file states. @param {NonNullable<Answer["own_gps"]>} own_gps */
function own({ latitude, longitude, place, source, distance_km }) {
  const away = distance_km === null ? "" : ` It is ${km(distance_km)} km from what the photo shows.`;
  const made = element("p", "Own GPS: ", "own");
  made.append(element("strong", place), ` (${latitude}, ${longitude})`);
  return [made, element("p", `So says its ${source}, the cross on the map; nothing proves it.${away}`, "quiet")];
}

/** How the answer goes with what the user knows. @param {NonNullable<Answer["within"]>} within */
function inside({ area, inside_before, doubt, known_place_outside }) {
  if (known_place_outside) return element("p", `Its known place is not ${insideOf(area)}.`, "abstention");
  const lay = isNothing(inside_before) ? "Nothing" : percent(inside_before).replace(/^./, (sign) => sign.toUpperCase());
  const words = `${lay} of the answer lay ${insideOf(area)} before.`;
  return element("p", doubt ? `${words} Doubt the area or the model.` : words, doubt ? "abstention" : "quiet");
}

/** @param {Answer} answer */
const placeOf = ({ abstains, best }) => (best && (!abstains || state.always) ? best.place : "no answer");

/** @param {Photo} photo */
function figure(photo) {
  const made = element("figure");
  const image = element("img");
  const address = URL.createObjectURL(photo.file);
  image.src = address;
  image.alt = `The photo ${photo.name}`;
  image.addEventListener("load", () => {
    made.style.setProperty("--ratio", String(image.naturalWidth / image.naturalHeight));
  });
  image.addEventListener("error", () => {
    made.replaceWith(element("p", "This browser cannot show this file.", "quiet"));
  });
  made.append(image);
  return { photo, figure: made, address };
}

/** @param {NamedPlace} place @param {number} radius km */
function coordinates({ latitude, longitude }, radius) {
  const fine = state.precision === "auto" ? digits(radius) : null;
  const text = [latitude, longitude].map((degrees) => (fine === null ? degrees : degrees.toFixed(fine))).join(", ");
  const made = element("p", undefined, "coordinates");
  const copy = button("Copy", "small");
  copy.setAttribute("aria-label", "Copy the coordinates");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  });
  made.append(element("span", text));
  if (navigator.clipboard) made.append(" ", copy); // browsers give it on this machine and over TLS only
  return made;
}

/** Why there is no point, and what the page can still say. @param {Answer} answer */
function abstention(answer) {
  if (isSilent(answer))
    return element("p", "Without a model, only what stands in a photo says where it is.", "abstention");
  const { confidence, gain_bits, unknown, within } = answer;
  if (within && isNothing(within.inside_before))
    return element(
      "p",
      "The model says that the photo is not from there. Ask without the area to see from where.",
      "abstention",
    );
  const mass = `${percent(confidence.country)} of the probability lies within 750 km of the best point`;
  const gain = `the answer says ${gain_bits.toFixed(1)} bits more than the model does of any photo`;
  const little = `${mass}${state.network ? `, and ${gain}` : ""}: too little. The map shows how it is spread.`;
  const unlike = "It is unlike the photos that the model was trained on.";
  const after = "If it is from where these were taken after all, the map shows where.";
  return element("p", isUnknown(unknown) ? `${unlike} ${after}` : little, "abstention");
}

/** @param {string} head @param {string} name */
function section(head, name) {
  const made = element("section", undefined, name);
  made.append(element("h3", head));
  return made;
}

/** @param {Answer} answer */
function confidences({ confidence }) {
  const made = section("How sure, by distance from the best point", "confidences");
  const list = element("ul");
  for (const [name, words, km] of SCALES) {
    const item = element("li");
    const share = element("span", percent(confidence[name]), "share");
    item.append(
      element("span", words),
      element("span", `${km.toLocaleString("en")} km`, "quiet"),
      bar(confidence[name]),
      share,
    );
    list.append(item);
  }
  made.append(list);
  return made;
}

/** @param {number} share */
function bar(share) {
  const rail = element("span", undefined, "rail");
  const made = element("span", undefined, "bar");
  made.style.width = `${100 * share}%`;
  rail.append(made);
  return rail;
}

/** @param {Answer} answer */
function slider(answer) {
  const made = section("The region", "region");
  const shares = answer.regions.map(({ share }) => share);
  const text = element("p", region.words(answer), "quiet");
  const label = element("label");
  const output = element("output");
  const input = element("input");
  text.id = "regionWords";
  label.htmlFor = "share"; // and not the output in it
  const value = shares.findIndex(region.isWide);
  Object.assign(input, { type: "range", id: "share", min: 0, max: shares.length - 1, step: 1, value });
  input.setAttribute("aria-describedby", text.id);
  const sayShare = () => {
    output.textContent = region.shareWords();
    input.setAttribute("aria-valuetext", region.shareWords());
  };
  input.addEventListener("input", () => {
    state.share = shares[Number(input.value)];
    text.textContent = region.words(answer);
    sayShare();
    worldmap.redraw();
  });
  sayShare();
  label.append("The smallest that holds ", output, " of the probability", input);
  made.append(label, text);
  return made;
}

/** @param {NamedPlace[]} top */
function places(top) {
  const made = section("The answer's cell and the likeliest others", "places");
  const list = element("ol");
  top.forEach((place, k) => {
    const item = element("li");
    const entry = button();
    const share = element("span", percent(place.confidence), "share");
    entry.append(element("span", String(k + 1), "rank"), element("span", place.place), share, bar(place.confidence));
    entry.addEventListener("click", () => worldmap.goTo(place));
    item.append(entry);
    list.append(item);
  });
  made.append(list);
  return made;
}
