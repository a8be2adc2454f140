// The game: guesses on the map, against the model.
import { Atlas } from "/map/atlas.js";
import { byId, element } from "/map/dom.js";
import { ground } from "/map/ground.js";
import { caption, cross, diamond, line, pin, square } from "/map/marks.js";
import { arc, boxAt } from "/map/mercator.js";
import { Api, messageOf, Problem } from "/page/api.js";
import { ask } from "/page/token.js";
import { Zoomable } from "/play/photo.js";
import { comparison, placeWords, roundTable, sumOf, verdict } from "/play/results.js";

/** @typedef {import("/map/mercator.js").Place} Place */
/** @typedef {import("/map/mercator.js").Point} Point */
/** @typedef {import("/play/results.js").Photo} Photo */
/** @typedef {import("/play/results.js").Verdict} Verdict */
/**
 * @typedef {object} Round as the server reports it
 * @property {string} round
 * @property {number} number
 * @property {number | null} of rounds
 * @property {string | null} player
 * @property {string} world
 * @property {Photo[]} photos
 * @property {string | null} current the key of the photo to guess
 * @property {number} unreadable
 * @property {boolean} finished
 * @property {boolean} over
 * @property {boolean} zoom whether photos may be enlarged
 * @property {{ rounds: number, rounds_won: { person: number, model: number } }} session
 */

/** @param {string} id */
const $ = (id) => byId(id, HTMLElement);
const STEP = 24; // pixels that an arrow key moves the marker
const FINE_STEP = 3;
const EDGE = 40; // pixels that the marker keeps from the map's edge
/** @type {Map<string, Promise<string>>} key → the picture's address */
const pictures = new Map();
/** @type {Round} */
let state;
/** @type {Photo | null} to guess, or just guessed; null at the end of a round */
let shown = null;
/** @type {Place | null} */
let marker = null;
let seen = ""; // the key of the picture that is on the page
let since = 0; // when it was first seen
let busy = false;
let sending = false;

const api = new Api(ask, (seconds) => {
  if (seconds) warn("The photos of this round are not ready yet.");
});
const canvas = byId("canvas", HTMLCanvasElement);
const go = byId("go", HTMLButtonElement);
const photo = new Zoomable($("frame"), byId("picture", HTMLImageElement));
const atlas = new Atlas(canvas, await ground(), { marks: drawMarks, click: (_, place) => put(place), home });

// --- the map
/** What the map shows of places that are known. @returns {Verdict[]} */
function answered() {
  const photos = shown ? [shown] : (state?.photos ?? []);
  return photos.flatMap(({ answer }) => answer ?? []);
}

function home() {
  const known = answered();
  atlas.show(known.flatMap(({ truth, guess, model }) => [truth, guess, model].map(boxAt)));
  if (!known.length) return;
  atlas.view.scale *= 0.85; // room for the pins' heads and the buttons, both at the top
  atlas.view.y -= 14 / atlas.view.scale;
  atlas.clamp();
}

function drawMarks() {
  const known = answered();
  for (const { truth, guess, model } of known) {
    drawWay(truth, guess, true);
    drawWay(truth, model, false);
  }
  known.forEach(drawAnswer);
  if (!shown || shown.answer || !marker) return;
  cross(atlas, atlas.spot(marker));
  pin(atlas, atlas.spot(marker));
}

/** @param {Place} from @param {Place} to @param {boolean} sure */
function drawWay(from, to, sure) {
  /** @type {Point} */
  const start = [from.latitude, from.longitude];
  /** @type {Point} */
  const end = [to.latitude, to.longitude];
  line(atlas, [...arc(start, end), end], sure);
}

/** @param {Verdict} answer @param {number} i */
function drawAnswer({ truth, guess, model }, i) {
  const number = shown ? "" : String(i + 1);
  const right = atlas.spot(truth);
  const theirs = atlas.spot(model);
  const own = atlas.spot(guess);
  square(atlas, theirs);
  diamond(atlas, right, number); // on top and smaller than the square: both are seen where the model is right
  pin(atlas, own);
  if (shown) {
    const away = theirs.y < right.y ? -13 : 13; // the two are often close: their names keep apart
    caption(atlas, theirs, away, "Model", atlas.colours.mass);
    caption(atlas, right, -away, "Truth", atlas.colours.known);
  }
  caption(atlas, own, -21, shown ? "You" : number, atlas.colours.point);
}

