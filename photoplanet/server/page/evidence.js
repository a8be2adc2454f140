// "Why": the evidence that stands in the photo, its boxes over the photo, and what a person strikes out of it.
import { button, element } from "/map/dom.js";
import { percent, plural } from "/map/words.js";
import { messageOf } from "./api.js";

/** @typedef {[x: number, y: number][]} Box corners as shares of the upright photo */
/**
 * @typedef {object} Clue
 * @property {number} number by which it is struck out
 * @property {string} kind
 * @property {string} says
 * @property {number} bits how much it speaks for the answer; below 0: against it
 * @property {boolean} struck
 * @property {string[]} text the lines that it rests on
 * @property {Box[]} boxes theirs
 */
/** @typedef {{ code: string, name: string, probability: number }} Country */
/** @typedef {{ text: string, score: number, box: Box, role: string }} Line */
/** @typedef {{ width: number, height: number, cut: boolean, lines: Line[] }} Reading */
/** @typedef {import("./state.js").Answer} Answer */
/** @typedef {import("./state.js").Photo} Photo */
/** @typedef {(photo: Photo, number: number) => Promise<void>} Strike strike a piece out, or let it count again */

const SVG = "http://www.w3.org/2000/svg";
const BITS = "Bits say how much a piece speaks for the answer: each doubles the odds.";
const FIRST = 6; // pieces that are listed at once
const SAYS = 40; // characters of what a piece says, in files
const SHOWN = 3; // lines of text that are quoted where none of them is evidence
/** @type {WeakMap<Photo, number[]>} the order in which pieces are listed, so that none moves when it is struck out */
const orders = new WeakMap();
/** @type {WeakSet<Photo>} those whose other pieces are listed, too */
const unfolded = new WeakSet();
/** @type {Strike} */
let onStrike = async () => {};

/** @param {Strike} strike */
export function open(strike) {
  onStrike = strike;
}

/** @param {Photo} photo @param {Answer} answer @param {HTMLElement} figure @returns {HTMLElement[]} */
export function sections(photo, answer, figure) {
  cover(figure, []);
  if (!answer.clues) return [];
  const made = element("section", undefined, "evidence");
  made.append(element("h3", "Why: the evidence in the photo"));
  if (answer.conflict) made.append(element("p", sentence(answer.conflict), "conflict"));
  if (answer.unread) made.append(element("p", `Its text was not read: ${answer.unread}.`, "quiet"));
  else if (!answer.clues.length) made.append(element("p", silence(photo.reading), "quiet"));
  const clues = inOrder(photo, answer.clues);
  const most = Math.max(1, ...clues.map(({ bits }) => Math.abs(bits)));
  const pieces = clues.map((clue) => piece(photo, clue, most, made));
  const list = element("ol");
  list.append(...pieces.slice(0, FIRST));
  if (clues.length) made.append(list);
  if (clues.length > FIRST) made.append(others(photo, pieces.slice(FIRST)));
  if (clues.length) made.append(element("p", BITS, "quiet"));
  cover(figure, clues, pieces);
  return answer.countries?.length ? [made, countries(answer.countries)] : [made];
}

/** What counts, in a line, as locate/why.py has it: for a column of a table. @param {Answer} answer */
export function brief({ clues = [] }) {
  const kept = clues.filter(({ struck }) => !struck);
  const listed = kept.slice(0, FIRST).map(({ kind, says, bits }) => {
    const weight = `${bits < 0 ? "-" : "+"}${Math.abs(bits).toFixed(1)} bits`;
    return `${kind}: ${[...says].length > SAYS ? `${[...says].slice(0, SAYS - 1).join("")}…` : says} (${weight})`;
  });
  return [...listed, ...(kept.length > FIRST ? [`and ${kept.length - FIRST} more`] : [])].join("; ");
}

/** Of what is listed, what has the focus: the number of the piece whose button it is. */
export function focused() {
  const item = document.activeElement?.closest("[data-piece]");
  return item instanceof HTMLElement ? item.dataset.piece : undefined;
}

