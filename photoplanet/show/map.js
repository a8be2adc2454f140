
"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const photos = data.photos;
const $ = (id) => document.getElementById(id);
const canvas = $("canvas"), ctx = canvas.getContext("2d");
const RAD = Math.PI / 180, MAX_LATITUDE = 85.0511, EARTH_KM = 6371, MAX_SCALE = 3e6;
const view = { x: 0.5, y: 0.45, scale: 400 };  // the middle, in world widths from the north-west, and px per world width
let touched = false, chosen = -1, colours = {}, width = 0, height = 0, queued = false, marks = [], tops = [];
const hooks = {};  // what a page with more on it (a trip) does at its own points: line, photos, select

// Web Mercator in world widths: x and y are 0…1
const toX = (lng) => (lng + 180) / 360;
const toY = (lat) => {
  const sine = Math.sin(Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, lat)) * RAD);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};
const toLat = (y) => (2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2) / RAD;
const screenX = (x) => (x - view.x) * view.scale + width / 2;
const screenY = (y) => (y - view.y) * view.scale + height / 2;
const nearest = (x) => x + Math.round(view.x - x);  // the copy of the world that is closest to the middle
const percent = (p) => p >= 0.995 ? "over 99 %" : p >= 0.1 ? `${Math.round(p * 100)} %` : p >= 0.001 ? `${(p * 100).toFixed(1)} %` : "under 0.1 %";
const km = (d) => { const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, d))) - 1); return (Math.round(d / step) * step).toLocaleString("en"); };

function unpack(line, scale, closed, path) {
  let lng = 0, lat = 0;
  for (let i = 0; i < line.length; i += 2) {
    lng += line[i]; lat += line[i + 1];
    if (i) path.lineTo(toX(lng / scale), toY(lat / scale)); else path.moveTo(toX(lng / scale), toY(lat / scale));
  }
  if (closed) path.closePath();
}
const land = new Path2D(), borders = new Path2D();
for (const ring of data.land.land) unpack(ring, data.land.scale, true, land);
for (const line of data.land.borders) unpack(line, data.land.scale, false, borders);

// A cell's corners → its outline along great circles, longitudes unwrapped across ±180°, closed over a pole inside it.
const outlines = new Map();
function outline(number) {
  if (outlines.has(number)) return outlines.get(number);
  const flat = data.cells[number], corners = [];
  for (let i = 0; i < flat.length; i += 2) corners.push([flat[i] / 1e4, flat[i + 1] / 1e4]);
  const points = corners.flatMap((from, i) => arc(from, corners[(i + 1) % corners.length]));
  let last = points.find((p) => Math.abs(p[0]) < 89.99)[1];
  const line = [];
  points.forEach(([lat, lng], i) => {
    if (Math.abs(lat) >= 89.99) {  // a pole has every longitude: go along it from the one before to the one after
      const after = points[(i + 1) % points.length][1];
      line.push([lat, last]);
      last += (((after - last) % 360) + 540) % 360 - 180;
      line.push([lat, last]);
      return;
    }
    last += (((lng - last) % 360) + 540) % 360 - 180;
    line.push([lat, last]);
  });
  const turn = line[0][1] - last;
  if (Math.abs(turn) > 180) {
    const pole = line[0][0] > 0 ? 90 : -90, end = line[0][1] - Math.sign(turn) * 360;
    line.push([line[0][0], end], [pole, end], [pole, line[0][1]]);
  }
  const path = new Path2D();
  let west = Infinity, east = -Infinity, north = Infinity, south = -Infinity;
  line.forEach(([lat, lng], i) => {
    const x = toX(lng), y = toY(lat);
    west = Math.min(west, x); east = Math.max(east, x); north = Math.min(north, y); south = Math.max(south, y);
    if (i) path.lineTo(x, y); else path.moveTo(x, y);
  });
  path.closePath();
  const made = { path, west, east, north, south };
  outlines.set(number, made);
  return made;
}
function arc(from, to) {
  const unit = ([lat, lng]) => [Math.cos(lat * RAD) * Math.cos(lng * RAD), Math.cos(lat * RAD) * Math.sin(lng * RAD), Math.sin(lat * RAD)];
  const a = unit(from), b = unit(to);
  const angle = 2 * Math.asin(Math.min(1, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / 2));
  const steps = Math.max(1, Math.ceil(angle / RAD)), points = [from];
  for (let i = 1; i < steps; i++) {
    const s = Math.sin(angle * (1 - i / steps)), t = Math.sin(angle * i / steps);
    const p = a.map((v, k) => v * s + b[k] * t);
    points.push([Math.atan2(p[2], Math.hypot(p[0], p[1])) / RAD, Math.atan2(p[1], p[0]) / RAD]);
  }
  return points;
}

