// Photos that share a mark: those at one spot, and those whose marks would hide one another.

/** @typedef {import("./gestures.js").Spot} Spot */
/** @typedef {import("./photos.js").MapPhoto} MapPhoto */
/** @typedef {Spot & { photo: MapPhoto }} PhotoSpot */
/** @typedef {Spot & { photos: MapPhoto[] }} Cluster */
/** @typedef {{ width: number, height: number }} Size pixels */

const TILE = 128; // pixels, more than any mark is wide: only neighbours can touch

/** Spots that lie together on a grid of `size` pixels, so that their marks can be told apart. @param {PhotoSpot[]} spots @param {number} size @returns {Cluster[]} */
export function clusters(spots, size) {
  /** @type {Map<string, PhotoSpot[]>} */
  const bins = new Map();
  for (const spot of spots) {
    const key = `${Math.round(spot.x / size)} ${Math.round(spot.y / size)}`;
    const bin = bins.get(key);
    if (bin) bin.push(spot);
    else bins.set(key, [spot]);
  }
  const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [...bins.values()].map((bin) => ({
    x: mean(bin.map(({ x }) => x)),
    y: mean(bin.map(({ y }) => y)),
    photos: bin.map(({ photo }) => photo),
  }));
}

/** Clusters joined until no mark touches another. @param {Cluster[]} given @param {(cluster: Cluster) => Size} sizeOf @returns {Cluster[]} */
export function apart(given, sizeOf) {
  const waiting = [...given];
  /** @type {Map<string, Cluster[]>} */
  const tiles = new Map();
  /** @type {Set<Cluster>} */
  const kept = new Set();
  const at = (/** @type {number} */ column, /** @type {number} */ row) => tiles.get(`${column} ${row}`) ?? [];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const cluster = next;
    const [column, row] = [Math.floor(cluster.x / TILE), Math.floor(cluster.y / TILE)];
    const near = [-1, 0, 1].flatMap((i) => [-1, 0, 1].flatMap((j) => at(column + i, row + j)));
    const other = near.find((each) => touch(each, cluster, sizeOf));
    if (other) {
      kept.delete(other);
      const home = at(Math.floor(other.x / TILE), Math.floor(other.y / TILE));
      home.splice(home.indexOf(other), 1);
      waiting.push(joined(other, cluster));
    } else {
      kept.add(cluster);
      const key = `${column} ${row}`;
      tiles.set(key, [...at(column, row), cluster]);
    }
  }
  return [...kept];
}

/** @param {Cluster} one @param {Cluster} other @param {(cluster: Cluster) => Size} sizeOf */
function touch(one, other, sizeOf) {
  const [a, b] = [sizeOf(one), sizeOf(other)];
  return Math.abs(one.x - other.x) < (a.width + b.width) / 2 && Math.abs(one.y - other.y) < (a.height + b.height) / 2;
}

/** @param {Cluster} one @param {Cluster} other @returns {Cluster} */
function joined(one, other) {
  const [m, n] = [one.photos.length, other.photos.length];
  return {
    x: (m * one.x + n * other.x) / (m + n),
    y: (m * one.y + n * other.y) / (m + n),
    photos: [...one.photos, ...other.photos].sort((a, b) => a.row - b.row),
  };
}
