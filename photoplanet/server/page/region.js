// The credible region: the smallest set of cells that holds a share of the probability, for the shares the server tells.
import { percent, km } from "../map/words.js";
import { isKnown, state } from "./state.js";

export const shares = (answer) => answer.regions.map((each) => each.share);

// { share, probability, radius_km, area_km2, cells } at the share that the slider has
export function region(answer) {
  if (isKnown(answer)) return { ...answer.region, share: answer.region.probability, cells: 0 };
  return answer.regions.find((each) => each.share >= state.share - 1e-9) || answer.regions.at(-1);
}
export const cellsOf = (answer) => answer.geojson.features.filter((feature) => feature.properties.kind === "cell");

export function words(answer) {
  const held = region(answer), drawn = cellsOf(answer).length;
  const cells = held.cells === 1 ? "One cell" : `${held.cells.toLocaleString("en")} cells`;
  const within = answer.best ? `, within ${km(held.radius_km)} km of the pin` : "";
  const cut = held.cells > drawn ? ` The ${drawn} likeliest are drawn.` : "";
  return `${cells}, ${km(held.area_km2)} km²${within}.${cut}`;
}
export const shareWords = () => percent(state.share).replace("over 99 %", "99 %");
