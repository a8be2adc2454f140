// Write: first what would be done, then doing it, and taking it back.
import { byId, element } from "/map/dom.js";
import { plural } from "/map/words.js";
import { messageOf } from "/page/api.js";
import { about, api, news, refresh, standing } from "./store.js";

/** @typedef {{ kind: string, dry_run: boolean, written: number, unchanged: number, own_gps: number, failed: number, left_alone: number, coarse: number, max_radius_km: number, notes: { name: string, did: string, detail: string }[] }} Written */

const WAIT = 700; // milliseconds between two looks how far a Write is

const dialog = byId("write", HTMLDialogElement);
const summary = byId("summary", HTMLElement);
const notes = byId("notes", HTMLUListElement);
const now = byId("writeNow", HTMLButtonElement);
const back = byId("takeBack", HTMLButtonElement);
let taking = false;

const kind = () => /** @type {HTMLInputElement} */ (dialog.querySelector("input[name=kind]:checked")).value;

/** @param {Written} found */
function words({ kind: what, dry_run, written, unchanged, left_alone, coarse, max_radius_km }) {
  const files = what === "xmp" ? plural(written, "sidecar") : plural(written, "file");
  if (what === "undo")
    return `${files} ${dry_run ? "would be put back as they were" : "put back as they were"}, ${left_alone} left alone.`;
  const there = unchanged ? `, ${unchanged} there already` : "";
  const rough = coarse
    ? ` ${coarse} of them without GPS, by the names of the place: their radius is over ${max_radius_km} km, and viewers show a pin.`
    : "";
  return `${files} ${dry_run ? "would be written" : "written"}${there}, ${left_alone} left alone.${rough}`;
}

/** @param {Written} found */
function show(found) {
  summary.textContent = words(found);
  notes.replaceChildren(
    ...found.notes.map(({ name, did, detail }) => {
      const item = element("li");
      item.append(element("strong", name), element("span", ` ${detail || did}`, "quiet"));
      return item;
    }),
  );
  notes.hidden = !found.notes.length;
}

/** @param {string} path @param {object} body @param {string} doing @returns {Promise<Written | null>} */
async function ask(path, body, doing) {
  now.disabled = true;
  back.disabled = true;
  summary.textContent = doing;
  notes.replaceChildren();
  const timer = setInterval(async () => {
    await refresh();
    if (standing.written) summary.textContent = `${doing} ${plural(standing.written, "file")}`;
  }, WAIT);
  try {
    const found = await api.postJson(`/v1/review/${path}`, body);
    show(found);
    return found;
  } catch (error) {
    summary.textContent = messageOf(error);
    return null;
  } finally {
    clearInterval(timer);
    back.disabled = false;
  }
}

async function preview() {
  taking = false;
  back.textContent = "Take back what was written";
  const found = await ask("write", { kind: kind(), dry_run: true }, "Looking at what would be written…");
  now.disabled = !found?.written;
  now.textContent = found?.written ? `Write ${found.written}` : "Write";
}

async function write() {
  const found = await ask("write", { kind: kind(), dry_run: false }, "Writing…");
  if (found) news(words(found));
  now.textContent = "Write";
  back.focus();
}

async function takeBack() {
  if (!taking) {
    const found = await ask("take-back", { dry_run: true }, "Looking at what would be taken back…");
    taking = Boolean(found?.written);
    if (taking) back.textContent = `Take back ${found?.written}`;
    return;
  }
  const found = await ask("take-back", { dry_run: false }, "Taking back…");
  taking = false;
  back.textContent = "Take back what was written";
  if (found) news(words(found));
}

export function open() {
  const preset = dialog.querySelector(`input[value=${about.write}]`);
  if (preset instanceof HTMLInputElement && !dialog.querySelector("input[name=kind]:checked")) preset.checked = true;
  dialog.showModal();
  preview();
}

export function start() {
  for (const each of dialog.querySelectorAll("input[name=kind]")) each.addEventListener("change", preview);
  now.addEventListener("click", write);
  back.addEventListener("click", takeBack);
}
