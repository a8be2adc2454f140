import { Atlas, arc, boxAt } from "/map/atlas.js";
import { element } from "/map/words.js";
import { Api } from "/page/api.js";
import { ask } from "/page/token.js";
import { Zoomable } from "/play/photo.js";
import { comparison, distance, placeWords, roundTable, verdict } from "/play/results.js";

const $ = (id) => document.getElementById(id);
const STEP = 24, FINE_STEP = 3;  // pixels that an arrow key moves the marker
let state = null, shown = null, seen = "", marker = null, since = 0, busy = false, sending = false;  // shown: the photo to guess or just guessed; seen: the key of the picture
const pictures = new Map();  // key → promise of its address

const api = new Api(ask, (seconds) => { if (seconds) warn("The photos of this round are not ready yet."); });
const canvas = $("canvas"), photo = new Zoomable($("frame"), $("picture"));
const atlas = new Atlas(canvas, await (await fetch("/map/land.json")).json(), { marks, click: (here, place) => put(place), home });

// --- the map
function answered() {  // what the map shows of places that are known
  if (!state) return [];
  if (shown) return shown.answer ? [shown.answer] : [];
  return state.photos.map((each) => each.answer);
}
function home() {
  const known = answered();
  atlas.show(known.flatMap((answer) => [answer.truth, answer.guess, answer.model].map(boxAt)));
  if (!known.length) return;
  atlas.view.scale *= 0.85;  // room for the pins' heads and the buttons, both at the top
  atlas.view.y -= 14 / atlas.view.scale;
  atlas.clamp();
}
function marks() {
  const known = answered();
  for (const { truth, guess, model } of known) {
    for (const [place, sure] of [[guess, true], [model, false]]) {
      const from = [truth.latitude, truth.longitude], to = [place.latitude, place.longitude];
      atlas.line([...arc(from, to), to], sure);
    }
  }
  known.forEach(({ truth, guess, model }, i) => {
    const number = shown ? "" : String(i + 1), right = atlas.spot(truth.latitude, truth.longitude);
    const theirs = atlas.spot(model.latitude, model.longitude), own = atlas.spot(guess.latitude, guess.longitude);
    square(theirs);
    diamond(right, number);  // on top and smaller than the square: both are seen where the model is right
    atlas.pin(own.x, own.y);
    if (shown) {
      const away = theirs.y < right.y ? -13 : 13;  // the two are often close: their names keep apart
      tag(theirs, away, "Model", atlas.colours.mass);
      tag(right, -away, "Truth", atlas.colours.known);
    }
    tag(own, -21, shown ? "You" : number, atlas.colours.point);
  });
  if (shown && !shown.answer && marker) {
    const { x, y } = atlas.spot(marker.latitude, marker.longitude);
    atlas.cross(x, y);
    atlas.pin(x, y);
  }
}
function outlined(path, colour) {
  const { ctx, colours } = atlas;
  ctx.fillStyle = colour; ctx.fill(path);
  ctx.lineWidth = 2; ctx.strokeStyle = colours.halo; ctx.stroke(path);
}
function square({ x, y }) { const path = new Path2D(); path.rect(x - 8, y - 8, 16, 16); outlined(path, atlas.colours.mass); }
function diamond({ x, y }, text) {
  const path = new Path2D(), size = text ? 13 : 7;
  path.moveTo(x, y - size); path.lineTo(x + size, y); path.lineTo(x, y + size); path.lineTo(x - size, y); path.closePath();
  outlined(path, atlas.colours.known);
  if (text) atlas.label(x, y, text);
}
function tag({ x, y }, down, text, colour) {  // beside a mark, on the side where there is room
  const { ctx, colours, width } = atlas;
  ctx.font = "600 12px system-ui, sans-serif"; ctx.textBaseline = "middle";
  const left = x > width - 70, at = [x + (left ? -13 : 13), y + down];
  ctx.textAlign = left ? "right" : "left";
  ctx.lineWidth = 4; ctx.lineJoin = "round"; ctx.strokeStyle = colours.halo;
  ctx.strokeText(text, ...at);
  ctx.fillStyle = colour; ctx.fillText(text, ...at);
}

// --- the marker
function put(place) {
  if (!shown || shown.answer || sending) return;
  const turn = Math.round(place.longitude / 360) * 360;
  marker = { latitude: place.latitude, longitude: Math.max(-180, Math.min(180, place.longitude - turn)) };
  $("marker").textContent = placeWords(marker);
  $("go").disabled = false;
  atlas.redraw();
}
function nudge(dx, dy) {
  const middle = { x: atlas.width / 2, y: atlas.height / 2 };
  const from = marker ? atlas.spot(marker.latitude, marker.longitude) : middle;
  const { x, y } = marker && atlas.inSight(from) ? { x: from.x + dx, y: from.y + dy } : middle;
  const edge = 40;
  put(atlas.placeAt({ x, y: Math.max(0, Math.min(atlas.height, y)) }));
  atlas.pan(Math.min(0, atlas.width - edge - x) + Math.max(0, edge - x), Math.min(0, atlas.height - edge - y) + Math.max(0, edge - y));
}
canvas.addEventListener("keydown", (event) => {
  const step = event.shiftKey ? FINE_STEP : STEP;
  const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  if (!shown || shown.answer || event.ctrlKey || event.metaKey) return;
  if (move) nudge(...move);
  else if (event.key === "Enter" && marker) act();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();  // the map itself would move with the arrows
}, { capture: true });
$("map-in").addEventListener("click", () => atlas.zoom(1.8));
$("map-out").addEventListener("click", () => atlas.zoom(1 / 1.8));
$("map-all").addEventListener("click", () => { atlas.touched = false; home(); });
$("photo-in").addEventListener("click", () => photo.zoom(1.6));
$("photo-out").addEventListener("click", () => photo.zoom(1 / 1.6));

