// The alert desk: a queue, two pictures side by side, a decision by button or by key.

import { decidedLine, entryFacts, history, picturesOf, readAlert, responseLine, scoreLine, stripOf } from "./shared/alert_card.js";
import { decisionPanel } from "./shared/adjudicate.js";
import { get } from "./shared/api.js";
import { OPEN, chargeSentence, isOld, leftToAcknowledge } from "./shared/charge.js";
import { notice, show } from "./shared/dialog.js";
import { fill, h, say } from "./shared/dom.js";
import { acknowledge, askWho, handLabel, isHandedTo } from "./shared/hands.js";
import { keysAreOn, onKeys, setKeys } from "./shared/keys.js";
import { announcer, headline, openPage } from "./shared/page.js";
import { PicturePair } from "./shared/pair.js";
import { Queue } from "./shared/queue.js";
import { Sound } from "./shared/sound.js";
import { countdown, some, worded } from "./shared/words.js";

const KEYS = [
  ["N", "Open the next alert to decide"], ["J / K", "Next or previous alert of the queue"], ["V", "Viable"], ["D", "Dismiss"],
  ["1 to 9", "Choose a reason"], ["Enter", "Send"], ["Esc", "Back"], ["E / X", "Engage, do not engage"], ["O / R", "Outcome, review, by role"],
  ["+ − 0", "Enlarge, make smaller, whole pictures"], ["S", "Next picture of the face seen"], ["H", "Take in hand or hand over"], ["M", "Sound on or off"], ["?", "This help"],
];

/** In these the next word is an operator's. */
const AT_DESK = ["raised", "viewed"];

class Desk {
  constructor(page) {
    this.page = page;
    this.sound = new Sound(page.signal);
    this.queue = new Queue({ onChoose: (id) => this.open(id), now: () => page.now(), me: page.me.user_id });
    this.pair = new PicturePair();
    this.heard = announcer();
    this.told = h("div", { role: "alert" });
    this.alertHolder = h("div.alert-holder");
    this.everything = h("input", { type: "checkbox", onchange: () => this.safely(() => this.read()) });
    this.known = null;
    this.view = null;
    page.signal.addEventListener("abort", () => this.queue.close());
  }

  safely(act) {
    return act().catch((error) => this.page.fail(error));
  }

  async read() {
    const found = await get(`${this.page.path}/alerts?everything=${this.everything.checked ? 1 : 0}`);
    this.page.setClock(found.now);
    this.call(found.alerts);
    this.queue.show(found.alerts);
    await this.refresh(found.alerts);
    if (!this.view) this.showNothing();
  }

  /** Sounds for what is new, and for what somebody put into one's hands. */
  call(alerts) {
    const mine = alerts.filter((each) => isHandedTo(each, this.page.me.user_id));
    const fresh = alerts.filter((each) => each.state === "raised" && !this.known?.has(each.alert_id));
    const handed = mine.filter((each) => !this.handed?.has(each.alert_id));
    if (this.known && (fresh.length || handed.length)) {
      const [first] = [...handed, ...fresh];
      this.sound.play(first.response);
      this.heard.say(handed.length ? `${some(handed.length, "alert")} handed to you, ${worded(first.response)}` : `${some(fresh.length, "new alert")}, ${worded(first.response)}`);
    }
    this.known = new Set([...(this.known || []), ...alerts.map((each) => each.alert_id)]);
    this.handed = new Set(mine.map((each) => each.alert_id));
  }

  /** Reads the open alert anew where somebody else changed it. */
  async refresh(alerts) {
    const listed = alerts.find((each) => each.alert_id === this.view?.alert_id);
    if (!this.view || this.isOpening) return;
    const { view } = this;
    if (listed && !isOld(view, listed)) return;
    const { state: before, in_hand: hand } = view;
    const me = this.page.me.user_id;
    const now = await readAlert(view.alert_id);
    if (this.view !== view) return;
    this.view = now;
    this.pair.addShots(stripOf(now));
    if (now.state === before) return this.drawAround();
    const line = decidedLine(this.view);
    const isOthers = line && !line.startsWith(`${me} `) && ["raised", "viewed"].includes(before);
    if (isOthers) fill(this.told, hand && hand !== me ? notice("good", line) : notice("warn", `Somebody was faster: ${line}`));
    this.drawAlert();
  }

  async open(alertId) {
    this.isOpening = true;
    this.queue.choose(alertId);
    fill(this.told);
    fill(this.alertHolder, h("p.empty", { role: "status" }, "Loading the alert"));
    try {
      this.view = await this.page.looking(() => readAlert(alertId));
      this.drawAlert();
      this.pair.show(picturesOf(this.view), stripOf(this.view));
      this.alertHolder.querySelector(".pair")?.focus({ preventScroll: true });
    } catch (error) {
      this.view = null;
      fill(this.alertHolder, notice("bad", error.message, error.findings));
      if (error.isSignedOut) this.page.fail(error);
    } finally {
      this.isOpening = false;
    }
  }

  showNothing() {
    if (this.isOpening) return;
    const { next } = this.queue;
    const words = next ? "Choose an alert of the queue, or open the next." : "No alert waits for a decision.";
    const go = next && h("button.main", { type: "button", onclick: () => this.open(next) }, "Open the next alert", h("kbd", { "aria-hidden": "true" }, "N"));
    this.pair.clear();
    fill(this.alertHolder, h("div.empty.stack", {}, h("p", {}, words), go && h("div.row.centre", {}, go)));
  }

