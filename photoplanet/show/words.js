// --- numbers as people read them, and elements whose text is text
export const percent = (p) => p >= 0.995 ? "over 99 %" : p >= 0.1 ? `${Math.round(p * 100)} %` : p >= 0.001 ? `${(p * 100).toFixed(1)} %` : "under 0.1 %";
export const km = (d) => { const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, d))) - 1); return (Math.round(d / step) * step).toLocaleString("en"); };
export function numbers(members) {  // rows in order → "3", "3–5", or "3…9" where some between are elsewhere
  const first = members[0] + 1, last = members[members.length - 1] + 1;
  if (members.length === 1) return String(first);
  return last - first + 1 === members.length ? `${first}–${last}` : `${first}…${last}`;
}
export function element(tag, text, name) {  // file names are hostile: text never becomes markup
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}