// --- drawing
function draw() {
  queued = false;
  const ratio = window.devicePixelRatio || 1;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.fillStyle = colours.sea;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  const first = Math.floor(view.x - width / 2 / view.scale), last = Math.floor(view.x + width / 2 / view.scale);
  for (let world = first; world <= last; world++) {
    worldTransform(ratio, world);
    ctx.fillStyle = colours.land; ctx.fill(land);
    ctx.strokeStyle = colours.border; ctx.lineWidth = 0.8 / view.scale;
    ctx.stroke(land); ctx.stroke(borders);
  }
  if (chosen >= 0) for (let world = first - 1; world <= last + 1; world++) { worldTransform(ratio, world); drawCells(photos[chosen]); }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (hooks.photos) hooks.photos(); else drawPhotos();
  if (chosen >= 0) drawChosen(photos[chosen]);
  drawScale();
}
function worldTransform(ratio, world) {
  const k = ratio * view.scale;
  ctx.setTransform(k, 0, 0, k, ratio * (width / 2 + (world - view.x) * view.scale), ratio * (height / 2 - view.y * view.scale));
}
function drawCells(photo) {
  if (!photo.cells) return;
  const most = Math.max(...photo.cells.map((cell) => cell[1]));
  photo.cells.forEach(([number, p], i) => {
    const path = outline(number).path;
    ctx.fillStyle = ctx.strokeStyle = colours.mass;
    const share = Math.sqrt(p / most), inside = i < photo.inside;
    ctx.globalAlpha = inside ? 0.12 + 0.63 * share : 0.4 * share;
    ctx.fill(path);
    if (inside) { ctx.globalAlpha = 0.9; ctx.lineWidth = 1 / view.scale; ctx.stroke(path); }
  });
  ctx.globalAlpha = 1;
}
function drawPhotos() {
  const bins = new Map();
  marks = [];
  photos.forEach((photo, i) => {
    if (!photo.best || i === chosen || photo.hidden) return;
    const x = screenX(nearest(toX(photo.best.longitude))), y = screenY(toY(photo.best.latitude));
    if (x < -20 || y < -20 || x > width + 20 || y > height + 20) return;
    const key = `${Math.round(x / 34)} ${Math.round(y / 34)}`;
    if (bins.has(key)) bins.get(key).push({ i, x, y }); else bins.set(key, [{ i, x, y }]);
  });
  for (const bin of bins.values()) {
    const x = bin.reduce((sum, m) => sum + m.x, 0) / bin.length, y = bin.reduce((sum, m) => sum + m.y, 0) / bin.length;
    const radius = bin.length === 1 ? 6 : Math.min(22, 9 + 2.2 * Math.log2(bin.length));
    disc(x, y, radius, colours.point, bin.length > 1 ? String(bin.length) : "");
    marks.push({ x, y, radius, photos: bin.map((m) => m.i) });
  }
}
function drawChosen(photo) {
  tops = [];
  (photo.top || []).slice().reverse().forEach((place, back) => {
    const rank = photo.top.length - back;
    const x = screenX(nearest(toX(place.longitude))), y = screenY(toY(place.latitude));
    disc(x, y, 9, colours.mass, String(rank));
    tops.push({ x, y, rank, place });
  });
  if (photo.truth) ring(photo.truth[0], photo.truth[1]);
  if (!photo.best) return;
  const x = screenX(nearest(toX(photo.best.longitude))), y = screenY(toY(photo.best.latitude));
  pin(x, y);
}
function pin(x, y) {
  ctx.beginPath(); ctx.moveTo(x, y); ctx.lineTo(x - 8, y - 17); ctx.arc(x, y - 21, 9, Math.PI * 0.85, Math.PI * 2.15); ctx.closePath();
  ctx.fillStyle = colours.point; ctx.fill();
  ctx.lineWidth = 2; ctx.strokeStyle = colours.halo; ctx.stroke();
  ctx.beginPath(); ctx.arc(x, y - 21, 3.5, 0, 7); ctx.fillStyle = colours.halo; ctx.fill();
}
function disc(x, y, radius, colour, text) {
  ctx.beginPath(); ctx.arc(x, y, radius, 0, 7);
  ctx.fillStyle = colour; ctx.fill();
  ctx.lineWidth = 2; ctx.strokeStyle = colours.halo; ctx.stroke();
  if (!text) return;
  ctx.fillStyle = colours.halo; ctx.font = "600 11px system-ui, sans-serif"; ctx.textAlign = "center"; ctx.textBaseline = "middle";
  ctx.fillText(text, x, y + 0.5);
}
function ring(lat, lng) {
  const x = screenX(nearest(toX(lng))), y = screenY(toY(lat));
  ctx.strokeStyle = colours.ink; ctx.lineWidth = 2.5;
  ctx.beginPath(); ctx.moveTo(x - 8, y); ctx.lineTo(x + 8, y); ctx.moveTo(x, y - 8); ctx.lineTo(x, y + 8); ctx.stroke();
}
function drawScale() {
  const perPixel = 2 * Math.PI * EARTH_KM * Math.cos(toLat(view.y) * RAD) / view.scale;
  const most = perPixel * Math.min(120, width / 3), power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((m) => m * power).find((d) => d <= most);
  const pixels = length / perPixel, x = 12, y = height - 12;
  ctx.strokeStyle = ctx.fillStyle = colours.ink; ctx.lineWidth = 1.5;
  ctx.beginPath(); ctx.moveTo(x, y - 5); ctx.lineTo(x, y); ctx.lineTo(x + pixels, y); ctx.lineTo(x + pixels, y - 5); ctx.stroke();
  ctx.font = "12px system-ui, sans-serif"; ctx.textAlign = "left"; ctx.textBaseline = "bottom";
  ctx.fillText(length >= 1 ? `${length.toLocaleString("en")} km` : `${Math.round(length * 1000)} m`, x + 5, y - 2);
}
function redraw() { if (!queued) { queued = true; requestAnimationFrame(draw); } }

