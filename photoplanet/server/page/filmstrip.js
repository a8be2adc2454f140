// The photos in a row, album by album when they are located together: the timeline of the trip.
import { button, byId, element, picture } from "/map/dom.js";
import { noAnswer } from "/map/words.js";
import { answerOf, groups, isSilent, listed, state } from "./state.js";

/** @typedef {import("./state.js").Photo} Photo */
/** @typedef {import("./state.js").Album} Album */

const filmstrip = byId("filmstrip", HTMLElement);
/** @type {Map<Photo, HTMLButtonElement>} */
const buttons = new Map();
/** @type {(photo: Photo) => void} */
let onChoose = () => {};

/** @param {(photo: Photo) => void} choose */
export function open(choose) {
  onChoose = choose;
  filmstrip.addEventListener("keydown", (event) => {
    const all = listed();
    const at = state.chosen ? all.indexOf(state.chosen) : -1;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    choose(all[to]);
    buttonOf(all[to]).focus();
  });
}

/** What is said of a photo. @param {Photo} photo */
export function line(photo) {
  const answer = answerOf(photo);
  if (answer?.best) return answer.best.place;
  if (answer && isSilent(answer)) return "No answer: nothing says where";
  if (answer) return noAnswer(answer.unknown, answer.within).replace(/^no /, "No ");
  return { waiting: "Not located yet", sending: "Locating…", failed: photo.error, done: photo.error }[photo.status];
}

/** "2024-04-19 01:27" of the trip's own time; "" where it is unknown. @param {Photo} photo */
export const when = (photo) => (state.together && photo.trip?.taken_at?.replace("T", " ").slice(0, 16)) || "";

export function render() {
  const headed = state.together && state.albums.length > 0;
  let number = 0;
  const sections = groups().map((group) => {
    const section = element("section");
    const list = element("ol");
    if (headed) section.append(element("h3", heading(group)));
    for (const photo of group.photos) {
      const item = element("li");
      item.append(buttonOf(photo));
      list.append(item);
      update(photo, ++number);
    }
    section.append(list);
    return section;
  });
  filmstrip.replaceChildren(...sections);
}

/** @param {Album} album */
function heading({ from, to, title }) {
  const days = from === to ? from : `${from} – ${to}`;
  const time = days || (from === undefined ? "" : "time unknown");
  return [time, title].filter(Boolean).join(" · ");
}

/** @param {Photo} photo */
function buttonOf(photo) {
  const known = buttons.get(photo);
  if (known) return known;
  const made = button();
  made.append(element("span", "", "picture"), element("span", "", "place"), element("span", "", "quiet"));
  made.addEventListener("click", () => onChoose(photo));
  buttons.set(photo, made);
  return made;
}

/** Show what is known of a photo now. @param {Photo} photo @param {number} [number] in the row, from 1 */
export function update(photo, number) {
  const own = buttonOf(photo);
  const [image, place, time] = own.children;
  const isChosen = photo === state.chosen;
  if (number) own.dataset.number = String(number);
  own.tabIndex = isChosen || (!state.chosen && photo === state.photos[0]) ? 0 : -1;
  if (isChosen) own.setAttribute("aria-current", "true");
  else own.removeAttribute("aria-current");
  own.dataset.status = statusOf(photo);
  place.textContent = line(photo);
  time.textContent = when(photo).slice(5) || photo.name; // without the year, which the heading has
  own.title = photo.name;
  own.setAttribute("aria-label", [photo.name, when(photo), line(photo)].filter(Boolean).join(", "));
  if (photo.thumbnail && !image.firstChild) image.append(picture(photo.thumbnail));
}

/** @param {Photo} photo */
function statusOf(photo) {
  if (photo.status !== "done") return photo.status;
  const answer = answerOf(photo);
  return answer?.best ? answer.kind || "found" : "none";
}

/** @param {Photo} photo */
export function choose(photo) {
  for (const each of state.photos) update(each);
  const { left, right } = buttonOf(photo).getBoundingClientRect();
  const row = filmstrip.getBoundingClientRect();
  if (left < row.left || right > row.right) filmstrip.scrollLeft += (left + right - row.left - row.right) / 2;
}

export function focus() {
  if (state.chosen) buttonOf(state.chosen).focus();
}

export function forget() {
  buttons.clear();
  filmstrip.replaceChildren();
}
