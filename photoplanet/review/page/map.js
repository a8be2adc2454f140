// The photos on the map (show/map/): thumbnails at their places, the chosen one with its circle, which can be dragged.
import { Atlas } from "/map/atlas.js";
import { drawCells, outlineOf } from "/map/cells.js";
import { apart, clusters } from "/map/clusters.js";
import { byId } from "/map/dom.js";
import { between } from "/map/gestures.js";
import { ground } from "/map/ground.js";
import { circle, cross, disc, line } from "/map/marks.js";
import { boxAt, EARTH_KM, RAD, toX, toY } from "/map/mercator.js";
import { chosen, lineOf, onChange, onChoose, photos, placeOf, radiusWords, shown } from "./store.js";
import { have, want } from "./thumbs.js";

/** @typedef {import("/map/clusters.js").Cluster} Cluster */
/** @typedef {import("/map/gestures.js").Spot} Spot */
/** @typedef {import("/map/mercator.js").Box} Box */
/** @typedef {import("/map/mercator.js").Place} Place */
/** @typedef {import("/map/photos.js").MapPhoto} MapPhoto */
/** @typedef {import("./store.js").Photo} Photo */
/** @typedef {{ outline: import("/map/cells.js").Outline, probability: number }} Cell */

const SIDE = 40; // pixels of a thumbnail
const CHOSEN = 58; // and of the chosen photo's
const TIP = 10; // pixels from a chosen thumbnail down to its place
const STILL = 5; // pixels that a pointer may move in a click
const HAND = 14; // pixels: how exactly a person points at a map
const STEP = 24; // pixels that an arrow key moves a photo
const FINE_STEP = 3;
const LEAST_SHOWN = 0.0008; // world widths, 32 km at the equator
const CLOSER = 0.00001; // and where photos at nearly one spot are told apart

/** @type {Atlas} */
let atlas;
/** @type {Map<number, MapPhoto>} */
const made = new Map();
/** @type {Map<number, HTMLImageElement>} */
const images = new Map();
/** @type {(Cluster & { side: number })[]} */
let marks = [];
/** @type {Place | null} where the chosen photo is just now being put */
let put = null;
let dragging = false;
let moving = false; // by keys
/** @type {{ place: Place, share: number }[]} what speaks for the chosen photo */
let speaking = [];
/** @type {Cell[]} */
let cells = [];
/** @type {(place: Place, km: number) => void} */
let onPut = () => {};

const canvas = byId("canvas", HTMLCanvasElement);
const hint = byId("hint", HTMLElement);
const words = byId("moving", HTMLElement);

/** @param {(place: Place, km: number) => void} placed */
export async function start(placed) {
  onPut = placed;
  atlas = new Atlas(canvas, await ground(), {
    below: drawBelow,
    frames,
    marks: draw,
    click: (here) => click(here),
    hover: (here) => {
      hint.textContent = wordsAt(here);
      canvas.classList.toggle("grab", isOnChosen(here));
    },
    home: showAll,
  });
  atlas.drawing = (from, to, done) => drag(from, to, done);
  atlas.listenTo(byId("in", HTMLElement), byId("out", HTMLElement), byId("all", HTMLElement));
  onChange((changed) => {
    for (const n of changed) made.delete(n);
    atlas.redraw();
  });
  onChoose((n, follow) => {
    stopMoving();
    speaking = [];
    cells = [];
    if (follow) goTo(n);
    atlas.redraw();
  });
  canvas.addEventListener("keydown", steer, { capture: true });
  atlas.start();
}

/** What speaks for the chosen photo: lines to where that was, and the cells of its region. @param {{ place: Place, share: number }[]} places @param {{ corners: number[], probability: number }[]} region @param {boolean} follow */
export function explain(places, region, follow) {
  speaking = places;
  cells = region.map(({ corners, probability }) => ({
    outline: outlineOf([0, 1, 2, 3].map((k) => [corners[2 * k], corners[2 * k + 1]])),
    probability,
  }));
  if (follow) goTo(chosen);
  atlas.redraw();
}