  drawAlert() {
    const { page, view } = this;
    this.panel = decisionPanel(page, view, (told) => this.safely(() => this.afterDecision(told)));
    this.left = h("span.left.big");
    this.charge = h("p.small", { role: "status", id: "charge" });
    this.handOverButton = h("button", { type: "button", id: "hand-over", onclick: () => this.safely(() => this.handOver()) }, "", h("kbd", { "aria-hidden": "true" }, "H"));
    fill(
      this.alertHolder,
      h("div.row.apart.alert-top", {}, responseLine(page, view), h("span.row", {}, h("span.badge", {}, worded(view.state)), this.left)),
      h("div.row.apart", {}, h("h2.name", {}, view.name || "No name"), h("div.row", {}, this.pair.tools, this.handOverButton)),
      this.charge,
      h("div.alert-body", {}, this.pair.element, h("div.stack.alert-side", {}, this.panel.element, scoreLine(view), entryFacts(page, view), history(page, view))),
    );
    this.drawCharge();
    this.tick();
  }

  /** What changed round the decision; the form stays as it is. */
  drawAround() {
    const was = this.alertHolder.querySelector(".history");
    const now = history(this.page, this.view);
    now.open = Boolean(was?.open);
    was?.replaceWith(now);
    this.drawCharge();
  }

  /** In whose charge it is. */
  drawCharge() {
    const { page, view } = this;
    const isOpen = OPEN.includes(view.state);
    const leftS = leftToAcknowledge(view, page.now());
    say(this.charge, isOpen ? chargeSentence(view, page.me.user_id) : "");
    this.charge.classList.toggle("overdue", leftS !== null && leftS <= 0);
    this.handOverButton.firstChild.textContent = handLabel(view, page.me.user_id);
    this.handOverButton.hidden = !isOpen || !page.may("alert.acknowledge");
  }

  async afterDecision(told) {
    const decided = this.view?.alert_id;
    if (decided) this.view = await readAlert(decided);
    const line = told.kind === "warn" ? decidedLine(this.view) : "";
    const before = line ? `Somebody decided before you: ${line} Your own decision is kept as a late one for the review.` : `Not in time: ${told.text}.`;
    fill(this.told, notice(told.kind, told.kind === "warn" ? before : told.text));
    this.drawAlert();
    await this.read();
    const next = document.getElementById(`alert-${this.queue.next}`);
    (next || this.pair.element).focus();
  }

  /** Takes what is the desk's and free, or was given to them; else asks who shall have it. */
  async handOver() {
    const { view, page } = this;
    if (!view || this.handOverButton.hidden) return;
    try {
      if (isHandedTo(view, page.me.user_id) || (!view.in_hand && AT_DESK.includes(view.state))) await acknowledge(view.alert_id);
      else await askWho(page, view, { first: page.me.user_id });
    } finally {
      await this.read();
    }
  }

  tick() {
    if (!this.view || !this.left) return;
    const isOpen = ["raised", "viewed"].includes(this.view.state);
    const leftS = (new Date(this.view.expires_at) - this.page.now()) / 1000;
    say(this.left, isOpen ? (leftS > 0 ? `${countdown(leftS)} left` : "time over") : "");
    this.left.classList.toggle("soon", isOpen && leftS < 15);
    if (this.view.acknowledge_by) this.drawCharge();
  }

  step(by) {
    const { ids } = this.queue;
    const at = ids.indexOf(this.queue.chosen);
    const to = ids[Math.min(ids.length - 1, Math.max(0, at + by))];
    if (to && to !== this.queue.chosen) this.open(to);
  }

  help() {
    const isOn = h("input", { type: "checkbox", checked: keysAreOn(), onchange: (event) => setKeys(event.target.checked) });
    const rows = KEYS.map(([key, what]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, what)));
    show(this.page.element, "Keys", h("table", {}, h("tbody", {}, rows)), h("label.row", {}, isOn, "Single keys work"));
  }

  keys() {
    onKeys(
      {
        n: () => (this.queue.next ? this.open(this.queue.next) : false),
        j: () => this.step(1), k: () => this.step(-1), v: () => this.panel?.open("viable"), d: () => this.panel?.open("dismissed"),
        e: () => this.panel?.open("engage"), x: () => this.panel?.open("decline"), o: () => this.panel?.open("outcome"), r: () => this.panel?.open("review"),
        h: () => this.safely(() => this.handOver()), s: () => this.pair.next(), m: () => this.sound.toggle(), "+": () => this.pair.zoom(1.35), "-": () => this.pair.zoom(1 / 1.35),
        0: () => this.pair.reset(), Escape: () => this.panel?.close(), "?": () => this.help(),
      },
      this.page.signal,
    );
  }
}

async function build(page) {
  const desk = new Desk(page);
  const help = h("button", { type: "button", onclick: () => desk.help() }, "Keys", h("kbd", { "aria-hidden": "true" }, "?"));
  const all = h("label.row.small", {}, desk.everything, "Also the settled ones");
  fill(
    page.content,
    headline(page, h("div.row", {}, desk.sound.button, help)),
    desk.told,
    h("div.desk", {}, h("aside.card.stack.tight", { "aria-label": "Queue" }, desk.queue.element, all), h("section.card.stack.tight", { "aria-label": "Alert" }, desk.alertHolder)),
    desk.heard.line,
  );
  desk.keys();
  page.on("alerts", () => desk.safely(() => desk.read()));
  page.on("back", () => desk.safely(() => desk.read()));
  const timer = setInterval(() => desk.tick(), 1000);
  page.signal.addEventListener("abort", () => clearInterval(timer));
  await desk.read();
}

export default {
  render: (given) => openPage(given, { name: "alerts", needs: ["alert.view"], build }),
};
