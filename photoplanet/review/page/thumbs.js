// Small photos by number: fetched when they are seen, a few at a time; the last ones asked for come first.
import { api } from "./store.js";

const AT_A_TIME = 4;
const KEPT = 800; // addresses of blobs
const WAITING = 120; // that are still wanted: what was scrolled past is not fetched

/** @type {Map<string, string>} */
const made = new Map();
/** @type {Map<string, { n: number, size: string, done: ((url: string) => void)[] }>} */
const wanted = new Map();
let running = 0;

/** @param {number} n @param {string} [size] */
export const have = (n, size = "small") => made.get(`${size} ${n}`) ?? null;

/** Call `done` with the address of a photo once it is here; never for one that cannot be read. @param {number} n @param {(url: string) => void} done @param {string} [size] */
export function want(n, done, size = "small") {
  const key = `${size} ${n}`;
  const url = made.get(key);
  if (url) {
    made.delete(key);
    made.set(key, url); // used last
    done(url);
    return;
  }
  const before = wanted.get(key);
  wanted.delete(key);
  wanted.set(key, { n, size, done: [...(before?.done ?? []), done] });
  while (wanted.size > WAITING) wanted.delete(/** @type {string} */ (wanted.keys().next().value));
  next();
}

async function next() {
  if (running >= AT_A_TIME || !wanted.size) return;
  const [key, { n, size, done }] =
    /** @type {[string, { n: number, size: string, done: ((url: string) => void)[] }]} */ ([...wanted].at(-1));
  wanted.delete(key);
  running++;
  try {
    const url = await api.picture("/v1/review/thumbnail", { n, size });
    made.set(key, url);
    forget();
    for (const each of done) each(url);
  } catch {
    // gone, or not a photo: the page shows its name
  } finally {
    running--;
    next();
  }
}

function forget() {
  for (const [key, url] of made) {
    if (made.size <= KEPT) return;
    made.delete(key);
    URL.revokeObjectURL(url);
  }
}