// --- where to look
/** @param {number} n */
function goTo(n) {
  const place = placeOf(photos[n]);
  if (!place) return;
  const near = speaking.filter(({ share }) => share > 0.15).map((each) => boxAt(each.place));
  atlas.touched = true;
  atlas.show([...around(place, 1.6 * (photos[n].radius_km ?? 0)), ...near], LEAST_SHOWN);
}

/** The boxes of a circle. @param {Place} place @param {number} km @returns {Box[]} */
function around({ latitude, longitude }, km) {
  const up = Math.min(60, (Math.min(km, 4000) / EARTH_KM / RAD) * 1.1);
  const across = up / Math.max(0.05, Math.cos(latitude * RAD));
  return [[toX(longitude - across), toX(longitude + across), toY(latitude + up), toY(latitude - up)]];
}

export function showAll() {
  const places = shown.flatMap((n) => placeOf(photos[n]) ?? []);
  atlas.show(places.map(boxAt));
}

export const showChosen = () => goTo(chosen);

// --- drawing
/** @param {number} n @returns {MapPhoto | null} */
function mapPhoto(n) {
  const known = made.get(n);
  if (known) return known;
  const photo = photos[n];
  const place = placeOf(photo);
  if (!place) return null;
  const best = { ...place, place: photo.place, confidence: 1, radius_km: photo.radius_km ?? 0 };
  const fresh = { row: n, name: photo.name, line: lineOf(photo), best, top: [], known: photo.state === "known", sure: 1,
    cells: () => [], inside: () => 0 }; // biome-ignore format: one line says it
  made.set(n, fresh);
  return fresh;
}

/** Where the chosen photo is, or is just now being put. */
const chosenPlace = () => put ?? (photos[chosen] ? placeOf(photos[chosen]) : null);

/** What the names of towns are written over, and where the marks will be. */
function drawBelow() {
  const spots = shown.flatMap((n) => {
    const photo = n === chosen ? null : mapPhoto(n);
    return photo?.best ? [{ photo, ...atlas.spot(photo.best) }] : [];
  });
  const seen = spots.filter((spot) => atlas.inSight(spot, SIDE));
  const size = { width: SIDE + 4, height: SIDE + 4 };
  marks = apart(clusters(seen, SIDE * 0.8), () => size).map((cluster) => ({ ...cluster, side: SIDE }));
  const at = chosenPlace();
  if (at) drawReasons(at);
}

/** @returns {import("/map/towns.js").Frame[]} */
function frames() {
  const at = chosenPlace();
  const around = (/** @type {Spot} */ { x, y }, /** @type {number} */ half) =>
    /** @type {import("/map/towns.js").Frame} */ ([x - half, y - half, x + half, y + half]);
  const own = at ? [around(raised(atlas.spot(at)), CHOSEN / 2), around(atlas.spot(at), TIP)] : [];
  return [...marks.map((mark) => around(mark, SIDE / 2 + 4)), ...own];
}

function draw() {
  for (const mark of marks) drawMark(mark);
  const at = chosenPlace();
  if (at) drawChosen(at);
}

/** @param {Place} at */
function drawReasons(at) {
  const { ctx, colours, view } = atlas;
  if (cells.length && !put) {
    const ratio = window.devicePixelRatio || 1;
    const most = Math.max(...cells.map(({ probability }) => probability));
    ctx.save();
    atlas.toWorldWidths(ratio, Math.round(view.x - toX(at.longitude)));
    drawCells(ctx, cells.map(({ outline, probability }) => ({ outline, share: probability / most, inside: true })),
      colours.mass, 1 / view.scale); // biome-ignore format: one line says it
    ctx.restore();
  }
  if (!put) circle(atlas, atlas.spot(at), at.latitude, photos[chosen].radius_km ?? 0);
  for (const { place, share } of put ? [] : speaking)
    line(atlas, [[at.latitude, at.longitude], [place.latitude, place.longitude]], share > 0.15); // biome-ignore format: a pair
}

