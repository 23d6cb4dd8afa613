// One entry after the other, by keyboard: large pictures, all that is judged, approve, refuse, send back, next.

import { get, part, picture, post } from "./api.js";
import { ask, notice, reasonInput } from "./dialog.js";
import { field, fill, h, say } from "./dom.js";
import { entryFacts } from "./entry_facts.js";
import { onKeys } from "./keys.js";
import { count, span } from "./words.js";

const AHEAD = 10;
const LEAST = 15;
/** A key pressed sooner is meant for the entry before: nobody judges a face in less. */
const LOOK_MS = 1000;

const KINDS = {
  review: { title: "Review", yes: "Approve", step: "review", statements: [["necessity", "Why it is necessary that they are on this list"], ["proportionality", "Why it is proportionate"]] },
  second: { title: "Second approval", yes: "Approve", step: "second", statements: [["reason", "Why you approve too (kept in the audit log)"]] },
};

export class ReviewDesk {
  /**
   * @param {object} given
   * @param {"review"|"second"} given.kind
   * @param {object} given.filter further values and the order that the queue keeps to
   * @param {() => void} given.onEnd
   */
  constructor(page, path, { kind, filter, onEnd }) {
    Object.assign(this, { page, path, filter, onEnd, kind });
    this.by = KINDS[kind];
    this.queue = [];
    this.nSkipped = 0;
    this.nDecided = 0;
    this.nWaiting = 0;
    this.said = new Map();
    this.lastAgainst = "";
    this.startedAt = Date.now();
    this.ended = new AbortController();
    this.told = h("div", { role: "status" });
    this.progress = h("div.stack.tight.grow");
    this.holder = h("div.stack");
    const done = h("button", { type: "button", id: "review-end", onclick: () => this.end() }, "Back to the list", h("kbd", { "aria-hidden": "true" }, "Esc"));
    this.element = h("section.card.stack", { "aria-label": this.by.title }, h("div.row.apart", {}, this.progress, done), this.told, this.holder);
    page.signal.addEventListener("abort", () => this.end(), { signal: this.ended.signal });
    onKeys({ a: (event) => this.key(event, () => this.approve()), r: (event) => this.key(event, () => this.against("refuse")), q: (event) => this.key(event, () => this.against("send-back")), s: (event) => this.key(event, () => this.skip()), Escape: () => this.end() }, this.ended.signal);
  }

  key(event, act) {
    if (!event.repeat) act();
  }

  safely(act) {
    return act().catch((error) => this.page.fail(error));
  }

  end() {
    if (this.ended.signal.aborted) return;
    this.ended.abort();
    this.letGo();
    this.onEnd();
  }

  /** The next entry that waits; those that were skipped come again at the end. */
  async next() {
    if (!this.queue.length) await this.fetch();
    if (!this.queue.length && this.nSkipped) {
      this.nSkipped = 0;
      await this.fetch();
    }
    await this.show(this.queue.shift());
  }

  async fetch() {
    const query = new URLSearchParams({ ...this.filter, status: "", todo: this.kind, first: this.nSkipped, most: AHEAD });
    const found = await this.page.looking(() => get(`${this.path}?${query}`));
    this.queue = found.entries;
    this.nWaiting = found.n_found;
  }

  async show(entry) {
    this.letGo();
    this.entry = entry;
    this.drawProgress();
    if (!entry) {
      fill(this.holder, h("p.empty", {}, this.nDecided ? "Nothing more waits for you here." : "Nothing waits for you here. What you entered yourself is for somebody else."));
      return document.getElementById("review-end")?.focus();
    }
    this.shots = h("div.review-shots");
    this.heading = h("h3.name", { tabIndex: -1 }, entry.name || "No name");
    this.form = this.statementForm(entry);
    this.alike = h("div");
    fill(this.holder, h("div.review-body", {}, h("div.stack", {}, this.shots, this.alike), h("div.stack", {}, this.heading, entryFacts(this.page, entry), this.form)));
    this.heading.focus();
    if (this.isUnsaid()) this.form.querySelector("textarea").focus();
    await Promise.all([this.load(entry), entry.alike.length && this.loadAlike(entry)]);
    return undefined;
  }

  /** All pictures, large; only then can the entry be approved. */
  async load(entry) {
    const usable = entry.pictures.filter((each) => !each.reasons.length);
    const failed = await Promise.all(usable.map(async (each) => this.put(this.shots, entry, each).then(() => null, (error) => error)));
    if (this.entry !== entry) return;
    const wrong = failed.find(Boolean);
    if (wrong) fill(this.told, notice("bad", `A picture cannot be shown: ${wrong.message}`));
    this.isSeen = !wrong;
    setTimeout(() => { if (this.entry === entry) this.release(); }, LOOK_MS);
  }

  async put(holder, entry, shot) {
    const image = h("img", { alt: `Picture of ${entry.name || entry.person_ref || "this person"}` });
    const address = await picture(`pictures/entries/${part(entry.entry_id)}/${part(shot.picture_id)}`);
    (this.addresses ||= []).push(address);
    image.src = address;
    await image.decode();
    holder.append(h("figure", {}, image, h("figcaption.small.quiet", {}, `Quality ${shot.quality === null ? "not measured" : Math.round(shot.quality)}, taken ${shot.captured_on || "on a day not known"}`)));
  }