// --- the photos, fetched ahead: their addresses need the token, which an <img> does not send
function picture(key) {
  if (!pictures.has(key)) pictures.set(key, api.picture(`/v1/game/photo/${key}`, {}));
  return pictures.get(key);
}
function forgetPictures() {
  const now = new Set(state.photos.map((each) => each.key));
  for (const [key, url] of pictures) if (!now.has(key)) { url.then(URL.revokeObjectURL, () => {}); pictures.delete(key); }
}
async function look(each) {  // the clock of a guess runs from when its photo is seen
  const image = $("picture"), other = seen !== each.key;
  seen = each.key;
  image.alt = `Photo ${state.photos.indexOf(each) + 1} of ${state.photos.length}`;
  $("credit").textContent = each.answer ? [each.answer.photo_id, each.answer.credit].filter(Boolean).join(" · ") : "";
  if (!other) return;
  since = performance.now();
  photo.reset();
  image.removeAttribute("src");
  try {
    const url = await picture(each.key);
    if (seen !== each.key) return;  // it came late, and another photo is on the page by now
    image.src = url;
    await image.decode();
    since = performance.now();
  } catch (error) {
    pictures.delete(each.key);
    if (seen !== each.key) return;
    seen = "";
    fail(error.status === undefined ? new Error("This photo cannot be shown; load the page again.") : error);
  }
}

// --- the game
function show(fresh, photoToShow) {
  state = fresh;
  shown = photoToShow === undefined ? state.photos.find((each) => each.key === state.current) || null : photoToShow;
  marker = null;
  $("problem").hidden = true;
  atlas.touched = false;
  $("toy").hidden = state.world !== "toy";
  $("marker").textContent = "";
  $("game").classList.toggle("over", !shown);
  $("game").classList.remove("looking");
  $("game").classList.toggle("answered", Boolean(shown && shown.answer));
  tell();
  home();
  forgetPictures();
  look(shown || state.photos[state.photos.length - 1]);
  state.photos.forEach((each) => picture(each.key).catch(() => pictures.delete(each.key)));
}
function tell() {
  const sum = (side) => state.photos.reduce((total, each) => total + (each.answer ? each.answer.points[side] : 0), 0).toLocaleString("en");
  const number = shown ? `photo ${state.photos.indexOf(shown) + 1} of ${state.photos.length}` : "finished";
  $("standing").textContent = `Round ${state.number}${state.of ? ` of ${state.of}` : ""}, ${number}${state.player ? ` · ${state.player}` : ""}`;
  const rounds = state.session.rounds_won;
  $("score").replaceChildren(element("span", `You ${sum("person")}`, "key person"), " · ", element("span", `Model ${sum("model")}`, "key model"),
    state.session.rounds ? ` · rounds ${rounds.person} : ${rounds.model}` : "");
  const told = $("told"), go = $("go");
  if (!shown) {
    told.replaceChildren(...roundTable(state, (i) => { $("game").classList.add("looking"); look(state.photos[i]); }));
    go.textContent = state.over ? "All results" : "Next round";
  } else if (shown.answer) {
    told.replaceChildren(...verdict(shown.answer));
    go.textContent = state.finished ? "See the round" : "Next photo";
  } else {
    told.replaceChildren(element("p", "Click the map where you think the photo was taken."), element("p", state.unreadable ? `Photos passed over because they could not be read: ${state.unreadable}.` : "", "quiet"));
    go.textContent = "Guess";
  }
  go.disabled = Boolean(shown && !shown.answer);
}
async function act() {
  if (busy) return;
  busy = true;
  $("go").disabled = true;
  $("problem").hidden = true;
  try {
    if (!shown && state.over) await summary();
    else if (!shown) { show(await api.postJson("/v1/game/next", { round: state.round })); canvas.focus({ preventScroll: true }); }
    else if (shown.answer) { show(state); (shown ? canvas : $("go")).focus({ preventScroll: true }); }
    else await guess();
  } catch (error) {
    fail(error);
    if (error.status === 409) await load();
  } finally {
    busy = false;
    $("go").disabled = Boolean(shown && !shown.answer && !marker);
  }
}
async function guess() {
  const { key } = shown, seconds = Math.round((performance.now() - since) / 100) / 10;
  sending = true;
  try {
    const fresh = await api.postJson("/v1/game/guess", { photo: key, ...marker, seconds });
    show(fresh, fresh.photos.find((each) => each.key === key));
  } finally { sending = false; }
  $("go").disabled = false;
  $("go").focus({ preventScroll: true });
}
function fail(error) { warn(error.message); }
function warn(text) {
  $("problem").textContent = text;
  $("problem").hidden = false;
}
async function load() {
  try {
    show(await api.get("/v1/game/round"));
  } catch (error) { fail(error); }
}

// --- all results
async function summary() {
  const found = await api.get("/v1/game/summary");
  $("own").replaceChildren(...(found.all.players > 1 && found.own.photos ? comparison(`${found.player || "You"} against ${found.model}`, found.own) : []));
  $("everybody").replaceChildren(...comparison(`${found.all.players > 1 ? "Everybody" : found.player || "You"} against ${found.model}, on ${found.table}`, found.all));
  $("game").hidden = true;
  $("results").hidden = false;
  $("to-game").focus();
}
$("to-summary").addEventListener("click", () => summary().catch(fail));
$("to-game").addEventListener("click", () => { $("results").hidden = true; $("game").hidden = false; atlas.resize(); });
$("go").addEventListener("click", act);

atlas.start();
await load();
