// In whose charge an alert is: the team it goes to, who has it in hand, and whether they have said so in time.

import { h } from "./dom.js";
import { clock, countdown, span } from "./words.js";

/** What of an alert tells it, as the queue and a single alert carry it. */
const FIELDS = ["team", "in_hand", "held_since", "acknowledged_at", "is_at_desk", "acknowledge_by", "holder_gone", "holder_seen_at"];

/** In these somebody still has something to do. */
export const OPEN = ["raised", "viewed", "viable", "engaged"];

/** Whether the alert that is shown is another by now: in its state, its pictures or its charge. */
export function isOld(view, listed) {
  return listed.state !== view.state || listed.n_shots !== view.shots.length || FIELDS.some((name) => view[name] !== listed[name]);
}

/** Who has it, in a few words; empty = nobody. */
export function handWords(alert, me = "") {
  const { in_hand: hand, acknowledged_at: at } = alert;
  if (!hand) return "";
  const who = `${hand === me ? "you" : hand}${goneWords(alert)}`;
  return at ? `in hand: ${who}` : `handed to ${who}, not acknowledged yet`;
}

/** That whoever has it cannot be counted on, to stand after who it is; empty where they can. */
export function goneWords({ holder_gone: gone, holder_seen_at: seenAt }) {
  if (gone === "silent") return ` (not heard of since ${clock(seenAt)})`;
  return gone ? " (has checked out)" : "";
}

/** Seconds until it must be acknowledged, below 0 where that is over; null where it need not be. */
export function leftToAcknowledge({ acknowledge_by: by }, now) {
  return by ? (new Date(by) - now) / 1000 : null;
}

/** Team, hands and clock of an alert, as small lines. */
export function chargeLines(alert, now, me) {
  const leftS = leftToAcknowledge(alert, now);
  const late = leftS !== null && leftS <= 0;
  const isOpen = OPEN.includes(alert.state);
  const hand = isOpen && handWords(alert, me);
  return [
    isOpen && alert.team && h("span.small.team", {}, `to ${alert.team}`),
    !alert.team && ["raised", "viewed", "viable"].includes(alert.state) && h("span.small.hand", {}, "no team on the ground"),
    hand && h(alert.holder_gone ? "span.small.overdue" : "span.small.hand", {}, hand),
    late && h("span.small.overdue", {}, `overdue by ${span(-leftS)}: nobody acknowledged`),
    leftS > 0 && h("span.small.hand", {}, `acknowledge within ${countdown(leftS)}`),
  ];
}

/** The same as a sentence, for the alert that is open. */
export function chargeSentence(alert, me) {
  const team = alert.team ? `Goes to team ${alert.team}` : "No team is on the ground";
  if (!alert.in_hand) return `${team}; nobody has it in hand.`;
  const who = alert.in_hand === me ? "you" : alert.in_hand;
  const since = clock(alert.held_since);
  const how = alert.acknowledged_at ? `in hand: ${who} since ${since}` : `handed to ${who} at ${since}, not acknowledged yet`;
  return `${team}; ${how}${goneWords(alert)}.`;
}
