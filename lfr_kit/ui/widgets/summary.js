// The record of a deployment: sixteen columns, both rates with their counts and intervals, plots, export.

import { get, part, root } from "./shared/api.js";
import { notice } from "./shared/dialog.js";
import { fill, h } from "./shared/dom.js";
import { headline, openPage } from "./shared/page.js";
import { recordings } from "./shared/recordings.js";
import { againstThreshold, bars, binned, histogram, overTime, timeline } from "./shared/plots.js";
import { count, oneIn, some, span, worded } from "./shared/words.js";

const EVERY_MS = 15000;
const FALSE = ["false_confirmed", "false_unconfirmed"];
const TRUE = ["true_confirmed", "true_unconfirmed"];
const FORMS = [["csv", "CSV"], ["json", "JSON"], ["html", "Web page"], ["pdf", "PDF"]];

/** A rate as a count of a count, with its interval as fractions. */
function rateCard(rate) {
  const [low, high] = rate.interval || [null, null];
  const isNone = rate.value === null || rate.value === undefined;
  const interval = high === null || high === undefined ? "" : `95 % interval, exact: ${between(low, high)}`;
  return h(
    "section.card.stack.tight.rate",
    { "aria-label": `${rate.name}, of ${rate.denominator}` },
    h("h2", {}, rate.name),
    h("div.number", {}, isNone && !rate.of ? (rate.denominator === "alerts" ? "No alert is judged yet" : `No ${rate.denominator} yet`) : `${count(rate.count)} of ${count(rate.of)}`),
    h("div", {}, rate.denominator, isNone || rate.value > 0.1 ? "" : ` · ${rate.count ? oneIn(rate.value) : "none so far"}`),
    h("p.small.quiet", {}, interval),
  );
}

/** An interval as fractions; of large shares, as so many of 100. */
function between(low, high) {
  if (high <= 0.1) return `${oneIn(high)} to ${oneIn(low)}`;
  return `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} of 100`;
}

function columns(row) {
  return h("section.card.stack.tight", { "aria-label": "Published columns" }, h("h2", {}, "As it is published"), h("dl.columns", {}, Object.entries(row).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value))))));
}

function exportBar(page, record) {
  const at = `${root()}api/deployments/${part(page.deploymentId)}/record`;
  const links = FORMS.map(([form, name]) => h("a.button", { id: `record-${form}`, href: `${at}.${form}`, download: "" }, name));
  const certificates = (record.certificates || []).map((each) => certificate(page, each));
  return h("div.row", {}, h("span.quiet.small", {}, "Export:"), links, certificates);
}

function certificate(page, given) {
  const id = typeof given === "string" ? given : given.certificate_id;
  return h("a.button", { id: `certificate-${id}`, href: `${root()}${given.href || `api/certificates/${part(id)}.html`}`, target: "_blank", rel: "noopener" }, `Deletion certificate ${id}`);
}

function standingBadge(page, record) {
  const isFinal = record.is_final ?? ["closed", "aborted", "purged"].includes(page.deployment.state);
  return h("span.row", {}, h(`span.badge${isFinal ? ".green" : ".amber"}`, {}, isFinal ? "Final" : "Provisional: it still changes"), record.computed_at && h("span.small.quiet", {}, `computed ${new Date(record.computed_at).toLocaleTimeString("en-GB")}`));
}

function plots(page, record) {
  const window = windowOf(page, record);
  const decided = measured(record, "decided_after_s");
  const acknowledged = measured(record, "acknowledged_after_s");
  const pixels = binsOf(page.status?.face_px || record.face_px);
  return [
    overTime({ faces: record.faces_by_minute.map(minuteOf), alerts: record.alerts, ...window }),
    timeline({ rows: record.lit, ...window }),
    scores(page, record),
    histogram({ title: "Time to decision", says: saysHalf(decided, "decided"), bins: binned(decided), unit: "s" }),
    histogram({ title: "Time to acknowledgement, from when officers were asked", says: saysHalf(acknowledged, "acknowledged"), bins: binned(acknowledged), unit: "s" }),
    bars({ title: "Per camera", says: "Faces seen by each camera, and its alerts.", heads: ["Camera", "Faces seen", "Alerts"], rows: record.by_camera.map((each) => [each.camera_id, each.faces_seen ?? each.n ?? 0, each.alerts === undefined ? undefined : some(each.alerts, "alert")]) }),
    histogram({ title: "Face size", says: "Height of the latest faces that were compared; small faces are compared less surely.", bins: pixels, unit: "px", none: "Told by the runner while it runs; nothing is kept of single faces." }),
  ];
}

/** Seconds of every alert of which they were measured. */
function measured(record, name) {
  return record.alerts.map((each) => each[name]).filter((each) => each !== null && each !== undefined);
}

