// Running figures of a deployment: counts, the false alert rate with its interval, who is on the ground.

import { fill, h, say } from "./dom.js";
import { count, span, worded } from "./words.js";

/** The card of counts. */
export function countsCard() {
  const numbers = {};
  const tile = (name, label) => {
    numbers[name] = h("div.number", {}, "-");
    return h("div", {}, numbers[name], h("div.small.quiet", {}, label));
  };
  const element = h("section.card.counts", { "aria-label": "Running figures" }, tile("faces_seen", "faces seen"), tile("alerts_raised", "alerts"), tile("n_enrolled", "people on the list"), tile("ran", "since the start"));
  const show = (status, now) => {
    for (const name of ["faces_seen", "alerts_raised", "n_enrolled"]) say(numbers[name], count(status[name]));
    say(numbers.ran, status.started_at ? hours((now - new Date(status.started_at)) / 1000) : "-");
  };
  return { element, show };
}

function hours(seconds) {
  return `${Math.floor(seconds / 3600)}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} h`;
}

const CALLS = { green: "Within the ceiling", amber: "Above the ceiling, maybe by chance", red: "Above the ceiling: the deployment pauses" };

/** The card of the false alert rate: a count of a count, never a percentage. */
export function rateCard() {
  const colour = h("span.badge", {}, "-");
  const main = h("div.number", {}, "-");
  const words = h("p.small.quiet");
  const element = h("section.card.stack.tight", { "aria-label": "False alert rate" }, h("div.row.apart", {}, h("h2", {}, "False alert rate"), colour), main, words);
  const show = ({ false_alerts: rate }) => {
    if (!rate) return;
    colour.className = `badge ${rate.colour}`;
    say(colour, worded(rate.colour));
    say(main, rate.of ? `${count(rate.count)} of ${count(rate.of)}` : "No faces yet");
    say(words, `${CALLS[rate.colour] || ""}. ${tail(rate.text)}`);
  };
  return { element, show };
}

/** The interval out of "1 of 616 faces seen (95 %: ...; ceiling ...): amber". */
function tail(text = "") {
  if (text === "nothing is counted yet") return "";
  const found = text.match(/\((.*)\)/);
  return found ? `${found[1]}.` : text;
}

/** Who is checked in, and when they were last heard of. */
export function presenceCard() {
  const light = h("span.light.dark", {}, "Not known yet");
  const list = h("ul.teams");
  const element = h("section.card.stack.tight", { "aria-label": "Officers on the ground" }, h("div.row.apart", {}, h("h2", {}, "Officers on the ground"), light), list);
  const show = ({ presence }) => {
    if (!presence) return;
    light.className = `light ${presence.is_present ? "good" : "bad"}`;
    say(light, presence.is_present ? `${count(presence.n)} checked in` : "Nobody: cameras stay dark");
    fill(list, (presence.teams || []).map((team) => h("li", {}, h("strong", {}, team.team || team.user_id), h("span.quiet.small", {}, ` ${[team.camera_id && `at ${team.camera_id}`, team.user_id, `heard ${span(team.seen_s_ago)} ago`].filter(Boolean).join(" · ")}`))));
  };
  return { element, show };
}

/** Alerts that wait in the runner for a store that does not answer. */
export function spoolNotice() {
  const element = h("div.notice.warn", { role: "status", hidden: true });
  const show = ({ waiting }) => {
    element.hidden = !waiting;
    if (waiting) say(element, `${count(waiting)} sealed alert${waiting === 1 ? "" : "s"} wait for the store; nothing is lost, but nobody sees them yet.`);
  };
  return { element, show };
}