/** A thumbnail with a frame in the colour of what it rests on. @param {Spot} spot @param {number} side @param {Photo} photo @param {string} text */
function thumbnail({ x, y }, side, photo, text) {
  const { ctx } = atlas;
  const [left, top] = [x - side / 2, y - side / 2];
  const colour = colourOf(photo);
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(left, top, side, side, 6);
  ctx.fillStyle = atlas.colours.land;
  ctx.fill();
  const image = imageOf(photo.n);
  if (image) {
    ctx.clip();
    const scale = side / Math.min(image.naturalWidth, image.naturalHeight);
    const [wide, high] = [image.naturalWidth * scale, image.naturalHeight * scale];
    ctx.drawImage(image, x - wide / 2, y - high / 2, wide, high);
  }
  ctx.restore();
  ctx.lineWidth = side === CHOSEN ? 6 : 5;
  ctx.strokeStyle = atlas.colours.halo;
  ctx.beginPath();
  ctx.roundRect(left, top, side, side, 6);
  ctx.stroke();
  ctx.lineWidth = side === CHOSEN ? 4 : 2.5;
  ctx.strokeStyle = colour;
  ctx.stroke();
  if (text) disc(atlas, { x: x + side / 2 - 2, y: top + 2 }, 7 + 2 * text.length, colour, text);
}

/** @param {Photo} photo */
function colourOf({ state, kind }) {
  if (kind === "own GPS" || (kind === "track" && state === "open")) return atlas.colours.known;
  return state === "accepted" || state === "placed" ? atlas.colours.mass : atlas.colours.point;
}

/** @param {Cluster} cluster */
function drawMark({ x, y, photos: inside }) {
  const first = inside.find(({ row }) => photos[row].state === "open") ?? inside[0];
  thumbnail({ x, y }, SIDE, photos[first.row], inside.length > 1 ? String(inside.length) : "");
}

/** @param {Place} at */
function drawChosen(at) {
  const spot = atlas.spot(at);
  const { ctx, colours } = atlas;
  cross(atlas, spot);
  const middle = raised(spot);
  ctx.beginPath();
  ctx.moveTo(spot.x - 7, middle.y + CHOSEN / 2);
  ctx.lineTo(spot.x, spot.y);
  ctx.lineTo(spot.x + 7, middle.y + CHOSEN / 2);
  ctx.fillStyle = put ? colours.mass : colourOf(photos[chosen]);
  ctx.fill();
  thumbnail(middle, CHOSEN, photos[chosen], "");
}

/** Where the chosen thumbnail's middle is. @param {Spot} spot */
const raised = ({ x, y }) => ({ x, y: y - TIP - CHOSEN / 2 });

/** @param {number} n */
function imageOf(n) {
  const known = images.get(n);
  if (known) return known.complete && known.naturalWidth ? known : null;
  if (!have(n)) {
    want(n, () => atlas.redraw());
    return null;
  }
  const image = new Image();
  image.onload = () => atlas.redraw();
  image.src = /** @type {string} */ (have(n));
  images.set(n, image);
  if (images.size > 1500) images.delete(/** @type {number} */ (images.keys().next().value));
  return null;
}

// --- the mouse
/** @param {Spot} here */
function isOnChosen(here) {
  const at = placeOf(photos[chosen] ?? { latitude: null, longitude: null });
  if (!at || photos[chosen].state === "known" || photos[chosen].kind === "own GPS") return false;
  const spot = atlas.spot(at);
  const middle = raised(spot);
  const inside = Math.max(Math.abs(here.x - middle.x), Math.abs(here.y - middle.y)) <= CHOSEN / 2;
  return inside || between(here, spot) <= TIP;
}

/** Drags of the chosen photo move it; all others move the map. @param {Spot} from @param {Spot} to @param {boolean} done */
function drag(from, to, done) {
  if (moving || (!dragging && (!isOnChosen(from) || between(from, to) < STILL))) return !done && isOnChosen(from);
  dragging = !done;
  const at = /** @type {Place} */ (placeOf(photos[chosen]));
  const start = put ? null : atlas.spot(at);
  grip ??= start && { x: start.x - from.x, y: start.y - from.y };
  put = within(atlas.placeAt({ x: to.x + (grip?.x ?? 0), y: to.y + (grip?.y ?? 0) }));
  hint.textContent = `± ${radiusWords(precision())}`;
  atlas.redraw();
  if (done) finish();
  return true;
}
/** @type {Spot | null} from the pointer to the photo's place */
let grip = null;

