// Times, counts and closed lists in words.

const WORDS = {
  raised: "New", viewed: "Looked at", dismissed: "Dismissed", viable: "Viable", engaged: "Engaged",
  not_engaged: "Not engaged", concluded: "Concluded", unconfirmed: "Not decided in time",
  red: "Red", amber: "Amber", green: "Green",
  draft: "Draft", requested: "Requested", granted: "Granted", open: "Open", paused: "Paused", closed: "Closed",
  aborted: "Aborted", purged: "Deleted", building: "Being built", frozen: "Frozen", deleted: "Deleted",
  identity_ref: "No identity reference", legal_basis: "No legal basis", image_source: "No source of the picture",
  category: "No category", category_not_allowed: "Category not allowed on this list", response: "No response",
  date_of_birth: "Date of birth lies ahead", under_18_rationale: "No reason for somebody under 18",
  picture: "No picture", captured_on: "No date of the picture", quality: "Picture not measured",
  template: "Nobody can be enrolled from the pictures", old_picture: "All pictures are old",
  age_unknown: "Age not known, may be under 18", unusable_picture: "One picture is of no use",
  pictures_differ: "Its pictures may be of different people", sent_back: "Sent back by who reviewed it",
  under_18: "Under 18", higher_test: "Category of the higher test",
  written_necessity: "Necessary because", written_proportionality: "Proportionate because", written_second_approval: "Second approval",
  written_refusal: "Refused because", written_withdrawal: "Withdrawn because", written_recheck: "Checked against", written_sent_back: "Sent back because",
  "18_or_over": "18 or over", "13_to_17": "13 to 17", under_13: "Under 13", unknown: "Not known",
};

/** What officers do on an alert of each colour. */
export const RESPONSES = {
  red: "Act at once; contact the owner",
  amber: "Arrest may follow; make sure who it is",
  green: "Identify; for information",
};

/** A code of a closed list as the server words it, else in plain words. */
export function worded(code, vocabulary = null, list = "") {
  if (code === null || code === undefined || code === "") return "not known";
  const found = listOf(vocabulary, list).find((each) => each.value === code);
  return found?.label || WORDS[code] || sentence(String(code));
}

/** The values of a closed list with their labels. */
export function listOf(vocabulary, list) {
  const given = vocabulary?.[list] || [];
  const pairs = Array.isArray(given) ? given : Object.entries(given).map(([value, label]) => ({ value, label }));
  return pairs.map((each) => (typeof each === "string" ? { value: each, label: WORDS[each] || sentence(each) } : each));
}

function sentence(code) {
  const text = code.replaceAll("_", " ").replaceAll(".", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function count(n) {
  return n === null || n === undefined ? "-" : Number(n).toLocaleString("en-GB");
}

/** "1 alert", "2 alerts" */
export function some(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function clock(iso) {
  return iso ? new Date(iso).toLocaleTimeString("en-GB") : "-";
}

export function day(iso) {
  return iso ? new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }) : "not known";
}

export function moment(iso) {
  return iso ? `${day(iso)}, ${clock(iso).slice(0, 5)}` : "not known";
}

/** Seconds as people say them: "8 s", "1 min 20 s", "2 h 05 min". */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

/** Seconds as a clock counts them down: "1:16". */
export function countdown(seconds) {
  const s = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** A small share as a fraction: "1 in 24,331". */
export function oneIn(share) {
  if (!(share > 0)) return "none";
  const n = 1 / share;
  return `1 in ${n < 10 ? n.toFixed(1) : count(Math.round(n))}`;
}

/** Days from now until a day; negative = over. */
export function daysUntil(iso) {
  return Math.ceil((new Date(iso) - Date.now()) / 86400000);
}
