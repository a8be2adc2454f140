// "Where": what the user knows of where the photos were taken; picked, typed, or drawn on the map.
import { button, byId, element } from "/map/dom.js";
import { EARTH_KM, RAD, toX, toY } from "/map/mercator.js";
import { messageOf } from "./api.js";
import { state } from "./state.js";
import * as worldmap from "./worldmap.js";

/** @typedef {import("/map/atlas.js").Atlas} Atlas */
/** @typedef {import("/map/gestures.js").Spot} Spot */
/** @typedef {import("/map/mercator.js").Place} Place */
/** @typedef {import("/map/mercator.js").Point} Point */
/** @typedef {"circle" | "box"} Kind */

const LEAST = 4; // pixels that a drawn area is large, or it was a slip
const DIGITS = 4;
const CORNERS = 72; // of a circle as it is drawn
const country = byId("country", HTMLSelectElement);
const text = byId("areaText", HTMLInputElement);
const outside = byId("areaOutside", HTMLInputElement);
const remove = byId("areaRemove", HTMLButtonElement);
const sheet = byId("where", HTMLDetailsElement);
/** @type {Point[]} the border of what was drawn */
let border = [];

/** What the server is asked for. @returns {{ within?: string, not_within?: string }} */
export const areaQuery = () => (state.area ? { [state.outside ? "not_within" : "within"]: state.area } : {});

/** @param {() => void} changed called when the answers are to be asked for anew */
export function listen(changed) {
  const set = (/** @type {string} */ area, /** @type {Point[]} */ line = []) => {
    border = line;
    state.area = area;
    if (area !== country.value) country.value = "";
    if (area !== text.value) text.value = area === country.value ? "" : area;
    remove.hidden = !area;
    sheet.classList.toggle("set", Boolean(area));
    worldmap.redraw();
    changed();
  };
  country.addEventListener("change", () => set(country.value));
  text.addEventListener("change", () => set(text.value.trim()));
  outside.addEventListener("change", () => {
    state.outside = outside.checked;
    if (state.area) changed();
  });
  remove.addEventListener("click", () => {
    set("");
    country.focus();
  });
  for (const kind of /** @type {Kind[]} */ (["circle", "box"]))
    byId(`draw-${kind}`, HTMLButtonElement).addEventListener("click", () => {
      sheet.open = false;
      draw(kind, set);
    });
  worldmap.onTop(drawBorder);
}

/** Fill in the countries. @param {import("./api.js").Api} api */
export async function open(api) {
  try {
    const { countries } = await api.get("/v1/areas");
    for (const { code, name } of countries) {
      const option = element("option", name);
      option.value = code;
      country.append(option);
    }
  } catch (error) {
    text.placeholder = messageOf(error);
  }
}

/** The next drag on the map draws. @param {Kind} kind @param {(area: string, line?: Point[]) => void} set */
function draw(kind, set) {
  const hint = byId("hint", HTMLElement);
  hint.textContent = kind === "circle" ? "Drag from the middle of the circle outwards" : "Drag from corner to corner";
  const cancel = button("Cancel", "small");
  hint.append(" ", cancel);
  const end = worldmap.drawing((from, to, atlas, done) => {
    const made = kind === "circle" ? circle(atlas, from, to) : box(atlas, from, to);
    border = made.line;
    worldmap.redraw();
    if (!done) return;
    finish();
    if (Math.hypot(to.x - from.x, to.y - from.y) >= LEAST) set(made.area, made.line);
    else border = [];
  });
  const finish = () => {
    end();
    hint.textContent = "";
  };
  cancel.addEventListener("click", finish);
}

/** @param {Atlas} atlas @param {Spot} from @param {Spot} to */
function circle(atlas, from, to) {
  const middle = atlas.placeAt(from);
  const edge = atlas.placeAt(to);
  const km = Math.max(0.001, distance(middle, edge));
  return { area: `${numbers([middle.latitude, middle.longitude])},${km.toPrecision(DIGITS)}`, line: ring(middle, km) };
}

/** @param {Atlas} atlas @param {Spot} from @param {Spot} to */
function box(atlas, from, to) {
  const left = { x: Math.min(from.x, to.x), y: Math.max(from.y, to.y) };
  const right = { x: Math.max(from.x, to.x), y: Math.min(from.y, to.y) };
  const [{ latitude: south, longitude: west }, { latitude: north, longitude: east }] = [left, right].map((spot) =>
    atlas.placeAt(spot),
  );
  const wide = atlas.worldAt(right).x - atlas.worldAt(left).x >= 1;
  const sides = wide ? [south, -180, north, 180] : [south, west, north, east];
  const far = wide ? 180 : west + ((east - west + 360) % 360);
  const near = wide ? -180 : west;
  /** @type {Point[]} */
  const line = [
    [south, near],
    [south, far],
    [north, far],
    [north, near],
  ];
  return { area: numbers(sides), line };
}

/** @param {number[]} values */
const numbers = (values) => values.map((value) => Number(value.toFixed(DIGITS))).join(",");

/** Great-circle distance, km. @param {Place} a @param {Place} b */
function distance(a, b) {
  const [p, q] = [a.latitude * RAD, b.latitude * RAD];
  const half = Math.sin((p - q) / 2) ** 2;
  const turn = Math.sin(((a.longitude - b.longitude) * RAD) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(half + Math.cos(p) * Math.cos(q) * turn)));
}

/** Points on a circle, their longitudes going on beyond ±180°. @param {Place} middle @param {number} km @returns {Point[]} */
function ring({ latitude, longitude }, km) {
  const [phi, angle] = [latitude * RAD, km / EARTH_KM];
  return Array.from({ length: CORNERS }, (_, k) => {
    const turn = (2 * Math.PI * k) / CORNERS;
    const sine = Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(turn);
    const across = Math.sin(turn) * Math.sin(angle) * Math.cos(phi);
    const along = Math.cos(angle) - Math.sin(phi) * sine;
    return [Math.asin(Math.max(-1, Math.min(1, sine))) / RAD, longitude + Math.atan2(across, along) / RAD];
  });
}

/** @param {Atlas} atlas */
function drawBorder(atlas) {
  if (!border.length) return;
  const { ctx, view } = atlas;
  const shift = atlas.nearest(toX(border[0][1])) - toX(border[0][1]);
  ctx.beginPath();
  for (const [latitude, longitude] of border)
    ctx.lineTo((toX(longitude) + shift - view.x) * view.scale + atlas.width / 2, atlas.screenY(toY(latitude)));
  ctx.closePath();
  ctx.setLineDash([6, 4]);
  ctx.lineWidth = 2;
  ctx.strokeStyle = atlas.colours.known;
  ctx.stroke();
  ctx.setLineDash([]);
}
