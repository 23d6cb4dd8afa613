// Pages of a long list: which part is shown, of how many, and the way to the others.

import { fill, h } from "./dom.js";
import { count } from "./words.js";

export class Pager {
  /**
   * @param {string} what of which the pages are, for who cannot see them
   * @param {number} most on a page
   * @param {(first: number) => void} onTurn
   */
  constructor(what, most, onTurn) {
    this.most = most;
    this.onTurn = onTurn;
    this.element = h("nav.row.pager", { "aria-label": `Pages of ${what}` });
  }

  /** Shows that `n` from `first` on are there, of `total`. */
  show(first, n, total) {
    const { most } = this;
    const pages = Math.ceil(total / most);
    const at = Math.floor(first / most);
    const last = Math.max(0, pages - 1) * most;
    const name = this.element.getAttribute("aria-label").replaceAll(" ", "-");
    const button = (key, label, to) => h("button.plain", { type: "button", id: `${name}-${key}`, disabled: to === first || to < 0 || to > last, onclick: () => this.onTurn(to) }, label);
    const said = total ? `${count(first + 1)} to ${count(first + n)} of ${count(total)}` : "None";
    if (pages < 2) return fill(this.element, h("span.quiet.small", { role: "status" }, said));
    const number = h("input.page-number", { type: "number", min: 1, max: pages, value: at + 1, "aria-label": `Page, of ${count(pages)}`, id: `${name}-number`, onchange: (event) => this.onTurn((Math.min(pages, Math.max(1, Math.round(Number(event.target.value)) || 1)) - 1) * most) });
    return fill(
      this.element,
      h("span", { role: "status" }, said),
      button("first", "First", 0), button("previous", "Previous", first - most), h("span.row.small", {}, "page", number, `of ${count(pages)}`), button("next", "Next", first + most), button("last", "Last", last),
    );
  }
}