// --- the marker
/** @param {Place} place */
function put({ latitude, longitude }) {
  if (!shown || shown.answer || sending) return;
  const turn = Math.round(longitude / 360) * 360;
  marker = { latitude, longitude: Math.max(-180, Math.min(180, longitude - turn)) };
  $("marker").textContent = placeWords(marker);
  go.disabled = false;
  atlas.redraw();
}

/** @param {number} dx pixels @param {number} dy */
function nudge(dx, dy) {
  const { width, height } = atlas;
  const from = marker && atlas.spot(marker);
  const [x, y] = from && atlas.inSight(from) ? [from.x + dx, from.y + dy] : [width / 2, height / 2];
  put(atlas.placeAt({ x, y: Math.max(0, Math.min(height, y)) }));
  const back = (/** @type {number} */ at, /** @type {number} */ size) =>
    Math.min(0, size - EDGE - at) + Math.max(0, EDGE - at);
  atlas.pan(back(x, width), back(y, height));
}

canvas.addEventListener(
  "keydown",
  (event) => {
    if (!shown || shown.answer || event.ctrlKey || event.metaKey) return;
    const step = event.shiftKey ? FINE_STEP : STEP;
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (move) nudge(move[0], move[1]);
    else if (event.key === "Enter" && marker) act();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the map itself would move with the arrows
  },
  { capture: true },
);
atlas.listenTo($("map-in"), $("map-out"), $("map-all"));
$("photo-in").addEventListener("click", () => photo.zoom(1.6));
$("photo-out").addEventListener("click", () => photo.zoom(1 / 1.6));

// --- the photos, fetched ahead: their addresses need the token, which an <img> does not send
/** @param {string} key */
function picture(key) {
  const known = pictures.get(key);
  if (known) return known;
  const made = api.picture(`/v1/game/photo/${key}`, {});
  pictures.set(key, made);
  return made;
}

function forgetPictures() {
  const now = new Set(state.photos.map(({ key }) => key));
  for (const [key, url] of pictures) {
    if (now.has(key)) continue;
    url.then(URL.revokeObjectURL, () => {});
    pictures.delete(key);
  }
}

/** Put a photo on the page; the clock of a guess runs from when it is seen. @param {Photo} each */
async function look({ key, answer }) {
  const { image } = photo;
  const fresh = seen !== key;
  const number = state.photos.findIndex((each) => each.key === key) + 1;
  seen = key;
  image.alt = `Photo ${number} of ${state.photos.length}`;
  $("credit").textContent = answer ? [answer.photo_id, answer.credit].filter(Boolean).join(" · ") : "";
  if (!fresh) return;
  since = performance.now();
  photo.reset();
  image.removeAttribute("src");
  try {
    const url = await picture(key);
    if (seen !== key) return; // it came late, and another photo is on the page by now
    image.src = url;
    await image.decode();
    since = performance.now();
  } catch (error) {
    pictures.delete(key);
    if (seen !== key) return;
    seen = "";
    warn(error instanceof Problem ? error.message : "This photo cannot be shown; load the page again.");
  }
}

// --- the game
/** @param {Round} fresh @param {Photo | null} [which] the photo to show, where it is not the next one to guess */
function show(fresh, which) {
  state = fresh;
  const next = state.photos.find(({ key }) => key === state.current) ?? null;
  shown = which ?? next;
  marker = null;
  atlas.touched = false;
  $("problem").hidden = true;
  $("toy").hidden = state.world !== "toy";
  photo.fixed = !state.zoom;
  $("marker").textContent = "";
  $("game").classList.toggle("over", !shown);
  $("game").classList.remove("looking");
  $("game").classList.toggle("answered", Boolean(shown?.answer));
  showScore();
  showVerdict();
  home();
  forgetPictures();
  look(shown ?? state.photos[state.photos.length - 1]);
  for (const { key } of state.photos) picture(key).catch(() => pictures.delete(key));
}

