// Two pictures side by side that are looked at together: what enlarges or moves one does so to both.

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
    this.element = h(
      "div.pair",
      { tabIndex: 0, role: "group", "aria-label": "Two pictures; plus and minus enlarge both, arrows move them, 0 shows them whole", onkeydown: (event) => this.key(event) },
      this.frames.map((each) => each.element),
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
   */
  async show(pictures) {
    this.reset();
    this.loaded = (this.loaded || 0) + 1;
    const mine = this.loaded;
    await Promise.all(
      this.frames.map(async (frame, i) => {
        frame.caption.lastChild.textContent = pictures[i].detail;
        frame.image.hidden = true;
        frame.told.hidden = false;
        frame.told.textContent = "Loading";
        try {
          const address = await picture(pictures[i].path);
          if (mine === this.loaded) this.put(frame, address, pictures[i].alt);
        } catch (error) {
          if (mine === this.loaded) frame.told.textContent = `No picture: ${error.message}`;
        }
      }),
    );
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
    for (const frame of this.frames) {
      frame.image.removeAttribute("src");
      frame.image.hidden = true;
      fill(frame.told, "No picture");
      frame.told.hidden = false;
    }
  }
}
