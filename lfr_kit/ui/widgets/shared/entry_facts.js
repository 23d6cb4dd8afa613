// What is known of a watchlist entry, for whoever judges it.

import { h } from "./dom.js";
import { day, daysUntil, moment, worded } from "./words.js";

const SOON_DAYS = 3;
const STATUS_KINDS = { approved: "green", quarantined: "amber", pending_review: "", pending_second_approval: "", refused: "red", withdrawn: "red" };
const FAIR = 40;
const GOOD = 60;

/** What a review rests on, as names and texts. */
export function grounds(entry) {
  const written = Object.entries(entry.review || {}).map(([name, text]) => [worded(`written_${name}`), text]);
  return [
    ["Why", entry.rationale], ["Lawfully held", entry.legal_basis], ["Source", entry.image_source], ["Born", entry.date_of_birth && day(entry.date_of_birth)],
    ["Under 18 because", entry.under_18_rationale], ["Note", entry.note], ["Still sought", entry.verified_at && `${moment(entry.verified_at)}, by ${entry.verified_by}`], ["Entered by", entry.created_by], ...written,
  ].filter(([, text]) => text);
}

/** Everything, at its full length. */
export function entryFacts(page, entry) {
  const told = [
    ["Reference", entry.person_ref || "none"], ["Listed as", page.word(entry.category, "categories")], ["Age", worded(entry.age_band)], ...grounds(entry),
    ["Second approval", (entry.second_because || []).map((each) => worded(each)).join(", ")],
  ].filter(([, text]) => text);
  const expires = entry.expires_at && [h("dt", {}, "Expires"), h("dd", {}, expiry(entry))];
  return h("div.stack.tight", {}, h("div.row", {}, entry.response && h(`span.badge.${entry.response}`, {}, worded(entry.response)), statusOf(page, entry)), h("dl.facts", {}, told.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]), expires));
}

/** Where an entry stands, and what must be thought of. */
export function statusOf(page, entry) {
  const why = [...(entry.reasons || []), ...(entry.warnings || [])].map((code) => page.word(code, "entry_reasons"));
  if (entry.alike?.length) why.push(entry.alike.length === 1 ? "Looks like another entry" : `Looks like ${entry.alike.length} other entries`);
  const badge = h(`span.badge${STATUS_KINDS[entry.status] ? `.${STATUS_KINDS[entry.status]}` : ""}`, {}, page.word(entry.status, "entry_statuses"));
  return h("div", {}, badge, why.length > 0 && h("ul.reasons", {}, why.map((each) => h("li", {}, each))));
}

/** How good a picture is, with each measure. */
export function qualityOf(page, shot) {
  const measures = Object.entries(shot.measures || {}).map(([name, value]) => `${worded(name)} ${Math.round(value)}`);
  const level = shot.quality === null || shot.quality === undefined ? "not measured" : shot.quality >= GOOD ? "good" : shot.quality >= FAIR ? "fair" : "poor";
  const why = (shot.reasons || []).map((code) => page.word(code, "picture_reasons"));
  return h(
    "div.quality",
    {},
    h("span.row", {}, shot.quality !== null && h("meter", { min: 0, max: 100, low: FAIR, high: GOOD, optimum: 90, value: shot.quality, "aria-label": `Quality ${Math.round(shot.quality)} of 100` }), `${shot.quality === null ? "" : Math.round(shot.quality)} ${level}`),
    why.length > 0 && h("ul.reasons", {}, why.map((each) => h("li", {}, each))),
    measures.length > 0 && h("details.small", {}, h("summary", {}, "Measures"), h("ul", {}, measures.map((each) => h("li", {}, each)))),
  );
}

/** Until when it is searched. */
export function expiry({ expires_at: at }) {
  if (!at) return h("span.quiet", {}, "with the list");
  const left = daysUntil(at);
  if (new Date(at) <= new Date()) return h("span.badge.red", {}, "expired");
  return h("span", {}, moment(at), left <= SOON_DAYS && h("div", {}, h("span.badge.amber", {}, left <= 1 ? "within a day" : `in ${left} days`)));
}

/** Who reviewed it, and who approved it besides. */
export function checkedBy({ reviewed_by: first, second_approved_by: second, needs_second: needs }) {
  if (!first) return h("span.quiet", {}, "nobody yet");
  return h("span", {}, first, second ? `, ${second}` : needs ? h("div.quiet", {}, "second to come") : null);
}
