// The map of the page: the chosen photo's cells, region, point and places; the other photos; the trip as a line.
import { Atlas, boxAt, clusters, ringsOf } from "../map/atlas.js";
import { numbers, percent } from "../map/words.js";
import { cellsOf, region } from "./region.js";
import { groups, isKnown, listed, state, told } from "./state.js";

const SURE = 0.5;  // of the probability within 25 km; a less sure photo of a trip is drawn faint, with its radius
const AROUND = 0.012;  // of the world at least is shown, 480 km at the equator: a point alone says little
const TOGETHER = 26;  // px: photos that are closer share a mark
const hint = document.getElementById("hint");
let atlas = null, chooses, tops = [], marks = [], matches = [];

export async function open(choose) {
  const response = await fetch("/map/land.json");
  chooses = choose;
  atlas = new Atlas(document.getElementById("canvas"), await response.json(), { cells, marks: draw, click, hover, home: showAll });
  atlas.start();
  document.getElementById("in").addEventListener("click", () => atlas.zoom(1.8));
  document.getElementById("out").addEventListener("click", () => atlas.zoom(1 / 1.8));
  document.getElementById("all").addEventListener("click", showAll);
}
export const redraw = () => { if (atlas) atlas.redraw(); };
export const goTo = (place) => { atlas.touched = true; atlas.goTo(place, 6000); };
export function showMatches(found) { matches = found; redraw(); }  // photos of the library that look alike

// Move to what is known of the chosen photo; of a trip, only as far as its point needs it.
export function show(photo) {
  const answer = told(photo);
  if (!atlas || !answer) return redraw();
  atlas.touched = true;
  if (!state.together) return atlas.show(boxesOf(answer), AROUND);
  if (!answer.best) return atlas.redraw();
  const { x, y } = atlas.spot(answer.best.latitude, answer.best.longitude);
  if (x < 40 || y < 50 || x > atlas.width - 40 || y > atlas.height - 40) atlas.goTo(answer.best); else atlas.redraw();
}
export function showAll() {
  if (!atlas) return;
  const answers = state.photos.map(told).filter((answer) => answer && answer.best);
  if (state.photos.length === 1 && told(state.photos[0])) return atlas.show(boxesOf(told(state.photos[0])), AROUND);
  atlas.show(answers.map((answer) => boxAt(answer.best)), AROUND);
}

// --- cells
const outlines = new WeakMap();  // answer → its cells as drawn
function outlinesOf(answer) {
  if (!outlines.has(answer.geojson)) outlines.set(answer.geojson, cellsOf(answer).map(({ geometry, properties }) => {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return { outline: ringsOf(polygons.flat().map((ring) => ring.map(([lng, lat]) => [lat, lng]))), p: properties.probability };
  }));
  return outlines.get(answer.geojson);
}
function cells() {
  const answer = state.chosen && told(state.chosen);
  if (!answer || isKnown(answer)) return [];
  const found = outlinesOf(answer), held = region(answer).cells;
  return found.map(({ outline, p }, i) => ({ outline, share: p / found[0].p, inside: i < held }));
}
function boxesOf(answer) {
  const boxes = isKnown(answer) ? [] : outlinesOf(answer).slice(0, region(answer).cells).map(({ outline: o }) => [o.west, o.east, o.north, o.south]);
  if (answer.best) boxes.unshift(boxAt(answer.best));
  return boxes;
}

// --- points
function spots() {
  return listed().flatMap((photo, i) => {
    const answer = told(photo);
    return answer && answer.best ? [{ i, photo, answer, ...atlas.spot(answer.best.latitude, answer.best.longitude) }] : [];
  });
}
const isWeak = (answer) => !isKnown(answer) && answer.confidence.city < SURE;
function draw() {
  const found = spots(), others = state.together ? found : found.filter((spot) => spot.photo !== state.chosen);
  if (state.together) drawTrip(found);
  marks = clusters(others.filter((spot) => atlas.inSight(spot, 20)), TOGETHER).map(({ x, y, members }) => {
    const text = state.together ? numbers(members.map((m) => m.i)) : members.length > 1 ? String(members.length) : "";
    if (state.together) atlas.tag(x, y, text, members.some((m) => isKnown(m.answer)), members.every((m) => isWeak(m.answer)));
    else atlas.disc(x, y, members.length === 1 ? 6 : Math.min(22, 9 + 2.2 * Math.log2(members.length)), atlas.colours.point, text);
    return { x, y, radius: Math.max(11, 4 * text.length), members };
  });
  for (const match of matches) { const { x, y } = atlas.spot(match.latitude, match.longitude); atlas.disc(x, y, 6, atlas.colours.known); }
  drawChosen();
}
function drawTrip(found) {
  const seen = new Set();
  for (const spot of found) {
    const { latitude, longitude, radius_km: radius } = spot.answer.best, key = `${latitude} ${longitude} ${radius}`;
    if (isWeak(spot.answer) && !seen.has(key)) atlas.circle(spot, latitude, radius);
    seen.add(key);
  }
  for (const group of groups()) {
    const stops = group.photos.map(told).filter((answer) => answer && answer.best);
    for (let i = 1; i < stops.length; i++) {
      const pair = stops.slice(i - 1, i + 1);
      atlas.line(pair.map(({ best }) => [best.latitude, best.longitude]), !pair.some(isWeak));
    }
  }
}
function drawChosen() {
  const answer = state.chosen && told(state.chosen);
  tops = [];
  if (!answer) return;
  const best = answer.best && atlas.spot(answer.best.latitude, answer.best.longitude);
  if (!isKnown(answer)) answer.top.forEach((place, k) => {  // a number that would lie on a likelier one is left out
    const spot = atlas.spot(place.latitude, place.longitude), taken = state.together && best ? [...tops, best] : tops;
    if (!taken.some((other) => Math.hypot(other.x - spot.x, other.y - spot.y) < 16)) tops.push({ ...spot, rank: k + 1, place });
  });
  for (const { x, y, rank } of tops) atlas.disc(x, y, 9, atlas.colours.mass, String(rank));
  if (best) atlas.pin(best.x, best.y);
}

// --- mouse
const under = (here) => marks.find((mark) => Math.hypot(mark.x - here.x, mark.y - here.y) <= Math.max(14, mark.radius));
function click(here) {
  const mark = under(here);
  if (!mark) return;
  if (mark.members.length === 1 || atlas.isClosest()) return chooses(mark.members[0].photo, false);
  atlas.touched = true;
  atlas.show(mark.members.map((member) => boxAt(member.answer.best)));
}
function hover(here) {
  const answer = state.chosen && told(state.chosen), mark = under(here);
  const top = tops.find((each) => Math.hypot(each.x - here.x, each.y - here.y) < 12);
  const match = matches.find((each) => { const { x, y } = atlas.spot(each.latitude, each.longitude); return Math.hypot(x - here.x, y - here.y) < 10; });
  if (top) hint.textContent = `${top.rank}. ${top.place.place}: ${percent(top.place.confidence)}`;
  else if (match) hint.textContent = `${match.photo_id}: ${match.place}`;
  else if (mark) hint.textContent = mark.members.length === 1 ? `${mark.members[0].photo.name}: ${mark.members[0].answer.best.place}` : `${mark.members.length} photos: click to look closer`;
  else {
    const drawn = answer && !isKnown(answer) ? outlinesOf(answer) : [], row = atlas.cellAt(here, drawn.map((each) => each.outline));
    hint.textContent = row >= 0 ? `${percent(drawn[row].p)} in this cell` : "";
  }
}
