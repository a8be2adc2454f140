// The answers as files, made here from what is known: GeoJSON, CSV (the columns of `photoplanet locate --csv` and
// `photoplanet album --csv`), GPX.
import { region } from "./region.js";
import { groups, isKnown, state, told } from "./state.js";

const SCALES = ["street", "city", "region", "country", "continent"];
const COLUMNS = ["photo_id", "rank", "latitude", "longitude", "confidence", "place", "country_code", "cell",
  ...SCALES.map((name) => `confidence_${name}`), "region_radius_km", "abstains", "world", "error"];
const ALBUM_COLUMNS = [...COLUMNS, "taken_at", "album", "kind"];
const KINDS = { geojson: ["application/geo+json", geojson], csv: ["text/csv", csv], gpx: ["application/gpx+xml", gpx] };

export function save(kind) {
  const [type, make] = KINDS[kind], link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([make()], { type }));
  link.download = `photoplanet.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);  // once it is surely written
}
const together = () => state.together && state.albums.length > 0;
// [photo, answer or null, number of its album from 1], as listed
const rows = () => groups().flatMap((group, k) => group.photos.map((photo) => [photo, told(photo), k + 1]));

function geojson() {
  const features = rows().flatMap(([photo, answer, album]) => answer ? featuresOf(photo, answer, album) : []);
  if (together()) groups().forEach((group, k) => {
    const coordinates = group.photos.map(told).filter((answer) => answer && answer.best).map(({ best }) => [best.longitude, best.latitude]);
    if (coordinates.length > 1) features.push({ type: "Feature", properties: { kind: "line", album: k + 1 }, geometry: { type: "LineString", coordinates } });
  });
  const model = state.photos.map(told).find(Boolean);
  return JSON.stringify({ type: "FeatureCollection", ...(model && { model: model.model, world: model.world }), features });
}
function featuresOf(photo, answer, album) {
  const held = region(answer), cells = answer.geojson.features.filter((feature) => feature.properties.kind === "cell");
  const kept = isKnown(answer) ? cells : cells.slice(0, held.cells);
  const points = answer.best ? answer.geojson.features.filter((feature) => feature.properties.kind === "point") : [];
  const facts = { abstains: answer.abstains, region_probability: held.share, region_radius_km: held.radius_km, cells_left_out: Math.max(0, held.cells - kept.length) };
  const more = together() ? { album, source: answer.kind, taken_at: answer.taken_at } : {};
  return [...points, ...kept].map((feature, i) => {
    const { abstains, region_probability, region_radius_km, cells_left_out, ...own } = feature.properties;
    return { ...feature, properties: { ...own, photo: photo.name, ...(i ? {} : facts), ...more } };
  });
}

function csv() {
  const columns = together() ? ALBUM_COLUMNS : COLUMNS;
  const lines = rows().flatMap(([photo, answer, album]) => rowsOf(photo, answer).map((row) => ({ ...row, album, kind: answer && answer.kind, taken_at: answer && answer.taken_at })));
  return [columns, ...lines.map((row) => columns.map((name) => row[name] ?? ""))].map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
}
function rowsOf(photo, answer) {
  if (!answer) return [{ photo_id: photo.name, error: photo.error || "not located" }];
  const shared = { photo_id: photo.name, abstains: answer.abstains, region_radius_km: region(answer).radius_km, world: answer.world, error: answer.error };
  for (const name of SCALES) shared[`confidence_${name}`] = answer.confidence[name];
  if (!answer.best) return [shared];
  return [answer.best, ...answer.top.slice(1)].map((place, i) => ({ ...shared, rank: i + 1, ...place, error: shared.error }));
}
const quoted = (value) => /[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value);

function gpx() {
  const found = rows().filter(([, answer]) => answer && answer.best);
  const waypoints = found.map(([photo, answer]) => point("wpt", answer, `<name>${escaped(photo.name)}</name><desc>${escaped(about(answer))}</desc>`));
  const tracks = together() ? groups().map((group) => group.photos.map(told).filter((answer) => answer && answer.best)).filter((stops) => stops.length > 1) : [];
  const lines = tracks.map((stops) => `<trk><name>photoplanet</name><trkseg>${stops.map((answer) => point("trkpt", answer, "")).join("")}</trkseg></trk>\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="photoplanet" xmlns="http://www.topografix.com/GPX/1/1">\n${waypoints.join("")}${lines.join("")}</gpx>\n`;
}
function point(tag, { best, taken_at: taken }, more) {
  const zoned = taken && /(Z|[+-]\d\d:\d\d)$/.test(taken) ? `<time>${new Date(taken).toISOString().slice(0, 19)}Z</time>` : "";  // GPX knows UTC only
  return `<${tag} lat="${best.latitude}" lon="${best.longitude}">${zoned}${more}</${tag}>\n`;
}
function about(answer) {
  if (isKnown(answer)) return answer.kind;
  const held = region(answer), world = answer.world === "toy" ? ", toy Earth: not a real place" : "";
  return `photoplanet estimate${answer.kind ? ` (${answer.kind})` : ""}: ${Math.round(100 * held.share)}% within ${held.radius_km} km${world}`;
}
const escaped = (text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
