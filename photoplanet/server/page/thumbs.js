// Thumbnails of the photos, made in the browser one at a time; a photo that it cannot decode (HEIC) stays without one.

/** @typedef {import("./state.js").Photo} Photo */

const SIDE = 144; // pixels

/** @param {Photo[]} photos @param {(photo: Photo) => void} made */
export async function make(photos, made) {
  for (const photo of photos) {
    photo.thumbnail = await thumbnail(photo.file).catch(() => null);
    made(photo);
  }
}

/** @param {File} file @returns {Promise<string | null>} its address */
async function thumbnail(file) {
  const whole = await createImageBitmap(file);
  const side = Math.min(whole.width, whole.height);
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const left = (whole.width - side) / 2;
  const top = (whole.height - side) / 2;
  canvas.getContext("2d")?.drawImage(whole, left, top, side, side, 0, 0, SIDE, SIDE);
  whole.close();
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  return blob && URL.createObjectURL(blob);
}

/** @param {Photo[]} photos */
export function forget(photos) {
  for (const { thumbnail } of photos) if (thumbnail) URL.revokeObjectURL(thumbnail);
}
