// What the page says of guesses, rounds and games.
import { button, element } from "/map/dom.js";
import { isUnknown, plural, unknownWords } from "/map/words.js";

/** @typedef {import("/map/mercator.js").Place} Place */
/** @typedef {"person" | "model"} Side */
/** @typedef {Place & { place: string }} Named */
/**
 * @typedef {object} Verdict of one guess
 * @property {string} photo_id
 * @property {string | null} credit
 * @property {Named} guess
 * @property {Named & { unknown: number | null }} model
 * @property {Named} truth
 * @property {Record<Side, number>} km
 * @property {Record<Side, number>} points
 * @property {Side | "tie"} winner
 */
/** @typedef {{ key: string, answer: Verdict | null }} Photo */
/** @typedef {{ table: string[][], photos: number, rounds: number, players: number, unfinished: number, note: string }} Comparison */
/** @typedef {[text: string, name: string]} Cell its text and its classes */

/** @type {Side[]} */
const SIDES = ["person", "model"];
const HEADLINE = { person: "You were nearer.", model: "The model was nearer.", tie: "Equally near." };

/** @param {number} km */
const distance = (km) => (km < 10 ? `${km.toFixed(1)} km` : `${Math.round(km).toLocaleString("en")} km`);

/** @param {Place} place */
export function placeWords({ latitude, longitude }) {
  const up = `${Math.abs(latitude).toFixed(1)}° ${latitude < 0 ? "south" : "north"}`;
  return `${up}, ${Math.abs(longitude).toFixed(1)}° ${longitude < 0 ? "west" : "east"}`;
}

/** The points of a side in all. @param {Photo[]} photos @param {Side} side */
export const sumOf = (photos, side) => photos.reduce((sum, { answer }) => sum + (answer?.points[side] ?? 0), 0);

/** @param {Cell[]} cells @param {"td" | "th"} [tag] */
function row(cells, tag = "td") {
  const made = element("tr");
  for (const [text, name] of cells) made.append(element(tag, text, name));
  return made;
}

/** @param {Cell[]} head @param {HTMLElement[]} rows */
function table(head, rows) {
  const made = element("table");
  const top = element("thead");
  const body = element("tbody");
  top.append(row(head, "th"));
  body.append(...rows);
  made.append(top, body);
  return made;
}

/** What the model says; first that it does not know such photos, where it says so. @param {Verdict["model"]} model */
const modelWords = ({ place, unknown }) =>
  isUnknown(unknown) ? `${unknownWords(unknown ?? 0)}; else ${place}` : place;

/** @param {Verdict} answer */
export function verdict(answer) {
  const rows = [
    verdictRow(answer, "person", "You", answer.guess.place),
    verdictRow(answer, "model", "Model", modelWords(answer.model)),
    verdictRow(answer, "truth", "Truth", answer.truth.place),
  ];
  /** @type {Cell[]} */
  const head = [
    ["", ""],
    ["off by", "number"],
    ["points", "number"],
  ];
  return [element("h2", HEADLINE[answer.winner]), table(head, rows)];
}

/** @param {Verdict} answer @param {Side | "truth"} side @param {string} name @param {string} place */
function verdictRow(answer, side, name, place) {
  const first = element("td");
  first.append(
    element("span", name, `key ${side}${answer.winner === side ? " won" : ""}`),
    element("div", place, "quiet under"),
  );
  const off = side === "truth" ? "" : distance(answer.km[side]);
  const points = side === "truth" ? "" : answer.points[side].toLocaleString("en");
  const made = element("tr");
  made.append(first, element("td", off, "number"), element("td", points, "number"));
  return made;
}

/** @param {Photo[]} photos all answered @param {(row: number) => void} open */
export function roundTable(photos, open) {
  const rows = photos.flatMap(({ answer }, i) => (answer ? [roundRow(answer, i, open)] : []));
  const [person, model] = SIDES.map((side) => sumOf(photos, side));
  const winner = person > model ? "You won this round" : "The model won this round";
  const headline = person === model ? "A draw" : winner;
  /** @type {Cell[]} */
  const head = [
    ["", ""],
    ["", ""],
    ["you", "number"],
    ["model", "number"],
  ];
  const sums = `${person.toLocaleString("en")} to ${model.toLocaleString("en")} points`;
  return [element("h2", `${headline}: ${sums}.`), table(head, rows)];
}

/** @param {Verdict} answer @param {number} i @param {(row: number) => void} open */
function roundRow(answer, i, open) {
  const made = element("tr");
  const first = element("td");
  const look = button(String(i + 1));
  look.setAttribute("aria-label", `Show photo ${i + 1}`);
  look.addEventListener("click", () => open(i));
  first.append(look);
  made.append(first, element("td", answer.truth.place, "quiet"));
  for (const side of SIDES) {
    const cell = element("td", distance(answer.km[side]), `number${answer.winner === side ? " won" : ""}`);
    cell.append(element("div", plural(answer.points[side], "point"), "quiet"));
    made.append(cell);
  }
  return made;
}

/** @param {string} title @param {Comparison} found */
export function comparison(title, found) {
  if (!found.photos) return [element("h2", title), element("p", "No round of five photos was finished yet.", "quiet")];
  const cells = (/** @type {string[]} */ texts) =>
    texts.map((text, i) => /** @type {Cell} */ ([text, i ? "number" : ""]));
  const [head, ...rows] = found.table.map(cells);
  const box = element("div", undefined, "wide");
  box.append(
    table(
      head,
      rows.map((each) => row(each)),
    ),
  );
  const parts = [plural(found.rounds, "round"), plural(found.players, "player")];
  if (found.unfinished) parts.push(`${plural(found.unfinished, "unfinished round")} left out`);
  const [count, note] = [`${parts.join(", ")}.`, found.note].map((text) => element("p", text, "quiet"));
  return [element("h2", title), count, box, note];
}
