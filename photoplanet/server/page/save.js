// The answers as files, made here from what is known: GeoJSON, CSV (the columns of `photoplanet locate --csv` and
// `photoplanet album --csv`), GPX.
import { lineShape } from "/map/lines.js";
import { isAnywhere } from "/map/words.js";
import { brief } from "./evidence.js";
import { region } from "./region.js";
import { answerOf, groups, isKnown, state } from "./state.js";

/** @typedef {import("./state.js").Answer} Answer */
/** @typedef {import("./state.js").Photo} Photo */
/** @typedef {import("./state.js").Scale} Scale */
/** @typedef {{ photo: Photo, answer: Answer | null, album: number }} Row `album`: from 1 */
/** @typedef {Record<string, string | number | boolean | null | undefined>} CsvRow */
/** @typedef {Answer & { best: NonNullable<Answer["best"]> }} Placed */

/** @type {Scale[]} */
const SCALES = ["street", "city", "region", "country", "continent"];
const COLUMNS = [
  ...["photo_id", "rank", "latitude", "longitude", "confidence", "place", "country_code", "cell"],
  ...SCALES.map((name) => `confidence_${name}`),
  ...["region_radius_km", "unknown", "gain_bits", "abstains", "world", "inside_before", "why", "conflict", "error"],
];
const ALBUM_COLUMNS = [...COLUMNS, "taken_at", "album", "kind"];
const WRITTEN = 60_000; // milliseconds after which a file is surely written

/** @type {Record<string, [type: string, make: () => string]>} */
const KINDS = {
  geojson: ["application/geo+json", geojson],
  csv: ["text/csv", csv],
  gpx: ["application/gpx+xml", gpx],
};

/** Whether there was something to save. @param {string} kind */
export function save(kind) {
  const [type, make] = KINDS[kind];
  if (kind === "gpx" && !placed(state.photos).length) return false;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([make()], { type }));
  link.download = `photoplanet.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), WRITTEN);
  return true;
}

const together = () => state.together && state.albums.length > 0;

/** As listed. @returns {Row[]} */
const rows = () =>
  groups().flatMap(({ photos }, k) => photos.map((photo) => ({ photo, answer: answerOf(photo), album: k + 1 })));

/** The answers that have a point. @param {Photo[]} photos @returns {Placed[]} */
const placed = (photos) => photos.map(answerOf).filter((answer) => isPlaced(answer));

/** @param {Answer | null} answer @returns {answer is Placed} */
const isPlaced = (answer) => Boolean(answer?.best);

// --- GeoJSON
function geojson() {
  const features = [...rows().flatMap(featuresOf), ...(together() ? lines() : [])];
  const model = state.photos.map(answerOf).find(Boolean);
  const about = model && { model: model.model, world: model.world };
  return JSON.stringify({ type: "FeatureCollection", ...about, features });
}

/** A line for each album. */
function lines() {
  return groups().flatMap((group, k) => {
    const positions = placed(group.photos).map(
      ({ best }) => /** @type {import("/map/lines.js").Position} */ ([best.longitude, best.latitude]),
    );
    if (positions.length < 2) return [];
    return [{ type: "Feature", properties: { kind: "line", album: k + 1 }, geometry: lineShape(positions) }];
  });
}

/** The point and the cells of the region. @param {Row} row */
function featuresOf({ photo, answer, album }) {
  if (!answer) return [];
  const held = region(answer);
  const of = (/** @type {string} */ kind) =>
    answer.geojson.features.filter(({ properties }) => properties.kind === kind);
  const cells = isKnown(answer) ? of("cell") : of("cell").slice(0, held.cells);
  const points = answer.best ? of("point") : [];
  const facts = {
    unknown: answer.unknown,
    abstains: answer.abstains,
    gain_bits: answer.gain_bits,
    ...(answer.within && { within: answer.within }),
    region_probability: held.share,
    region_radius_km: held.radius_km,
    cells_left_out: Math.max(0, held.cells - cells.length),
  };
  const more = together() ? { album, source: answer.kind, taken_at: answer.taken_at } : {};
  return [...points, ...cells].map((feature, i) => {
    const { unknown, abstains, gain_bits, region_probability, region_radius_km, cells_left_out, within, ...own } =
      feature.properties;
    return { ...feature, properties: { ...own, photo: photo.name, ...(i ? {} : facts), ...more } };
  });
}

// --- CSV
function csv() {
  const columns = together() ? ALBUM_COLUMNS : COLUMNS;
  const cells = rows()
    .flatMap(csvRows)
    .map((row) => columns.map((name) => row[name] ?? ""));
  return `${[columns, ...cells].map((line) => line.map(quoted).join(",")).join("\r\n")}\r\n`;
}

/** One for each place; one without a place where there is no answer. @param {Row} row @returns {CsvRow[]} */
function csvRows({ photo, answer, album }) {
  if (!answer) return [{ photo_id: photo.name, error: photo.error || "not located", album }];
  /** @type {CsvRow} */
  const shared = {
    photo_id: photo.name,
    abstains: answer.abstains,
    region_radius_km: region(answer).radius_km,
    unknown: answer.unknown,
    gain_bits: answer.gain_bits,
    world: answer.world,
    inside_before: answer.within?.inside_before,
    why: brief(answer),
    conflict: answer.conflict,
    error: answer.error,
    album,
    kind: answer.kind,
    taken_at: answer.taken_at,
  };
  for (const name of SCALES) shared[`confidence_${name}`] = answer.confidence[name];
  if (!answer.best) return [shared];
  return [answer.best, ...answer.top.slice(1)].map((place, i) => ({ ...place, ...shared, rank: i + 1 }));
}

/** @param {string | number | boolean} value */
function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// --- GPX
function gpx() {
  const waypoints = rows().flatMap(({ photo, answer }) => {
    if (!isPlaced(answer)) return [];
    return [point("wpt", answer, `<name>${escaped(photo.name)}</name><desc>${escaped(about(answer))}</desc>`)];
  });
  const albums = together() ? groups().map((group) => placed(group.photos)) : [];
  const tracks = albums
    .filter((stops) => stops.length > 1)
    .map((stops) => stops.map((answer) => point("trkpt", answer, "")).join(""))
    .map((points) => `<trk><name>photoplanet</name><trkseg>${points}</trkseg></trk>\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="photoplanet" xmlns="http://www.topografix.com/GPX/1/1">
${waypoints.join("")}${tracks.join("")}</gpx>
`;
}

/** @param {"wpt" | "trkpt"} tag @param {Placed} answer @param {string} more */
function point(tag, { best, taken_at: taken }, more) {
  const zoned = taken && /(Z|[+-]\d\d:\d\d)$/.test(taken); // GPX knows UTC only
  const time = zoned ? `<time>${new Date(taken).toISOString().slice(0, 19)}Z</time>` : "";
  const longitude = best.longitude === 180 ? -180 : best.longitude; // GPX has no 180
  return `<${tag} lat="${best.latitude}" lon="${longitude}">${time}${more}</${tag}>\n`;
}

/** @param {Answer} answer */
function about(answer) {
  if (isKnown(answer)) return answer.kind ?? "";
  const { share, radius_km } = region(answer);
  const kind = answer.kind ? ` (${answer.kind})` : "";
  const world = answer.world === "toy" ? ", toy Earth: not a real place" : "";
  const reach = isAnywhere(radius_km) ? "anywhere" : `within ${radius_km} km`;
  const why = brief(answer);
  return `photoplanet estimate${kind}: ${Math.round(100 * share)}% ${reach}${world}${why && `; ${why}`}`;
}

/** @param {string} text */
const escaped = (text) =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML can hold none of these
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
