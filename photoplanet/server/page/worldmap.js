// The page's photos on the map engine (show/map/): what it draws is the answers that are shown.
import { ringsOf } from "/map/cells.js";
import { byId } from "/map/dom.js";
import { ground } from "/map/ground.js";
import { PhotoMap } from "/map/photos.js";
import { line } from "./filmstrip.js";
import { cellsOf, region } from "./region.js";
import { answerOf, groups, isKnown, listed, state } from "./state.js";

/** @typedef {import("/map/atlas.js").Atlas} Atlas */
/** @typedef {import("/map/cells.js").Outline} Outline */
/** @typedef {import("/map/gestures.js").Spot} Spot */
/** @typedef {import("/map/mercator.js").Place} Place */
/** @typedef {import("/map/mercator.js").Point} Point */
/** @typedef {import("/map/photos.js").MapPhoto} MapPhoto */
/** @typedef {import("/map/photos.js").Match} Match */
/** @typedef {import("./state.js").Answer} Answer */
/** @typedef {import("./state.js").Photo} Photo */
/** @typedef {{ outline: Outline, probability: number }[]} Drawn */

/** @type {PhotoMap | null} */
let map = null;
/** @type {(atlas: Atlas) => void} */
let above = () => {};
/** @type {WeakMap<object, Drawn>} an answer's GeoJSON → its cells as drawn */
const drawn = new WeakMap();

/** @param {(photo: Photo, move: boolean) => void} choose */
export async function open(choose) {
  const photos = {
    listed: () => listed().flatMap(mapPhotos),
    chosen: () => (state.chosen ? mapPhotos(state.chosen, listed().indexOf(state.chosen)) : [])[0] ?? null,
    choose: (/** @type {number} */ row) => choose(listed()[row], false),
    albums: () => (state.together ? groups().map((group) => group.photos.flatMap(mapPhotos)) : null),
  };
  map = new PhotoMap(byId("canvas", HTMLCanvasElement), await ground(), photos, byId("hint", HTMLElement));
  const { atlas } = map;
  const { marks } = atlas.page;
  atlas.page.marks = () => {
    marks?.();
    above(atlas);
  };
  map.atlas.listenTo(byId("in", HTMLElement), byId("out", HTMLElement), byId("all", HTMLElement));
  map.atlas.start();
}

export const redraw = () => map?.atlas.redraw();
export const showAll = () => map?.showAll();

/** Draw something above all else, at every drawing. @param {(atlas: Atlas) => void} draw */
export function onTop(draw) {
  above = draw;
}

/** Let drags on the map draw instead of moving it; returns what ends that. @param {(from: Spot, to: Spot, atlas: Atlas, done: boolean) => void} draw */
export function drawing(draw) {
  const atlas = map?.atlas;
  if (!atlas) return () => {};
  atlas.drawing = (from, to, done) => draw(from, to, atlas, done);
  atlas.canvas.classList.add("drawing");
  return () => {
    atlas.drawing = null;
    atlas.canvas.classList.remove("drawing");
  };
}

/** @param {Place} place */
export const goTo = (place) => map?.goTo(place);

/** Photos of the library that look alike. @param {Match[]} matches */
export function showMatches(matches) {
  if (map) map.matches = matches;
  redraw();
}

/** Move to what is known of a photo; of a trip, only as far as its point needs it. @param {Photo} photo */
export function show(photo) {
  const [found] = mapPhotos(photo, listed().indexOf(photo));
  if (!found) redraw();
  else if (state.together) map?.bring(found);
  else map?.show(found);
}

/** The photo as the map takes it; none where it has no answer. @param {Photo} photo @param {number} row @returns {MapPhoto[]} */
function mapPhotos(photo, row) {
  const answer = answerOf(photo);
  if (!answer) return [];
  const known = isKnown(answer);
  return [
    {
      row,
      name: photo.name,
      line: line(photo),
      best: answer.best,
      top: known ? [] : answer.top,
      known,
      sure: answer.confidence.city,
      cells: () => (known ? [] : drawnCells(answer)),
      inside: () => region(answer).cells,
      thumbnail: photo.thumbnail,
      second: secondOf(answer),
      ...(answer.own_gps && !known && { truth: answer.own_gps }),
    },
  ];
}

/** When its clock said it was taken; null where it names no time, or only a day. @param {Answer} answer */
function secondOf({ taken_at }) {
  const time = taken_at && taken_at.length > "2000-01-01".length ? Date.parse(taken_at) / 1000 : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** @param {Answer} answer */
function drawnCells(answer) {
  const made = drawn.get(answer.geojson);
  if (made) return made;
  const cells = cellsOf(answer).map(({ geometry, properties }) => {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    const rings = polygons
      .flat()
      .map((ring) => ring.map(([longitude, latitude]) => /** @type {Point} */ ([latitude, longitude])));
    return { outline: ringsOf(rings), probability: properties.probability };
  });
  drawn.set(answer.geojson, cells);
  return cells;
}
