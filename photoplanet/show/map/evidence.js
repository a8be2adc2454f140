// The evidence of an answer: what speaks for it in order of weight, and where it stands in the photo.
import { element, picture } from "./dom.js";

/**
 * @typedef {object} Clue as locate/why.py records it
 * @property {string} kind
 * @property {string} says
 * @property {number} bits how much it speaks for the answer
 * @property {boolean} struck
 * @property {string[]} text
 * @property {[x: number, y: number][][]} boxes corners of its lines of text, shares of the photo's width and height
 */

const OUTLINE = 3; // pixels
const NUMBER_SIZE = 16; // pixels

/** The photo with its text outlined, numbered as `evidenceList` numbers the clues. @param {string} address @param {Clue[]} clues */
export function outlinedPicture(address, clues) {
  const canvas = element("canvas", "", "outlined");
  canvas.setAttribute("aria-hidden", "true"); // the list says the same
  const photo = picture(address);
  photo.addEventListener("load", () => {
    canvas.width = photo.naturalWidth;
    canvas.height = photo.naturalHeight;
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.drawImage(photo, 0, 0);
    const drawn = clues.flatMap((clue, row) =>
      clue.struck ? [] : clue.boxes.map((box) => ({ box, number: String(row + 1) })),
    );
    for (const { box } of drawn) outlineText(pen, box);
    for (const { box, number } of drawn) numberText(pen, box, number);
  });
  return canvas;
}

/** @param {CanvasRenderingContext2D} pen @param {[x: number, y: number][]} box */
function outlineText(pen, box) {
  const { width, height } = pen.canvas;
  const style = getComputedStyle(pen.canvas);
  pen.beginPath();
  for (const [x, y] of box) pen.lineTo(x * width, y * height);
  pen.closePath();
  for (const [colour, wide] of /** @type {const} */ ([
    ["--halo", OUTLINE + 2],
    ["--mass", OUTLINE],
  ])) {
    pen.strokeStyle = style.getPropertyValue(colour);
    pen.lineWidth = wide;
    pen.stroke();
  }
}

/** @param {CanvasRenderingContext2D} pen @param {[x: number, y: number][]} box @param {string} number */
function numberText(pen, box, number) {
  const { width, height } = pen.canvas;
  const style = getComputedStyle(pen.canvas);
  const [left, top] = [box[0][0] * width, box[0][1] * height];
  pen.font = `bold ${NUMBER_SIZE}px sans-serif`;
  pen.textBaseline = "bottom";
  const room = pen.measureText(number).width + 6;
  pen.fillStyle = style.getPropertyValue("--mass");
  pen.fillRect(left, Math.max(0, top - NUMBER_SIZE - 2), room, NUMBER_SIZE + 2);
  pen.fillStyle = style.getPropertyValue("--halo");
  pen.fillText(number, left + 3, Math.max(NUMBER_SIZE + 1, top - 1));
}

/** What speaks for the answer. @param {Clue[]} clues */
export function evidenceList(clues) {
  const list = element("ol", "", "evidence");
  clues.forEach((clue, row) => {
    const item = element("li", "", clue.struck ? "struck" : "");
    item.append(
      element("span", String(row + 1)),
      element("span", `${clue.kind}: ${clue.says}`),
      element("span", clue.struck ? "struck out" : bitsOf(clue.bits)),
    );
    if (clue.text.length) item.append(element("q", clue.text.join(" / "), "quiet"));
    list.append(item);
  });
  return list;
}

/** @param {number} count */
const bitsOf = (count) => `${count < 0 ? "−" : "+"}${Math.abs(count).toFixed(1)} bits`;