function showScore() {
  const { photos, number, of, player, session } = state;
  const row = shown ? photos.indexOf(shown) + 1 : 0;
  const where = row ? `photo ${row} of ${photos.length}` : "finished";
  $("standing").textContent = `Round ${number}${of ? ` of ${of}` : ""}, ${where}${player ? ` · ${player}` : ""}`;
  const sum = (/** @type {"person" | "model"} */ side) => sumOf(photos, side).toLocaleString("en");
  const won = session.rounds_won;
  $("score").replaceChildren(
    element("span", `You ${sum("person")}`, "key person"),
    " · ",
    element("span", `Model ${sum("model")}`, "key model"),
    session.rounds ? ` · rounds ${won.person} : ${won.model}` : "",
  );
}

function showVerdict() {
  const box = $("verdict");
  if (!shown) {
    const open = (/** @type {number} */ i) => {
      $("game").classList.add("looking");
      look(state.photos[i]);
    };
    box.replaceChildren(...roundTable(state.photos, open));
    go.textContent = state.over ? "All results" : "Next round";
  } else if (shown.answer) {
    box.replaceChildren(...verdict(shown.answer));
    go.textContent = state.finished ? "See the round" : "Next photo";
  } else {
    const left = `Photos passed over because they could not be read: ${state.unreadable}.`;
    box.replaceChildren(
      element("p", "Click the map where you think the photo was taken."),
      element("p", state.unreadable ? left : "", "quiet"),
    );
    go.textContent = "Guess";
  }
  go.disabled = mustGuess();
}

/** Whether the map has to be clicked first. */
const mustGuess = () => Boolean(shown && !shown.answer && !marker);

async function act() {
  if (busy) return;
  busy = true;
  go.disabled = true;
  $("problem").hidden = true;
  try {
    if (shown && !shown.answer) await guess(shown);
    else if (!shown && state.over) await summary();
    else {
      show(shown ? state : await api.postJson("/v1/game/next", { round: state.round }));
      (shown ? canvas : go).focus({ preventScroll: true });
    }
  } catch (error) {
    warn(messageOf(error));
    if (error instanceof Problem && error.status === 409) await load();
  } finally {
    busy = false;
    go.disabled = mustGuess();
  }
}

/** @param {Photo} photo */
async function guess({ key }) {
  const seconds = Math.round((performance.now() - since) / 100) / 10;
  sending = true;
  try {
    const fresh = await api.postJson("/v1/game/guess", { photo: key, ...marker, seconds });
    show(
      fresh,
      fresh.photos.find((/** @type {Photo} */ each) => each.key === key),
    );
  } finally {
    sending = false;
  }
  go.disabled = false;
  go.focus({ preventScroll: true });
}

/** @param {string} text */
function warn(text) {
  $("problem").textContent = text;
  $("problem").hidden = false;
}

async function load() {
  try {
    show(await api.get("/v1/game/round"));
  } catch (error) {
    warn(messageOf(error));
  }
}

// --- all results
async function summary() {
  const { all, own, player, model, table } = await api.get("/v1/game/summary");
  const name = player || "You";
  const others = all.players > 1;
  const title = `${others ? "Everybody" : name} against ${model}, on ${table}`;
  $("own").replaceChildren(...(others && own.photos ? comparison(`${name} against ${model}`, own) : []));
  $("everybody").replaceChildren(...comparison(title, all));
  $("game").hidden = true;
  $("results").hidden = false;
  $("to-game").focus();
}

$("to-summary").addEventListener("click", () => summary().catch((error) => warn(messageOf(error))));
$("to-game").addEventListener("click", () => {
  $("results").hidden = true;
  $("game").hidden = false;
  atlas.resize();
});
go.addEventListener("click", act);

atlas.start();
await load();
