// The credible region: the smallest set of cells that holds a share of the probability, for the shares the server gives.
import { isAnywhere, km, percent, plural } from "/map/words.js";
import { isKnown, state } from "./state.js";

/** @typedef {import("./state.js").Answer} Answer */
/** @typedef {import("./state.js").Region} Region */

const ROUNDING = 1e-9;

/** Whether a region holds the share that the slider has. @param {number} share */
export const isWide = (share) => share >= state.share - ROUNDING;

/** The region at the share that the slider has. @param {Answer} answer @returns {Region} */
export function region(answer) {
  if (isKnown(answer)) return { ...answer.region, share: answer.region.probability, cells: 0 };
  const { regions } = answer;
  return regions.find(({ share }) => isWide(share)) ?? regions[regions.length - 1];
}

/** @param {Answer} answer */
export const cellsOf = (answer) => answer.geojson.features.filter((feature) => feature.properties.kind === "cell");

/** @param {Answer} answer */
export function words(answer) {
  const { cells, area_km2, probability, radius_km } = region(answer);
  const drawn = cellsOf(answer).length;
  const near = answer.best ? `, within ${km(radius_km)} km of the pin` : "";
  const within = isAnywhere(radius_km) ? `, hold ${percent(probability)}: it may be from anywhere` : near;
  const cut = cells > drawn ? ` The ${drawn} likeliest are drawn.` : "";
  return `${cells === 1 ? "One cell" : plural(cells, "cell")}, ${km(area_km2)} km²${within}.${cut}`;
}

export const shareWords = () => percent(state.share).replace("over 99 %", "99 %");
