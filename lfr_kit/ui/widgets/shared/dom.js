// Elements, made without ever reading markup: texts become text nodes, so a name is a name whatever stands in it.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} kind tag, with classes after dots: "div.card.stack"
 * @param {object} [given] attributes; on* = listener, data-* and aria-* as they are, other names also properties
 * @param {...(Node|string|number|null|false|Array)} inside
 */
export function h(kind, given = {}, ...inside) {
  const [tag, ...classes] = kind.split(".");
  return filled(document.createElement(tag), classes, given, inside);
}

/** As `h`, of a drawing. */
export function svg(kind, given = {}, ...inside) {
  const [tag, ...classes] = kind.split(".");
  return filled(document.createElementNS(SVG, tag), classes, given, inside);
}

function filled(made, classes, given, inside) {
  if (classes.length) made.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(given)) setOne(made, name, value);
  made.append(...inside.flat(3).filter((each) => each !== null && each !== undefined && each !== false));
  return made;
}

function setOne(made, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
  else if (name in made && !name.includes("-") && !(made instanceof SVGElement)) made[name] = value;
  else made.setAttribute(name, value === true ? "" : value);
}

/** Replaces what is in an element; what has the focus and comes back under the same id keeps it. */
export function fill(holder, ...inside) {
  const focused = holder.contains(document.activeElement) ? document.activeElement.id : "";
  holder.replaceChildren(...inside.flat(3).filter((each) => each !== null && each !== undefined && each !== false));
  if (focused && !holder.contains(document.activeElement)) holder.querySelector(`#${CSS.escape(focused)}`)?.focus();
  return holder;
}

/** Sets a text only where it changed, so that a screen reader is not told the same again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A field with its name above it. */
export function field(name, input, help = "") {
  return h("label.field", {}, h("span", {}, name), input, help && h("span.small", {}, help));
}

let nIds = 0;
/** An id that no other element has. */
export function newId(stem) {
  nIds += 1;
  return `lfr-${stem}-${nIds}`;
}
