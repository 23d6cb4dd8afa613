// Acknowledging an alert and handing it over: whoever is second is told who has it.

import { get, part, post } from "./api.js";
import { ask } from "./dialog.js";
import { field, h, newId } from "./dom.js";

/** What the button says that hands an alert over. */
export function handLabel({ in_hand: hand, acknowledged_at: at }, me) {
  if (!hand) return "Take in hand";
  return at || hand !== me ? `In hand: ${hand === me ? "you" : hand}` : "Handed to you";
}

/** Somebody says that they have it. */
export function acknowledge(alertId, note = "") {
  return post(`api/alerts/${part(alertId)}/acknowledge`, { note });
}

/** Takes it from whoever the page shows to have it; if that is somebody else by now, it is refused. */
export function takeOver(view, me) {
  return post(`api/alerts/${part(view.alert_id)}/hand-over`, { to: me, held_by: view.in_hand, note: "" });
}

/**
 * Asks who shall have an alert in hand, and hands it over.
 * @returns {Promise<boolean>} whether it was
 */
export async function askWho(page, view, { first = "" } = {}) {
  const { present } = await get(`${page.path}/presence`);
  const id = newId("people");
  const people = h("datalist", { id }, present.map((each) => h("option", { value: each.user_id }, `${each.team}${each.camera_id ? ` at ${each.camera_id}` : ""}`)));
  const to = h("input", { type: "text", value: first, autocomplete: "off", placeholder: "nobody" });
  to.setAttribute("list", id);
  const note = h("input", { type: "text", maxLength: 200, autocomplete: "off" });
  return ask(page.element, {
    title: "Who has this alert in hand?",
    text: `${view.in_hand ? `Now: ${view.in_hand}. ` : ""}Empty = nobody. It decides nothing; the alert's history keeps it.`,
    fields: [field("User", to), people, field("Note", note)],
    yes: "Hand over",
    act: () => post(`api/alerts/${part(view.alert_id)}/hand-over`, { to: to.value.trim(), held_by: view.in_hand, note: note.value }),
  });
}
