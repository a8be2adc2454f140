// Photos that share a mark: those at one spot, and those whose marks would hide one another.

/** @typedef {import("./gestures.js").Spot} Spot */
/** @typedef {import("./photos.js").MapPhoto} MapPhoto */
/** @typedef {Spot & { photo: MapPhoto }} PhotoSpot */
/** @typedef {Spot & { photos: MapPhoto[] }} Cluster */
/** @typedef {{ width: number, height: number }} Size pixels */

const TILE = 128; // pixels, more than any mark is wide: only neighbours can overlap
const TILE_ROWS = 2 ** 24; // more than there are rows of tiles, or of bins, at the closest

/** Spots that lie together on a grid of `size` pixels, so that their marks can be told apart. @param {PhotoSpot[]} spots @param {number} size @returns {Cluster[]} */
export function clusters(spots, size) {
  /** @type {Map<number, PhotoSpot[]>} */
  const bins = new Map();
  for (const spot of spots) {
    const key = Math.round(spot.x / size) * TILE_ROWS + Math.round(spot.y / size);
    const bin = bins.get(key);
    if (bin) bin.push(spot);
    else bins.set(key, [spot]);
  }
  return [...bins.values()].map((bin) => ({
    x: bin.reduce((sum, { x }) => sum + x, 0) / bin.length,
    y: bin.reduce((sum, { y }) => sum + y, 0) / bin.length,
    photos: bin.map(({ photo }) => photo),
  }));
}

/** Clusters joined until no mark touches another. @param {Cluster[]} given @param {(cluster: Cluster) => Size} sizeOf @returns {Cluster[]} */
export function apart(given, sizeOf) {
  const waiting = given.map((cluster) => ({ cluster, size: sizeOf(cluster) }));
  /** @type {Map<number, typeof waiting>} */
  const tiles = new Map();
  const at = (/** @type {Cluster} */ { x, y }) => [Math.floor(x / TILE), Math.floor(y / TILE)];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [column, row] = at(next.cluster);
    const other = touching(tiles, column, row, next);
    if (other) {
      const [homeColumn, homeRow] = at(other.cluster);
      const home = tiles.get(homeColumn * TILE_ROWS + homeRow) ?? [];
      home.splice(home.indexOf(other), 1);
      const cluster = joined(other.cluster, next.cluster);
      waiting.push({ cluster, size: sizeOf(cluster) });
    } else {
      const home = tiles.get(column * TILE_ROWS + row);
      if (home) home.push(next);
      else tiles.set(column * TILE_ROWS + row, [next]);
    }
  }
  const kept = [...tiles.values()].flat().map(({ cluster }) => cluster);
  for (const { photos } of kept) photos.sort((a, b) => a.row - b.row);
  return kept;
}

/** @typedef {{ cluster: Cluster, size: Size }} Sized */

/** One of the tile or its neighbours that touches. @param {Map<number, Sized[]>} tiles @param {number} column @param {number} row @param {Sized} one */
function touching(tiles, column, row, one) {
  for (let i = column - 1; i <= column + 1; i++)
    for (let j = row - 1; j <= row + 1; j++) {
      const found = tiles.get(i * TILE_ROWS + j)?.find((other) => overlap(other, one));
      if (found) return found;
    }
}

/** @param {Sized} one @param {Sized} other */
function overlap({ cluster: one, size: a }, { cluster: other, size: b }) {
  return Math.abs(one.x - other.x) < (a.width + b.width) / 2 && Math.abs(one.y - other.y) < (a.height + b.height) / 2;
}

/** Their photos in no order. @param {Cluster} one @param {Cluster} other @returns {Cluster} */
function joined(one, other) {
  const [m, n] = [one.photos.length, other.photos.length];
  return {
    x: (m * one.x + n * other.x) / (m + n),
    y: (m * one.y + n * other.y) / (m + n),
    photos: one.photos.concat(other.photos),
  };
}
