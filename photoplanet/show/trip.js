// --- the trip: photos are in time order, album by album
const SURE = 0.5;  // of the probability within 25 km; less is drawn faint, with its radius
const isKnown = (photo) => photo.kind === "own GPS" || photo.kind === "track";
const isWeak = (photo) => !isKnown(photo) && photo.confidence && photo.confidence.city < SURE;
const WORDS = { "own GPS": "the camera's own GPS", track: "from the GPX track", estimated: "estimated from the pixels and the photos around it",
  neighbours: "the photo cannot be read: its place is that of its neighbours in time" };
const when = (photo) => photo.taken || "time unknown";
const placeOf = (photo) => photo.error ? photo.error : photo.best ? photo.best.place : "no answer: the evidence is too weak";
hooks.line = (photo) => `${when(photo)} · ${placeOf(photo)}`;

hooks.photos = () => {
  const spots = photos.flatMap((photo, i) => photo.best && !photo.hidden ? [{ i, ...atlas.spot(photo.best.latitude, photo.best.longitude) }] : []);
  drawRadii(spots);
  drawLines();
  marks = clusters(spots.filter((spot) => atlas.inSight(spot, 20)), 26).map(({ x, y, members }) => {
    const rows = members.map((m) => m.i), text = numbers(rows);
    atlas.tag(x, y, text, rows.some((i) => isKnown(photos[i])), rows.every((i) => isWeak(photos[i])));
    return { x, y, radius: Math.max(11, 4 * text.length), photos: rows };
  });
};
function drawRadii(spots) {
  const seen = new Set();
  spots.forEach((spot) => {
    const photo = photos[spot.i];
    if (!isWeak(photo)) return;
    const key = `${photo.best.latitude} ${photo.best.longitude} ${photo.best.radius_km}`;
    if (seen.has(key)) return;
    seen.add(key);
    atlas.circle(spot, photo.best.latitude, photo.best.radius_km);
  });
}
function drawLines() {
  data.albums.forEach((_, album) => {
    const points = photos.filter((p) => p.album === album && p.best && !p.hidden);
    for (let i = 1; i < points.length; i++) {
      const [a, b] = [points[i - 1], points[i]];
      atlas.line([a, b].map((p) => [p.best.latitude, p.best.longitude]), !isWeak(a) && !isWeak(b));
    }
  });
}
hooks.select = (i, detail) => {
  const photo = photos[i], head = detail.querySelector("h2");
  head.textContent = `${i + 1}. ${photo.name}`;
  head.after(element("p", `${when(photo)} · ${photo.error ? "no place" : WORDS[photo.kind]}`, "quiet"));
  detail.querySelector(".place").textContent = placeOf(photo);
  if (photo.fault) head.after(element("p", photo.fault, "fault"));
  drawStrip();
  const tick = document.getElementById(`tick${i}`), strip = $("strip");
  if (tick) {
    const x = Number(tick.getAttribute("data-x"));
    if (x < strip.scrollLeft + 30 || x > strip.scrollLeft + strip.clientWidth - 30) strip.scrollLeft = x - strip.clientWidth / 2;
  }
};

