// Wires the page: what the user does → what is sent → what is shown.
import { Api, Problem } from "./api.js";
import * as intake from "./intake.js";
import * as panel from "./panel.js";
import { save } from "./save.js";
import { locate, locateTogether } from "./sending.js";
import { state, told } from "./state.js";
import * as strip from "./filmstrip.js";
import * as thumbs from "./thumbs.js";
import { ask } from "./token.js";
import * as worldmap from "./worldmap.js";

const $ = (id) => document.getElementById(id);
const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
const CANCELLED = "cancelled";  // by the user, so that the rest waits for them
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const api = new Api(ask, waiting);
let running = null;  // the AbortController of what is under way
let stale = true;    // the albums do not hold all photos, or were made with other options
let paused = false;  // by the user, or because something went wrong

// --- photos come and go
intake.listen((files, track, others) => {
  const fresh = files.map((file) => ({ file, name: file.webkitRelativePath || file.name, status: "waiting", alone: null, trip: null, error: "", small: null }));
  if (track) { state.track = track; stale = true; }
  if (fresh.length) stale = true;
  state.photos.push(...fresh);
  const left = others ? ` ${plural(others, "other file")} left out.` : "";
  say(fresh.length || track ? `${plural(fresh.length, "photo")} added.${left}` : `No photo among ${others === 1 ? "it" : "them"}.${left}`);
  if (!fresh.length && !track) return trouble(`Nothing to locate: ${plural(others, "file")} of a kind that is no photo.`);
  thumbs.make(fresh, (photo) => { if (state.photos.includes(photo)) strip.update(photo); else thumbs.forget([photo]); });
  const first = !state.chosen && fresh.length > 0;
  list();
  if (first) { choose(fresh[0]); strip.focus(); }
  go();
});
function choose(photo, move = true) {
  state.chosen = photo;
  strip.choose(photo);
  worldmap.showMatches([]);
  panel.render(api);
  if (move) worldmap.show(photo); else worldmap.redraw();
}
function list() {
  document.body.classList.toggle("empty", !state.photos.length);
  $("togetherBox").hidden = state.photos.length < 2;
  $("trackBox").hidden = !state.track;
  $("trackBox").firstElementChild.textContent = state.track ? `Track: ${state.track.name}` : "";
  strip.render();
  tally();
  worldmap.redraw();
}
function tally() {
  const done = state.photos.filter((photo) => photo.status === "done"), failed = state.photos.filter((photo) => photo.status === "failed").length;
  const weak = done.filter((photo) => told(photo) && !told(photo).best).length;
  $("count").textContent = [plural(state.photos.length, "photo"), weak && `${weak} without an answer`, failed && `${failed} unreadable`].filter(Boolean).join(" · ");
  $("save").hidden = !done.length;
}
$("clear").addEventListener("click", () => {
  stop("cleared");
  thumbs.forget(state.photos);
  Object.assign(state, { photos: [], chosen: null, albums: [], track: null, together: false });
  $("together").checked = false;
  paused = false; stale = true;
  trouble("");
  strip.forget();
  worldmap.showMatches([]);
  panel.render(api);
  list();
  worldmap.showAll();
  document.querySelector("#welcome button").focus();
});
$("noTrack").addEventListener("click", () => { state.track = null; stale = true; list(); go(); });

