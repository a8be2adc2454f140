// "Why there?": the occlusion map over the photo. Orange speaks for the place, violet against it.
import { button, element } from "/map/dom.js";
import { percent } from "/map/words.js";
import { messageOf } from "./api.js";
import { areaQuery } from "./area.js";
import { state } from "./state.js";

/** @typedef {import("./state.js").Photo} Photo */
/** @typedef {[left: number, top: number, right: number, bottom: number]} Frame shares of the part that the network sees */
/** @typedef {{ box: Frame, confidence: number }} Spot */
/** @typedef {{ confidence: number, map: number[][], supports: Spot[], misleads: Spot[] }} Occlusion */
/** @typedef {[red: number, green: number, blue: number]} Colour */

/** @type {Colour} */
const SUPPORTS = [230, 97, 0]; // told apart by the colour-blind and in grey print
/** @type {Colour} */
const MISLEADS = [93, 58, 155];
const MOST_PIXELS = 1200; // of a canvas's longer side: of a phone's photo, so much is enough
const STRENGTH = 85; // per cent
/** @type {WeakMap<object, Occlusion>} */
const known = new WeakMap();

/** @param {Photo} photo @param {HTMLElement} figure @param {import("./api.js").Api} api */
export function section(photo, figure, api) {
  const made = element("section", undefined, "why");
  const ask = button("Why there?");
  const rest = element("div");
  ask.setAttribute("aria-expanded", "false");
  rest.setAttribute("aria-live", "polite");
  made.append(ask, rest);
  const answer = photo.alone ?? photo; // asked with other options, it is another one
  ask.addEventListener("click", async () => {
    if (ask.getAttribute("aria-expanded") === "true") {
      ask.setAttribute("aria-expanded", "false");
      uncover(figure);
      rest.replaceChildren();
      return;
    }
    ask.disabled = true;
    rest.replaceChildren(element("p", "Hiding each part of the photo in turn…", "quiet"));
    try {
      const found =
        known.get(answer) ??
        (await api.post("/v1/explain", { map: true, name: photo.name, ...areaQuery() }, photo.file));
      known.set(answer, found);
      ask.setAttribute("aria-expanded", "true");
      cover(rest, found, figure);
    } catch (error) {
      rest.replaceChildren(element("p", messageOf(error), "bad"));
    }
    ask.disabled = false;
  });
  return made;
}

/** The photo as it is. @param {HTMLElement} figure */
export function uncover(figure) {
  figure.classList.remove("explained");
  for (const canvas of figure.querySelectorAll("canvas")) canvas.remove();
}

/** @param {HTMLElement} rest @param {Occlusion} found @param {HTMLElement} figure */
function cover(rest, found, figure) {
  const image = figure.querySelector("img");
  if (!image) {
    const text = "The parts cannot be pointed at, since this browser cannot show the photo.";
    return rest.replaceChildren(element("p", text, "quiet"));
  }
  const { naturalWidth: width, naturalHeight: height } = image;
  const heat = heatMap(width, height, found);
  const both = element("div", undefined, "spots");
  figure.classList.add("explained");
  figure.append(heat, boxes(width, height, found));
  both.append(spots("Speaks for it", found.supports, "supports"), spots("Misleads", found.misleads, "misleads"));
  const text = `The network gives ${percent(found.confidence)} to the likeliest cell. With a part hidden it gives:`;
  rest.replaceChildren(strengthOf(heat), element("p", text, "quiet"), both);
  figure.scrollIntoView({ block: "nearest" });
}

/** A slider for how strongly the map covers the photo. @param {HTMLElement} heat */
function strengthOf(heat) {
  const label = element("label", "Strength of the colours");
  const input = element("input");
  Object.assign(input, { type: "range", min: 0, max: 100, value: STRENGTH, id: "strength" });
  const show = () => {
    heat.style.opacity = String(Number(input.value) / 100);
  };
  input.addEventListener("input", show);
  show();
  label.append(input);
  return label;
}

/** @param {string} head @param {Spot[]} listed @param {string} name */
function spots(head, listed, name) {
  const made = element("div", undefined, name);
  const list = element("ol");
  made.append(element("h4", head));
  for (const spot of listed) list.append(element("li", percent(spot.confidence)));
  made.append(listed.length ? list : element("p", "Nothing does.", "quiet"));
  return made;
}

// --- two canvases that lie over the photo, drawn in its pixels
/** How hiding each part changes the confidence. @param {number} width @param {number} height @param {Occlusion} found */
function heatMap(width, height, { map, confidence }) {
  const changes = map.flat().map((value) => value - confidence);
  const most = changes.reduce((value, change) => Math.max(value, Math.abs(change)), 1e-9);
  const pixels = new ImageData(map[0].length, map.length);
  changes.forEach((change, i) => {
    pixels.data.set([...(change < 0 ? SUPPORTS : MISLEADS), (255 * Math.abs(change)) / most], 4 * i);
  });
  const small = document.createElement("canvas");
  small.width = pixels.width;
  small.height = pixels.height;
  context(small).putImageData(pixels, 0, 0);
  const heat = sheet(width, height);
  context(heat).drawImage(small, ...seen(width, height));
  return heat;
}

/** The boxes that matter most. @param {number} width @param {number} height @param {Occlusion} found */
function boxes(width, height, { supports, misleads }) {
  const made = sheet(width, height);
  const unit = Math.max(width, height) / 400;
  const [x, y, w, h] = seen(width, height);
  const outlined =
    (/** @type {Colour} */ colour) =>
    (/** @type {Spot} */ { box }, /** @type {number} */ k) => {
      const [left, top, right, bottom] = box;
      const frame = new DOMRect(x + left * w, y + top * h, (right - left) * w, (bottom - top) * h);
      outline(context(made), frame, `rgb(${colour})`, String(k + 1), unit);
    };
  misleads.forEach(outlined(MISLEADS));
  supports.forEach(outlined(SUPPORTS));
  return made;
}

/** The part of the photo that the network sees: left, top, width, height. @param {number} width @param {number} height @returns {[number, number, number, number]} */
function seen(width, height) {
  if (state.fit === "squash") return [0, 0, width, height];
  const side = Math.min(width, height);
  return [(width - side) / 2, (height - side) / 2, side, side];
}

/** @param {number} width @param {number} height */
function sheet(width, height) {
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, MOST_PIXELS / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context(canvas).scale(canvas.width / width, canvas.height / height);
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

/** @param {HTMLCanvasElement} canvas */
const context = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** @param {CanvasRenderingContext2D} ctx @param {DOMRect} frame @param {string} colour @param {string} text @param {number} unit pixels */
function outline(ctx, { x, y, width, height }, colour, text, unit) {
  ctx.strokeStyle = "#fff";
  ctx.lineWidth = 4 * unit;
  ctx.strokeRect(x, y, width, height);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * unit;
  ctx.strokeRect(x, y, width, height);
  ctx.fillStyle = colour;
  ctx.fillRect(x, y, 18 * unit, 20 * unit);
  ctx.fillStyle = "#fff";
  ctx.font = `600 ${14 * unit}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, x + 9 * unit, y + 10.5 * unit);
}
