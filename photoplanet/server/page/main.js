// Wires the page: what the user does → what is sent → what is shown.
import { button, byId, element } from "/map/dom.js";
import { plural } from "/map/words.js";
import { Api, messageOf, Problem } from "./api.js";
import * as area from "./area.js";
import { areaQuery } from "./area.js";
import * as evidence from "./evidence.js";
import * as filmstrip from "./filmstrip.js";
import * as intake from "./intake.js";
import * as panel from "./panel.js";
import { save } from "./save.js";
import { locate, locateTogether, strike } from "./sending.js";
import { answerOf, state } from "./state.js";
import * as thumbs from "./thumbs.js";
import { ask } from "./token.js";
import * as worldmap from "./worldmap.js";

/** @typedef {import("./state.js").Photo} Photo */

/** @param {string} id */
const $ = (id) => byId(id, HTMLElement);
const CANCELLED = "cancelled"; // by the user, so that the rest waits for them
const NAMED = 5; // files that were left out, by name
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const api = new Api(ask, waiting);
const together = byId("together", HTMLInputElement);
const always = byId("always", HTMLInputElement);
const signs = byId("signs", HTMLInputElement);
const offset = byId("offset", HTMLInputElement);
const precision = byId("precision", HTMLSelectElement);
/** @type {AbortController | null} of what is under way */
let running = null;
let stale = true; // the albums do not hold all photos, or were made with other options
let unsaved = false; // there are answers that no file holds
let paused = false; // by the user, or because something went wrong

// --- photos come and go
/** @param {File} file @returns {Photo} */
function fresh(file) {
  const name = file.webkitRelativePath || file.name;
  const answers = { alone: null, trip: null, reading: null, struck: new Set() };
  return { file, name, status: "waiting", ...answers, error: "", thumbnail: null };
}

intake.listen((files, tracks, others) => {
  const added = files.map(fresh);
  if (tracks.length || added.length) stale = true;
  state.photos.push(...added);
  setTracks([...state.tracks.filter((old) => !tracks.some((track) => isSame(old, track))), ...tracks]);
  const left = leftOut(others);
  if (!added.length && !tracks.length) return notice("files", `Nothing to locate: ${left || "no photo among them."}`);
  notice("files", left);
  const kinds = [added.length && plural(added.length, "photo"), tracks.length && plural(tracks.length, "track")];
  say(`${kinds.filter(Boolean).join(" and ")} added.`);
  thumbs.make(added, (photo) => {
    if (state.photos.includes(photo)) filmstrip.update(photo);
    else thumbs.forget([photo]);
  });
  const first = !state.chosen && added.length > 0;
  list();
  if (first) {
    choose(added[0]);
    filmstrip.focus();
  }
  go();
});

/** Whether one track was given twice. @param {File} a @param {File} b */
function isSame(a, b) {
  return a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;
}

/** What was given and is not used. @param {File[]} others */
function leftOut(others) {
  const names = others.slice(0, NAMED).map(({ name }) => name);
  if (others.length > NAMED) names.push(`${(others.length - NAMED).toLocaleString("en")} more`);
  return others.length ? `${plural(others.length, "file")} left out, not a photo: ${names.join(", ")}.` : "";
}

/** @param {Photo} photo */
function choose(photo, move = true) {
  state.chosen = photo;
  filmstrip.choose(photo);
  worldmap.showMatches([]);
  panel.render(api);
  if (move) worldmap.show(photo);
  else worldmap.redraw();
}

/** The chosen photo anew, as other options show it. */
function refresh(move = true) {
  list();
  if (state.chosen) choose(state.chosen, move);
}

function list() {
  document.body.classList.toggle("empty", !state.photos.length);
  $("togetherBox").hidden = state.photos.length < 2;
  filmstrip.render();
  count();
  worldmap.redraw();
}

function count() {
  const done = state.photos.filter((photo) => photo.status === "done");
  const failed = state.photos.filter((photo) => photo.status === "failed").length;
  const weak = done.map(answerOf).filter((answer) => answer && !answer.best).length;
  const parts = [plural(state.photos.length, "photo")];
  if (weak) parts.push(`${weak} without an answer`);
  if (failed) parts.push(`${failed} unreadable`);
  $("count").textContent = parts.join(" · ");
  $("save").hidden = !done.length;
}