function finish() {
  const place = put;
  put = null;
  grip = null;
  dragging = false;
  stopMoving();
  if (place) onPut(place, precision());
}

/** How many km a person's hand is good to at this scale. */
const precision = () =>
  Math.max(0.02, (HAND * 2 * Math.PI * EARTH_KM * Math.cos((put ?? atlas.placeAt({ x: 0, y: atlas.height / 2 })).latitude * RAD)) / atlas.view.scale); // biome-ignore format: one formula

/** @param {Place} place @returns {Place} */
function within({ latitude, longitude }) {
  const turn = Math.round(longitude / 360) * 360;
  return {
    latitude: Math.max(-85, Math.min(85, latitude)),
    longitude: Math.max(-180, Math.min(180, longitude - turn)),
  };
}

/** @param {Spot} here */
function markAt(here) {
  return marks.find(({ x, y }) => Math.max(Math.abs(x - here.x), Math.abs(y - here.y)) <= SIDE / 2 + 3);
}

/** @param {Spot} here */
function click(here) {
  if (moving) {
    put = within(atlas.placeAt(here));
    return finish();
  }
  if (isOnChosen(here)) return;
  const mark = markAt(here);
  if (!mark) return;
  const numbers = mark.photos.map(({ row }) => row);
  if (numbers.length === 1 || atlas.isClosest()) return pick(numbers);
  const boxes = mark.photos.flatMap(({ best }) => (best ? [boxAt(best)] : []));
  const spread = Math.max(...boxes.map((box) => Math.abs(box[0] - boxes[0][0]) + Math.abs(box[2] - boxes[0][2])));
  if (spread < 1e-6) return pick(numbers);
  atlas.touched = true;
  atlas.show(boxes, CLOSER);
}

/** One after another of those at one spot. @param {number[]} numbers */
function pick(numbers) {
  const next = numbers.find((n) => n > chosen) ?? numbers[0];
  choosePhoto(next);
}
/** @type {(n: number) => void} */
let choosePhoto = () => {};
/** @param {(n: number) => void} choose */
export const onPick = (choose) => {
  choosePhoto = choose;
};

/** @param {Spot} here */
function wordsAt(here) {
  if (isOnChosen(here)) return `${lineOf(photos[chosen])}: drag it to where it was taken`;
  const inside = markAt(here)?.photos ?? [];
  if (inside.length === 1) return inside[0].line;
  return inside.length ? `${inside.length} photos: click to look closer` : "";
}

// --- keys
/** Let arrow keys, or the next click, put the chosen photo. */
export function startMoving() {
  moving = true;
  put = placeOf(photos[chosen]) ?? within(atlas.placeAt({ x: atlas.width / 2, y: atlas.height / 2 }));
  if (!atlas.inSight(atlas.spot(put), -20)) atlas.goTo(put);
  words.hidden = false;
  words.textContent =
    "Arrow keys move it (Shift: small steps), Enter puts it there, Escape leaves it. Or click the map.";
  canvas.focus();
  atlas.redraw();
}

function stopMoving() {
  if (!moving && !put) return;
  moving = false;
  put = null;
  words.hidden = true;
  atlas.redraw();
}

/** @param {KeyboardEvent} event */
function steer(event) {
  if (!moving || event.ctrlKey || event.metaKey) return;
  const step = event.shiftKey ? FINE_STEP : STEP;
  const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  if (way && put) nudge(way[0], way[1]);
  else if (event.key === "Enter") finish();
  else if (event.key === "Escape") stopMoving();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation(); // the map itself would move with the arrows
}

/** @param {number} dx pixels @param {number} dy */
function nudge(dx, dy) {
  if (!put) return;
  const { x, y } = atlas.spot(put);
  put = within(atlas.placeAt({ x: x + dx, y: y + dy }));
  const spot = atlas.spot(put);
  if (!atlas.inSight(spot, -40)) atlas.pan(-dx, -dy);
  atlas.redraw();
}