// --- moving
function clampView() {
  view.scale = Math.max(Math.min(width, 360), Math.min(MAX_SCALE, view.scale));
  const half = Math.min(0.5, height / 2 / view.scale);
  view.y = Math.max(half, Math.min(1 - half, view.y));
  view.x -= Math.floor(view.x);
  redraw();
}
function zoom(factor, x = width / 2, y = height / 2) {
  touched = true;
  const old = view.scale;
  view.scale = Math.max(Math.min(width, 360), Math.min(MAX_SCALE, old * factor));
  view.x += (x - width / 2) * (1 / old - 1 / view.scale);
  view.y += (y - height / 2) * (1 / old - 1 / view.scale);
  clampView();
}
function pan(dx, dy) { touched = true; view.x -= dx / view.scale; view.y -= dy / view.scale; clampView(); }
function show(boxes) {  // boxes: [west, east, north, south] in world widths; the first one's copy of the world counts
  if (!boxes.length) { view.x = 0.5; view.y = 0.42; view.scale = Math.max(width, 400); return clampView(); }
  const start = (boxes[0][0] + boxes[0][1]) / 2;
  let [west, east, north, south] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const box of boxes) {
    const shift = Math.round(start - (box[0] + box[1]) / 2);
    west = Math.min(west, box[0] + shift); east = Math.max(east, box[1] + shift);
    north = Math.min(north, box[2]); south = Math.max(south, box[3]);
  }
  view.x = (west + east) / 2; view.y = (north + south) / 2;
  const least = 0.004;  // about 160 km: a point without its surroundings says little
  view.scale = Math.min(width / Math.max(least, east - west), height / Math.max(least, south - north)) * 0.8;
  clampView();
}
function boxOf(photo) {
  const boxes = (photo.cells || []).slice(0, Math.max(1, photo.inside)).map(([n]) => outline(n)).map((o) => [o.west, o.east, o.north, o.south]);
  if (photo.best) boxes.unshift([toX(photo.best.longitude), toX(photo.best.longitude), toY(photo.best.latitude), toY(photo.best.latitude)]);
  return boxes;
}
function showAll() {
  if (photos.length === 1) return show(boxOf(photos[0]));
  show(photos.filter((p) => p.best && !p.hidden).map((p) => [toX(p.best.longitude), toX(p.best.longitude), toY(p.best.latitude), toY(p.best.latitude)]));
}

