// Which entries of a watchlist are shown: words, statuses, what is to be done, closed lists.

import { fill, h } from "./dom.js";
import { count, worded } from "./words.js";

const STATUSES = ["quarantined", "pending_review", "pending_second_approval", "approved", "refused", "withdrawn"];
const TYPED_MS = 500;
const NONE = { status: "", todo: "", alike: "", expiring: "", category: "", response: "", reason: "" };

export class EntriesFilter {
  /** @param {() => void} onChange after each change */
  constructor(page, onChange) {
    this.page = page;
    this.onChange = onChange;
    this.chosen = { ...NONE };
    this.search = h("input", {
      type: "search", placeholder: "Name, reference or id", "aria-label": "Search by name, reference or id", title: "The audit log keeps what is searched for", autocomplete: "off",
      oninput: () => this.typed(), onkeydown: (event) => event.key === "Enter" && this.now(),
    });
    this.chips = h("div.row", { role: "group", "aria-label": "Filter by status" });
    this.lists = h("div.row.lists", { role: "group", "aria-label": "Further filters" });
    this.element = h("div.stack.tight", {}, h("div.row.tools", {}, h("div.search", {}, this.search), this.chips), this.lists);
    page.signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** As the server is asked. */
  values() {
    return { ...this.chosen, text: this.search.value.trim() };
  }

  get isOn() {
    return Object.values(this.values()).some(Boolean);
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onChange(), TYPED_MS);
  }

  now() {
    clearTimeout(this.timer);
    this.onChange();
  }

  choose(given) {
    Object.assign(this.chosen, given);
    this.now();
  }

  clear() {
    this.search.value = "";
    this.choose({ ...NONE });
  }

  /** @param {object} counts as the server counts what each filter would find */
  draw(counts) {
    const { chosen, page } = this;
    const all = Object.values(counts.n_by_status).reduce((sum, each) => sum + each, 0);
    const chip = (id, label, n, isOn, given) => h("button.chip", { type: "button", id: `filter-${id}`, "aria-pressed": String(isOn), onclick: () => this.choose(given) }, `${label} ${count(n)}`);
    const toggle = (name, label, n, value) => (n || chosen[name] === value) && chip(`${name}-${value}`, label, n, chosen[name] === value, { [name]: chosen[name] === value ? "" : value });
    fill(
      this.chips,
      chip("all", "All", all, !chosen.status, { status: "" }),
      STATUSES.filter((each) => counts.n_by_status[each] || each === chosen.status).map((each) => chip(each, page.word(each, "entry_statuses"), counts.n_by_status[each] || 0, chosen.status === each, { status: each })),
    );
    fill(
      this.lists,
      page.may("watchlist.review") && toggle("todo", "For me to review", counts.n_review, "review"),
      page.may("watchlist.second_approve") && toggle("todo", "For me to approve", counts.n_second, "second"),
      toggle("alike", "Look-alikes", counts.n_alike, "1"),
      toggle("expiring", "Expiring", counts.n_expiring, "1"),
      this.list("category", "categories", ["Any category", "Only listed as"], counts.n_by_category),
      this.list("response", "responses", ["Any response", "Only of colour"], counts.n_by_response),
      this.list("reason", "entry_reasons", ["Any reason", "Only lacking"], counts.n_by_reason),
      this.isOn && h("button.plain", { type: "button", id: "filter-clear", onclick: () => this.clear() }, "Clear filters"),
    );
  }

  /** A closed list, with how many there are of each that there is. */
  list(name, vocabulary, [any, label], counts) {
    const there = Object.keys(counts);
    const now = this.chosen[name];
    if (there.length < 2 && !now && (name !== "reason" || !there.length)) return null;
    const options = [...new Set([...there, now].filter(Boolean))].map((each) => h("option", { value: each, selected: each === now }, `${worded(each, this.page.vocabulary, vocabulary)} (${count(counts[each] || 0)})`));
    return h("select", { id: `filter-${name}`, "aria-label": label, onchange: (event) => this.choose({ [name]: event.target.value }) }, h("option", { value: "" }, any), options);
  }
}
