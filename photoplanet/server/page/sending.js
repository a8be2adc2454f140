// Photos to the server in small batches, so that its limits are kept, answers come soon, and cancelling loses little.
import { Problem } from "./api.js";

const MOST_PHOTOS = 8, MOST_BYTES = 16e6;
const ASKED = { geojson: true, region: 0.99, regions: true, top: 5, answer_always: true };  // the page hides and cuts

// Locate the photos that wait. moved(photos) is called whenever their status has changed. Throws a Problem that concerns
// them all (the server is gone, no token); what was not answered then waits again, as after an abort.
export async function locate(api, photos, precision, signal, moved) {
  let size = 1;  // the first photo alone, so that something is there to see
  for (let first = 0; first < photos.length;) {
    const batch = cut(photos, first, size);
    await locateBatch(api, batch, precision, signal, moved);
    first += batch.length;
    size = MOST_PHOTOS;
  }
}
function cut(photos, first, most) {
  let bytes = 0, last = first;
  while (last < photos.length && last - first < most && (last === first || bytes + photos[last].file.size <= MOST_BYTES)) bytes += photos[last++].file.size;
  return photos.slice(first, last);
}
async function locateBatch(api, batch, precision, signal, moved) {
  mark(batch, "sending", moved);
  try {
    const answers = (await api.post("/v1/locate", { ...ASKED, precision }, form(batch), signal)).photos;
    batch.forEach((photo, i) => settle(photo, answers[i]));
    moved(batch);
  } catch (error) {
    const ours = error instanceof Problem && [400, 408, 413, 415, 504].includes(error.status);
    if (ours && batch.length > 1) {  // too much at once: in halves
      const half = Math.ceil(batch.length / 2);
      mark(batch, "waiting", moved);
      await locateBatch(api, batch.slice(0, half), precision, signal, moved);
      await locateBatch(api, batch.slice(half), precision, signal, moved);
    } else if (ours) {
      settle(batch[0], { error: error.message });
      moved(batch);
    } else {
      mark(batch, "waiting", moved);
      throw error;
    }
  }
}
function settle(photo, answer) {
  photo.alone = answer.error ? null : answer;
  photo.error = answer.error || "";
  photo.status = answer.error ? "failed" : "done";
}
function mark(photos, status, moved) {
  for (const photo of photos) photo.status = status;
  moved(photos);
}
function form(photos, more = {}) {
  const body = new FormData();
  for (const photo of photos) body.append("photos", photo.file, photo.name);
  for (const [name, file] of Object.entries(more)) if (file) body.append(name, file, file.name);
  return body;
}

// Locate photos together → the albums, with the page's own photos in them; each photo's answer among the others is kept.
export async function locateTogether(api, photos, options, track, signal) {
  const answer = await api.post("/v1/album", { ...ASKED, ...options }, form(photos, { track }), signal);
  return answer.albums.map((album) => ({
    title: album.title, from: album.from, to: album.to,
    photos: album.photos.map((found) => Object.assign(photos[found.index], { trip: found })),
  }));
}