$("clear").addEventListener("click", () => {
  stop("cleared");
  thumbs.forget(state.photos);
  Object.assign(state, { photos: [], chosen: null, albums: [], together: false });
  setTracks([]);
  together.checked = false;
  paused = false;
  stale = true;
  unsaved = false;
  warn("");
  notice("files", "");
  notice("tracks", "");
  filmstrip.forget();
  worldmap.showMatches([]);
  panel.render(api);
  list();
  worldmap.showAll();
  /** @type {HTMLElement} */ ($("welcome").querySelector("button")).focus();
});

/** Show other tracks. @param {File[]} tracks */
function setTracks(tracks) {
  state.tracks = tracks;
  $("tracks").hidden = !tracks.length;
  $("tracks").replaceChildren(...tracks.map(chip));
}

/** A track's name, with a button that takes it away. @param {File} track */
function chip(track) {
  const item = element("li", undefined, "chip");
  const remove = button("×");
  remove.setAttribute("aria-label", `Remove the track ${track.name}`);
  remove.addEventListener("click", () => {
    const at = state.tracks.indexOf(track);
    setTracks(state.tracks.filter((other) => other !== track));
    stale = true;
    notice("tracks", "");
    const left = $("tracks").querySelectorAll("button");
    (left[Math.min(at, left.length - 1)] ?? together).focus();
    go();
  });
  item.append(element("span", `Track: ${track.name}`), remove);
  return item;
}

// --- the work
async function go() {
  if (running) return;
  const control = new AbortController();
  running = control;
  paused = false;
  warn("");
  try {
    while (!control.signal.aborted && (await step(control.signal)));
    if (!control.signal.aborted) say(`Done. ${$("count").textContent}.`);
  } catch (error) {
    paused = !control.signal.aborted || control.signal.reason.message === CANCELLED;
    if (control.signal.aborted) {
      if (paused) warn(`Stopped. ${plural(todo().length, "photo")} not located yet.`, "Resume");
    } else if (error instanceof Problem) warn(error.message, "Try again");
    else {
      warn(`A fault in this page: ${messageOf(error)}`, "Try again");
      throw error;
    }
  } finally {
    running = null;
    progress();
  }
  if (!paused && todo().length) go(); // came while the last was being finished
}

const todo = () => state.photos.filter((photo) => photo.status === "waiting");

