// One alert as a person sees it: the two pictures, what is known of the entry, and what happened so far.

import { get, part } from "./api.js";
import { goneWords } from "./charge.js";
import { h } from "./dom.js";
import { clock, day, moment, RESPONSES, span, worded } from "./words.js";

const OLD_PICTURE_DAYS = 5 * 365;

export function readAlert(alertId) {
  return get(`api/alerts/${part(alertId)}`);
}

/** Addresses and captions of the two pictures. */
export function picturesOf(view) {
  const at = `pictures/alerts/${part(view.alert_id)}`;
  return [
    { path: `${at}/probe`, alt: "Face seen by the camera", detail: `${view.camera_id}, ${clock(view.captured_at)}` },
    { path: `${at}/reference`, alt: `Reference picture of ${view.name}`, detail: `taken ${day(view.captured_on)}${isOld(view) ? ": an old picture" : ""}` },
  ];
}

/** All pictures of the face seen, the one it was raised on first: they lie in a strip, where there are several. */
export function stripOf(view) {
  const at = `pictures/alerts/${part(view.alert_id)}`;
  const further = (view.shots || []).map((shot) => ({
    path: `${at}/${part(shot.picture)}`,
    alt: `Face seen by the camera at ${clock(shot.captured_at)}`,
    detail: `${view.camera_id}, ${clock(shot.captured_at)}, quality ${shot.quality}`,
    label: clock(shot.captured_at),
    quality: `quality ${shot.quality}`,
  }));
  return further.length ? [{ ...picturesOf(view)[0], label: clock(view.captured_at), quality: "first" }, ...further] : [];
}

function isOld({ captured_on: taken, captured_at: seen }) {
  return taken && (new Date(seen) - new Date(taken)) / 86400000 > OLD_PICTURE_DAYS;
}

/** Response colour with what it asks officers to do. */
export function responseLine(page, view) {
  const asked = page.word(view.response, "responses");
  return h("span.row", {}, h(`span.badge.${view.response}.response`, {}, worded(view.response)), h("span.asked", {}, asked === worded(view.response) ? RESPONSES[view.response] : asked));
}

/** What is known of the entry. */
export function entryFacts(page, view) {
  const checked = view.status_verified_at;
  const age = checked ? `${span((page.now() - new Date(checked)) / 1000)} ago` : "";
  return h(
    "dl.facts",
    {},
    h("dt", {}, "Reference"), h("dd", {}, view.person_ref || "none"),
    h("dt", {}, "Listed as"), h("dd", {}, page.word(view.category, "categories")),
    h("dt", {}, "Status checked"), h("dd", {}, checked ? `${moment(checked)} (${age})` : "never: re-check it"),
    view.note && [h("dt", {}, "Note"), h("dd", {}, view.note)],
    view.repeat_of && [h("dt", {}, "Repeat"), h("dd", {}, "The same entry was alerted on within the minute before")],
  );
}

/** How alike they are, in false alerts to be expected; hidden until a person has decided. */
export function scoreLine(view) {
  if (!view.score) return h("p.score.quiet", {}, h("strong", {}, "Similarity hidden "), "until somebody has decided: compare the faces first.");
  return h("p.score", {}, h("strong", {}, "Strangers who score as high: "), view.score.expected || "not known for this comparison");
}

const KINDS = {
  raised: "raised", viewed: "looked at it", decided: "decided", late_decision: "decided too late", engaged: "engages",
  not_engaged: "does not engage", concluded: "said how it ended", expired: "time to decide was over", reviewed: "reviewed it",
  acknowledged: "has it in hand", pictured: "added a further picture",
};

/** Where an alert went, by whose word. */
function moved({ kind, data, actor_id: actor }) {
  if (kind === "routed") return data.team ? `routed it to ${data.team}` : "found no team on the ground";
  if (kind === "handed_over" && data.was && data.was !== actor) {
    const gone = goneWords({ holder_gone: data.was_gone, holder_seen_at: data.last_seen_at });
    return `took it over from ${data.was}${gone}${data.to === actor ? "" : `, for ${data.to || "nobody"}`}`;
  }
  if (kind === "handed_over") return data.to ? `handed it to ${data.to}` : "put it down";
  return KINDS[kind] || kind;
}

/** After how long, where that was measured. */
function afterHowLong({ acknowledge_s: s }) {
  return s === undefined ? "" : ` after ${span(s)}`;
}

/** What happened so far, newest last. */
export function history(page, view) {
  const items = (view.events || []).map((event) => {
    const told = ["verdict", "late_verdict", "reason_code", "late_reason_code", "truth", "outcome"].map((name) => event.data?.[name]).filter(Boolean);
    const rest = told.length ? `: ${told.map((code) => worded(code).toLowerCase()).join(", ")}` : "";
    return h("li", {}, h("span.mono.quiet", {}, clock(event.at)), ` ${event.actor_id} ${moved(event)}${afterHowLong(event.data || {})}${rest}`, event.note && h("span.quiet", {}, ` “${event.note}”`));
  });
  return h("details.history", {}, h("summary", {}, `What happened so far (${items.length})`), h("ol", {}, items));
}

/** What somebody else decided, where there is a decision. */
export function decidedLine(view) {
  const decided = (view.events || []).find((event) => event.kind === "decided");
  if (!decided) return "";
  return `${decided.actor_id} decided ${worded(decided.data?.verdict).toLowerCase()} (${worded(decided.data?.reason_code).toLowerCase()}) at ${clock(decided.at)}.`;
}
