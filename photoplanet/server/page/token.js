// The server's token, typed by the user.
import { byId } from "/map/dom.js";

const dialog = byId("token", HTMLDialogElement);
const input = byId("tokenInput", HTMLInputElement);

/** What was typed, or null. @param {boolean} again the last one was refused @returns {Promise<string | null>} */
export function ask(again) {
  byId("tokenWrong", HTMLElement).hidden = !again;
  input.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    const close = () => resolve((dialog.returnValue === "ok" && input.value.trim()) || null);
    dialog.addEventListener("close", close, { once: true });
  });
}
