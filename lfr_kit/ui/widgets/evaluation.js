// Runs side by side: a budget of false alerts, the threshold that keeps it, what it finds and what it raises.

import { get, part } from "./shared/api.js";
import { notice } from "./shared/dialog.js";
import { field, fill, h } from "./shared/dom.js";
import { announcer, openPage } from "./shared/page.js";
import { count, day, oneIn, worded } from "./shared/words.js";

const BUDGETS = [1000, 6000, 60000, 600000];
const MOST = 6;
const WAIT_MS = 400;
const TITLES = { errors: "What is missed, what is raised falsely", scores: "Scores", "list-size": "False alerts and the size of the list" };

/** What is asked, and of which runs. */
class Question {
  constructor(page, runs) {
    const usable = runs.filter((each) => !each.fault);
    this.runs = new Set(usable.slice(0, 1).map((each) => each.name));
    this.list = page.deployment?.n_enrolled || usable[0]?.longest_list || 1000;
    this.budget = BUDGETS[1];
    this.footfall = page.deployment?.expected_footfall || 10000;
  }

  get query() {
    const asked = new URLSearchParams([["list", this.list], ["budget", this.budget], ["footfall", this.footfall]]);
    for (const name of this.runs) asked.append("run", name);
    return asked.toString();
  }
}

function runsTable(found, question, changed) {
  if (!found.length) return h("section.card.empty", {}, h("h2", {}, "There is no run yet"), h("p", {}, "Make one with: lfr evaluate trial MANIFEST; the folder it is written to is the setting trials.runs_dir."));
  const heads = ["", "Run", "Embedder", "Scores", "People", "Passes", "Longest list", "Written"];
  const rows = found.map((each) => (each.fault ? faulty(each) : runRow(each, question, changed)));
  return h("section.card.stack.tight", { "aria-label": "Runs" }, h("h2", {}, "Runs: choose up to six"), tableOf("Runs", heads, rows));
}

function runRow(each, question, changed) {
  const choose = (event) => {
    if (event.target.checked && question.runs.size >= MOST) event.target.checked = false;
    else if (event.target.checked) question.runs.add(each.name);
    else question.runs.delete(each.name);
    changed();
  };
  const box = h("input", { type: "checkbox", checked: question.runs.has(each.name), onchange: choose, "aria-label": each.name });
  const cells = [each.embedder.split(",")[0], worded(each.score_scale), count(each.people), count(each.passes + each.strangers), count(each.longest_list), day(each.written_at)];
  return h("tr", {}, h("td", {}, box), h("th", { scope: "row", title: each.data }, each.name), cells.map((text) => h("td", {}, text)));
}

function faulty(each) {
  return h("tr", {}, h("td"), h("th", { scope: "row" }, each.name), h("td", { colSpan: 6 }, h("span.badge.red", {}, "Not usable"), ` ${each.fault}`));
}