function saysHalf(seconds, done) {
  if (!seconds.length) return `No alert is ${done} yet.`;
  if (seconds.length === 1) return `1 alert ${done}, after ${span(seconds[0])}.`;
  const half = [...seconds].sort((a, b) => a - b)[Math.ceil(seconds.length / 2) - 1];
  return `${some(seconds.length, "alert")} ${done}; half of them within ${span(half)}.`;
}

function scores(page, record) {
  const given = record.similarities;
  if (!given) return h("figure.card.plot", {}, h("h3", {}, "Comparison scores against the threshold"), h("p.empty", {}, "Shown to those who may look at alerts."));
  const points = given.map((each) => (typeof each === "number" ? { value: each } : { value: each.comparison_score ?? each.similarity ?? each.value, isTrue: TRUE.includes(each.truth), isFalse: FALSE.includes(each.truth) }));
  return againstThreshold({ points, threshold: page.deployment.threshold });
}

function minuteOf(each) {
  return Array.isArray(each) ? { at: each[0], n: each[1] } : { at: each.at || each.minute, n: each.n ?? each.faces ?? each.faces_seen };
}

function binsOf(pixels) {
  if (!pixels?.length) return [];
  if (typeof pixels[0] === "number") return binned(pixels);
  return pixels.map((each) => ({ from: each.from ?? each.px ?? each.from_px, to: each.to ?? each.to_px ?? "", n: each.n }));
}

/** From when until when the plots are drawn. */
function windowOf(page, record) {
  const times = [...record.faces_by_minute.map((each) => minuteOf(each).at), ...record.alerts.map((each) => each.raised_at), ...record.lit.flatMap((each) => [each.from, each.to || new Date(page.now()).toISOString()])].filter(Boolean).map((each) => new Date(each).getTime());
  const from = times.length ? Math.min(...times) : new Date(page.deployment.starts_at).getTime();
  const to = times.length ? Math.max(...times) : new Date(page.deployment.ends_at).getTime();
  return { from, to: Math.max(to, from + 60000) };
}

function alertsTable(record) {
  if (!record.alerts.length) return null;
  const rows = record.alerts.map((each) => h("tr", {}, h("td", {}, new Date(each.raised_at).toLocaleTimeString("en-GB")), h("td", {}, each.camera_id), h("td", {}, h(`span.badge.${each.response}`, {}, worded(each.response))), h("td", {}, worded(each.state)), h("td", {}, each.truth ? worded(each.truth) : "open"), ["decided_after_s", "acknowledged_after_s"].map((name) => h("td", {}, each[name] === null || each[name] === undefined ? "-" : span(each[name])))));
  return h("details.card", {}, h("summary", { id: "alerts-one-by-one" }, `Alerts one by one (${record.alerts.length})`), h("div.plot-table", { tabIndex: 0, role: "region", "aria-label": "Alerts one by one" }, h("table", {}, h("thead", {}, h("tr", {}, ["Raised", "Camera", "Response", "State", "Truth", "Decided after", "Acknowledged after"].map((each) => h("th", { scope: "col" }, each)))), h("tbody", {}, rows))));
}

async function build(page) {
  const body = h("div.stack");
  const footage = recordings(page);
  const opened = new Set();
  const draw = async () => {
    const record = await get(`${page.path}/record`);
    page.setClock(record.now);
    body.querySelectorAll("details").forEach((each, i) => (each.open ? opened.add(i) : opened.delete(i)));
    fill(
      body,
      h("div.row.apart", {}, standingBadge(page, record), exportBar(page, record)),
      (record.notes || []).map((each) => notice("warn", each)),
      h("div.rates", {}, record.rates.map(rateCard)),
      columns(record.row),
      h("div.plots", {}, plots(page, record)),
      alertsTable(record),
    );
    body.querySelectorAll("details").forEach((each, i) => { each.open = opened.has(i); });
  };
  const safely = () => Promise.all([draw(), footage.draw()]).catch((error) => page.fail(error));
  fill(page.content, headline(page), body, footage.element);
  page.on("alerts", safely);
  page.on("back", safely);
  page.on("status", async () => {
    if (body.dataset.status) return;
    body.dataset.status = "heard";
    await safely();
    body.dataset.status = "drawn";
  });
  page.on("deployment", () => page.readDeployment().then(safely, (error) => page.fail(error)));
  const timer = setInterval(() => document.visibilityState === "visible" && safely(), EVERY_MS);
  page.signal.addEventListener("abort", () => clearInterval(timer));
  await Promise.all([draw(), footage.draw()]);
}

export default {
  render: (given) => openPage(given, { name: "summary", needs: ["deployment.view"], build }),
};
