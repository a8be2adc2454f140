// Photos to the server in small batches, so that its limits are kept, answers come soon, and cancelling loses little.
import { Problem } from "./api.js";
import { state } from "./state.js";

/** @typedef {import("./api.js").Api} Api */
/** @typedef {import("./api.js").Query} Query */
/** @typedef {import("./state.js").Album} Album */
/** @typedef {import("./state.js").Answer} Answer */
/** @typedef {import("./state.js").Photo} Photo */
/** @typedef {Omit<Album, "photos"> & { photos: (Answer & { index: number })[] }} AlbumAnswer */
/** @typedef {(photos: Photo[]) => void} Moved called whenever the status of photos has changed */

const MOST_PHOTOS = 8; // of a batch
const MOST_BYTES = 16e6;
const ASKED = { geojson: true, region: 0.99, regions: true, top: 5, answer_always: true, reading: true }; // the page hides and cuts
const OURS = [400, 408, 413, 415, 504]; // failures of these photos, and not of the server

/**
 * Locate the photos that wait. Throws a Problem that concerns them all (the server is gone, no token); what was not
 * answered then waits again, as after an abort.
 * @param {Api} api
 * @param {Photo[]} photos
 * @param {Query} options
 * @param {AbortSignal} signal
 * @param {Moved} moved
 */
export async function locate(api, photos, options, signal, moved) {
  let size = 1; // the first photo alone, so that something is there to see
  for (let first = 0; first < photos.length; ) {
    const batch = cut(photos, first, size);
    await locateBatch(api, batch, options, signal, moved);
    first += batch.length;
    size = MOST_PHOTOS;
  }
}

/** @param {Photo[]} photos @param {number} first @param {number} most */
function cut(photos, first, most) {
  let bytes = photos[first].file.size;
  let end = first + 1;
  while (end < photos.length && end - first < most && bytes + photos[end].file.size <= MOST_BYTES)
    bytes += photos[end++].file.size;
  return photos.slice(first, end);
}

/** @param {Api} api @param {Photo[]} batch @param {Query} options @param {AbortSignal} signal @param {Moved} moved */
async function locateBatch(api, batch, options, signal, moved) {
  mark(batch, "sending", moved);
  try {
    const asked = { ...ASKED, ...evidence(batch), ...options };
    const answers = (await api.post("/v1/locate", asked, form(batch), signal)).photos;
    batch.forEach((photo, i) => {
      settle(photo, answers[i]);
    });
    moved(batch);
  } catch (error) {
    const ours = error instanceof Problem && OURS.includes(error.status);
    if (ours && batch.length > 1) {
      const half = Math.ceil(batch.length / 2); // too much at once: in halves
      mark(batch, "waiting", moved);
      await locateBatch(api, batch.slice(0, half), options, signal, moved);
      await locateBatch(api, batch.slice(half), options, signal, moved);
    } else if (ours) {
      settle(batch[0], { error: error.message });
      moved(batch);
    } else {
      mark(batch, "waiting", moved);
      throw error;
    }
  }
}

/** @param {Photo} photo @param {Answer | { error: string }} answer */
function settle(photo, answer) {
  photo.alone = "best" in answer ? answer : null;
  if (photo.alone?.reading) photo.reading = photo.alone.reading;
  photo.error = answer.error || "";
  photo.status = photo.alone ? "done" : "failed";
}

/** @param {Photo[]} photos @param {"waiting" | "sending"} status @param {Moved} moved */
function mark(photos, status, moved) {
  for (const photo of photos) photo.status = status;
  moved(photos);
}

/**
 * Strike a piece of a photo's evidence out, or let it count again; its answer is then the one without it. Throws a
 * Problem, and nothing has changed, where there is no answer.
 * @param {Api} api
 * @param {Photo} photo
 * @param {number} number
 * @param {Query} options
 */
export async function strike(api, photo, number, options) {
  const toggle = () => photo.struck.delete(number) || photo.struck.add(number);
  toggle();
  try {
    const asked = { ...ASKED, ...evidence([photo]), ...options };
    settle(photo, (await api.post("/v1/locate", asked, form([photo]))).photos[0]);
  } catch (error) {
    toggle();
    throw error;
  }
}

/** What counts as evidence. @param {Photo[]} photos @returns {Query} */
function evidence(photos) {
  const struck = photos.flatMap((photo, i) => [...photo.struck].map((number) => `${i}:${number}`));
  return { signs: state.signs, ...(struck.length && { strike: struck.join(",") }) };
}

/** @param {Photo[]} photos @param {File[]} [tracks] */
function form(photos, tracks = []) {
  const body = new FormData();
  for (const photo of photos) body.append("photos", photo.file, photo.name);
  for (const track of tracks) body.append("track", track, track.name);
  const readings = photos.map(({ reading }) => reading);
  if (readings.some(Boolean)) body.append("readings", JSON.stringify(readings));
  return body;
}

/**
 * Locate photos together; each photo's answer among the others is kept in it.
 * @param {Api} api
 * @param {Photo[]} photos
 * @param {Query} options
 * @param {File[]} tracks
 * @param {AbortSignal} signal
 * @returns {Promise<{ albums: Album[], notes: string[] }>} with the page's own photos in them; what is to be known of the tracks
 */
export async function locateTogether(api, photos, options, tracks, signal) {
  const answer = await api.post(
    "/v1/album",
    { ...ASKED, ...evidence(photos), ...options },
    form(photos, tracks),
    signal,
  );
  const albums = answer.albums.map((/** @type {AlbumAnswer} */ album) => ({
    title: album.title,
    from: album.from,
    to: album.to,
    photos: album.photos.map((found) => Object.assign(photos[found.index], { trip: found })),
  }));
  return { albums, notes: answer.notes ?? [] };
}