// --- the panel
function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}
function picture(photo) {
  const image = element("img");
  image.src = photo.thumbnail; image.alt = "";
  return image;
}
function line(photo) {
  if (hooks.line) return hooks.line(photo);
  if (photo.error) return photo.error;
  return photo.best ? photo.best.place : "no answer: the evidence is too weak";
}
function select(i, move = true) {
  touched = touched || photos.length > 1;
  chosen = i;
  document.querySelectorAll("#list button").forEach((b) => b.setAttribute("aria-current", String(Number(b.dataset.photo) === i)));
  const photo = photos[i], detail = $("detail");
  detail.replaceChildren();
  if (photo.thumbnail) detail.append(picture(photo));
  detail.append(element("h2", photo.name), element("p", line(photo), "place"));
  if (!photo.error) {
    const c = photo.confidence;
    if (photo.best) detail.append(element("p", `Within 25 km: ${percent(c.city)} · 200 km: ${percent(c.region)} · 750 km: ${percent(c.country)}`, "quiet"));
    const r = photo.region, count = r.cells === 1 ? "one cell" : `${r.cells.toLocaleString("en")} cells`;
    const where = photo.best ? `lies within about ${km(r.radius_km)} km, in ${count}` : `is spread over ${count}`;
    detail.append(element("p", `${percent(r.probability)} of the probability ${where} of ${km(r.area_km2)} km² in all.`, "quiet"));
    if (photo.truth_km !== undefined) detail.append(element("p", `The cross is the true place, ${km(photo.truth_km)} km away.`, "quiet"));
    detail.append(places(photo));
  }
  if (hooks.select) hooks.select(i, detail);
  if (move) show(boxOf(photo)); else redraw();
}
function places(photo) {
  const list = element("ol");
  photo.top.forEach((place, k) => {
    const button = element("button");
    button.type = "button";
    const bar = element("span", "", "bar");
    bar.style.width = `${Math.max(1, 100 * place.confidence)}%`;
    button.append(element("span", String(k + 1)), element("span", place.place), element("span", percent(place.confidence)), bar);
    button.addEventListener("click", () => {
      view.x = toX(place.longitude); view.y = toY(place.latitude); view.scale = Math.max(view.scale, 6000);
      clampView();
    });
    const item = element("li");
    item.append(button);
    list.append(item);
  });
  return list;
}
function fillList() {
  const list = $("list");
  photos.forEach((photo, i) => {
    const button = element("button"), text = element("span"), item = element("li");
    button.type = "button"; button.dataset.photo = i;
    if (photo.thumbnail) button.append(picture(photo));
    text.append(element("span", photo.name), element("span", line(photo), "quiet"));
    button.append(text);
    button.addEventListener("click", () => select(i));
    item.append(button);
    list.append(item);
  });
  const answered = photos.filter((p) => p.best).length, failed = photos.filter((p) => p.error).length;
  const weak = photos.length - answered - failed;
  $("summary").textContent = [`${photos.length.toLocaleString("en")} ${photos.length === 1 ? "photo" : "photos"}`,
    weak ? `${weak} without an answer` : "", failed ? `${failed} unreadable` : ""].filter(Boolean).join(" · ");
  $("toy").hidden = !photos.some((p) => p.world === "toy");
  $("find").hidden = photos.length < 8;
  list.hidden = photos.length < 2;
}
$("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLocaleLowerCase();
  document.querySelectorAll("#list li").forEach((item, i) => {
    photos[i].hidden = !`${photos[i].name} ${line(photos[i])}`.toLocaleLowerCase().includes(wanted);
    item.hidden = photos[i].hidden;
  });
  redraw();
});

