// The server's token, typed by the user.
const dialog = document.getElementById("token"), input = document.getElementById("tokenInput"), wrong = document.getElementById("tokenWrong");

// → what was typed, or null; `again`: the last one was refused
export function ask(again) {
  wrong.hidden = !again;
  input.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" && input.value.trim() ? input.value.trim() : null), { once: true });
  });
}
