// How certain a photo's place is, as the map draws it.

/** @typedef {{ known: boolean, sure: number }} Certain */

const SURE = 0.5; // of the probability within 25 km; a photo that is less sure is drawn hollow, with its radius

/** @param {Certain} photo */
export const isWeak = ({ known, sure }) => !known && sure < SURE;

/** How many of the photos are unsure. @param {Certain[]} photos */
export const unsureOf = (photos) => photos.reduce((count, photo) => count + (isWeak(photo) ? 1 : 0), 0);
