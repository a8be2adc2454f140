// A town by its name, or typed coordinates: a combobox whose choice is where the chosen photo goes.
import { byId, element } from "/map/dom.js";
import { messageOf } from "/page/api.js";
import { ask, radiusWords, warn } from "./store.js";

/** @typedef {{ name: string, where: string, latitude: number, longitude: number, radius_km: number }} Town */

const WAIT = 120; // milliseconds without a key before towns are asked for

const input = byId("town", HTMLInputElement);
const list = byId("towns", HTMLUListElement);
/** @type {Town[]} */
let towns = [];
let active = 0;
let timer = 0;
let asked = 0;
/** @type {(town: Town) => void} */
let chosen = () => {};

async function find() {
  const text = input.value.replaceAll("−", "-").trim();
  const now = ++asked;
  if (text.length < 2) return show([]);
  try {
    const found = await ask("towns", { q: text });
    if (now === asked) show(found.towns);
  } catch (error) {
    warn(messageOf(error));
  }
}

/** @param {Town[]} found */
function show(found) {
  towns = found;
  active = 0;
  list.replaceChildren(...towns.map(option));
  const nothing = !towns.length && input.value.trim().length > 1;
  if (nothing) list.replaceChildren(element("li", "No such town", "quiet"));
  list.firstElementChild?.setAttribute("role", "option");
  list.hidden = !towns.length && !nothing;
  input.setAttribute("aria-expanded", String(!list.hidden));
  mark();
}

/** @param {Town} town @param {number} i */
function option(town, i) {
  const item = element("li");
  item.id = `town-${i}`;
  item.setAttribute("role", "option");
  item.append(
    element("strong", town.name),
    element("span", `${town.where} · ± ${radiusWords(town.radius_km)}`, "quiet"),
  );
  item.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  item.addEventListener("click", () => take(i));
  return item;
}

function mark() {
  for (const [i, item] of [...list.children].entries())
    item.setAttribute("aria-selected", String(towns.length > 0 && i === active));
  if (towns.length) input.setAttribute("aria-activedescendant", `town-${active}`);
  else input.removeAttribute("aria-activedescendant");
  if (towns.length) list.children[active].scrollIntoView({ block: "nearest" });
}

/** @param {number} i */
function take(i) {
  const town = towns[i];
  close();
  if (town) chosen(town);
}

export function close() {
  clearTimeout(timer);
  asked++;
  input.value = "";
  show([]);
}

/** @param {(town: Town) => void} choose @param {() => void} left */
export function start(choose, left) {
  chosen = choose;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, WAIT);
  });
  input.addEventListener("keydown", async (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && towns.length) active = (active + step + towns.length) % towns.length;
    else if (event.key === "Escape") {
      close();
      left();
    } else if (event.key === "Enter") {
      if (!towns.length) {
        clearTimeout(timer);
        await find();
      }
      if (towns.length) take(active);
    } else return;
    event.preventDefault();
    mark();
  });
  input.addEventListener("blur", () => show([]));
  input.addEventListener("focus", () => find());
}

export function focus() {
  input.focus();
  input.select();
}