  /** Who else on the list looks like this person. */
  async loadAlike(entry) {
    const others = new Map(entry.alike.slice(0, 4).map((each) => [each.entry_id === entry.entry_id ? each.other_entry_id : each.entry_id, each]));
    const found = await this.page.looking(() => get(`${this.path}?${new URLSearchParams({ entry: [...others.keys()].join(",") })}`));
    if (this.entry !== entry) return;
    const row = h("div.row");
    fill(this.alike, h("div.stack.tight", {}, notice("warn", "Somebody else on the list looks like this person. Is each a person of their own?"), row));
    for (const each of found.entries) {
      const box = h("div.review-alike");
      const why = others.get(each.entry_id).kind === "same_picture" ? "the same picture" : "looks alike";
      row.append(h("div", {}, box, h("div.small", {}, h("strong", {}, each.name || "No name"), `, ${each.person_ref || "no reference"}: ${why}`)));
      const [first] = each.pictures;
      if (first) await this.put(box, each, first).catch(() => say(box, "no picture"));
    }
  }

  letGo() {
    for (const each of this.addresses || []) URL.revokeObjectURL(each);
    this.addresses = [];
    this.isSeen = false;
    this.isReleased = false;
  }

  statementForm(entry) {
    const kept = this.said.get(entry.category) || {};
    this.inputs = this.by.statements.map(([name, label]) => {
      const input = h("textarea", { required: true, minLength: LEAST, maxLength: 2000, rows: 2, name, value: kept[name] || "", oninput: () => this.drawYes(), onkeydown: (event) => this.typedKey(event) });
      return [name, label, input];
    });
    this.yes = h("button.main", { type: "submit", id: "review-yes" }, this.by.yes, h("kbd", { "aria-hidden": "true" }, "A"));
    const against = (step, label, key, kind) => h(`button${kind}`, { type: "button", "data-against": step, onclick: () => this.against(step) }, label, h("kbd", { "aria-hidden": "true" }, key));
    const skip = h("button.plain", { type: "button", onclick: () => this.skip() }, "Later", h("kbd", { "aria-hidden": "true" }, "S"));
    const sent = (event) => { event.preventDefault(); this.approve(); };
    const form = h("form.stack.tight", { onsubmit: sent }, this.inputs.map(([, label, input]) => field(label, input)), h("p.small.quiet", {}, "Kept for the next entry of this category: change it where it does not hold. Esc leaves the field, Ctrl+Enter approves."), h("div.row.review-steps", {}, this.yes, against("send-back", "Quarantine", "Q", ""), against("refuse", "Refuse", "R", ".danger"), skip));
    this.drawYes();
    return form;
  }

  typedKey(event) {
    if (event.key === "Escape") this.heading.focus();
    else if (event.key === "Enter" && event.ctrlKey && !event.repeat) this.approve();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  isUnsaid() {
    return this.inputs.some(([, , input]) => input.value.trim().length < LEAST);
  }

  release() {
    this.isReleased = this.isSeen;
    this.drawYes();
  }

  drawYes() {
    this.yes.disabled = !this.isReleased || this.isBusy || this.isUnsaid();
  }

  approve() {
    if (!this.entry || this.yes.disabled) return undefined;
    const values = Object.fromEntries(this.inputs.map(([name, , input]) => [name, input.value]));
    this.said.set(this.entry.category, values);
    return this.decide(this.by.step, values, `${this.by.yes}d`);
  }

  async against(step) {
    const { entry } = this;
    if (!entry || this.isBusy) return;
    const isRefusal = step === "refuse";
    const reason = reasonInput(LEAST);
    reason.value = this.lastAgainst;
    const isDone = await ask(this.page.element, {
      title: `${isRefusal ? "Refuse" : "Put into quarantine"}: ${entry.name || entry.person_ref}`,
      text: isRefusal ? "Never searched; pictures and templates are deleted at once, and no import brings them back." : "Whoever entered them completes or mends the entry; then it is reviewed anew.",
      fields: [field("Reason (kept in the audit log)", reason)],
      yes: isRefusal ? "Refuse" : "Quarantine",
      isGrave: isRefusal,
      act: () => post(`${this.path}/${step}`, { entries: { [entry.entry_id]: entry.version }, reason: reason.value }),
    });
    if (!isDone) return;
    this.lastAgainst = reason.value;
    await this.after(isRefusal ? "Refused" : "In quarantine");
  }

  async decide(step, values, done) {
    this.isBusy = true;
    this.drawYes();
    try {
      await post(`${this.path}/${step}`, { entries: { [this.entry.entry_id]: this.entry.version }, ...values });
      this.isBusy = false;
      await this.after(done);
    } catch (error) {
      fill(this.told, notice("bad", error.message, error.findings));
      if (error.isConflict) await this.safely(() => this.again());
      if (error.isSignedOut) this.page.fail(error);
    } finally {
      this.isBusy = false;
      this.drawYes();
    }
  }

  /** Somebody changed it meanwhile: it is shown as it is now, if it still waits. */
  async again() {
    this.queue = [];
    await this.next();
  }

  async after(done) {
    const { entry } = this;
    this.nDecided += 1;
    this.nWaiting -= 1;
    fill(this.told, h("p.small.quiet", {}, `${done}: ${entry.name || entry.person_ref}`));
    await this.safely(() => this.next());
  }

  skip() {
    if (!this.entry || this.isBusy) return undefined;
    this.nSkipped += 1;
    return this.safely(() => this.next());
  }

  drawProgress() {
    const all = this.nDecided + this.nWaiting;
    const each = this.nDecided ? (Date.now() - this.startedAt) / 1000 / this.nDecided : null;
    const pace = each === null || !this.nWaiting ? "" : ` · ${span(each)} each, so about ${span(each * this.nWaiting)} more`;
    fill(this.progress, h("span", { id: "review-progress" }, h("strong", {}, `${this.by.title}: ${count(this.nDecided)} of ${count(all)} decided`), h("span.quiet.small", {}, `${pace}${this.nSkipped ? ` · ${count(this.nSkipped)} for later` : ""}`)), h("progress", { max: Math.max(1, all), value: this.nDecided, "aria-label": "Decided" }));
  }
}
