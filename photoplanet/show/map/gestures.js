// Mouse, touch and keys on what can be moved and enlarged: the map, and the game's photo.

/** @typedef {{ x: number, y: number }} Spot pixels of the element */
/**
 * @typedef {object} Actions
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, here?: Spot) => void} zoom
 * @property {() => void} all show all there is: the key 0
 * @property {(here: Spot) => void} doubleClick
 * @property {(here: Spot) => void} [click]
 * @property {(here: Spot) => void} [hover]
 * @property {(from: Spot, to: Spot, done: boolean) => boolean} [draw] takes a drag from where it began; false: it moves what is seen
 */

const STILL = 6; // pixels that a pointer may move in a click
const STEP = 60; // pixels that an arrow key moves
const WHEEL = 400; // pixels of a wheel that zoom by e
const LINE = 30; // pixels of a wheel that counts lines

/** @param {HTMLElement} element @param {Actions} actions */
export function listen(element, actions) {
  /** @type {(event: MouseEvent) => Spot} */
  const at = (event) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  listenToPointers(element, actions, at);
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const moved = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
      actions.zoom(Math.exp(-Math.max(-300, Math.min(300, moved)) / WHEEL), at(event));
    },
    { passive: false },
  );
  element.addEventListener("dblclick", (event) => actions.doubleClick(at(event)));
  element.addEventListener("keydown", (event) => {
    const act = keyAction(event.key, actions);
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
}

/** @param {string} key @param {Actions} actions @returns {(() => void) | undefined} */
function keyAction(key, { pan, zoom, all }) {
  switch (key) {
    case "ArrowLeft":
      return () => pan(STEP, 0);
    case "ArrowRight":
      return () => pan(-STEP, 0);
    case "ArrowUp":
      return () => pan(0, STEP);
    case "ArrowDown":
      return () => pan(0, -STEP);
    case "+":
    case "=":
      return () => zoom(1.5);
    case "-":
      return () => zoom(1 / 1.5);
    case "0":
      return all;
  }
}

/** @param {HTMLElement} element @param {Actions} actions @param {(event: MouseEvent) => Spot} at */
function listenToPointers(element, actions, at) {
  /** @type {Map<number, Spot>} */
  const pointers = new Map();
  let moved = 0;
  let start = { x: 0, y: 0 };
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size > 1) return;
    moved = 0;
    start = at(event);
  });
  element.addEventListener("pointermove", (event) => {
    const here = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) return actions.hover?.(here);
    moved += between(here, before);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) {
      if (!actions.draw?.(start, here, false)) actions.pan(here.x - before.x, here.y - before.y);
    } else {
      actions.pan((here.x - before.x) / 2, (here.y - before.y) / 2);
      const middle = { x: (here.x + other.x) / 2, y: (here.y + other.y) / 2 };
      actions.zoom(between(here, other) / Math.max(1, between(before, other)), middle);
    }
    pointers.set(event.pointerId, here);
  });
  element.addEventListener("pointerup", (event) => {
    const single = pointers.delete(event.pointerId) && pointers.size === 0;
    if (single && actions.draw?.(start, at(event), true)) return;
    if (single && moved < STILL) actions.click?.(at(event));
  });
  element.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
}

/** @param {Spot} one @param {Spot} other */
export const between = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);
