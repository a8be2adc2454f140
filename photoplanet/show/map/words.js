// Numbers as people read them.

/** @param {number} share of 1 */
export function percent(share) {
  if (share >= 0.995) return "over 99 %";
  if (share >= 0.1) return `${Math.round(share * 100)} %`;
  return share >= 0.001 ? `${(share * 100).toFixed(1)} %` : "under 0.1 %";
}

const KNOWN_AT = 0.5; // what is likelier true than not may be said
const NOTHING_BELOW = 1e-6; // as locate/given_area.py
const ANYWHERE_KM = 20_000; // no two places are more than 15 km farther apart

/** How likely a photo is from outside all that the model knows. @param {number} unknown */
export const unknownWords = (unknown) => `${percent(unknown)}: nowhere that this model knows`;

/** Whether that is likelier than not; never where the model cannot tell. @param {number | null | undefined} unknown */
export const isUnknown = (unknown) => (unknown ?? 0) >= KNOWN_AT;

/** Whether nothing of an answer lay in the area that was given. @param {number} share */
export const isNothing = (share) => share < NOTHING_BELOW;

/** "inside Germany"; what lies outside of others is called so already. @param {string} area */
export const insideOf = (area) => (area.startsWith("outside ") ? area : `inside ${area}`);

/** Why there is no answer. @param {number | null | undefined} unknown @param {{ area: string, inside_before: number }} [within] */
export function noAnswer(unknown, within) {
  if (within && isNothing(within.inside_before)) return `no answer: nothing lay ${insideOf(within.area)}`;
  return isUnknown(unknown) ? unknownWords(unknown ?? 0) : "no answer: the evidence is too weak";
}

/** Whether a region is the whole Earth, since the cells do not hold its share. @param {number} radius */
export const isAnywhere = (radius) => radius >= ANYWHERE_KM;

/** Two significant digits: what an estimate is worth. @param {number} distance */
export function km(distance) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, distance))) - 1);
  return (Math.round(distance / step) * step).toLocaleString("en");
}

/** How many digits of degrees a point deserves; as locate/precision.py. @param {number} radius km */
export const digits = (radius) =>
  Math.min(4, Math.max(0, Math.ceil(Math.log10(78.6 / (0.25 * Math.max(radius, 1e-3))))));

/** @param {number} count @param {string} word in the singular */
export const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/** Rows from 0 → "3", or "3–5". @param {number} first @param {number} last */
export const numbers = (first, last) => (first === last ? String(first + 1) : `${first + 1}–${last + 1}`);