// --- the timeline: albums side by side, inside each the hours as they passed, stretched so that photos stay apart
const SVG = "http://www.w3.org/2000/svg";
function shape(tag, attributes, text, title) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  if (title) { const t = document.createElementNS(SVG, "title"); t.textContent = title; made.append(t); }
  return made;
}
function layout() {
  const least = photos.length > 400 ? 5 : 14, room = Math.max(300, $("strip").clientWidth) - 24;
  const xs = [], ends = [];
  let x = 12;
  const shares = data.albums.map((_, a) => photos.filter((p) => p.album === a).length);
  const spare = Math.max(0, room - photos.length * least - data.albums.length * 40);
  let first = 0;
  shares.forEach((count) => {
    const group = photos.slice(first, first + count), stretch = spare * count / photos.length;
    const gaps = group.map((p, i) => i && p.second !== null && group[i - 1].second !== null ? Math.log1p(Math.max(0, p.second - group[i - 1].second) / 600) : i ? 1 : 0);
    const total = gaps.reduce((s, g) => s + g, 0) || 1, start = x;
    x += 10;
    group.forEach((_, i) => { if (i) x += least + stretch * gaps[i] / total; xs.push(x); });
    x += 10;
    ends.push([start, x]);
    x = Math.max(x, start + 90) + 14;
    first += count;
  });
  return { xs, ends, width: Math.max(room + 24, x) };
}
function drawStrip() {
  if (!photos.length) return;
  const svg = $("line"), { xs, ends, width: wide } = layout();
  svg.setAttribute("width", wide);
  const parts = [];
  const place = (p) => p.error || !p.best ? "" : p.best.place;
  data.albums.forEach((album, a) => {
    const days = album.days[0] === album.days[1] ? album.days[0] : album.days.join(" – ");
    parts.push(shape("text", { x: ends[a][0] + 2, y: 15, class: "quiet" }, `${data.albums.length > 1 ? `${a + 1}. ` : ""}${days || "time unknown"}`, album.title));
  });
  for (let i = 0; i < photos.length;) {
    let j = i;
    while (j + 1 < photos.length && photos[j + 1].album === photos[i].album && place(photos[j + 1]) === place(photos[i])) j++;
    const from = i && photos[i - 1].album === photos[i].album ? (xs[i - 1] + xs[i]) / 2 : xs[i] - 9;
    const to = j + 1 < photos.length && photos[j + 1].album === photos[i].album ? (xs[j] + xs[j + 1]) / 2 : xs[j] + 9;
    const name = place(photos[i]), fits = Math.floor((to - from - 8) / 6.6);
    if (name) parts.push(shape("rect", { x: from + 1, y: 24, width: Math.max(1, to - from - 2), height: 26, rx: 4, class: "band" }, undefined, name));
    if (name && fits > 3) parts.push(shape("text", { x: from + 5, y: 41 }, name.length > fits ? `${name.slice(0, fits - 1)}…` : name, name));
    i = j + 1;
  }
  photos.forEach((photo, i) => {
    const css = `tick ${!photo.best ? "none" : isKnown(photo) ? "known" : isWeak(photo) ? "guess weak" : "guess"}${i === chosen ? " chosen" : ""}`;
    const about = { id: `tick${i}`, class: css, "data-x": xs[i], "data-photo": i };
    const title = `${i + 1}. ${photo.name}: ${line(photo)}`;
    parts.push(isKnown(photo) ? shape("rect", { ...about, x: xs[i] - 5, y: 63, width: 10, height: 10, transform: `rotate(45 ${xs[i]} 68)` }, undefined, title)
      : shape("circle", { ...about, cx: xs[i], cy: 68, r: 6 }, undefined, title));
    const step = photos.length > 400 ? 20 : photos.length > 60 ? 5 : 1;
    if (i % step === 0 || i === chosen) parts.push(shape("text", { x: xs[i], y: 94, "text-anchor": "middle", class: "quiet" }, String(i + 1)));
  });
  svg.replaceChildren(...parts);
}
$("line").addEventListener("click", (event) => {
  const x = event.clientX - $("line").getBoundingClientRect().left, { xs } = layout();
  let best = 0;
  xs.forEach((each, i) => { if (Math.abs(each - x) < Math.abs(xs[best] - x)) best = i; });
  if (xs.length) select(best, false);
});
$("strip").addEventListener("keydown", (event) => {
  const last = photos.length - 1;
  const to = { ArrowRight: Math.min(last, chosen + 1), ArrowLeft: Math.max(0, chosen - 1), Home: 0, End: last }[event.key];
  if (to === undefined || last < 0) return;
  event.preventDefault();
  select(to, false);
  if (photos[to].best) bring(photos[to].best);
});
function bring(place) {  // only as far as it must: a step along the trip should not make the map jump
  const { x, y } = atlas.spot(place.latitude, place.longitude);
  if (x <= 30 || y <= 40 || x >= atlas.width - 30 || y >= atlas.height - 30) atlas.goTo(place);
}
new ResizeObserver(drawStrip).observe($("strip"));
drawStrip();