function tableOf(name, heads, rows) {
  const head = h("tr", {}, heads.map((each) => (each ? h("th", { scope: "col" }, each) : h("td"))));
  return h("div.plot-table", { tabIndex: 0, role: "region", "aria-label": `${name}, as a table` }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
}

function number(name, help, value, take) {
  const input = h("input", { type: "number", min: "1", max: "9999999", step: "1", value: String(value), required: true, inputMode: "numeric" });
  input.addEventListener("input", () => input.checkValidity() && take(Number(input.value)));
  return field(name, input, help);
}

function asked(question, changed) {
  const set = (key) => (value) => {
    question[key] = value;
    changed();
  };
  const budget = h("select", { onchange: (event) => set("budget")(Number(event.target.value)) }, BUDGETS.map((n) => h("option", { value: String(n), selected: n === question.budget }, `1 in ${count(n)} passers-by`)));
  return h("form.asked", { "aria-label": "What is asked", onsubmit: (event) => event.preventDefault() }, field("False alerts at most", budget, "at the upper 95 % bound"), number("People on the watchlist", "its size", question.list, set("list")), number("People expected to pass", "footfall", question.footfall, set("footfall")));
}

/** What a budget costs, by one run. */
function priceCard(price, question) {
  const head = h("h2.mono", {}, price.run);
  const label = { "aria-label": `Price by ${price.run}` };
  if (price.threshold === null) return h("section.card.stack.tight.price", label, head, h("div.number", {}, "No threshold"), h("p", {}, price.why_not));
  return h(
    "section.card.stack.tight.price",
    label,
    head,
    h("div.row", {}, h("span.number", {}, price.threshold.toFixed(4)), h("span.quiet", {}, `threshold, ${worded(price.score_scale).toLowerCase()}`), price.is_extrapolated && h("span.badge.amber", {}, "Extrapolated: the list is longer than any measured")),
    h("dl.facts", {}, fact("Finds", found(price)), fact("Raises falsely", falsely(price, question)), fact("Per 10,000 faces", `${expected(1e4 * price.fpir)}, at most ${few(1e4 * price.fpir_upper)}`)),
  );
}

function fact(name, text) {
  return [h("dt", {}, name), h("dd", {}, text)];
}

function found(price) {
  if (price.tpir === null) return "not measured at so high a threshold";
  const [low, high] = price.tpir_interval.map((each) => (100 * each).toFixed(0));
  return `${(100 * price.tpir).toFixed(0)} of 100 passes of wanted people (95 % interval ${low} to ${high}), on a list of ${count(price.tpir_n_enrolled)}`;
}

function falsely(price, question) {
  return `${expected(price.false_alerts)} of ${count(question.footfall)} passers-by, at most ${few(price.false_alerts_upper)} (${oneIn(price.fpir_upper)})`;
}

/** Where nobody was alerted in the trial there is no estimate, only a bound. */
function expected(value) {
  return value === 0 ? "none seen in the trial" : `${few(value)} expected`;
}

/** A number of alerts: as precise as it can be meant. */
function few(value) {
  return value >= 10 ? count(Math.round(value)) : value >= 0.095 ? value.toFixed(1) : value.toPrecision(1);
}

/** A plot as an image: nothing that stands in it can act. */
async function plot(name, question) {
  // Three in a row on a desk: drawn for the width they have, since shrinking makes letters unreadable.
  const width = window.matchMedia("(max-width: 1900px)").matches ? "narrow" : "wide";
  const drawn = await get(`api/evaluation/plots/${part(name)}?${question.query}&width=${width}`);
  const address = URL.createObjectURL(new Blob([drawn.svg], { type: "image/svg+xml" }));
  const image = h("img", { src: address, alt: drawn.description, onload: () => URL.revokeObjectURL(address) });
  return h("figure.card.plot", {}, h("h3", {}, TITLES[name] || name), image, h("details.small", {}, h("summary", {}, "In words"), h("p", {}, drawn.description)));
}

function calibrationsTable(known) {
  const rows = known.map((each) => h("tr", {}, h("th", { scope: "row", title: each.measured_with }, each.calibration_id), h("td.mono", {}, each.space_id), h("td", {}, worded(each.score_scale)), h("td", {}, count(each.largest_list)), h("td", {}, day(each.measured_on)), h("td", {}, validity(each))));
  const heads = ["Calibration", "Embedding space", "Scale", "Longest list", "Measured", "Valid"];
  return h("section.card.stack.tight", { "aria-label": "Calibrations" }, h("h2", {}, "Calibrations a threshold may rest on"), tableOf("Calibrations", heads, rows));
}

function validity(each) {
  const badge = !each.is_valid ? h("span.badge.red", {}, "Over") : each.days_left < 60 ? h("span.badge.amber", {}, "Soon over") : h("span.badge.green", {}, "Valid");
  return [badge, ` until ${day(each.valid_until)}`];
}

async function build(page) {
  const { runs, calibrations, plots } = await get("api/evaluation");
  const question = new Question(page, runs);
  const [prices, drawings, told] = [h("div.prices"), h("div.plots"), announcer()];
  let latest = 0;
  const draw = async () => {
    const mine = ++latest;
    drawings.classList.add("stale");
    if (!question.runs.size) return fill(prices, runs.length ? h("p.empty", {}, "Choose a run above.") : null) && fill(drawings);
    const price = await get(`api/evaluation/price?${question.query}`);
    if (mine !== latest) return null;
    fill(prices, price.differences.map((each) => notice("warn", `Not comparable: ${each}`)), price.prices.map((each) => priceCard(each, question)));
    told.say(`${price.prices.length} prices shown`);
    const drawn = await Promise.all(plots.map((name) => plot(name, question)));
    if (mine !== latest) return null;
    drawings.classList.remove("stale");
    return fill(drawings, drawn);
  };
  let timer = 0;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => draw().catch((error) => page.fail(error)), WAIT_MS);
  };
  page.signal.addEventListener("abort", () => clearTimeout(timer));
  const heading = h("div.row.apart", {}, h("h1", {}, "Evaluation"), page.deployment && h("span.small.quiet", {}, `List and footfall as in deployment ${page.deploymentId}`));
  fill(page.content, heading, runsTable(runs, question, changed), runs.length > 0 && asked(question, changed), prices, told.line, drawings, calibrationsTable(calibrations));
  await draw();
}

export default {
  render: (given) => openPage(given, { name: "evaluation", needs: ["evaluation.view"], build, needsDeployment: false }),
};
