// Single keys as shortcuts: off while something is typed, and off altogether where a person wants them off.

const KEPT = "lfr.keys";

export function keysAreOn() {
  return localStorage.getItem(KEPT) !== "off";
}

export function setKeys(isOn) {
  localStorage.setItem(KEPT, isOn ? "on" : "off");
}

function isTyping(target) {
  return target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

/**
 * @param {Record<string, (event: KeyboardEvent) => void>} byKey key as `KeyboardEvent.key`, letters in lower case
 * @param {AbortSignal} signal ends it
 */
export function onKeys(byKey, signal) {
  const heard = (event) => {
    const isAlways = event.key === "?" || event.key === "Escape";
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") || (!keysAreOn() && !isAlways)) return;
    const act = byKey[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act && act(event) !== false) event.preventDefault();
  };
  document.addEventListener("keydown", heard, { signal });
}
