// Files from the drop, the buttons, or the clipboard; folders with all that is below them.
const PHOTO = /\.(jpe?g|jfif|png|webp|gif|bmp|tiff?|hei[cf]|avif)$/i, TRACK = /\.gpx$/i;

// taken(photos, track, others): files that look like photos, a GPX file or null, and how many were left out
export function listen(taken) {
  const pickers = { files: document.getElementById("files"), folder: document.getElementById("folder") };
  for (const button of document.querySelectorAll("[data-pick]")) button.addEventListener("click", () => pickers[button.dataset.pick].click());
  for (const picker of Object.values(pickers)) picker.addEventListener("change", () => { give([...picker.files], taken); picker.value = ""; });
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) { event.preventDefault(); give(files, taken); }
  });
  dropping(taken);
}
function dropping(taken) {
  const cover = document.getElementById("dropping");
  const holdsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  let depth = 0;  // each element that is entered and left on the way says so
  const over = (step) => { depth = Math.max(0, depth + step); cover.hidden = depth === 0; };
  document.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { event.preventDefault(); over(1); } });
  document.addEventListener("dragleave", (event) => { if (holdsFiles(event)) over(-1); });
  document.addEventListener("dragover", (event) => { if (holdsFiles(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; } });
  document.addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(-depth);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());  // now: later they are gone
    const files = [...event.dataTransfer.files];
    give(entries.some((entry) => entry && entry.isDirectory) ? await below(entries) : files, taken);
  });
}
async function below(entries) {
  const files = [];
  for (const entry of entries) {
    if (!entry) continue;
    if (entry.isFile) files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null));
    else {
      const reader = entry.createReader();
      const some = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
      for (let listed = await some(); listed.length; listed = await some()) files.push(...await below(listed));
    }
  }
  return files.filter(Boolean);
}
function give(given, taken) {
  const files = given.filter((file) => !file.name.startsWith("."));  // .DS_Store, ._IMG_1.jpg and the like
  const photos = files.filter((file) => file.type.startsWith("image/") || PHOTO.test(file.name));
  photos.sort((a, b) => (a.webkitRelativePath || a.name).localeCompare(b.webkitRelativePath || b.name, "en", { numeric: true }));
  const tracks = files.filter((file) => TRACK.test(file.name));
  taken(photos, tracks.at(-1) || null, files.length - photos.length - tracks.length);
}
