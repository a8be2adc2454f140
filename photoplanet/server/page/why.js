// "Why there?": the occlusion map over the photo. Orange speaks for the place, violet against it.
import { element, percent } from "../map/words.js";
import { state } from "./state.js";

const SUPPORTS = [230, 97, 0], MISLEADS = [93, 58, 155];  // told apart by the colour-blind and in grey print
const known = new WeakMap();  // photo → its explanation

export function section(photo, figure, api) {
  const made = element("section", undefined, "why"), button = element("button", "Why there?"), rest = element("div");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  rest.setAttribute("aria-live", "polite");
  made.append(button, rest);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-expanded") === "true") {
      button.setAttribute("aria-expanded", "false");
      figure.classList.remove("explained");
      figure.querySelectorAll("canvas").forEach((each) => each.remove());
      rest.replaceChildren();
      return;  // the photo as it is
    }
    button.disabled = true;
    rest.replaceChildren(element("p", "Hiding each part of the photo in turn…", "quiet"));
    try {
      if (!known.has(photo)) known.set(photo, await api.post("/v1/explain", { map: true, name: photo.name }, photo.file));
      button.setAttribute("aria-expanded", "true");
      tell(rest, known.get(photo), figure);
    } catch (error) {
      rest.replaceChildren(element("p", error.message, "bad"));
    }
    button.disabled = false;
  });
  return made;
}

function tell(rest, found, figure) {
  const picture = figure.querySelector("img");
  if (!picture) return rest.replaceChildren(element("p", "The parts cannot be pointed at, since this browser cannot show the photo.", "quiet"));
  const { heat, boxes } = cover(picture, found), label = element("label", "Strength of the colours"), input = element("input");
  figure.classList.add("explained");
  figure.append(heat, boxes);
  Object.assign(input, { type: "range", min: 0, max: 100, value: 85, id: "strength" });
  const show = () => { heat.style.opacity = input.value / 100; };
  input.addEventListener("input", show);
  show();
  label.append(input);
  rest.replaceChildren(label);
  rest.append(element("p", `The network gives ${percent(found.confidence)} to the likeliest cell. With a part hidden it gives:`, "quiet"));
  const both = element("div", undefined, "spots");
  both.append(spots("Speaks for it", found.supports, "supports"), spots("Misleads", found.misleads, "misleads"));
  rest.append(both);
  figure.scrollIntoView({ block: "nearest" });
}
function spots(head, listed, name) {
  const made = element("div", undefined, name), list = element("ol");
  made.append(element("h4", head));
  for (const spot of listed) list.append(element("li", percent(spot.confidence)));
  made.append(listed.length ? list : element("p", "Nothing does.", "quiet"));
  return made;
}

// Two canvases that lie over the picture: the map, and the boxes that matter most.
function cover(picture, found) {
  const { naturalWidth: width, naturalHeight: height } = picture, [x, y, w, h] = seen(width, height);
  const rows = found.map, heat = sheet(width, height), small = document.createElement("canvas");
  const most = Math.max(1e-9, ...rows.map((row) => Math.max(...row.map((value) => Math.abs(value - found.confidence)))));
  small.width = rows[0].length; small.height = rows.length;
  const pixels = new ImageData(small.width, small.height);
  rows.flat().forEach((value, i) => {
    const change = value - found.confidence;
    pixels.data.set([...(change < 0 ? SUPPORTS : MISLEADS), 255 * Math.abs(change) / most], 4 * i);
  });
  small.getContext("2d").putImageData(pixels, 0, 0);
  heat.getContext("2d").drawImage(small, x, y, w, h);
  const boxes = sheet(width, height), ctx = boxes.getContext("2d"), unit = Math.max(width, height) / 400;
  for (const [listed, colour] of [[found.misleads, MISLEADS], [found.supports, SUPPORTS]]) {
    listed.forEach(({ box: [left, top, right, bottom] }, k) => outline(ctx, x + left * w, y + top * h, (right - left) * w, (bottom - top) * h, `rgb(${colour})`, String(k + 1), unit));
  }
  return { heat, boxes };
}
function seen(width, height) {  // the part of the photo that the network sees
  if (state.fit === "squash") return [0, 0, width, height];
  const side = Math.min(width, height);
  return [(width - side) / 2, (height - side) / 2, side, side];
}
function sheet(width, height) {
  const canvas = document.createElement("canvas"), scale = Math.min(1, 1200 / Math.max(width, height));  // of a phone's photo, so much is enough
  canvas.width = Math.round(width * scale); canvas.height = Math.round(height * scale);
  canvas.getContext("2d").scale(canvas.width / width, canvas.height / height);
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
function outline(ctx, x, y, width, height, colour, text, unit) {
  ctx.strokeStyle = "#fff"; ctx.lineWidth = 4 * unit; ctx.strokeRect(x, y, width, height);
  ctx.strokeStyle = colour; ctx.lineWidth = 2 * unit; ctx.strokeRect(x, y, width, height);
  ctx.fillStyle = colour; ctx.fillRect(x, y, 18 * unit, 20 * unit);
  ctx.fillStyle = "#fff"; ctx.font = `600 ${14 * unit}px system-ui, sans-serif`; ctx.textAlign = "center"; ctx.textBaseline = "middle";
  ctx.fillText(text, x + 9 * unit, y + 10.5 * unit);
}
