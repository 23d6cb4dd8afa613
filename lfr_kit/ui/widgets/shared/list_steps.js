// What is done with entries of a watchlist: review, second approval, refusal, withdrawal, freeze.

import { part, post } from "./api.js";
import { ask, reasonInput } from "./dialog.js";
import { field, h } from "./dom.js";
import { some } from "./words.js";

const LEAST = 15;
const LOOKED_AT = "Each entry is sent with the version you saw; what was changed since, or whose pictures you were not shown, is refused.";

const versionsOf = (entries) => Object.fromEntries(entries.map((each) => [each.entry_id, each.version]));
const idsOf = (entries) => entries.map((each) => each.entry_id);

/** What can be done with the chosen entries, by whom. */
const STEPS = [
  { name: "review", label: "Review", action: "watchlist.review", statuses: ["pending_review"], kind: ".main", text: `${LOOKED_AT} You cannot review what you entered yourself.`, fields: twoStatements },
  { name: "second", label: "Second approval", action: "watchlist.second_approve", statuses: ["pending_second_approval"], kind: ".main", text: `Of people under 18, of people whose age is not known, and in categories with a higher test. ${LOOKED_AT}`, fields: oneReason(LEAST, true) },
  { name: "send-back", label: "Quarantine", action: "watchlist.review", statuses: ["pending_review", "pending_second_approval"], kind: "", text: "Whoever entered them completes or mends them; then they are reviewed anew.", fields: oneReason(LEAST, true) },
  { name: "refuse", label: "Refuse", action: "watchlist.review", statuses: ["pending_review", "pending_second_approval"], kind: "", text: "Refused entries are never searched; their pictures are deleted at once, and no import brings them back.", fields: oneReason(LEAST, true) },
  { name: "recheck", label: "Still sought", action: "watchlist.review", statuses: ["approved", "pending_review", "pending_second_approval"], kind: "", text: "Records that it was checked that they are still sought. Withdraw who is not.", fields: oneSource },
  { name: "withdraw", label: "Withdraw", action: "watchlist.withdraw", statuses: ["approved", "pending_review", "pending_second_approval", "quarantined"], kind: ".danger", text: "A running engine searches them no longer from its next frame on. This cannot be undone.", fields: oneReason(LEAST, false), isGrave: true },
];

function twoStatements() {
  const necessity = reasonInput(LEAST);
  const proportionality = reasonInput(LEAST);
  return {
    parts: [field("Why it is necessary that they are on this list", necessity), field("Why it is proportionate", proportionality)],
    values: (entries) => ({ entries: versionsOf(entries), necessity: necessity.value, proportionality: proportionality.value }),
  };
}

function oneReason(least, hasVersions) {
  return () => {
    const reason = reasonInput(least);
    return { parts: [field("Reason (kept in the audit log)", reason)], values: (entries) => ({ entries: hasVersions ? versionsOf(entries) : idsOf(entries), reason: reason.value }) };
  };
}

function oneSource() {
  const source = h("input", { type: "text", required: true, minLength: LEAST, maxLength: 200, placeholder: "PNC, 4 May 09:40" });
  return { parts: [field("Checked against what, and when", source)], values: (entries) => ({ entries: idsOf(entries), source: source.value }) };
}

/** Buttons for the chosen entries. */
export function stepButtons(page, entries, onDone) {
  return STEPS.filter((step) => page.may(step.action)).map((step) => {
    const fit = entries.filter((each) => step.statuses.includes(each.status));
    const label = fit.length ? `${step.label} (${fit.length})` : step.label;
    return h(`button${step.kind}`, { type: "button", disabled: !fit.length, "data-step": step.name, onclick: () => take(page, step, fit, onDone) }, label);
  });
}

async function take(page, step, entries, onDone) {
  const form = step.fields();
  const names = entries.slice(0, 6).map((each) => each.name || each.person_ref).join(", ");
  const isDone = await ask(page.element, {
    title: `${step.label}: ${some(entries.length, "entry", "entries")}`,
    text: `${names}${entries.length > 6 ? " and others" : ""}. ${step.text}`,
    fields: form.parts,
    yes: step.label,
    isGrave: step.isGrave,
    act: () => post(`api/watchlists/${part(page.deployment.watchlist_id)}/${step.name}`, form.values(entries)),
  });
  if (isDone) onDone(`${step.label}: ${some(entries.length, "entry", "entries")} done.`);
}

/** Freezes the list: from then on it is searched as it is. */
export async function freeze(page, onDone) {
  const reason = reasonInput();
  let frozen;
  const isDone = await ask(page.element, {
    title: "Freeze the list",
    text: "Nobody is added any more; its approved entries are searched under one digest. Withdrawals stay possible.",
    fields: [field("Reason (kept in the audit log)", reason)],
    yes: "Freeze",
    act: async () => { frozen = await post(`api/watchlists/${part(page.deployment.watchlist_id)}/freeze`, { reason: reason.value }); },
  });
  if (!isDone) return;
  const left = frozen.left_out.length ? `; left out: ${some(frozen.left_out.length, "entry", "entries")} that ${frozen.left_out.length === 1 ? "was" : "were"} not approved or would be over` : "";
  onDone(`The list is frozen, with ${some(frozen.n_entries, "entry", "entries")}${left}.`);
}