// --- mouse, touch, keys
const pointers = new Map();
let moved = 0;
const at = (event) => { const box = canvas.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };
canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); pointers.set(event.pointerId, at(event)); if (pointers.size === 1) moved = 0; });
canvas.addEventListener("pointermove", (event) => {
  const here = at(event), before = pointers.get(event.pointerId);
  if (!before) return hover(here);
  moved += Math.hypot(here.x - before.x, here.y - before.y);
  if (pointers.size === 1) pan(here.x - before.x, here.y - before.y);
  else {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const spread = Math.hypot(here.x - other.x, here.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    pan((here.x - before.x) / 2, (here.y - before.y) / 2);
    zoom(spread, (here.x + other.x) / 2, (here.y + other.y) / 2);
  }
  pointers.set(event.pointerId, here);
});
for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => {
  const single = pointers.delete(event.pointerId) && pointers.size === 0;
  if (single && name === "pointerup" && moved < 6) click(at(event));
});
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const here = at(event), lines = event.deltaMode === 1 ? 30 : 1;
  zoom(Math.exp(-Math.max(-300, Math.min(300, event.deltaY * lines)) / 400), here.x, here.y);
}, { passive: false });
canvas.addEventListener("dblclick", (event) => { const here = at(event); zoom(2.5, here.x, here.y); });
canvas.addEventListener("keydown", (event) => {
  const act = { ArrowLeft: () => pan(60, 0), ArrowRight: () => pan(-60, 0), ArrowUp: () => pan(0, 60), ArrowDown: () => pan(0, -60),
    "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5), 0: showAll }[event.key];
  if (act && !event.ctrlKey && !event.metaKey) { event.preventDefault(); act(); }
});
$("list").addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  let item = step && event.target.closest("li")[step];
  while (item && item.hidden) item = item[step];
  if (item) { event.preventDefault(); item.firstChild.focus(); }
});
function found(here) { return marks.find((m) => Math.hypot(m.x - here.x, m.y - here.y) <= Math.max(14, m.radius)); }
function click(here) {
  const mark = found(here);
  if (!mark) return;
  if (mark.photos.length === 1 || view.scale > MAX_SCALE / 4) return select(mark.photos[0], false);
  show(mark.photos.map((i) => photos[i].best).map((b) => [toX(b.longitude), toX(b.longitude), toY(b.latitude), toY(b.latitude)]));
}
function hover(here) {
  const top = chosen >= 0 && tops.find((t) => Math.hypot(t.x - here.x, t.y - here.y) < 12), mark = found(here);
  let text = "";
  if (top) text = `${top.rank}. ${top.place.place} · ${percent(top.place.confidence)}`;
  else if (mark) text = mark.photos.length === 1 ? `${photos[mark.photos[0]].name}: ${line(photos[mark.photos[0]])}` : `${mark.photos.length} photos: click to look closer`;
  else if (chosen >= 0 && photos[chosen].cells) {
    const x = view.x + (here.x - width / 2) / view.scale, y = view.y + (here.y - height / 2) / view.scale;
    ctx.setTransform(1e4, 0, 0, 1e4, 0, 0);  // isPointInPath transforms the path, not the point
    const cell = photos[chosen].cells.find(([n]) => [-1, 0, 1].some((world) => ctx.isPointInPath(outline(n).path, (x + world) * 1e4, y * 1e4)));
    if (cell) text = `${percent(cell[1])} in this cell`;
  }
  $("hint").textContent = text;
}
$("in").addEventListener("click", () => zoom(1.8));
$("out").addEventListener("click", () => zoom(1 / 1.8));
$("all").addEventListener("click", showAll);

/* more */
// --- start
function restyle() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["sea", "land", "border", "mass", "point", "halo", "ink", "quiet", "known"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
  redraw();
}
function resize() {
  const box = $("map").getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  width = box.width; height = box.height;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  if (touched) clampView(); else showAll();  // until somebody moves it, the map fits what it shows
  draw();  // at once: a new size has emptied the canvas
}
fillList();
restyle();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
new ResizeObserver(resize).observe($("map"));
resize();
if (photos.length === 1) select(0);
})();
