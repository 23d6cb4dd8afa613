// The queue of alerts: by what is to be done, then by colour of response, then by age.

import { chargeLines } from "./charge.js";
import { fill, h, say } from "./dom.js";
import { clock, countdown, worded } from "./words.js";

const ORDER = ["red", "amber", "green"];
const GROUPS = [
  ["To decide", ["raised", "viewed"]],
  ["With officers", ["viable", "engaged"]],
  ["Not decided in time", ["unconfirmed"]],
  ["Settled", ["dismissed", "not_engaged", "concluded"]],
];
const SOON_S = 15;

/** Alerts in the order in which people take them. */
export function inOrder(alerts) {
  return [...alerts].sort((a, b) => ORDER.indexOf(a.response) - ORDER.indexOf(b.response) || String(a.raised_at).localeCompare(String(b.raised_at)));
}

export class Queue {
  /** @param {{onChoose: (alertId: string) => void, now: () => number, me: string}} given */
  constructor({ onChoose, now, me }) {
    this.me = me;
    this.onChoose = onChoose;
    this.now = now;
    this.alerts = [];
    this.chosen = "";
    this.element = h("div.queue");
    this.clocks = [];
    this.charges = [];
    this.timer = setInterval(() => this.tick(), 1000);
  }

  show(alerts) {
    this.alerts = inOrder(alerts);
    this.draw();
  }

  /** Ids in the order on the screen. */
  get ids() {
    return GROUPS.flatMap(([, states]) => this.alerts.filter((each) => states.includes(each.state))).map((each) => each.alert_id);
  }

  /** The next one that waits for a decision. */
  get next() {
    return this.alerts.find((each) => ["raised", "viewed"].includes(each.state) && each.alert_id !== this.chosen)?.alert_id || "";
  }

  choose(alertId) {
    this.chosen = alertId;
    this.draw();
  }

  draw() {
    this.clocks = [];
    this.charges = [];
    const groups = GROUPS.map(([name, states]) => [name, this.alerts.filter((each) => states.includes(each.state))]).filter(([, found]) => found.length);
    const parts = groups.map(([name, found]) => h("section", {}, h("h2", {}, `${name} (${found.length})`), h("ul", {}, found.map((each) => h("li", {}, this.item(each))))));
    fill(this.element, parts.length ? parts : h("p.empty", {}, "No alerts wait. New ones appear here by themselves."));
    this.tick();
  }

  item(alert) {
    const clockFace = h("span.left");
    const charge = h("span.charge", {}, chargeLines(alert, this.now(), this.me));
    if (alert.acknowledge_by) this.charges.push([charge, alert]);
    if (["raised", "viewed"].includes(alert.state)) this.clocks.push([clockFace, alert]);
    return h(
      "button.queue-item",
      { type: "button", id: `alert-${alert.alert_id}`, "aria-current": alert.alert_id === this.chosen ? "true" : null, onclick: () => this.onChoose(alert.alert_id) },
      h(`span.badge.${alert.response}`, {}, worded(alert.response)),
      h("span.grow.queue-words", {}, h("span", {}, worded(alert.state)), h("span.small.quiet", {}, `${alert.camera_id}, ${clock(alert.raised_at)}${alert.repeat_of ? ", repeat" : ""}`), charge),
      clockFace,
    );
  }

  tick() {
    for (const [holder, alert] of this.charges) fill(holder, chargeLines(alert, this.now(), this.me));
    for (const [face, alert] of this.clocks) {
      const leftS = (new Date(alert.expires_at) - this.now()) / 1000;
      say(face, leftS > 0 ? countdown(leftS) : "time over");
      face.classList.toggle("soon", leftS < SOON_S);
    }
  }

  close() {
    clearInterval(this.timer);
  }
}
