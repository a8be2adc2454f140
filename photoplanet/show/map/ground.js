// The ground of the server's pages: the Earth at once, and finer pieces as somebody zooms in.

/** @typedef {import("./atlas.js").Land} Land */

/** @returns {Promise<Land>} */
export async function ground() {
  const response = await fetch("/map/land.json");
  return { ...(await response.json()), coast: piece };
}

/** @param {number} number @returns {Promise<Uint8Array | null>} */
async function piece(number) {
  try {
    const response = await fetch(`/map/coast/${number}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  } catch {
    return null; // the server is gone: the map stays coarse
  }
}
