// --- numbers as people read them, and elements whose text is text
export const percent = (p) => p >= 0.995 ? "over 99 %" : p >= 0.1 ? `${Math.round(p * 100)} %` : p >= 0.001 ? `${(p * 100).toFixed(1)} %` : "under 0.1 %";
export const km = (d) => { const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, d))) - 1); return (Math.round(d / step) * step).toLocaleString("en"); };
export function element(tag, text, name) {  // file names are hostile: text never becomes markup
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}
