// The officer's view, for one hand: check in, see what came to your team, look, decide for yourself, say how it ended.

import { entryFacts, history, picturesOf, readAlert, responseLine, stripOf } from "./shared/alert_card.js";
import { decisionPanel } from "./shared/adjudicate.js";
import { get } from "./shared/api.js";
import { chargeLines, chargeSentence, isOld, leftToAcknowledge } from "./shared/charge.js";
import { CheckIn } from "./shared/checkin.js";
import { notice } from "./shared/dialog.js";
import { fill, h, say } from "./shared/dom.js";
import { acknowledge, askWho, isForTaking, takeOver } from "./shared/hands.js";
import { announcer, headline, openPage } from "./shared/page.js";
import { PicturePair } from "./shared/pair.js";
import { inOrder } from "./shared/queue.js";
import { Sound } from "./shared/sound.js";
import { clock, some, span, worded } from "./shared/words.js";

const MINE = ["viable", "engaged"];

class Officer {
  constructor(page) {
    this.page = page;
    this.sound = new Sound(page.signal);
    this.known = null;
    this.alerts = [];
    this.view = null;
    this.heard = announcer();
    this.told = h("div", { role: "alert" });
    this.list = h("section.stack.tight", { "aria-label": "Alerts" });
    this.sheet = h("section.sheet.stack.tight", { "aria-label": "Alert", hidden: true });
    this.checkIn = new CheckIn(page, { onChange: () => this.drawList() });
    this.pair = new PicturePair();
  }

  safely(act) {
    return act().catch((error) => this.page.fail(error));
  }

  async read() {
    const found = await get(`${this.page.path}/alerts?everything=0`);
    this.page.setClock(found.now);
    this.alerts = inOrder(found.alerts.filter((each) => MINE.includes(each.state)));
    const isNews = (each) => !this.known.has(each.alert_id) || (this.isMine(each) && !this.known.get(each.alert_id));
    const fresh = this.known ? this.alerts.filter(isNews) : [];
    this.known = new Map(this.alerts.map((each) => [each.alert_id, this.isMine(each)]));
    if (fresh.length) this.call(fresh);
    this.drawList();
    await this.refresh();
  }

  call(fresh) {
    const near = fresh.find((each) => this.isMine(each)) || fresh[0];
    this.sound.play(near.response);
    navigator.vibrate?.([200, 100, 200]);
    this.heard.say(`${some(fresh.length, "alert")} for officers, ${worded(near.response)}`);
  }

  /** Whether it is in my hands, or goes to my team, or to anybody. */
  isMine(alert) {
    if (alert.in_hand) return alert.in_hand === this.page.me.user_id || alert.team === this.checkIn.mine?.team;
    return Boolean(this.checkIn.mine) && (!alert.team || alert.team === this.checkIn.mine.team);
  }

  async refresh() {
    if (!this.view) return;
    const listed = this.alerts.find((each) => each.alert_id === this.view.alert_id);
    const { view } = this;
    if (listed && !isOld(view, listed)) return;
    const now = await readAlert(view.alert_id);
    if (this.view !== view) return;
    this.view = now;
    this.pair.addShots(stripOf(now));
    if (now.state !== view.state) return this.drawSheet();
    const was = this.sheet.querySelector(".history");
    const told = history(this.page, now);
    told.open = Boolean(was?.open);
    was?.replaceWith(told);
    this.drawCharge();
  }

  drawList() {
    const mine = this.alerts.filter((each) => this.isMine(each));
    const others = this.alerts.filter((each) => !this.isMine(each));
    const group = (name, alerts) => alerts.length > 0 && h("div", {}, h("h2", {}, `${name} (${alerts.length})`), h("ul.officer-list", {}, alerts.map((each) => h("li", {}, this.item(each)))));
    const none = !this.alerts.length && h("p.empty", {}, "No alert for officers. A new one sounds and shows here.");
    fill(this.list, group(this.checkIn.mine ? "For your team" : "In your hands", mine), group(this.checkIn.mine ? "For other teams" : "Alerts for officers", others), none);
  }

  item(alert) {
    return h(
      `button.officer-item.${alert.response}`,
      { type: "button", id: `officer-${alert.alert_id}`, onclick: () => this.open(alert.alert_id) },
      h(`span.badge.${alert.response}.response`, {}, worded(alert.response)),
      h("span.grow.queue-words", {}, h("strong", {}, alert.state === "viable" ? "Look and decide" : "Engaged: outcome"), h("span.small.quiet", {}, `${alert.camera_id}, ${clock(alert.raised_at)}`), h("span.charge", {}, chargeLines(alert, this.page.now(), this.page.me.user_id))),
      h("span.small", {}, span((this.page.now() - new Date(alert.raised_at)) / 1000)),
    );
  }

