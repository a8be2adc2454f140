// What the page knows. A photo: { file, name, status: "waiting" | "sending" | "done" | "failed", alone, trip, error, small }
// where `alone` is its own answer, `trip` the one among the photos around it, `small` the address of its thumbnail.
export const state = {
  photos: [], chosen: null,
  share: 0.9,            // of the probability that the region holds
  precision: "city", always: false,
  together: false, albums: [],  // albums: { title, from, to, photos }, in time order
  model: "",             // its name, once the server has told
  track: null,           // a GPX file
  library: null,         // what the server says of its library of geotagged photos
  fit: "crop",           // what part of a photo the network sees: its middle square, or all of it ("squash")
};

const KNOWN = ["own GPS", "track"];  // places that are measured

// The answer that is shown for a photo, or null. One that abstains keeps its region and nothing else says where.
export function told(photo) {
  const answer = state.together && photo.trip ? photo.trip : photo.alone;
  if (!answer || !answer.confidence) return null;
  return answer.abstains && !state.always ? { ...answer, best: null, top: [] } : answer;
}
export const isKnown = (answer) => Boolean(answer) && KNOWN.includes(answer.kind);

// The photos as they are listed: album by album in time order when they are located together.
export function groups() {
  if (!state.together || !state.albums.length) return [{ title: "", photos: state.photos }];
  const placed = new Set(state.albums.flatMap((album) => album.photos));
  const rest = state.photos.filter((photo) => !placed.has(photo));
  return rest.length ? [...state.albums, { title: "not located together", photos: rest }] : state.albums;
}
export const listed = () => groups().flatMap((group) => group.photos);
