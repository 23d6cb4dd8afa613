// The people of a watchlist as a table: thumbnail, who, why, how good the picture is, where the entry stands.

import { part, picture } from "./api.js";
import { fill, h, newId } from "./dom.js";
import { day, daysUntil, worded } from "./words.js";

const SOON_DAYS = 3;
const STATUS_KINDS = { approved: "green", quarantined: "amber", pending_review: "", pending_second_approval: "", refused: "red", withdrawn: "red" };
const FAIR = 40;
const GOOD = 60;

export class EntriesTable {
  /** @param {{onSelect: (entries: object[]) => void}} given */
  constructor(page, { onSelect }) {
    this.page = page;
    this.onSelect = onSelect;
    this.selected = new Set();
    this.thumbs = new Map();
    this.entries = [];
    this.body = h("tbody");
    this.all = h("input", { type: "checkbox", "aria-label": "Select all shown", onchange: () => this.selectAll() });
    const heads = ["Picture", "Person", "Listed as", "Response", "Status", "Quality", "Age", "Expires", "Checked by"];
    this.element = h("div.table-holder", { tabIndex: 0, role: "region", "aria-label": "Entries" }, h("table.entries", {}, h("thead", {}, h("tr", {}, h("th", {}, this.all), heads.map((each) => h("th", { scope: "col" }, each)))), this.body));
    this.watch = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting).forEach((each) => this.loadThumb(each.target)), { rootMargin: "200px" });
    page.signal.addEventListener("abort", () => this.close());
  }

  show(entries) {
    this.entries = entries;
    const there = new Set(entries.map((each) => each.entry_id));
    this.selected = new Set([...this.selected].filter((id) => there.has(id)));
    fill(this.body, entries.length ? entries.map((each) => this.row(each)) : h("tr", {}, h("td", { colSpan: 10 }, h("p.empty", {}, "No entry fits. Change the search or the filter, or add people."))));
    this.tellSelected();
  }

  row(entry) {
    const id = newId("entry");
    const box = h("input", { type: "checkbox", checked: this.selected.has(entry.entry_id), "aria-labelledby": id, onchange: (event) => this.select(entry.entry_id, event.target.checked) });
    const who = h("td.person", { id }, h("strong", {}, entry.name || "No name"), h("div.small.quiet", {}, entry.person_ref || "no reference"), this.why(entry));
    return h(
      "tr",
      { "data-entry": entry.entry_id },
      h("td", {}, box), h("td", {}, h("div.thumbs", {}, entry.pictures.map((each) => this.thumb(entry, each)))), who,
      h("td", {}, this.page.word(entry.category, "categories")),
      h("td", {}, entry.response ? h(`span.badge.${entry.response}`, {}, worded(entry.response)) : "not known"),
      h("td", {}, this.status(entry)), h("td.quality-cell", {}, entry.pictures.map((each) => this.quality(each))),
      h("td.one-line", {}, worded(entry.age_band)), h("td", {}, expiry(entry)), h("td.small", {}, checkedBy(entry)),
    );
  }

  /** What the review rests on. */
  why(entry) {
    const told = [
      ["Why", entry.rationale], ["Lawfully held", entry.legal_basis], ["Source", entry.image_source], ["Born", entry.date_of_birth && day(entry.date_of_birth)],
      ["Under 18 because", entry.under_18_rationale], ["Note", entry.note], ["Still sought", entry.verified_at && `${day(entry.verified_at)}, by ${entry.verified_by}`], ["Entered by", entry.created_by],
    ].filter(([, text]) => text);
    if (!told.length) return null;
    return h("details.small", {}, h("summary", {}, "Why listed"), h("dl.facts", {}, told.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
  }

  status(entry) {
    const why = [...(entry.reasons || []), ...(entry.warnings || [])].map((code) => this.page.word(code, "entry_reasons"));
    const badge = h(`span.badge${STATUS_KINDS[entry.status] ? `.${STATUS_KINDS[entry.status]}` : ""}`, {}, this.page.word(entry.status, "entry_statuses"));
    return h("div", {}, badge, why.length > 0 && h("ul.reasons", {}, why.map((each) => h("li", {}, each))));
  }

  quality(shot) {
    const measures = Object.entries(shot.measures || {}).map(([name, value]) => `${worded(name)} ${Math.round(value)}`);
    const level = shot.quality === null || shot.quality === undefined ? "not measured" : shot.quality >= GOOD ? "good" : shot.quality >= FAIR ? "fair" : "poor";
    const why = (shot.reasons || []).map((code) => this.page.word(code, "picture_reasons"));
    return h(
      "div.quality",
      {},
      h("span.row", {}, shot.quality !== null && h("meter", { min: 0, max: 100, low: FAIR, high: GOOD, optimum: 90, value: shot.quality, "aria-label": `Quality ${Math.round(shot.quality)} of 100` }), `${shot.quality === null ? "" : Math.round(shot.quality)} ${level}`),
      why.length > 0 && h("ul.reasons", {}, why.map((each) => h("li", {}, each))),
      measures.length > 0 && h("details.small", {}, h("summary", {}, "Measures"), h("ul", {}, measures.map((each) => h("li", {}, each)))),
    );
  }

  thumb(entry, shot) {
    const image = h("img.thumb", { alt: `Picture of ${entry.name || entry.person_ref || "this person"}`, "data-path": `pictures/entries/${part(entry.entry_id)}/${part(shot.picture_id)}` });
    this.watch.observe(image);
    return image;
  }

  async loadThumb(image) {
    this.watch.unobserve(image);
    const { path } = image.dataset;
    try {
      if (!this.thumbs.has(path)) this.thumbs.set(path, picture(path));
      image.src = await this.thumbs.get(path);
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
    for (const address of this.thumbs.values()) address.then(URL.revokeObjectURL, () => {});
    this.thumbs.clear();
  }
}

function expiry({ expires_at: at }) {
  if (!at) return h("span.quiet", {}, "with the list");
  const left = daysUntil(at);
  if (left <= 0) return h("span.badge.red", {}, "expired");
  return h("span", {}, day(at), left <= SOON_DAYS && h("div", {}, h("span.badge.amber", {}, left === 1 ? "within a day" : `in ${left} days`)));
}

function checkedBy({ reviewed_by: first, second_approved_by: second, needs_second: needs }) {
  if (!first) return h("span.quiet", {}, "nobody yet");
  return h("span", {}, first, second ? `, ${second}` : needs ? h("div.quiet", {}, "second to come") : null);
}
