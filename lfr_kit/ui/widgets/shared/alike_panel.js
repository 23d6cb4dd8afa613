// Pairs of entries that look alike, page by page, both with their picture.

import { get, post } from "./api.js";
import { fill, h } from "./dom.js";
import { Pager } from "./pager.js";
import { some } from "./words.js";

const MOST = 20;

export class AlikePanel {
  /**
   * @param {(entry: object, shot: object) => Element} thumb of a picture
   * @param {() => void} onHide
   */
  constructor(page, path, thumb, onHide) {
    Object.assign(this, { page, path, thumb, onHide });
    this.pager = new Pager("look-alikes", MOST, (first) => this.turn(first));
    this.element = h("section.card.stack.tight", { "aria-label": "Look-alikes", hidden: true });
  }

  turn(first) {
    return this.read(first).catch((error) => this.page.fail(error));
  }

  /** @param {boolean} isAnew everybody is compared with everybody again: seconds for a long list */
  async read(first = 0, isAnew = false) {
    const query = new URLSearchParams({ first, most: MOST });
    const body = { reason: "look-alikes are looked for" };
    if (isAnew) fill(this.element, h("p.empty", { role: "status" }, "Comparing everybody with everybody. Seconds, on a long list."));
    try {
      this.draw(await this.page.looking(() => (isAnew ? post(`${this.path}/pairs?${query}`, body) : get(`${this.path}/pairs?${query}`))));
    } finally {
      if (isAnew && !this.element.querySelector("h3")) this.hide();
    }
  }

  draw({ pairs, entries, n_pairs: nPairs, first }) {
    const known = new Map(entries.map((each) => [each.entry_id, each]));
    const title = nPairs ? `${some(nPairs, "pair")} of entries look alike` : "No two entries look alike, as last compared";
    const anew = h("button", { type: "button", onclick: () => this.read(0, true).catch((error) => this.page.fail(error)) }, "Compare all anew");
    this.element.hidden = false;
    this.pager.show(first, pairs.length, nPairs);
    fill(
      this.element,
      h("div.row.apart", {}, h("h3", {}, title), h("div.row", {}, anew, h("button.plain", { type: "button", onclick: () => this.hide() }, "Hide"))),
      pairs.length > 0 && h("p.small.quiet", {}, "An alert for one of them may be the other. Make sure that each is on the list as a person of their own."),
      h("ul.stack.tight", {}, pairs.map((each) => this.pair(each, known))),
      nPairs > MOST && this.pager.element,
    );
    this.element.querySelector("button").focus();
  }

  pair(found, known) {
    const side = (entry) => h("div.row", {}, entry.pictures[0] && this.thumb(entry, entry.pictures[0]), h("span", {}, h("strong", {}, entry.name || "No name"), h("div.small.quiet", {}, `${entry.person_ref || "no reference"} · ${this.page.word(entry.status, "entry_statuses")}`)));
    const why = found.kind === "same_picture" ? "the same picture" : `look alike, ${found.similarity.toFixed(2)}`;
    return h("li.alike", {}, side(known.get(found.entry_id)), h("span.badge.amber", {}, why), side(known.get(found.other_entry_id)));
  }

  hide() {
    this.element.hidden = true;
    fill(this.element);
    this.onHide();
  }
}