// --- the work
async function go() {
  if (running) return;
  const control = new AbortController();
  running = control;
  paused = false;
  trouble("");
  try {
    while (!control.signal.aborted && await step(control.signal));
    if (!control.signal.aborted) say(`Done. ${$("count").textContent}.`);
  } catch (error) {
    paused = !control.signal.aborted || control.signal.reason.message === CANCELLED;
    if (control.signal.aborted) { if (paused) trouble(`Stopped. ${plural(todo().length, "photo")} not located yet.`, "Go on"); }
    else if (error instanceof Problem) trouble(error.message, "Try again");
    else { trouble(`A fault in this page: ${error.message}`, "Try again"); throw error; }
  } finally {
    running = null;
    progress();
  }
  if (!paused && todo().length) go();  // came while the last was being finished
}
const todo = () => state.photos.filter((photo) => photo.status === "waiting");
async function step(signal) {  // one thing that is to be done; false where there is nothing
  const photos = todo();
  if (photos.length) {
    await locate(api, photos, state.precision, signal, moved);
    return true;
  }
  if (!state.together || !stale || state.photos.length < 2) return false;
  progress(`Locating ${plural(state.photos.length, "photo")} together…`);
  const asked = state.photos.slice(), offset = $("offset").value.trim();
  stale = false;
  try {
    const options = { precision: state.precision, anchors: $("anchors").checked, one_camera: $("oneCamera").checked, ...(offset && { time_offset: offset }) };
    state.albums = await locateTogether(api, asked, options, state.track, signal);
  } catch (error) {
    stale = true;
    if (error.status === 400 && state.track && !offset) {
      error.message = "A track is in UTC, and some photos name no time zone: say under Options how far their clocks were ahead.";
      $("options").open = true;
    }
    if (error.status === 413) error.message += '. Remove some photos, or untick "Locate together".';
    throw error;
  }
  list();
  if (state.chosen) choose(state.chosen, false);
  worldmap.showAll();
  return true;
}
function moved(photos) {
  for (const photo of photos) if (state.photos.includes(photo)) strip.update(photo);
  tally();
  progress();
  if (photos.includes(state.chosen) && state.chosen.status !== "sending") { panel.render(api); worldmap.show(state.chosen); } else worldmap.redraw();
}
function progress(words = "") {
  const all = state.photos.length, left = state.photos.filter((photo) => ["waiting", "sending"].includes(photo.status)).length;
  $("progress").hidden = !running;
  if (words) $("done").removeAttribute("value"); else $("done").value = all ? (all - left) / all : 0;
  $("doing").textContent = words || (left ? `Located ${all - left} of ${plural(all, "photo")}` : "");
}
function waiting(seconds, why) {
  if (seconds) { $("doing").textContent = `${why}; going on in ${plural(seconds, "second")}`; say($("doing").textContent); } else progress();
}
function stop(why) { if (running) running.abort(new DOMException(why, "AbortError")); }
$("cancel").addEventListener("click", () => stop(CANCELLED));
$("again").addEventListener("click", () => { if (!state.model) meet(); else go(); });

// --- options
$("together").addEventListener("change", () => {
  state.together = $("together").checked;
  list();
  if (state.chosen) choose(state.chosen, false);
  worldmap.showAll();
  if (state.together) go(); else if (!todo().length) stop("alone");
});
$("precision").addEventListener("change", () => {
  state.precision = $("precision").value;
  stale = true;
  for (const photo of state.photos) if (photo.status === "done") photo.status = "waiting";
  list();
  go();
});
$("always").addEventListener("change", () => {
  state.always = $("always").checked;
  list();
  if (state.chosen) choose(state.chosen);
});
for (const id of ["anchors", "oneCamera", "offset"]) $(id).addEventListener("change", () => { stale = true; go(); });
for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => { save(button.dataset.save); $("save").open = false; });
for (const sheet of document.querySelectorAll("details")) {
  sheet.addEventListener("keydown", (event) => { if (event.key === "Escape" && sheet.open) { sheet.open = false; sheet.firstElementChild.focus(); } });
  document.addEventListener("pointerdown", (event) => { if (!sheet.contains(event.target)) sheet.open = false; });
}

// --- words
function say(text) { $("news").textContent = text; }
function trouble(text, again = "") {
  $("trouble").hidden = !text;
  $("trouble").firstElementChild.textContent = text;
  $("again").textContent = again;
  $("again").hidden = !again;
}

// --- start
async function meet() {
  trouble("");
  try {
    const answer = await api.get("/v1/models"), model = answer.models[0];
    $("model").textContent = `Model ${model.name}, ${plural(model.cells, "cell")}`;
    $("toy").hidden = model.world !== "toy";
    Object.assign(state, { model: model.name, library: answer.library || null, fit: model.fit });
    if (state.chosen) panel.render(api);
  } catch (error) {
    trouble(error.message, "Try again");
  }
}
$("privacy").textContent = LOOPBACK.includes(location.hostname)
  ? "Your photos stay on this computer: they go to the photoplanet that runs on it, which keeps none of them."
  : `Your photos go to ${location.host}, which keeps none of them.${location.protocol === "http:" ? " The way there is not encrypted." : ""}`;
strip.open(choose);
list();
worldmap.open(choose).then(meet, () => trouble("The server does not answer. Is photoplanet still running? Then load this page again."));