  async open(alertId) {
    fill(this.told);
    try {
      this.view = await readAlert(alertId);
      this.drawSheet();
      this.pair.show(picturesOf(this.view), stripOf(this.view));
      this.sheet.querySelector("button").focus();
    } catch (error) {
      fill(this.told, notice("bad", error.message, error.findings));
    }
  }

  back() {
    const { alert_id: alertId } = this.view;
    this.view = null;
    this.pair.clear();
    this.sheet.hidden = true;
    this.list.hidden = this.checkIn.element.hidden = false;
    document.getElementById(`officer-${alertId}`)?.focus();
  }

  drawSheet() {
    const { page, view } = this;
    const panel = decisionPanel(page, view, (told) => this.safely(() => this.afterDecision(told)));
    this.charge = h("p.small", { role: "status", id: "charge" });
    this.hands = h("div.row");
    this.sheet.hidden = false;
    this.list.hidden = this.checkIn.element.hidden = true;
    fill(
      this.sheet,
      h("div.row.apart", {}, h("button.plain", { type: "button", onclick: () => this.back() }, "‹ All alerts"), h("span.badge", {}, worded(view.state))),
      responseLine(page, view),
      this.pair.element,
      h("h2.name", {}, view.name || "No name"),
      entryFacts(page, view),
      history(page, view),
      h("p.small.quiet", {}, "An alert is no identity. Decide for yourself, and make sure who it is by ordinary means."),
      h("div.hand-bar.stack.tight", {}, this.charge, this.hands, panel.element),
    );
    this.drawCharge();
  }

  /** In whose charge it is; what somebody is filling in below stays as it is. */
  drawCharge() {
    if (!this.view) return;
    const { page, view } = this;
    const leftS = leftToAcknowledge(view, page.now());
    const isLate = leftS !== null && leftS <= 0;
    const isMine = view.in_hand === page.me.user_id && Boolean(view.acknowledged_at);
    const isFree = isForTaking(view, page.me.user_id);
    say(this.charge, `${isLate ? "Not acknowledged in time. " : ""}${chargeSentence(view, page.me.user_id)}`);
    this.charge.classList.toggle("overdue", isLate);
    const button = (id, text, act) => h("button.wide", { type: "button", id, onclick: () => this.safely(act) }, text);
    fill(
      this.hands,
      isFree && button("acknowledge", "Acknowledge", () => this.take(() => acknowledge(view.alert_id))),
      !isFree && !isMine && button("take-over", `Take it over from ${view.in_hand}`, () => this.take(() => takeOver(view, page.me.user_id))),
      isMine && button("hand-over", "Hand over", () => this.handOver()),
    );
    this.hands.hidden = !page.may("alert.acknowledge") || !MINE.includes(view.state);
  }

  /** Acknowledges or takes over; whoever was faster is named. */
  async take(act) {
    fill(this.told);
    try {
      await act();
    } catch (error) {
      if (!error.isConflict) throw error;
      await this.read();
      const { in_hand: hand, held_since: since } = this.view || {};
      fill(this.told, notice("warn", hand ? `${hand} was faster, and has it since ${clock(since)}.` : error.message));
      this.told.scrollIntoView({ block: "nearest" });
      return;
    }
    await this.read();
    document.getElementById("offer-engage")?.focus();
  }

  async handOver() {
    await askWho(this.page, this.view);
    await this.read();
  }

  async afterDecision(told) {
    fill(this.told, notice(told.kind, told.text));
    this.view = await readAlert(this.view.alert_id);
    if (MINE.includes(this.view.state)) this.drawSheet();
    else this.back();
    await this.read();
  }
}

async function build(page) {
  const officer = new Officer(page);
  const line = h("span.light.dark.small", { role: "status" }, "Connecting");
  page.on("line", ({ isThere }) => {
    line.className = `light small ${isThere ? "good" : "bad"}`;
    say(line, isThere ? "Connected" : "No connection");
  });
  fill(page.content, headline(page, h("div.row", {}, line, officer.sound.button)), officer.told, officer.checkIn.element, officer.list, officer.sheet, officer.heard.line);
  page.on("alerts", () => officer.safely(() => officer.read()));
  page.on("back", () => officer.safely(() => officer.read()));
  const timer = setInterval(() => (officer.view ? officer.drawCharge() : officer.drawList()), 5000);
  page.signal.addEventListener("abort", () => clearInterval(timer));
  await officer.checkIn.read();
  await officer.read();
}

export default {
  render: (given) => openPage(given, { name: "officer", needs: ["alert.engage", "deployment.check_in"], build }),
};
