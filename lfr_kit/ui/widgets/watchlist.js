// The watchlist desk: who is on the list and why, pictures in, review, second approval, look-alikes, freeze.

import { AlikePanel } from "./shared/alike_panel.js";
import { get, part } from "./shared/api.js";
import { notice } from "./shared/dialog.js";
import { fill, h } from "./shared/dom.js";
import { EntriesFilter } from "./shared/entries_filter.js";
import { EntriesTable } from "./shared/entries_table.js";
import { importPanel } from "./shared/import_panel.js";
import { freeze, stepButtons } from "./shared/list_steps.js";
import { headline, openPage } from "./shared/page.js";
import { Pager } from "./shared/pager.js";
import { ReviewDesk } from "./shared/review_desk.js";
import { count, some, worded } from "./shared/words.js";

const MOST = 50;
const DECIDED = ["approved", "refused", "withdrawn"];

class ListDesk {
  constructor(page) {
    this.page = page;
    this.first = 0;
    this.nAsked = 0;
    this.top = h("section.card.row.apart", { "aria-label": "List" });
    this.told = h("div", { role: "status" });
    this.filter = new EntriesFilter(page, () => this.turn(0));
    this.steps = h("div.row", { role: "group", "aria-label": "With the chosen entries" });
    this.table = new EntriesTable(page, { onSelect: (entries) => this.drawSteps(entries), onOrder: () => this.turn(0) });
    this.pagers = ["entries", "entries, below"].map((name) => new Pager(name, MOST, (first) => this.turn(first)));
    this.alike = new AlikePanel(page, this.path, (entry, shot) => this.table.thumb(entry, shot), () => document.getElementById("look-alikes")?.focus());
    this.importHolder = h("div", { hidden: true });
    this.list = h("div.stack.tight", {}, this.filter.element, h("div.row.apart", {}, this.steps, this.pagers[0].element), this.table.element, this.pagers[1].element);
    this.reviewHolder = h("div", { hidden: true });
  }

  safely(act) {
    return act().catch((error) => this.page.fail(error));
  }

  get path() {
    return `api/watchlists/${part(this.page.deployment.watchlist_id)}`;
  }

  turn(first) {
    this.first = first;
    return this.safely(() => this.read());
  }

  /** Reads the part that is shown; what was asked before and comes later is not shown. */
  async read() {
    this.nAsked += 1;
    const mine = this.nAsked;
    const query = new URLSearchParams({ ...this.filter.values(), ...this.table.order, first: this.first, most: MOST });
    this.table.element.setAttribute("aria-busy", "true");
    try {
      const found = await this.page.looking(() => get(`${this.path}?${query}`));
      if (mine === this.nAsked) this.show(found);
    } finally {
      if (mine === this.nAsked) this.table.element.removeAttribute("aria-busy");
    }
  }

  show(found) {
    const { entries, n_found: nFound } = found;
    if (!entries.length && this.first && nFound) {
      this.turn(Math.floor((nFound - 1) / MOST) * MOST);
      return;
    }
    this.watchlist = found.watchlist;
    this.counts = found;
    const none = this.n() ? "No entry fits. Change the search or the filters." : this.page.may("watchlist.import") ? "Nobody is on this list yet. Add people above, or many at once with: lfr watchlist import" : "Nobody is on this list yet.";
    this.table.show(entries, none);
    this.pagers.forEach((each) => each.show(this.first, entries.length, nFound));
    this.drawTop();
    this.filter.draw(found);
  }

  /** How many entries there are, of these statuses or in all. */
  n(statuses = null) {
    return Object.entries(this.counts.n_by_status).reduce((sum, [status, n]) => sum + (!statuses || statuses.includes(status) ? n : 0), 0);
  }

  drawTop() {
    const { page, watchlist, counts } = this;
    const isBuilding = watchlist.state === "building";
    const add = isBuilding && page.may("watchlist.import") && h("button.main", { type: "button", id: "add-people", "aria-expanded": String(!this.importHolder.hidden), onclick: () => this.toggleImport() }, this.importHolder.hidden ? "Add people" : "Hide adding");
    const ice = isBuilding && page.may("watchlist.freeze") && h("button", { type: "button", id: "freeze", onclick: () => freeze(page, (text) => this.done(text)) }, "Freeze");
    const alike = h("button", { type: "button", id: "look-alikes", onclick: () => this.safely(() => this.alike.read()) }, "Look-alikes");
    const review = (kind, label, action, n) => isBuilding && page.may(action) && h("button.main", { type: "button", id: `begin-${kind}`, disabled: !n, onclick: () => this.review(kind) }, `${label} (${count(n)})`);
    const all = this.n();
    const progress = isBuilding && all > 0 && h("span.row.small", {}, h("meter", { min: 0, max: all, value: this.n(DECIDED), "aria-label": "Decided" }), `${count(this.n(DECIDED))} of ${count(all)} decided`);
    fill(
      this.top,
      h("div.row", {}, h("span.badge", {}, worded(watchlist.state)), h("strong", {}, some(all, "entry", "entries")), progress, watchlist.digest && h("span.small.quiet", {}, "digest ", h("span.mono", {}, String(watchlist.digest).slice(0, 12)))),
      h("div.row", {}, alike, ice, review("second", "Second approvals, one by one", "watchlist.second_approve", counts.n_second), review("review", "Review one by one", "watchlist.review", counts.n_review), add),
    );
  }

  /** One entry after the other, in place of the list. */
  review(kind) {
    const desk = new ReviewDesk(this.page, this.path, { kind, filter: { ...this.filter.values(), ...this.table.order }, onEnd: () => this.endReview() });
    [this.list, this.top, this.importHolder, this.alike.element].forEach((each) => { each.hidden = true; });
    fill(this.told);
    this.reviewHolder.hidden = false;
    fill(this.reviewHolder, desk.element);
    this.safely(() => desk.next());
  }

  endReview() {
    this.reviewHolder.hidden = true;
    fill(this.reviewHolder);
    [this.list, this.top].forEach((each) => { each.hidden = false; });
    this.safely(async () => {
      await this.read();
      this.table.element.focus();
    });
  }

  toggleImport() {
    this.importHolder.hidden = !this.importHolder.hidden;
    if (!this.importHolder.firstChild) fill(this.importHolder, importPanel(this.page, () => this.safely(() => this.read())));
    this.drawTop();
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
}

async function build(page) {
  if (!page.deployment.watchlist_id) {
    fill(page.content, headline(page), h("p.empty", {}, "This deployment has no watchlist yet. A watchlist manager begins one with: lfr watchlist create"));
    return;
  }
  const desk = new ListDesk(page);
  fill(page.content, headline(page), desk.told, desk.top, desk.importHolder, desk.alike.element, desk.list, desk.reviewHolder);
  page.on("back", () => desk.safely(() => desk.read()));
  await desk.read();
}

export default {
  render: (given) => openPage(given, { name: "watchlist", needs: ["watchlist.view", "watchlist.import"], build }),
};
