// The people of a watchlist as a table: thumbnail, who, why, how good the picture is, where the entry stands.

import { part, picture } from "./api.js";
import { fill, h, newId } from "./dom.js";
import { checkedBy, expiry, grounds, qualityOf, statusOf } from "./entry_facts.js";
import { worded } from "./words.js";

const HEADS = [
  ["Picture"], ["Person", "name"], ["Reference", "reference"], ["Listed as", "category"], ["Response", "response"], ["Status", "status"],
  ["Quality", "quality"], ["Age"], ["Expires", "expiry"], ["Checked by"],
];

export class EntriesTable {
  /** @param {{onSelect: (entries: object[]) => void, onOrder: () => void}} given */
  constructor(page, { onSelect, onOrder }) {
    this.page = page;
    this.onSelect = onSelect;
    this.onOrder = onOrder;
    this.order = { order: "entered", down: "" };
    this.selected = new Set();
    this.thumbs = new Map();
    this.entries = [];
    this.body = h("tbody");
    this.all = h("input", { type: "checkbox", "aria-label": "Select all on this page", onchange: () => this.selectAll() });
    this.heads = h("tr");
    this.element = h("div.table-holder", { tabIndex: 0, role: "region", "aria-label": "Entries" }, h("table.entries", {}, h("thead", {}, this.heads), this.body));
    this.watch = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting).forEach((each) => this.loadThumb(each.target)), { rootMargin: "200px" });
    page.signal.addEventListener("abort", () => this.close());
    this.drawHeads();
  }

  drawHeads() {
    const { order, down } = this.order;
    const head = ([label, by]) => {
      if (!by) return h("th", { scope: "col" }, label);
      const sign = by === order ? (down ? " \u25be" : " \u25b4") : "";
      return h("th", { scope: "col", "aria-sort": by === order ? (down ? "descending" : "ascending") : null }, h("button.plain.order", { type: "button", id: `order-${by}`, title: `Order by ${label.toLowerCase()}`, onclick: () => this.orderBy(by) }, label, h("span", { "aria-hidden": "true" }, sign)));
    };
    fill(this.heads, h("th", {}, this.all), HEADS.map(head));
  }

  /** Up, then down, then in the order in which they were entered. */
  orderBy(by) {
    const { order, down } = this.order;
    this.order = order !== by ? { order: by, down: "" } : down ? { order: "entered", down: "" } : { order: by, down: "1" };
    this.drawHeads();
    this.onOrder();
  }

  /** @param {string} none what is said where there is none */
  show(entries, none = "") {
    this.entries = entries;
    const there = new Set(entries.map((each) => each.entry_id));
    this.selected = new Set([...this.selected].filter((id) => there.has(id)));
    this.letGo(new Set(entries.flatMap((each) => each.pictures.map((shot) => pathOf(each, shot)))));
    fill(this.body, entries.length ? entries.map((each) => this.row(each)) : h("tr", {}, h("td", { colSpan: HEADS.length + 1 }, h("p.empty", {}, none))));
    this.tellSelected();
  }

  /** Frees the pictures that are not shown any longer. */
  letGo(kept) {
    for (const [path, address] of this.thumbs) {
      if (kept.has(path)) continue;
      address.then(URL.revokeObjectURL, () => {});
      this.thumbs.delete(path);
    }
  }

  row(entry) {
    const id = newId("entry");
    const box = h("input", { type: "checkbox", checked: this.selected.has(entry.entry_id), "aria-labelledby": id, onchange: (event) => this.select(entry.entry_id, event.target.checked) });
    const who = h("td.person", { id }, h("strong", {}, entry.name || "No name"), this.why(entry));
    return h(
      "tr",
      { "data-entry": entry.entry_id },
      h("td", {}, box), h("td", {}, h("div.thumbs", {}, entry.pictures.map((each) => this.thumb(entry, each)))), who,
      h("td.mono.reference", {}, entry.person_ref || h("span.quiet", {}, "none")),
      h("td", {}, this.page.word(entry.category, "categories")),
      h("td", {}, entry.response ? h(`span.badge.${entry.response}`, {}, worded(entry.response)) : "not known"),
      h("td", {}, statusOf(this.page, entry)), h("td.quality-cell", {}, entry.pictures.map((each) => qualityOf(this.page, each))),
      h("td.one-line", {}, worded(entry.age_band)), h("td", {}, expiry(entry)), h("td.small", {}, checkedBy(entry)),
    );
  }

  /** What the review rests on. */
  why(entry) {
    const told = grounds(entry);
    if (!told.length) return null;
    return h("details.small", {}, h("summary", {}, "Why listed"), h("dl.facts", {}, told.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
  }

  thumb(entry, shot) {
    const image = h("img.thumb", { alt: "", "data-alt": `Picture of ${entry.name || entry.person_ref || "this person"}`, "data-path": pathOf(entry, shot) });
    this.watch.observe(image);
    return image;
  }

  async loadThumb(image) {
    this.watch.unobserve(image);
    const { path } = image.dataset;
    try {
      if (!this.thumbs.has(path)) this.thumbs.set(path, picture(path));
      const wanted = this.thumbs.get(path);
      const address = await wanted;
      if (!image.isConnected || this.thumbs.get(path) !== wanted) return; // the list was drawn anew, and it let go
      image.src = address;
      image.alt = image.dataset.alt;
    } catch (error) {
      this.thumbs.delete(path);
      image.replaceWith(h("span.thumb.small.quiet", {}, error.status === 410 ? "deleted" : "no picture"));
    }
  }

  select(entryId, isOn) {
    if (isOn) this.selected.add(entryId);
    else this.selected.delete(entryId);
    this.tellSelected();
  }

  selectAll() {
    for (const each of this.entries) this.selected[this.all.checked ? "add" : "delete"](each.entry_id);
    this.show(this.entries);
  }

  tellSelected() {
    this.all.checked = this.entries.length > 0 && this.entries.every((each) => this.selected.has(each.entry_id));
    this.onSelect(this.entries.filter((each) => this.selected.has(each.entry_id)));
  }

  /** Lets the pictures go. */
  close() {
    this.watch.disconnect();
    this.letGo(new Set());
  }
}

function pathOf(entry, shot) {
  return `pictures/entries/${part(entry.entry_id)}/${part(shot.picture_id)}`;
}