/** @param {string | undefined} number as `focused` gave it */
export function focusAgain(number) {
  if (number === undefined) return;
  const again = document.querySelector(`.evidence [data-piece="${number}"] button`);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/** The pieces that are listed when they are asked for. @param {Photo} photo @param {HTMLElement[]} pieces */
function others(photo, pieces) {
  const made = element("details");
  const list = element("ol");
  list.append(...pieces);
  made.append(element("summary", `And ${plural(pieces.length, "lighter piece")}`), list);
  made.open = unfolded.has(photo);
  made.addEventListener("toggle", () => (made.open ? unfolded.add(photo) : unfolded.delete(photo)));
  return made;
}

/** The weightiest first, as they were when all of them counted. @param {Photo} photo @param {Clue[]} clues */
function inOrder(photo, clues) {
  const known = orders.get(photo);
  const numbers = clues.map(({ number }) => number);
  if (!known || !clues.some(({ struck }) => struck) || known.length !== numbers.length) orders.set(photo, numbers);
  const order = orders.get(photo) ?? [];
  return clues.slice().sort((a, b) => order.indexOf(a.number) - order.indexOf(b.number));
}

/** @param {Photo} photo @param {Clue} clue @param {number} most bits @param {HTMLElement} around */
function piece(photo, clue, most, around) {
  const { number, kind, says, bits, struck, text } = clue;
  const item = element("li");
  item.dataset.piece = String(number);
  if (struck) item.className = "struck";
  const weight = element("span", struck ? "does not count" : bitsWords(bits), "share");
  const rail = element("span", undefined, "rail");
  const bar = element("span", undefined, bits < 0 ? "bar against" : "bar");
  bar.style.width = `${(100 * Math.abs(bits)) / most}%`;
  if (!struck) rail.append(bar);
  const strike = button("Not of this place", "small");
  strike.setAttribute("aria-pressed", String(struck));
  strike.setAttribute("aria-label", `Not of this place: ${kind} ${says}`);
  strike.addEventListener("click", () => press(photo, clue, strike, around));
  item.append(element("span", kind, "kind"), weight, element("p", says, "says"), rail);
  if (text.length) item.append(element("p", `“${text.join(" / ")}”`, "text"));
  item.append(strike);
  return item;
}

/** @param {Photo} photo @param {Clue} clue @param {HTMLButtonElement} strike @param {HTMLElement} around */
async function press(photo, { number }, strike, around) {
  if (around.getAttribute("aria-busy") === "true") return;
  const before = strike.getAttribute("aria-pressed");
  around.setAttribute("aria-busy", "true");
  strike.setAttribute("aria-pressed", String(before !== "true"));
  around.querySelector(".bad")?.remove();
  try {
    await onStrike(photo, number);
  } catch (error) {
    strike.setAttribute("aria-pressed", String(before));
    around.append(element("p", messageOf(error), "bad"));
  }
  around.removeAttribute("aria-busy");
}

/** @param {number} bits */
const bitsWords = (bits) => `${bits < 0 ? "−" : "+"}${Math.abs(bits).toFixed(1)} bits`;

/** @param {string} words */
const sentence = (words) => `${words[0].toUpperCase()}${words.slice(1)}`;

/** @param {Reading | null} reading */
function silence(reading) {
  if (!reading?.lines.length) return "Nothing in it can be read.";
  const quoted = reading.lines.slice(0, SHOWN).map(({ text }) => `“${text}”`);
  const more = reading.lines.length - quoted.length;
  return `Its text does not say where: ${quoted.join(", ")}${more ? `, and ${plural(more, "more line")}` : ""}.`;
}

/** @param {Country[]} listed */
function countries(listed) {
  const made = element("section", undefined, "countries");
  const list = element("ol");
  made.append(element("h3", "Countries"));
  for (const { name, probability } of listed) {
    const item = element("li");
    const rail = element("span", undefined, "rail");
    const bar = element("span", undefined, "bar");
    bar.style.width = `${100 * probability}%`;
    rail.append(bar);
    item.append(element("span", name), rail, element("span", percent(probability), "share"));
    list.append(item);
  }
  made.append(list);
  return made;
}

// --- over the photo
/** Outline the text that is evidence; a piece and its boxes point at each other. @param {HTMLElement} figure @param {Clue[]} clues @param {HTMLElement[]} [pieces] */
function cover(figure, clues, pieces = []) {
  for (const old of figure.querySelectorAll("svg")) old.remove();
  const boxed = clues.filter(({ boxes }) => boxes.length);
  figure.classList.toggle("read", boxed.length > 0);
  if (!boxed.length) return;
  const sheet = document.createElementNS(SVG, "svg");
  sheet.setAttribute("viewBox", "0 0 1 1");
  sheet.setAttribute("preserveAspectRatio", "none");
  sheet.setAttribute("aria-hidden", "true");
  for (const { number, boxes, struck } of boxed) {
    const group = document.createElementNS(SVG, "g");
    if (struck) group.classList.add("struck");
    for (const box of boxes) group.append(outline(box, "halo"), outline(box, "line"));
    const item = pieces.find(({ dataset }) => dataset.piece === String(number));
    if (item) join(item, group);
    sheet.append(group);
  }
  figure.append(sheet);
}

/** @param {Box} box @param {string} name */
function outline(box, name) {
  const made = document.createElementNS(SVG, "polygon");
  made.setAttribute("points", box.map((corner) => corner.join(",")).join(" "));
  made.setAttribute("class", name);
  return made;
}

/** @param {Element} item @param {Element} group */
function join(item, group) {
  const show = (/** @type {boolean} */ on) => {
    for (const each of [item, group]) each.classList.toggle("on", on);
    if (on) group.parentNode?.append(group); // over the others
  };
  for (const each of [item, group]) {
    each.addEventListener("pointerenter", () => show(true));
    each.addEventListener("pointerleave", () => show(item.contains(document.activeElement)));
  }
  item.addEventListener("focusin", () => show(true));
  item.addEventListener("focusout", () => show(false));
  group.addEventListener("click", () => {
    const folded = item.closest("details");
    if (folded) folded.open = true;
    item.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
}
