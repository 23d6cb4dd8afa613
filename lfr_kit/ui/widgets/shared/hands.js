// Acknowledging an alert and handing it over: whoever is second is told who has it.

import { get, part, post } from "./api.js";
import { ask } from "./dialog.js";
import { field, h, newId } from "./dom.js";

/** What the button says that hands an alert over. */
export function handLabel(view, me) {
  if (isHandedTo(view, me)) return "Acknowledge";
  if (!view.in_hand) return "Take in hand";
  return view.in_hand === me ? "Hand over" : `In hand: ${view.in_hand}`;
}

/** Whether somebody gave it to them, and they have not said yet that they have it. */
export function isHandedTo({ in_hand: hand, acknowledged_at: at }, me) {
  return hand === me && !at;
}

/** Whether they may have it by saying so, and nobody need be asked. */
export function isForTaking(view, me) {
  return !view.in_hand || isHandedTo(view, me);
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
  const { present, watching } = await get(`${page.path}/presence`);
  const atScreens = watching.filter((each) => !present.some((one) => one.user_id === each));
  const id = newId("people");
  const people = h("datalist", { id }, present.map((each) => h("option", { value: each.user_id }, `${each.team}${each.camera_id ? ` at ${each.camera_id}` : ""}`)), atScreens.map((each) => h("option", { value: each }, "has a page open")));
  const to = h("input", { type: "text", value: first, autocomplete: "off", placeholder: "nobody", onfocus: () => to.select() });
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
