// Files from the drop, the buttons, or the clipboard; folders with all that is below them.
import { byId } from "/map/dom.js";

// As photos/formats.py, which a test compares.
const PHOTO =
  /\.(jpe?g|jpe|jfif?|jif|mpo|jps|png|webp|tiff?|hei[cf]|hif|avif|jxl|gif|bmp|dib|dng|3fr|arw|cr[23w]|dcr|erf|fff|gpr|iiq|k25|kdc|mef|mos|mrw|nef|nrw|orf|pef|raf|raw|rw[2l]|sr[2fw]|x3f)$/i;
const TRACK = /\.((gpx|kml|tcx|fit|nmea|nma)(\.gz)?|kmz)$/i; // as metadata/track_files.py, which a test compares
const CAPTIONS = /\.srt$/i; // a track where a drone wrote them: most are what people in a film say
const PLACES = /GPS\s?\(|\[latitude\s?:/i; // as metadata/recordings/captions.py
const HEAD = 1024; // bytes that are looked into

/** @typedef {(photos: File[], tracks: File[], others: File[]) => void} Taken files that look like photos, tracks, and what was left out */

/** @param {Taken} taken */
export function listen(taken) {
  const pickers = [byId("files", HTMLInputElement), byId("folder", HTMLInputElement)];
  for (const picker of pickers) {
    picker.addEventListener("change", () => {
      give([...(picker.files ?? [])], taken);
      picker.value = "";
    });
    for (const button of document.querySelectorAll(`[data-pick="${picker.id}"]`))
      button.addEventListener("click", () => picker.click());
  }
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    give(files, taken);
  });
  listenToDrops(taken);
}

/** @param {Taken} taken */
function listenToDrops(taken) {
  const cover = byId("dropping", HTMLElement);
  let depth = 0; // each element that is entered and left on the way says so
  const over = (/** @type {number} */ step) => {
    depth = Math.max(0, depth + step);
    cover.hidden = depth === 0;
  };
  onFiles("dragenter", (event) => {
    event.preventDefault();
    over(1);
  });
  onFiles("dragleave", () => over(-1));
  onFiles("dragover", (event, transfer) => {
    event.preventDefault();
    transfer.dropEffect = "copy";
  });
  onFiles("drop", async (event, transfer) => {
    event.preventDefault();
    over(-depth);
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()); // now: later they are gone
    const files = [...transfer.files];
    give(entries.some((entry) => entry?.isDirectory) ? await below(entries) : files, taken);
  });
}

/** @param {"dragenter" | "dragleave" | "dragover" | "drop"} kind @param {(event: DragEvent, transfer: DataTransfer) => void} act */
function onFiles(kind, act) {
  document.addEventListener(kind, (event) => {
    if (event.dataTransfer?.types.includes("Files")) act(event, event.dataTransfer);
  });
}

/** All files of folders; what cannot be read is left out. @param {(FileSystemEntry | null)[]} entries @returns {Promise<File[]>} */
async function below(entries) {
  const files = [];
  for (const entry of entries) {
    if (entry?.isFile) files.push(...(await fileOf(/** @type {FileSystemFileEntry} */ (entry))));
    else if (entry) {
      const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
      for (let some = await listOf(reader); some.length; some = await listOf(reader))
        files.push(...(await below(some)));
    }
  }
  return files;
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File[]>} */
const fileOf = (entry) =>
  new Promise((resolve) =>
    entry.file(
      (file) => resolve([file]),
      () => resolve([]),
    ),
  );

/** The next entries of a folder. @param {FileSystemDirectoryReader} reader @returns {Promise<FileSystemEntry[]>} */
const listOf = (reader) => new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));

/** Whether a file holds the captions of a drone. @param {File} file @returns {Promise<boolean>} */
async function hasPlaces(file) {
  if (!CAPTIONS.test(file.name)) return false;
  const head = await file
    .slice(0, HEAD)
    .text()
    .catch(() => "");
  return PLACES.test(head.replaceAll("\0", "")); // in UTF-16 every other byte is 0
}

/** @param {File[]} given @param {Taken} taken */
async function give(given, taken) {
  const files = given.filter((file) => !file.name.startsWith(".")); // .DS_Store, ._IMG_1.jpg and the like
  const photos = files.filter((file) => file.type.startsWith("image/") || PHOTO.test(file.name));
  const captions = await Promise.all(files.map(hasPlaces));
  const tracks = files.filter((file, number) => TRACK.test(file.name) || captions[number]);
  const path = (/** @type {File} */ file) => file.webkitRelativePath || file.name;
  for (const listed of [photos, tracks]) listed.sort((a, b) => path(a).localeCompare(path(b), "en", { numeric: true }));
  const others = files.filter((file) => !photos.includes(file) && !tracks.includes(file));
  if (given.length) taken(photos, tracks, others);
}
