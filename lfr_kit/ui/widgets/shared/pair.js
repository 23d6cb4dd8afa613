// Two pictures side by side that are looked at together: what enlarges or moves one does so to both. Below the face
// seen lie its further pictures, where there are some; the one chosen is the one compared.

import { picture } from "./api.js";
import { fill, h } from "./dom.js";

const LARGEST = 8;
const STEP = 1.35;

export class PicturePair {
  constructor() {
    this.view = { scale: 1, x: 0, y: 0 };
    this.frames = [this.frame("Seen by the camera"), this.frame("Reference")];
    const button = (text, label, act) => h("button.plain", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    this.tools = h(
      "div.row.pair-tools",
      {},
      button("−", "Smaller", () => this.zoom(1 / STEP)),
      button("+", "Larger", () => this.zoom(STEP)),
      button("Whole", "Show the whole pictures", () => this.reset()),
    );
    this.strip = h("div.shots", { role: "group", "aria-label": "Pictures of the face seen", hidden: true });
    this.shots = [];
    this.element = h(
      "div.pair",
      { tabIndex: 0, role: "group", "aria-label": "Two pictures; plus and minus enlarge both, arrows move them, 0 shows them whole, S the next of the face seen", onkeydown: (event) => this.key(event) },
      this.frames.map((each) => each.element),
      this.strip,
    );
  }

  frame(title) {
    const image = h("img", { alt: "", draggable: false, hidden: true });
    const told = h("p.pair-told", {}, "Loading");
    const box = h("div.pair-box", {}, image, told);
    const caption = h("figcaption", {}, h("strong", {}, title), h("span.quiet.small"));
    box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    box.addEventListener("pointerdown", (event) => this.drag(event, box));
    return { element: h("figure", {}, box, caption), image, told, box, caption };
  }

  /**
   * Loads both pictures.
   * @param {Array<{path: string, alt: string, detail: string}>} pictures probe and reference
   * @param {Array<{path: string, alt: string, detail: string, label: string, quality: string}>} shots all of the face seen
   */
  async show(pictures, shots = []) {
    this.reset();
    this.loaded = (this.loaded || 0) + 1;
    this.chosen = 0;
    this.shots = [];
    fill(this.strip);
    this.addShots(shots);
    await Promise.all(this.frames.map((frame, i) => this.load(frame, pictures[i])));
  }

  async load(frame, { path, alt, detail }) {
    const mine = [this.loaded, path];
    frame.wanted = path;
    frame.caption.lastChild.textContent = detail;
    frame.image.hidden = true;
    frame.told.hidden = false;
    frame.told.textContent = "Loading";
    const isCurrent = () => mine[0] === this.loaded && mine[1] === frame.wanted;
    try {
      const address = await picture(path);
      if (isCurrent()) this.put(frame, address, alt);
      else URL.revokeObjectURL(address);
    } catch (error) {
      if (isCurrent()) frame.told.textContent = `No picture: ${error.message}`;
    }
  }

  /** Puts those into the strip that are not in it yet; what is looked at stays. */
  addShots(shots) {
    for (const shot of shots.slice(this.shots.length)) {
      const at = this.shots.push(shot) - 1;
      const image = h("img", { alt: "" });
      const button = h("button.shot", { type: "button", title: shot.detail, "aria-pressed": String(at === this.chosen), onclick: () => this.choose(at) }, image, h("span.small", {}, shot.label), h("span.small.quiet", {}, shot.quality));
      this.strip.append(button);
      this.loadThumbnail(image, shot.path);
    }
    this.strip.hidden = this.shots.length < 2;
  }

  async loadThumbnail(image, path) {
    const mine = this.loaded;
    try {
      const address = await picture(path);
      image.onload = () => URL.revokeObjectURL(address);
      if (mine === this.loaded) image.src = address;
      else URL.revokeObjectURL(address);
    } catch {
      // The button says when it was taken; the picture itself is asked for again when it is chosen.
    }
  }

  /** Compares another picture of the face seen. */
  choose(at) {
    this.chosen = at;
    [...this.strip.children].forEach((each, i) => each.setAttribute("aria-pressed", String(i === at)));
    return this.load(this.frames[0], this.shots[at]);
  }

  /** The next one, and after the last the first again. */
  next() {
    if (this.shots.length > 1) this.choose((this.chosen + 1) % this.shots.length);
  }

  put(frame, address, alt) {
    frame.image.onload = () => URL.revokeObjectURL(address);
    frame.image.src = address;
    frame.image.alt = alt;
    frame.image.hidden = false;
    frame.told.hidden = true;
  }

  zoom(by) {
    this.view.scale = Math.min(LARGEST, Math.max(1, this.view.scale * by));
    this.apply();
  }

  /** Moves by shares of a picture's width and height. */
  move(dx, dy) {
    this.view.x += dx;
    this.view.y += dy;
    this.apply();
  }

  reset() {
    this.view = { scale: 1, x: 0, y: 0 };
    this.apply();
  }

  apply() {
    const most = (this.view.scale - 1) / 2;
    this.view.x = Math.min(most, Math.max(-most, this.view.x));
    this.view.y = Math.min(most, Math.max(-most, this.view.y));
    const { scale, x, y } = this.view;
    for (const { image } of this.frames) image.style.transform = `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }

  drag(event, box) {
    box.setPointerCapture(event.pointerId);
    const moved = (e) => this.move(e.movementX / box.clientWidth, e.movementY / box.clientHeight);
    box.addEventListener("pointermove", moved);
    const end = () => box.removeEventListener("pointermove", moved);
    box.addEventListener("pointerup", end, { once: true });
    box.addEventListener("pointercancel", end, { once: true });
  }

  key(event) {
    const acts = {
      "+": () => this.zoom(STEP), "=": () => this.zoom(STEP), "-": () => this.zoom(1 / STEP), 0: () => this.reset(),
      ArrowLeft: () => this.move(0.08, 0), ArrowRight: () => this.move(-0.08, 0),
      ArrowUp: () => this.move(0, 0.08), ArrowDown: () => this.move(0, -0.08),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }

  /** Nothing of a face is left in the page. */
  clear() {
    this.loaded = (this.loaded || 0) + 1;
    this.shots = [];
    fill(this.strip);
    this.strip.hidden = true;
    for (const frame of this.frames) {
      frame.image.removeAttribute("src");
      frame.image.hidden = true;
      fill(frame.told, "No picture");
      frame.told.hidden = false;
    }
  }
}
