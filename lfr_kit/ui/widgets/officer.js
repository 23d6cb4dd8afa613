// The officer's view, for one hand: check in, see what is viable near you, look, decide for yourself, say how it ended.

import { entryFacts, picturesOf, readAlert, responseLine } from "./shared/alert_card.js";
import { decisionPanel } from "./shared/adjudicate.js";
import { get, part, post } from "./shared/api.js";
import { CheckIn, nearestTeam } from "./shared/checkin.js";
import { notice } from "./shared/dialog.js";
import { fill, h, say } from "./shared/dom.js";
import { announcer, headline, openPage } from "./shared/page.js";
import { PicturePair } from "./shared/pair.js";
import { inOrder } from "./shared/queue.js";
import { Sound } from "./shared/sound.js";
import { clock, some, span, worded } from "./shared/words.js";

const MINE = ["viable", "engaged"];

class Officer {
  constructor(page) {
    this.page = page;
    this.sound = new Sound();
    this.inHand = {};
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
    this.inHand = Object.fromEntries((found.in_hand || []).map((each) => [each.alert_id, each.to]));
    this.alerts = inOrder(found.alerts.filter((each) => MINE.includes(each.state)));
    const fresh = this.alerts.filter((each) => this.known && !this.known.has(each.alert_id));
    this.known = new Set(this.alerts.map((each) => each.alert_id));
    if (fresh.length) this.call(fresh);
    this.drawList();
    await this.refresh();
  }

  call(fresh) {
    const near = fresh.find((each) => this.isNear(each)) || fresh[0];
    this.sound.play(near.response);
    navigator.vibrate?.([200, 100, 200]);
    this.heard.say(`${some(fresh.length, "alert")} for officers, ${worded(near.response)}`);
  }

  /** Whether my team is the nearest to where it was raised. */
  isNear(alert) {
    const mine = this.checkIn.mine;
    if (!mine) return false;
    const nearest = nearestTeam(this.checkIn.teams, alert.camera_id);
    return !nearest || nearest.team === mine.team;
  }

  async refresh() {
    if (!this.view) return;
    const listed = this.alerts.find((each) => each.alert_id === this.view.alert_id);
    if (listed && listed.state === this.view.state) return;
    const { view } = this;
    const now = await readAlert(view.alert_id);
    if (this.view !== view || now.state === view.state) return;
    this.view = now;
    this.drawSheet();
  }

  drawList() {
    const near = this.alerts.filter((each) => this.isNear(each));
    const far = this.alerts.filter((each) => !this.isNear(each));
    const group = (name, alerts) => alerts.length > 0 && h("div", {}, h("h2", {}, `${name} (${alerts.length})`), h("ul.officer-list", {}, alerts.map((each) => h("li", {}, this.item(each)))));
    const none = !this.alerts.length && h("p.empty", {}, "No alert for officers. A new one sounds and shows here.");
    fill(this.list, group("For your team", near), group(this.checkIn.mine ? "For other teams" : "Alerts for officers", far), none);
  }

  item(alert) {
    const hand = this.inHand[alert.alert_id];
    return h(
      `button.officer-item.${alert.response}`,
      { type: "button", id: `officer-${alert.alert_id}`, onclick: () => this.open(alert.alert_id) },
      h(`span.badge.${alert.response}.response`, {}, worded(alert.response)),
      h("span.grow.queue-words", {}, h("strong", {}, alert.state === "viable" ? "Look and decide" : "Engaged: outcome"), h("span.small.quiet", {}, `${alert.camera_id}, ${clock(alert.raised_at)}`), hand && h("span.small.hand", {}, `acknowledged by ${hand}`)),
      h("span.small", {}, span((this.page.now() - new Date(alert.raised_at)) / 1000)),
    );
  }

  async open(alertId) {
    fill(this.told);
    try {
      this.view = await readAlert(alertId);
      this.drawSheet();
      this.pair.show(picturesOf(this.view));
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
    const hand = this.inHand[view.alert_id];
    const isMine = hand === page.me.user_id;
    const acknowledge = h("button.wide", { type: "button", id: "acknowledge", disabled: isMine, onclick: () => this.safely(() => this.acknowledge()) }, isMine ? "Acknowledged" : hand ? `Acknowledged by ${hand}; take it` : "Acknowledge");
    this.sheet.hidden = false;
    this.list.hidden = this.checkIn.element.hidden = true;
    fill(
      this.sheet,
      h("div.row.apart", {}, h("button.plain", { type: "button", onclick: () => this.back() }, "‹ All alerts"), h("span.badge", {}, worded(view.state))),
      responseLine(page, view),
      this.pair.element,
      h("h2.name", {}, view.name || "No name"),
      entryFacts(page, view),
      h("p.small.quiet", {}, "An alert is no identity. Decide for yourself, and make sure who it is by ordinary means."),
      h("div.hand-bar.stack.tight", {}, view.state === "viable" && h("div.row", {}, acknowledge), panel.element),
    );
  }

  async acknowledge() {
    await post(`api/alerts/${part(this.view.alert_id)}/hand-over`, { to: this.page.me.user_id, note: "acknowledged" });
    this.inHand[this.view.alert_id] = this.page.me.user_id;
    this.drawSheet();
    document.getElementById("offer-engage")?.focus();
  }

  async afterDecision(told) {
    fill(this.told, notice(told.kind, told.text));
    this.view = await readAlert(this.view.alert_id);
    if (MINE.includes(this.view.state)) this.drawSheet();
    else this.back();
    await this.read();
  }

  heardHand({ alert_id: alertId, to }) {
    this.inHand[alertId] = to;
    this.drawList();
    if (this.view?.alert_id === alertId && this.view.state === "viable" && !this.sheet.querySelector("form")) this.drawSheet();
  }
}

async function build(page) {
  const officer = new Officer(page);
  const line = h("span.light.dark.small", { role: "status" }, "Connecting");
  page.on("line", ({ isThere }) => {
    line.className = `light small ${isThere ? "good" : "bad"}`;
    say(line, isThere ? "Connected" : "No connection");
  });
  fill(page.content, headline(page, line), officer.told, officer.checkIn.element, officer.list, officer.sheet, officer.heard.line);
  page.on("alerts", () => officer.safely(() => officer.read()));
  page.on("back", () => officer.safely(() => officer.read()));
  page.on("in_hand", (news) => officer.heardHand(news));
  const timer = setInterval(() => !officer.view && officer.drawList(), 5000);
  page.signal.addEventListener("abort", () => clearInterval(timer));
  await officer.checkIn.read();
  await officer.read();
}

export default {
  render: (given) => openPage(given, { name: "officer", needs: ["alert.engage", "deployment.check_in"], build }),
};