/** Do one thing that is to be done; false where there is nothing. @param {AbortSignal} signal */
async function step(signal) {
  const photos = todo();
  if (photos.length) {
    await locate(api, photos, { precision: state.precision, ...areaQuery() }, signal, moved);
    return true;
  }
  if (!state.together || !stale || state.photos.length < 2) return false;
  progress(`Locating ${plural(state.photos.length, "photo")} together…`);
  stale = false;
  try {
    const { albums, notes } = await locateTogether(api, state.photos.slice(), albumOptions(), state.tracks, signal);
    state.albums = albums;
    notice("tracks", notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}.`).join(" "));
  } catch (error) {
    stale = true;
    throw error instanceof Problem ? advised(error) : error;
  }
  unsaved = true;
  refresh(false);
  worldmap.showAll();
  return true;
}

function albumOptions() {
  const ahead = offset.value.trim();
  return {
    precision: state.precision,
    ...areaQuery(),
    anchors: byId("anchors", HTMLInputElement).checked,
    ...(byId("oneCamera", HTMLInputElement).checked && { one_camera: true }),
    ...(ahead && { time_offset: ahead }),
  };
}

/** A problem with photos that are located together, with what the user can do. @param {Problem} problem */
function advised(problem) {
  if (problem.status === 400 && state.tracks.length && !offset.value.trim() && /time zone/.test(problem.message)) {
    problem.message =
      "Tracks meet photos in UTC, and some photos or tracks name no time zone: say under Options how far their clocks were ahead.";
    byId("options", HTMLDetailsElement).open = true;
  }
  if (problem.status === 413) problem.message += '. Remove some photos or tracks, or untick "Locate together".';
  return problem;
}

/** @param {Photo[]} photos */
function moved(photos) {
  for (const photo of photos) if (state.photos.includes(photo)) filmstrip.update(photo);
  if (photos.some(({ status }) => status === "done")) unsaved = true;
  count();
  progress();
  const { chosen } = state;
  if (chosen && photos.includes(chosen) && chosen.status !== "sending") {
    panel.render(api);
    worldmap.show(chosen);
  } else worldmap.redraw();
}

function progress(words = "") {
  const all = state.photos.length;
  const left = state.photos.filter((photo) => ["waiting", "sending"].includes(photo.status)).length;
  const bar = byId("done", HTMLProgressElement);
  $("progress").hidden = !running;
  if (words) bar.removeAttribute("value");
  else bar.value = all ? (all - left) / all : 0;
  $("doing").textContent = words || (left ? `Located ${all - left} of ${plural(all, "photo")}` : "");
}

/** @param {number} seconds @param {string} why */
function waiting(seconds, why) {
  if (!seconds) return progress();
  const text = `${why}; trying again in ${plural(seconds, "second")}`;
  $("doing").textContent = text;
  say(text);
}

/** @param {string} why */
function stop(why) {
  running?.abort(new DOMException(why, "AbortError"));
}

$("cancel").addEventListener("click", () => stop(CANCELLED));
$("again").addEventListener("click", () => (state.model ? go() : readModel()));

// --- options
together.addEventListener("change", () => {
  state.together = together.checked;
  refresh(false);
  worldmap.showAll();
  if (state.together) go();
  else if (!todo().length) stop("alone");
});
precision.addEventListener("change", () => {
  state.precision = precision.value;
  anew();
});
signs.addEventListener("change", () => {
  state.signs = signs.checked;
  anew();
});
area.listen(anew);

/** Ask for all answers again, with other options. */
function anew() {
  stale = true;
  for (const photo of state.photos) if (photo.status === "done") photo.status = "waiting";
  worldmap.showMatches([]);
  list();
  go();
}

evidence.open(async (photo, number) => {
  await strike(api, photo, number, { precision: state.precision, ...areaQuery() });
  moved([photo]);
  say(`${photo.struck.has(number) ? "Struck out" : "Counts again"}. Now: ${filmstrip.line(photo)}.`);
  stale = true;
  if (state.together) go();
});
always.addEventListener("change", () => {
  state.always = always.checked;
  refresh();
});
for (const id of ["anchors", "oneCamera", "offset"])
  $(id).addEventListener("change", () => {
    stale = true;
    go();
  });
for (const kind of $("save").querySelectorAll("button"))
  kind.addEventListener("click", () => {
    if (save(kind.dataset.save ?? "")) unsaved = false;
    else warn("There is no place to save: no photo has an answer.");
    byId("save", HTMLDetailsElement).open = false;
  });
for (const sheet of document.querySelectorAll("details")) {
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !sheet.open) return;
    sheet.open = false;
    sheet.querySelector("summary")?.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !sheet.contains(event.target)) sheet.open = false;
  });
}

// --- words
/** For those who hear the page. @param {string} text */
function say(text) {
  $("news").textContent = text;
}

const notices = { files: "", tracks: "" };

/** What is good to know and stops nothing. @param {"files" | "tracks"} of @param {string} text "": nothing */
function notice(of, text) {
  notices[of] = text;
  const all = Object.values(notices).filter(Boolean).join(" ");
  $("notice").hidden = !all;
  $("noticeText").textContent = all;
}
$("noticeOk").addEventListener("click", () => {
  notice("files", "");
  notice("tracks", "");
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved || running) event.preventDefault(); // the browser asks: the page keeps nothing
});

/** @param {string} text "": all is well @param {string} [again] what the button says that tries again */
function warn(text, again = "") {
  $("trouble").hidden = !text;
  $("troubleText").textContent = text;
  $("again").textContent = again;
  $("again").hidden = !again;
}

// --- start
async function readModel() {
  warn("");
  try {
    const answer = await api.get("/v1/models");
    const [model] = answer.models;
    const named = model && `Model ${model.name}, ${plural(model.cells, "cell")}`;
    $("model").textContent = named ?? "No model: places come from what stands in photos";
    $("toy").hidden = model?.world !== "toy";
    $("signsBox").hidden = !answer.evidence.signs;
    const facts = { model: answer.default, network: Boolean(model), fit: model?.fit ?? "squash" };
    Object.assign(state, facts, { library: answer.library || null });
    if (state.chosen) panel.render(api);
  } catch (error) {
    warn(messageOf(error), "Try again");
  }
}

const clear = location.protocol === "http:" ? " The way there is not encrypted." : "";
$("privacy").textContent = LOOPBACK.includes(location.hostname)
  ? "Your photos stay on this computer: they go to the photoplanet that runs on it, which keeps none of them."
  : `Your photos go to ${location.host}, which keeps none of them.${clear}`;
filmstrip.open(choose);
list();
const gone = "The server does not answer. Is photoplanet still running? Then load this page again.";
worldmap.open(choose).then(
  () => Promise.all([readModel(), area.open(api)]),
  () => warn(gone),
);
