// The finer ground of a map that is zoomed in, piece by piece; photoplanet/earth/coast.py says what a piece's bytes are.
import { toLatitude, toY } from "./mercator.js";

/** @typedef {import("./atlas.js").Atlas} Atlas */
/** @typedef {(piece: number) => Promise<Uint8Array | null>} Source gives a piece's bytes; null where it has none */
/** @typedef {{ x: Float64Array, y: Float64Array, edges: Uint8Array }} Line world widths from the piece's corner; on which of its edges each point is */
/** @typedef {{ land: Line[], borders: Line[], x: number, y: number, side: number, height: number }} Piece its north-western corner and its size: world widths */
/** @typedef {{ detail: number, land: Path2D, lines: Path2D }} Shape as drawn, with that many pixels per world width */

const PIECE = 5; // degrees
const COLUMNS = 360 / PIECE;
const PIECE_ROWS = 180 / PIECE;
const UNIT = 1 / 400; // degrees
const OVERLAP = 8; // units that neighbours overlap
const LEAST_PIECE = 128; // pixels of a piece from which on it is drawn
const SEEN = 0.7; // pixels: of points that are closer to each other, one is drawn

export class Coast {
  /** @param {Source} source @param {() => void} changed a piece has come */
  constructor(source, changed) {
    this.source = source;
    this.changed = changed;
    /** @type {Map<number, Piece | null>} null: not there, or not yet */
    this.pieces = new Map();
    /** @type {Map<number, Shape>} */
    this.shapes = new Map();
  }

  /** Draw over the coarse ground, on that copy of the world. @param {Atlas} atlas @param {number} ratio @param {number} turn */
  draw(atlas, ratio, turn) {
    const { ctx, colours, view } = atlas;
    if (view.scale < LEAST_PIECE * COLUMNS) return;
    const detail = 2 ** Math.floor(Math.log2(view.scale));
    const drawn = this.inSight(atlas, turn).flatMap((number) => {
      const piece = this.piece(number);
      return piece ? [{ piece, shape: this.shape(number, piece, detail) }] : [];
    });
    const at = (/** @type {Piece} */ { x, y }) => {
      const left = ratio * atlas.screenX(x + turn);
      ctx.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, left, ratio * atlas.screenY(y));
    };
    const margin = (OVERLAP * UNIT) / 360;
    ctx.fillStyle = colours.sea;
    for (const { piece } of drawn) {
      at(piece);
      ctx.fillRect(-margin, -margin, piece.side + 2 * margin, piece.height + 2 * margin);
    }
    ctx.fillStyle = colours.land;
    for (const { piece, shape } of drawn) {
      at(piece);
      ctx.fill(shape.land);
    }
    ctx.strokeStyle = colours.border;
    ctx.lineWidth = 0.8 / view.scale;
    for (const { piece, shape } of drawn) {
      at(piece);
      ctx.stroke(shape.lines);
    }
  }

  /** The numbers of the pieces that are to be seen. @param {Atlas} atlas @param {number} turn */
  inSight({ view, width, height }, turn) {
    const column = (/** @type {number} */ x) => Math.floor((view.x - turn + x / view.scale) * COLUMNS);
    const row = (/** @type {number} */ y) => Math.floor((90 - toLatitude(view.y + y / view.scale)) / PIECE);
    const numbers = [];
    for (let i = Math.max(0, row(-height / 2)); i <= Math.min(PIECE_ROWS - 1, row(height / 2)); i++)
      for (let j = Math.max(0, column(-width / 2)); j <= Math.min(COLUMNS - 1, column(width / 2)); j++)
        numbers.push(i * COLUMNS + j);
    return numbers;
  }

  /** A piece, or null until it has come. @param {number} number */
  piece(number) {
    const known = this.pieces.get(number);
    if (known !== undefined) return known;
    this.pieces.set(number, null);
    this.source(number).then((bytes) => {
      if (!bytes) return;
      this.pieces.set(number, readPiece(bytes, number));
      this.changed();
    });
    return null;
  }

  /** @param {number} number @param {Piece} piece @param {number} detail */
  shape(number, piece, detail) {
    const known = this.shapes.get(number);
    if (known?.detail === detail) return known;
    const made = { detail, land: new Path2D(), lines: new Path2D() };
    for (const ring of piece.land) addRing(made, ring, SEEN / detail);
    for (const border of piece.borders) addSteps(made.lines, border, pointsOf(border, SEEN / detail), false);
    this.shapes.set(number, made);
    return made;
  }
}

/** Pieces that a page carries, in base64. @param {Record<string, string>} carried @returns {Source} */
export function carriedBy(carried) {
  return async (piece) => {
    const text = carried[piece];
    return text === undefined ? null : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  };
}

/** @param {Uint8Array} bytes @param {number} number @returns {Piece} */
function readPiece(bytes, number) {
  const [row, column] = [Math.floor(number / COLUMNS), number % COLUMNS];
  const north = 90 - row * PIECE;
  const top = toY(north);
  let at = 0;
  const next = () => {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * place;
      if (byte < 128) return value % 2 ? -(value + 1) / 2 : value / 2;
    }
  };
  const lines = () => Array.from({ length: next() }, () => pieceLine(next, north, top));
  const [land, borders] = [lines(), lines()];
  return { land, borders, x: column / COLUMNS, y: top, side: 1 / COLUMNS, height: toY(north - PIECE) - top };
}

/** @param {() => number} next @param {number} north degrees @param {number} top world widths @returns {Line} */
function pieceLine(next, north, top) {
  const count = next();
  const line = { x: new Float64Array(count), y: new Float64Array(count), edges: new Uint8Array(count) };
  const far = PIECE / UNIT + OVERLAP;
  let x = 0;
  let y = 0;
  for (let i = 0; i < count; i++) {
    x += next();
    y += next();
    line.x[i] = (x * UNIT) / 360;
    line.y[i] = toY(north - y * UNIT) - top;
    line.edges[i] = (x <= -OVERLAP ? 1 : 0) | (x >= far ? 2 : 0) | (y <= -OVERLAP ? 4 : 0) | (y >= far ? 8 : 0);
  }
  return line;
}

/** Which points of a line are drawn: its ends, those on an edge, and those that are not too close. @param {Line} line @param {number} least world widths */
function pointsOf({ x, y, edges }, least) {
  const kept = [0];
  for (let i = 1; i < x.length; i++) {
    const last = kept[kept.length - 1];
    const close = Math.abs(x[i] - x[last]) < least && Math.abs(y[i] - y[last]) < least;
    if (!close || edges[i] || i === x.length - 1) kept.push(i);
  }
  return kept;
}

/** @param {Shape} shape @param {Line} ring @param {number} least world widths */
function addRing({ land, lines }, ring, least) {
  const points = pointsOf(ring, least);
  if (points.length < 3) return;
  land.moveTo(ring.x[0], ring.y[0]);
  for (const i of points) land.lineTo(ring.x[i], ring.y[i]);
  land.closePath();
  addSteps(lines, ring, [...points, points[0]], true);
}

/** The steps of a line but those along an edge, where a ring is cut. @param {Path2D} path @param {Line} line @param {number[]} points @param {boolean} cut */
function addSteps(path, { x, y, edges }, points, cut) {
  points.forEach((i, k) => {
    const before = points[k - 1];
    if (k === 0 || (cut && edges[i] & edges[before])) path.moveTo(x[i], y[i]);
    else path.lineTo(x[i], y[i]);
  });
}
