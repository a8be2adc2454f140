// Small pictures of the photos, made in the browser one at a time; a photo that it cannot decode (HEIC) stays without one.
const SIDE = 144;

export async function make(photos, made) {
  for (const photo of photos) {
    photo.small = await small(photo.file).catch(() => null);
    made(photo);
  }
}
async function small(file) {
  const whole = await createImageBitmap(file);
  const side = Math.min(whole.width, whole.height), canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  canvas.getContext("2d").drawImage(whole, (whole.width - side) / 2, (whole.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  whole.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  return URL.createObjectURL(blob);
}
export function forget(photos) {
  for (const photo of photos) if (photo.small) URL.revokeObjectURL(photo.small);
}
