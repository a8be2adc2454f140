// The chosen photo and its answer: place, how sure, the region with its slider, the likeliest places.
import { element, percent } from "../map/words.js";
import * as region from "./region.js";
import * as similar from "./similar.js";
import { isKnown, state, told } from "./state.js";
import { line, when } from "./filmstrip.js";
import * as why from "./why.js";
import * as worldmap from "./worldmap.js";

const SCALES = [["street", "Street", 1], ["city", "City", 25], ["region", "Region", 200], ["country", "Country", 750], ["continent", "Continent", 2500]];
const SOURCES = { "own GPS": "The place is the camera's own GPS.", track: "The place is from the GPX track.",
  estimated: "Estimated from its pixels and from the photos around it.", neighbours: "It cannot be read: its place is that of its neighbours in time." };
const box = document.getElementById("answer");
let address = null;  // of the photo that is shown

export function render(api) {
  const photo = state.chosen, answer = photo && told(photo);
  if (address) URL.revokeObjectURL(address);
  address = null;
  if (!photo) return box.replaceChildren();
  const picture = figure(photo), facts = element("div", undefined, "facts");
  facts.append(element("h2", line(photo)), element("p", photo.name, "quiet name"));
  if (when(photo)) facts.append(element("p", `Taken ${when(photo)}`, "quiet"));
  if (photo.trip && state.together) facts.append(element("p", SOURCES[photo.trip.kind], "quiet"));
  if (photo.trip && state.together && photo.trip.error) facts.append(element("p", photo.trip.error, "bad"));
  if (answer && answer.best) facts.append(coordinates(answer.best));
  if (photo.trip && state.together && photo.alone) facts.append(element("p", `By itself: ${alone(photo)}.`, "quiet"));
  const tools = element("div", undefined, "tools"), parts = [picture, facts, tools];
  if (photo.alone) tools.append(why.section(photo, picture, api));
  if (photo.alone && state.library) tools.append(similar.section(photo, api));
  if (answer) {
    if (!answer.best) facts.append(silence(answer));
    if (!isKnown(answer)) parts.push(sureness(answer), slider(answer));
    if (answer.top.length && !isKnown(answer)) parts.push(places(answer));
  }
  box.replaceChildren(...parts);
}
const alone = (photo) => photo.alone.abstains && !state.always ? "no answer" : photo.alone.best.place;
function figure(photo) {
  const made = element("figure"), image = element("img");
  address = URL.createObjectURL(photo.file);
  image.src = address; image.alt = `The photo ${photo.name}`;
  image.addEventListener("load", () => made.style.setProperty("--ratio", image.naturalWidth / image.naturalHeight));
  image.addEventListener("error", () => made.replaceWith(element("p", "This browser cannot show this file.", "quiet")));
  made.append(image);
  return made;
}
function coordinates(place) {
  const text = `${place.latitude}, ${place.longitude}`, made = element("p", undefined, "coordinates"), copy = element("button", "Copy", "small");
  copy.type = "button";
  copy.setAttribute("aria-label", "Copy the coordinates");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  });
  made.append(element("span", text));
  if (navigator.clipboard) made.append(" ", copy);  // browsers give it on this machine and over TLS only
  return made;
}
function silence(answer) {  // why there is no point, and what the page can still say
  const country = percent(answer.confidence.country);
  return element("p", `Only ${country} of the probability lies within 750 km of the best point. The map shows how it is spread.`, "silence");
}

function section(head, name) {
  const made = element("section", undefined, name);
  made.append(element("h3", head));
  return made;
}
function sureness(answer) {
  const made = section("How sure, by distance from the best point", "sureness"), list = element("ul");
  for (const [name, words, km] of SCALES) {
    const share = answer.confidence[name], item = element("li"), bar = element("span", undefined, "bar");
    bar.style.width = `${100 * share}%`;
    item.append(element("span", words), element("span", `${km.toLocaleString("en")} km`, "quiet"), rail(bar), element("span", percent(share), "share"));
    list.append(item);
  }
  made.append(list);
  return made;
}
function rail(bar) {
  const made = element("span", undefined, "rail");
  made.append(bar);
  return made;
}
function slider(answer) {
  const made = section("The region", "region"), steps = region.shares(answer), label = element("label"), input = element("input"), output = element("output"), text = element("p", region.words(answer), "quiet");
  text.id = "regionWords";
  label.htmlFor = "share";  // and not the output in it
  Object.assign(input, { type: "range", id: "share", min: 0, max: steps.length - 1, step: 1, value: steps.findIndex((share) => share >= state.share - 1e-9) });
  input.setAttribute("aria-describedby", text.id);
  const tell = () => { output.textContent = region.shareWords(); input.setAttribute("aria-valuetext", region.shareWords()); };
  input.addEventListener("input", () => {
    state.share = steps[input.value];
    text.textContent = region.words(answer);
    tell();
    worldmap.redraw();
  });
  tell();
  label.append("The smallest that holds ", output, " of the probability", input);
  made.append(label, text);
  return made;
}
function places(answer) {
  const made = section("The likeliest cells", "places"), list = element("ol");
  answer.top.forEach((place, k) => {
    const button = element("button"), bar = element("span", undefined, "bar"), item = element("li");
    button.type = "button";
    bar.style.width = `${100 * place.confidence}%`;
    button.append(element("span", String(k + 1), "rank"), element("span", place.place), element("span", percent(place.confidence), "share"), rail(bar));
    button.addEventListener("click", () => worldmap.goTo(place));
    item.append(button);
    list.append(item);
  });
  made.append(list);
  return made;
}
