// "Similar photos": those of the server's library that show the same, with their thumbnails; each leads to its place.
import { element } from "../map/words.js";
import { state } from "./state.js";
import * as worldmap from "./worldmap.js";

const MOST = 12;

export function section(photo, api) {
  const made = element("section", undefined, "similar"), button = element("button", "Similar photos"), rest = element("div");
  button.type = "button";
  rest.setAttribute("aria-live", "polite");
  made.append(button, rest);
  button.addEventListener("click", async () => {
    button.disabled = true;
    rest.replaceChildren(element("p", `Comparing with ${state.library.photos.toLocaleString("en")} photos…`, "quiet"));
    try {
      const found = await api.post("/v1/similar", { count: MOST, precision: state.precision, name: photo.name }, photo.file);
      if (made.isConnected) tell(rest, found, api);
    } catch (error) {
      rest.replaceChildren(element("p", error.message, "bad"));
    }
    button.disabled = false;
  });
  return made;
}

function tell(rest, found, api) {
  const list = element("ul");
  rest.replaceChildren();
  if (found.itself.length) rest.append(element("p", "This photo is in the library itself.", "quiet"));
  if (!found.matches.length) rest.append(element("p", "None in the library shows the same.", "quiet"));
  for (const match of found.matches) {
    const item = element("li"), button = element("button"), picture = element("span", undefined, "picture");
    button.type = "button";
    button.append(picture, element("span", match.place), element("span", match.photo_id, "quiet"));
    button.addEventListener("click", () => worldmap.goTo(match));
    fetchPicture(picture, match.photo_id, api);
    item.append(button);
    list.append(item);
  }
  rest.append(list);
  worldmap.showMatches(found.matches);
}
async function fetchPicture(picture, id, api) {
  try {
    const image = element("img");
    image.alt = ""; image.src = await api.picture("/v1/similar/thumbnail", { photo_id: id });
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    picture.append(image);
  } catch {
    picture.title = "This photo can no longer be read";
  }
}
