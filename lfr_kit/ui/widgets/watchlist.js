// The watchlist desk: who is on the list and why, pictures in, review, second approval, look-alikes, freeze.

import { get, part, post } from "./shared/api.js";
import { notice } from "./shared/dialog.js";
import { fill, h, say } from "./shared/dom.js";
import { EntriesTable } from "./shared/entries_table.js";
import { importPanel } from "./shared/import_panel.js";
import { freeze, stepButtons } from "./shared/list_steps.js";
import { headline, openPage } from "./shared/page.js";
import { count, some, worded } from "./shared/words.js";

const STATUSES = ["quarantined", "pending_review", "pending_second_approval", "approved", "refused", "withdrawn"];
const TYPED_MS = 250;

class ListDesk {
  constructor(page) {
    this.page = page;
    this.status = "";
    this.nByStatus = {};
    this.known = new Map();
    this.top = h("section.card.row.apart", { "aria-label": "List" });
    this.told = h("div", { role: "status" });
    this.search = h("input", { type: "search", placeholder: "Name or reference", "aria-label": "Search by name or reference", autocomplete: "off", oninput: () => this.typed() });
    this.filters = h("div.row", { role: "group", "aria-label": "Filter by status" });
    this.steps = h("div.row", { role: "group", "aria-label": "With the chosen entries" });
    this.table = new EntriesTable(page, { onSelect: (entries) => this.drawSteps(entries) });
    this.pairs = h("section.card.stack.tight", { "aria-label": "Look-alikes", hidden: true });
    this.importHolder = h("div", { hidden: true });
  }

  safely(act) {
    return act().catch((error) => this.page.fail(error));
  }

  get path() {
    return `api/watchlists/${part(this.page.deployment.watchlist_id)}`;
  }

  async read() {
    const query = new URLSearchParams({ status: this.status, text: this.search.value.trim() });
    const found = await this.page.looking(() => get(`${this.path}?${query}`));
    this.watchlist = found.watchlist;
    this.nByStatus = found.n_by_status;
    for (const each of found.entries) this.known.set(each.entry_id, each);
    this.table.show(found.entries);
    this.drawTop();
    this.drawFilters();
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.safely(() => this.read()), TYPED_MS);
  }

  drawTop() {
    const { page, watchlist } = this;
    const isBuilding = watchlist.state === "building";
    const add = isBuilding && page.may("watchlist.import") && h("button.main", { type: "button", id: "add-people", "aria-expanded": String(!this.importHolder.hidden), onclick: () => this.toggleImport() }, this.importHolder.hidden ? "Add people" : "Hide adding");
    const ice = isBuilding && page.may("watchlist.freeze") && h("button", { type: "button", id: "freeze", onclick: () => freeze(page, (text) => this.done(text)) }, "Freeze");
    const alike = h("button", { type: "button", id: "look-alikes", onclick: () => this.safely(() => this.readPairs()) }, "Look-alikes");
    fill(
      this.top,
      h("div.row", {}, h("span.badge", {}, worded(watchlist.state)), h("strong", {}, some(this.n(""), "entry", "entries")), watchlist.digest && h("span.small.quiet", {}, "digest ", h("span.mono", {}, String(watchlist.digest).slice(0, 12)))),
      h("div.row", {}, alike, ice, add),
    );
  }

  toggleImport() {
    this.importHolder.hidden = !this.importHolder.hidden;
    if (!this.importHolder.firstChild) fill(this.importHolder, importPanel(this.page, () => this.safely(() => this.read())));
    this.drawTop();
  }

  drawFilters() {
    const chip = (status, label) => h("button.chip", { type: "button", id: `filter-${status || "all"}`, "aria-pressed": String(this.status === status), onclick: () => this.filter(status) }, `${label} ${count(this.n(status))}`);
    fill(this.filters, chip("", "All"), STATUSES.filter((each) => this.n(each) || each === this.status).map((each) => chip(each, this.page.word(each, "entry_statuses"))));
  }

  /** How many entries have a status; all of them for "". */
  n(status) {
    if (status) return this.nByStatus[status] || 0;
    return Object.values(this.nByStatus).reduce((sum, each) => sum + each, 0);
  }

  filter(status) {
    this.status = status;
    this.safely(() => this.read());
  }

  drawSteps(entries) {
    const buttons = stepButtons(this.page, entries, (text) => this.done(text));
    fill(this.steps, buttons.length > 0 && h("span.quiet.small", {}, entries.length ? `${count(entries.length)} chosen:` : "Choose entries to:"), buttons);
  }

  async done(text) {
    fill(this.told, notice("good", text));
    this.table.selected.clear();
    await this.safely(async () => {
      await this.page.readDeployment();
      await this.read();
    });
  }

  async readPairs(isAnew = false) {
    const found = await this.page.looking(() => (isAnew ? post(`${this.path}/pairs`, { reason: "look-alikes are looked for" }) : get(`${this.path}/pairs`)));
    const { pairs } = found;
    this.pairs.hidden = false;
    const close = h("button.plain", { type: "button", onclick: () => { this.pairs.hidden = true; document.getElementById("look-alikes").focus(); } }, "Hide");
    const anew = h("button", { type: "button", onclick: () => this.safely(() => this.readPairs(true)) }, "Compare all anew");
    fill(this.pairs, h("div.row.apart", {}, h("h3", {}, pairs.length ? `${some(pairs.length, "pair")} of entries look alike` : "No two entries look alike, as last compared"), h("div.row", {}, anew, close)), pairs.length > 0 && h("p.small.quiet", {}, "An alert for one of them may be the other. Make sure that each is on the list as a person of their own."), h("ul.stack.tight", {}, pairs.map((each) => this.pair(each))));
    this.pairs.querySelector("button").focus();
  }

  pair(found) {
    const side = (entryId, name) => {
      const entry = this.known.get(entryId);
      const shot = entry?.pictures[0];
      return h("div.row", {}, shot && this.table.thumb(entry, shot), h("span", {}, h("strong", {}, entry?.name || name || entryId), h("div.small.quiet", {}, entry?.person_ref || "")));
    };
    const why = found.kind === "same_picture" ? "the same picture" : "look alike";
    return h("li.alike", {}, side(found.entry_id, found.name), h("span.badge.amber", {}, why), side(found.other_entry_id, found.other_name));
  }
}

async function build(page) {
  if (!page.deployment.watchlist_id) {
    fill(page.content, headline(page), h("p.empty", {}, "This deployment has no watchlist yet. A watchlist manager begins one with: lfr watchlist create"));
    return;
  }
  const desk = new ListDesk(page);
  say(desk.told, "");
  fill(page.content, headline(page), desk.told, desk.top, desk.importHolder, desk.pairs, h("div.row.tools", {}, h("div.search", {}, desk.search), desk.filters), desk.steps, desk.table.element);
  page.on("back", () => desk.safely(() => desk.read()));
  await desk.read();
}

export default {
  render: (given) => openPage(given, { name: "watchlist", needs: ["watchlist.view", "watchlist.import"], build }),
};
