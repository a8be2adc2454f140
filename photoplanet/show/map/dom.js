// Elements of a page. File names are hostile: text never becomes markup.

/**
 * The element of that id, which is of that kind.
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} with the id ${id}.`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [text]
 * @param {string} [name] its classes
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

/** @param {string} [text] @param {string} [name] its classes */
export function button(text, name) {
  const made = element("button", text, name);
  made.type = "button";
  return made;
}

/** A picture that says nothing that is not said beside it. @param {string} address */
export function picture(address) {
  const made = element("img");
  made.alt = "";
  made.src = address;
  return made;
}
