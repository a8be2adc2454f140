// The photos in a row, album by album when they are located together: the timeline of the trip.
import { element } from "../map/words.js";
import { groups, listed, state, told } from "./state.js";

const strip = document.getElementById("strip");
const buttons = new Map();  // photo → its button
let chooses;

export function open(choose) {
  chooses = choose;
  strip.addEventListener("keydown", (event) => {
    const all = listed(), at = all.indexOf(state.chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    chooses(all[to]);
    buttons.get(all[to]).focus();
  });
}

export function line(photo) {
  const answer = told(photo);
  if (answer) return answer.best ? answer.best.place : "No answer: the evidence is too weak";
  return { waiting: "Not located yet", sending: "Locating…", failed: photo.error, done: photo.error }[photo.status];
}
export function when(photo) {  // "2024-04-19 01:27" of the trip's own time; "" unknown
  return state.together && photo.trip && photo.trip.taken_at ? photo.trip.taken_at.replace("T", " ").slice(0, 16) : "";
}

export function render() {
  const shown = state.together && state.albums.length > 0;
  let number = 0;
  strip.replaceChildren(...groups().map((group) => {
    const section = element("section"), list = element("ol");
    if (shown) section.append(element("h3", heading(group)));
    for (const photo of group.photos) {
      const item = element("li");
      item.append(buttonOf(photo));
      list.append(item);
      update(photo, ++number);
    }
    section.append(list);
    return section;
  }));
}
function heading(group) {
  const days = group.from === group.to ? group.from : `${group.from} – ${group.to}`;
  return [days || (group.from === undefined ? "" : "time unknown"), group.title].filter(Boolean).join(" · ");
}
function buttonOf(photo) {
  if (!buttons.has(photo)) {
    const button = element("button");
    button.type = "button";
    button.append(element("span", "", "picture"), element("span", "", "place"), element("span", "", "quiet"));
    button.addEventListener("click", () => chooses(photo));
    buttons.set(photo, button);
  }
  return buttons.get(photo);
}
export function update(photo, number) {
  const button = buttonOf(photo), [picture, place, time] = button.children, is = photo === state.chosen, answer = told(photo);
  if (number) button.dataset.number = number;
  button.tabIndex = is || (!state.chosen && photo === state.photos[0]) ? 0 : -1;
  if (is) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
  button.dataset.status = photo.status === "done" ? (answer && answer.best ? answer.kind || "found" : "none") : photo.status;
  place.textContent = line(photo);
  time.textContent = when(photo).slice(5) || photo.name;  // without the year, which the heading has
  button.title = photo.name;
  button.setAttribute("aria-label", [photo.name, when(photo), line(photo)].filter(Boolean).join(", "));
  if (photo.small && !picture.firstChild) {
    const image = element("img");
    image.alt = ""; image.src = photo.small;
    picture.append(image);
  }
}
export function choose(photo) {
  for (const each of state.photos) update(each);
  const { left, right } = buttonOf(photo).getBoundingClientRect(), row = strip.getBoundingClientRect();
  if (left < row.left || right > row.right) strip.scrollLeft += (left + right - row.left - row.right) / 2;
}
export const focus = () => { if (state.chosen) buttonOf(state.chosen).focus(); };
export function forget() { buttons.clear(); strip.replaceChildren(); }
