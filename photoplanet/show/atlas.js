// --- a world map on a canvas, of our own: Web Mercator that repeats eastwards, moved by mouse, touch and keys.
// The single-file maps carry this file with `export` taken away (maps.py); the server's pages import it.
const RAD = Math.PI / 180, MAX_LATITUDE = 85.0511, EARTH_KM = 6371, MAX_SCALE = 3e6;
const COLOURS = ["sea", "land", "border", "mass", "point", "halo", "ink", "quiet", "known"];  // CSS: --sea, --land, …
const TOWN_GAP = [30, 18], MOST_TOWNS = 30;  // px between towns' names, across and down, so that the map stays calm
const FULL = 7;  // an angle beyond a full turn

// In world widths: x and y are 0…1, from the north-west
const toX = (lng) => (lng + 180) / 360;
const toY = (lat) => {
  const sine = Math.sin(Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, lat)) * RAD);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};
const toLat = (y) => (2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2) / RAD;
const toLng = (x) => (x - Math.floor(x)) * 360 - 180;
export const boxAt = (place) => [toX(place.longitude), toX(place.longitude), toY(place.latitude), toY(place.latitude)];

// Points [latitude, longitude] along a great circle, a degree or less apart, without the last.
export function arc(from, to) {
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

// Corners [latitude, longitude] of a cell → what is filled: its sides go along great circles, longitudes are unwrapped
// across ±180°, and it is closed over a pole inside it. Gives { path, west, east, north, south } in world widths.
export function outlineOf(corners) {
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
  return ringsOf([line]);
}

// Rings of [latitude, longitude], sides straight on the map → the same.
export function ringsOf(rings) {
  const made = { path: new Path2D(), west: Infinity, east: -Infinity, north: Infinity, south: -Infinity };
  for (const ring of rings) {
    ring.forEach(([lat, lng], i) => {
      const x = toX(lng), y = toY(lat);
      made.west = Math.min(made.west, x); made.east = Math.max(made.east, x);
      made.north = Math.min(made.north, y); made.south = Math.max(made.south, y);
      if (i) made.path.lineTo(x, y); else made.path.moveTo(x, y);
    });
    made.path.closePath();
  }
  return made;
}

// Spots { x, y, … } that lie together on a grid of `size` px, so that what is drawn there can be told apart: their middle
// and who they are.
export function clusters(spots, size) {
  const bins = new Map();
  for (const spot of spots) {
    const key = `${Math.round(spot.x / size)} ${Math.round(spot.y / size)}`;
    if (bins.has(key)) bins.get(key).push(spot); else bins.set(key, [spot]);
  }
  const middle = (bin, axis) => bin.reduce((sum, spot) => sum + spot[axis], 0) / bin.length;
  return [...bins.values()].map((members) => ({ x: middle(members, "x"), y: middle(members, "y"), members }));
}

function unpack(line, scale, closed, path) {
  let lng = 0, lat = 0;
  for (let i = 0; i < line.length; i += 2) {
    lng += line[i]; lat += line[i + 1];
    if (i) path.lineTo(toX(lng / scale), toY(lat / scale)); else path.moveTo(toX(lng / scale), toY(lat / scale));
  }
  if (closed) path.closePath();
}

// `canvas` fills its parent; `world` is land.json. What a page adds, all optional:
//   cells() → [{ outline, share (0…1 of the strongest), inside }], shaded below everything else
//   marks() draws on top with the helpers below, in pixels of the canvas
//   click(here, place), hover(here, place): here { x, y } in pixels, place { latitude, longitude }
//   home() shows all there is; called for the key 0, and at every new size until somebody moves the map
export class Atlas {
  constructor(canvas, world, page = {}) {
    Object.assign(this, { canvas, page, ctx: canvas.getContext("2d"), touched: false, colours: {}, width: 0, height: 0, queued: false });
    this.view = { x: 0.5, y: 0.45, scale: 400 };  // the middle, and px per world width
    this.land = new Path2D(); this.borders = new Path2D();
    for (const ring of world.land) unpack(ring, world.scale, true, this.land);
    for (const line of world.borders) unpack(line, world.scale, false, this.borders);
    this.towns = world.towns.map(([name, lng, lat]) => ({ name, latitude: lat / world.scale, longitude: lng / world.scale }));
    this.listen();
  }
  start() {  // once what `page` draws is there
    this.restyle();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.restyle());
    new ResizeObserver(() => this.resize()).observe(this.canvas.parentElement);
    this.resize();
  }

  // --- where things are
  screenX(x) { return (x - this.view.x) * this.view.scale + this.width / 2; }
  screenY(y) { return (y - this.view.y) * this.view.scale + this.height / 2; }
  nearest(x) { return x + Math.round(this.view.x - x); }  // the copy of the world that is closest to the middle
  spot(latitude, longitude) { return { x: this.screenX(this.nearest(toX(longitude))), y: this.screenY(toY(latitude)) }; }
  inSight({ x, y }, beyond = 0) { return x >= -beyond && y >= -beyond && x <= this.width + beyond && y <= this.height + beyond; }
  worldAt(here) { return { x: this.view.x + (here.x - this.width / 2) / this.view.scale, y: this.view.y + (here.y - this.height / 2) / this.view.scale }; }
  placeAt(here) { const { x, y } = this.worldAt(here); return { latitude: toLat(y), longitude: toLng(x) }; }
  cellAt(here, outlines) {  // the row of the first outline that holds it, or −1
    const { x, y } = this.worldAt(here);
    this.ctx.setTransform(1e4, 0, 0, 1e4, 0, 0);  // isPointInPath transforms the path, not the point
    return outlines.findIndex((each) => [-1, 0, 1].some((turn) => this.ctx.isPointInPath(each.path, (x + turn) * 1e4, y * 1e4)));
  }

  // --- drawing
  redraw() { if (!this.queued) { this.queued = true; requestAnimationFrame(() => this.draw()); } }
  draw() {
    const { ctx, view, width, colours, page } = this;
    this.queued = false;
    const ratio = window.devicePixelRatio || 1;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = colours.sea;
    ctx.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const first = Math.floor(view.x - width / 2 / view.scale), last = Math.floor(view.x + width / 2 / view.scale);
    for (let turn = first; turn <= last; turn++) {
      this.worldTransform(ratio, turn);
      ctx.fillStyle = colours.land; ctx.fill(this.land);
      ctx.strokeStyle = colours.border; ctx.lineWidth = 0.8 / view.scale;
      ctx.stroke(this.land); ctx.stroke(this.borders);
    }
    const cells = page.cells ? page.cells() : [];
    for (let turn = first - 1; cells.length && turn <= last + 1; turn++) { this.worldTransform(ratio, turn); this.drawCells(cells); }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.drawTowns();
    if (page.marks) page.marks();
    this.drawScale();
  }
  drawTowns() {  // the largest first, each where it keeps clear of those before it
    const { ctx, colours } = this, taken = [];
    ctx.font = "11px system-ui, sans-serif"; ctx.textAlign = "left"; ctx.textBaseline = "middle"; ctx.lineJoin = "round"; ctx.lineWidth = 3;
    ctx.strokeStyle = colours.land; ctx.fillStyle = colours.ink;
    for (const town of this.towns) {
      const { name } = town, spot = this.spot(town.latitude, town.longitude);
      if (!this.inSight(spot)) continue;
      const box = [spot.x - 5, spot.y - 8, spot.x + 10 + (town.width ??= ctx.measureText(name).width), spot.y + 8];
      if (box[2] > this.width || taken.some((other) => [0, 1].every((axis) => box[axis] < other[axis + 2] + TOWN_GAP[axis] && other[axis] < box[axis + 2] + TOWN_GAP[axis]))) continue;
      taken.push(box);
      ctx.globalAlpha = 0.8; ctx.strokeText(name, spot.x + 6, spot.y);
      ctx.fillText(name, spot.x + 6, spot.y);
      ctx.beginPath(); ctx.arc(spot.x, spot.y, 2, 0, FULL); ctx.fill(); ctx.globalAlpha = 1;
      if (taken.length === MOST_TOWNS) return;
    }
  }
  worldTransform(ratio, turn) {
    const k = ratio * this.view.scale;
    this.ctx.setTransform(k, 0, 0, k, ratio * (this.width / 2 + (turn - this.view.x) * this.view.scale), ratio * (this.height / 2 - this.view.y * this.view.scale));
  }
  drawCells(cells) {
    const { ctx } = this;
    ctx.fillStyle = ctx.strokeStyle = this.colours.mass;
    for (const { outline, share, inside } of cells) {
      const strength = Math.sqrt(share);
      ctx.globalAlpha = inside ? 0.12 + 0.63 * strength : 0.4 * strength;
      ctx.fill(outline.path);
      if (inside) { ctx.globalAlpha = 0.9; ctx.lineWidth = 1 / this.view.scale; ctx.stroke(outline.path); }
    }
    ctx.globalAlpha = 1;
  }
  drawScale() {
    const { ctx, view, width, height, colours } = this;
    const perPixel = 2 * Math.PI * EARTH_KM * Math.cos(toLat(view.y) * RAD) / view.scale;
    const most = perPixel * Math.min(120, width / 3), power = 10 ** Math.floor(Math.log10(most));
    const length = [5, 2, 1].map((m) => m * power).find((d) => d <= most);
    const pixels = length / perPixel, x = 12, y = height - 12;
    ctx.strokeStyle = ctx.fillStyle = colours.ink; ctx.lineWidth = 1.5;
    ctx.beginPath(); ctx.moveTo(x, y - 5); ctx.lineTo(x, y); ctx.lineTo(x + pixels, y); ctx.lineTo(x + pixels, y - 5); ctx.stroke();
    ctx.font = "12px system-ui, sans-serif"; ctx.textAlign = "left"; ctx.textBaseline = "bottom";
    ctx.fillText(length >= 1 ? `${length.toLocaleString("en")} km` : `${Math.round(length * 1000)} m`, x + 5, y - 2);
  }

  // --- what `marks` draws with
  pin(x, y, colour = this.colours.point) {
    const { ctx, colours } = this;
    ctx.beginPath(); ctx.moveTo(x, y); ctx.lineTo(x - 8, y - 17); ctx.arc(x, y - 21, 9, Math.PI * 0.85, Math.PI * 2.15); ctx.closePath();
    ctx.fillStyle = colour; ctx.fill();
    ctx.lineWidth = 2; ctx.strokeStyle = colours.halo; ctx.stroke();
    ctx.beginPath(); ctx.arc(x, y - 21, 3.5, 0, FULL); ctx.fillStyle = colours.halo; ctx.fill();
  }
  disc(x, y, radius, colour, text) {
    const { ctx, colours } = this;
    ctx.beginPath(); ctx.arc(x, y, radius, 0, FULL);
    ctx.fillStyle = colour; ctx.fill();
    ctx.lineWidth = 2; ctx.strokeStyle = colours.halo; ctx.stroke();
    if (text) this.label(x, y, text);
  }
  label(x, y, text) {
    const { ctx } = this;
    ctx.fillStyle = this.colours.halo; ctx.font = "600 11px system-ui, sans-serif"; ctx.textAlign = "center"; ctx.textBaseline = "middle";
    ctx.fillText(text, x, y + 0.5);
  }
  tag(x, y, text, known, weak) {  // a capsule with a number; with pointed ends where the place is known
    const { ctx, colours } = this, half = Math.max(10, 4 + 3.6 * text.length);
    ctx.globalAlpha = weak ? 0.55 : 1;
    ctx.beginPath();
    if (known) { ctx.moveTo(x - half - 5, y); ctx.lineTo(x - half + 5, y - 11); ctx.lineTo(x + half - 5, y - 11); ctx.lineTo(x + half + 5, y); ctx.lineTo(x + half - 5, y + 11); ctx.lineTo(x - half + 5, y + 11); ctx.closePath(); }
    else ctx.roundRect(x - half, y - 10, 2 * half, 20, 10);
    ctx.fillStyle = known ? colours.known : colours.point; ctx.fill();
    ctx.lineWidth = 2; ctx.strokeStyle = colours.halo; ctx.stroke();
    this.label(x, y, text);
    ctx.globalAlpha = 1;
  }
  cross(x, y) {
    const { ctx } = this;
    ctx.strokeStyle = this.colours.ink; ctx.lineWidth = 2.5;
    ctx.beginPath(); ctx.moveTo(x - 8, y); ctx.lineTo(x + 8, y); ctx.moveTo(x, y - 8); ctx.lineTo(x, y + 8); ctx.stroke();
  }
  circle({ x, y }, latitude, km) {  // a radius on the ground, as it is at that latitude
    const { ctx } = this;
    const radius = km / (2 * Math.PI * EARTH_KM * Math.max(0.05, Math.cos(latitude * RAD))) * this.view.scale;
    ctx.fillStyle = ctx.strokeStyle = this.colours.point; ctx.lineWidth = 1;
    ctx.beginPath(); ctx.arc(x, y, radius, 0, FULL);
    ctx.globalAlpha = 0.06; ctx.fill();
    ctx.globalAlpha = 0.35; ctx.stroke();
    ctx.globalAlpha = 1;
  }
  line(points, sure = true) {  // [latitude, longitude], each step the short way round the Earth; dashed where unsure
    const { ctx } = this;
    let x = this.nearest(toX(points[0][1]));
    ctx.beginPath();
    points.forEach(([lat, lng], i) => {
      const there = toX(lng);
      x = i ? there + Math.round(x - there) : x;
      if (i) ctx.lineTo(this.screenX(x), this.screenY(toY(lat))); else ctx.moveTo(this.screenX(x), this.screenY(toY(lat)));
    });
    ctx.lineJoin = "round"; ctx.strokeStyle = this.colours.ink;
    ctx.globalAlpha = sure ? 0.75 : 0.35; ctx.lineWidth = sure ? 1.8 : 1.2;
    ctx.setLineDash(sure ? [] : [5, 5]); ctx.stroke();
    ctx.setLineDash([]); ctx.globalAlpha = 1;
  }

  // --- moving
  clamp() {
    const { view, width, height } = this;
    view.scale = this.scaleWithin(view.scale);
    const half = Math.min(0.5, height / 2 / view.scale);
    view.y = Math.max(half, Math.min(1 - half, view.y));
    view.x -= Math.floor(view.x);
    this.redraw();
  }
  scaleWithin(scale) { return Math.max(Math.min(this.width, 360), Math.min(MAX_SCALE, scale)); }
  isClosest() { return this.view.scale > MAX_SCALE / 4; }
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const { view } = this, old = view.scale;
    this.touched = true;
    view.scale = this.scaleWithin(old * factor);
    view.x += (x - this.width / 2) * (1 / old - 1 / view.scale);
    view.y += (y - this.height / 2) * (1 / old - 1 / view.scale);
    this.clamp();
  }
  pan(dx, dy) { this.touched = true; this.view.x -= dx / this.view.scale; this.view.y -= dy / this.view.scale; this.clamp(); }
  goTo(place, scale = 0) {  // at least as close as `scale`
    Object.assign(this.view, { x: toX(place.longitude), y: toY(place.latitude), scale: Math.max(this.view.scale, scale) });
    this.clamp();
  }
  // [west, east, north, south] in world widths, the first one's copy of the world counts; at least so much of it, by
  // default about 160 km: a point without its surroundings says little
  show(boxes, least = 0.004) {
    const { view, width, height } = this;
    if (!boxes.length) { Object.assign(view, { x: 0.5, y: 0.42, scale: Math.max(width, 400) }); return this.clamp(); }
    const start = (boxes[0][0] + boxes[0][1]) / 2;
    let [west, east, north, south] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const box of boxes) {
      const shift = Math.round(start - (box[0] + box[1]) / 2);
      west = Math.min(west, box[0] + shift); east = Math.max(east, box[1] + shift);
      north = Math.min(north, box[2]); south = Math.max(south, box[3]);
    }
    view.x = (west + east) / 2; view.y = (north + south) / 2;
    view.scale = Math.min(width / Math.max(least, east - west), height / Math.max(least, south - north)) * 0.8;
    this.clamp();
  }
  home() { if (this.page.home) this.page.home(); else this.show([]); }

  // --- mouse, touch, keys
  listen() {
    const { canvas } = this, pointers = new Map();
    let moved = 0;
    const at = (event) => { const box = canvas.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); pointers.set(event.pointerId, at(event)); if (pointers.size === 1) moved = 0; });
    canvas.addEventListener("pointermove", (event) => {
      const here = at(event), before = pointers.get(event.pointerId);
      if (!before) { if (this.page.hover) this.page.hover(here, this.placeAt(here)); return; }
      moved += Math.hypot(here.x - before.x, here.y - before.y);
      if (pointers.size === 1) this.pan(here.x - before.x, here.y - before.y);
      else {
        const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
        const spread = Math.hypot(here.x - other.x, here.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
        this.pan((here.x - before.x) / 2, (here.y - before.y) / 2);
        this.zoom(spread, (here.x + other.x) / 2, (here.y + other.y) / 2);
      }
      pointers.set(event.pointerId, here);
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => {
      const single = pointers.delete(event.pointerId) && pointers.size === 0, here = at(event);
      if (single && name === "pointerup" && moved < 6 && this.page.click) this.page.click(here, this.placeAt(here));
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const here = at(event), lines = event.deltaMode === 1 ? 30 : 1;
      this.zoom(Math.exp(-Math.max(-300, Math.min(300, event.deltaY * lines)) / 400), here.x, here.y);
    }, { passive: false });
    canvas.addEventListener("dblclick", (event) => { const here = at(event); this.zoom(2.5, here.x, here.y); });
    canvas.addEventListener("keydown", (event) => {
      const act = { ArrowLeft: () => this.pan(60, 0), ArrowRight: () => this.pan(-60, 0), ArrowUp: () => this.pan(0, 60), ArrowDown: () => this.pan(0, -60),
        "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5), 0: () => this.home() }[event.key];
      if (act && !event.ctrlKey && !event.metaKey) { event.preventDefault(); act(); }
    });
  }
  restyle() {
    const style = getComputedStyle(this.canvas);
    for (const name of COLOURS) this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    this.redraw();
  }
  resize() {
    const box = this.canvas.parentElement.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    this.width = box.width; this.height = box.height;
    this.canvas.width = Math.round(box.width * ratio); this.canvas.height = Math.round(box.height * ratio);
    if (this.touched) this.clamp(); else this.home();  // until somebody moves it, the map fits what it shows
    this.draw();  // at once: a new size has emptied the canvas
  }
}
