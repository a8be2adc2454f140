const data = JSON.parse(document.getElementById("data").textContent);
const photos = data.photos;
const $ = (id) => document.getElementById(id);
const atlas = new Atlas($("canvas"), data.land, { cells, marks: drawMarks, click, hover, home: showAll });
const { colours } = atlas;
let chosen = -1, marks = [], tops = [];
const hooks = {};  // what a page with more on it (a trip) does at its own points: line, photos, select

const outlines = new Map();
function outline(number) {
  if (outlines.has(number)) return outlines.get(number);
  const flat = data.cells[number], corners = [];
  for (let i = 0; i < flat.length; i += 2) corners.push([flat[i] / 1e4, flat[i + 1] / 1e4]);
  const made = outlineOf(corners);
  outlines.set(number, made);
  return made;
}

// --- drawing
function cells() {
  const photo = chosen >= 0 && photos[chosen];
  if (!photo || !photo.cells) return [];
  const most = Math.max(...photo.cells.map((cell) => cell[1]));
  return photo.cells.map(([number, p], i) => ({ outline: outline(number), share: p / most, inside: i < photo.inside }));
}
function drawMarks() {
  if (hooks.photos) hooks.photos(); else drawPhotos();
  if (chosen >= 0) drawChosen(photos[chosen]);
}
function drawPhotos() {
  const spots = photos.flatMap((photo, i) => photo.best && i !== chosen && !photo.hidden ? [{ i, ...atlas.spot(photo.best.latitude, photo.best.longitude) }] : []);
  marks = clusters(spots.filter((spot) => atlas.inSight(spot, 20)), 34).map(({ x, y, members }) => {
    const radius = members.length === 1 ? 6 : Math.min(22, 9 + 2.2 * Math.log2(members.length));
    atlas.disc(x, y, radius, colours.point, members.length > 1 ? String(members.length) : "");
    return { x, y, radius, photos: members.map((m) => m.i) };
  });
}
function drawChosen(photo) {
  tops = [];
  (photo.top || []).slice().reverse().forEach((place, back) => {
    const rank = photo.top.length - back;
    const { x, y } = atlas.spot(place.latitude, place.longitude);
    atlas.disc(x, y, 9, colours.mass, String(rank));
    tops.push({ x, y, rank, place });
  });
  if (photo.truth) { const { x, y } = atlas.spot(photo.truth[0], photo.truth[1]); atlas.cross(x, y); }
  if (!photo.best) return;
  const { x, y } = atlas.spot(photo.best.latitude, photo.best.longitude);
  atlas.pin(x, y);
}
function boxOf(photo) {
  const boxes = (photo.cells || []).slice(0, Math.max(1, photo.inside)).map(([n]) => outline(n)).map((o) => [o.west, o.east, o.north, o.south]);
  if (photo.best) boxes.unshift(boxAt(photo.best));
  return boxes;
}
function showAll() {
  if (photos.length === 1) return atlas.show(boxOf(photos[0]));
  atlas.show(photos.filter((p) => p.best && !p.hidden).map((p) => boxAt(p.best)));
}

// --- the panel
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
  atlas.touched = atlas.touched || photos.length > 1;
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
  if (move) atlas.show(boxOf(photo)); else atlas.redraw();
}
function places(photo) {
  const list = element("ol");
  photo.top.forEach((place, k) => {
    const button = element("button");
    button.type = "button";
    const bar = element("span", "", "bar");
    bar.style.width = `${Math.max(1, 100 * place.confidence)}%`;
    button.append(element("span", String(k + 1)), element("span", place.place), element("span", percent(place.confidence)), bar);
    button.addEventListener("click", () => atlas.goTo(place, 6000));
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
  atlas.redraw();
});

// --- mouse, touch, keys
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
  if (mark.photos.length === 1 || atlas.isClosest()) return select(mark.photos[0], false);
  atlas.show(mark.photos.map((i) => boxAt(photos[i].best)));
}
function hover(here) {
  const top = chosen >= 0 && tops.find((t) => Math.hypot(t.x - here.x, t.y - here.y) < 12), mark = found(here);
  let text = "";
  if (top) text = `${top.rank}. ${top.place.place} · ${percent(top.place.confidence)}`;
  else if (mark) text = mark.photos.length === 1 ? `${photos[mark.photos[0]].name}: ${line(photos[mark.photos[0]])}` : `${mark.photos.length} photos: click to look closer`;
  else if (chosen >= 0 && photos[chosen].cells) {
    const row = atlas.cellAt(here, photos[chosen].cells.map(([number]) => outline(number)));
    if (row >= 0) text = `${percent(photos[chosen].cells[row][1])} in this cell`;
  }
  $("hint").textContent = text;
}
$("in").addEventListener("click", () => atlas.zoom(1.8));
$("out").addEventListener("click", () => atlas.zoom(1 / 1.8));
$("all").addEventListener("click", showAll);

/* more */
// --- start
fillList();
atlas.start();
if (photos.length === 1) select(0);
