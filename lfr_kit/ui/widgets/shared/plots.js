// Small plots as drawings that can be read aloud: each has a sentence that says what it shows, and its numbers as a
// table below. Colours are never alone: marks differ in shape.

import { h, newId, svg } from "./dom.js";
import { clock, count, some } from "./words.js";

const W = 560;
const H = 190;
const EDGE = { left: 44, right: 20, top: 12, bottom: 28 };
const INNER = { w: W - EDGE.left - EDGE.right, h: H - EDGE.top - EDGE.bottom };

/** @returns a scale from numbers to places */
export function linear([low, high], [from, to]) {
  const range = high - low || 1;
  return (value) => from + ((value - low) / range) * (to - from);
}

/** Round numbers over a range, about as many as asked. */
export function ticks(low, high, about = 4) {
  const step = niceStep((high - low || 1) / about);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
}

/**
 * The frame of a plot.
 * @param {{title: string, says: string, heads: string[], rows: Array<Array>, height?: number, none?: string}} given
 * @param {(add: Function) => void} draw adds elements
 */
export function figure({ title, says, heads, rows, height = H, none = "Nothing yet." }, draw) {
  const [titleId, saysId] = [newId("plot"), newId("says")];
  if (!rows.length) return h("figure.card.plot", {}, h("h3", { id: titleId }, title), h("p.empty", {}, none));
  const drawing = svg("svg", { viewBox: `0 0 ${W} ${height}`, role: "img", "aria-labelledby": `${titleId} ${saysId}` });
  draw((...elements) => drawing.append(...elements.flat()));
  const table = h("table.small", {}, h("thead", {}, h("tr", {}, heads.map((each) => h("th", { scope: "col" }, each)))), h("tbody", {}, rows.map((row) => h("tr", {}, row.map((each) => h("td", {}, String(each)))))));
  return h("figure.card.plot", {}, h("h3", { id: titleId }, title), drawing, h("figcaption.small.quiet", { id: saysId }, says), h("details.small", {}, h("summary", {}, "As a table"), h("div.plot-table", { tabIndex: 0, role: "region", "aria-label": `${title}, as a table` }, table)));
}

function axisY(most) {
  const y = linear([0, most], [EDGE.top + INNER.h, EDGE.top]);
  const lines = ticks(0, most, 3).map((at) => [
    svg("line.grid", { x1: EDGE.left, x2: W - EDGE.right, y1: y(at), y2: y(at) }),
    svg("text", { x: EDGE.left - 6, y: y(at) + 4, "text-anchor": "end" }, count(at)),
  ]);
  return { y, parts: lines.flat() };
}

function axisX(x, at, worded) {
  return at.map((each) => svg("text", { x: x(each), y: H - 8, "text-anchor": "middle" }, worded(each)));
}

/** Faces seen a minute as bars, alerts as marks above them. */
export function overTime({ faces, alerts, from, to }) {
  const [start, end] = [from, to].map((each) => new Date(each).getTime());
  const total = faces.reduce((sum, each) => sum + each.n, 0);
  const rows = faces.map((each) => [clock(each.at).slice(0, 5), each.n, alerts.filter((alert) => sameMinute(alert.raised_at, each.at)).length]);
  const says = `${some(total, "face")} seen and ${some(alerts.length, "alert")}; each bar is one minute, each triangle an alert.`;
  return figure({ title: "Faces seen and alerts over time", says, heads: ["Minute", "Faces", "Alerts"], rows }, (add) => {
    const x = linear([start, end], [EDGE.left, W - EDGE.right]);
    const { y, parts } = axisY(Math.max(4, ...faces.map((each) => each.n)));
    const wide = Math.max(1, Math.min(30, (INNER.w / ((end - start) / 60000 || 1)) * 0.85));
    add(parts.flat(2), axisX(x, timeTicks(start, end), (at) => clock(new Date(at)).slice(0, 5)));
    add(faces.map((each) => svg("rect.bar", { x: x(new Date(each.at).getTime()), y: y(each.n), width: wide, height: y(0) - y(each.n) })));
    add(alerts.map((each) => mark(x(new Date(each.raised_at).getTime()), EDGE.top + 7, each.response, `${each.response} alert, ${clock(each.raised_at)}`)));
  });
}

function sameMinute(one, other) {
  return Math.floor(new Date(one) / 60000) === Math.floor(new Date(other) / 60000);
}

function timeTicks(start, end) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120].map((minutes) => minutes * 60000);
  const step = steps.find((each) => (end - start) / each <= 6) || steps.at(-1);
  const found = [];
  for (let at = Math.ceil(start / step) * step; at <= end; at += step) found.push(at);
  return found;
}

function mark(x, y, kind, title) {
  return svg(`path.mark.${kind || "none"}`, { d: `M${x - 6},${y - 6} L${x + 6},${y - 6} L${x},${y + 6} Z` }, svg("title", {}, title));
}

/** Values of decided alerts as points along a line, and where the threshold is. */
export function againstThreshold({ points, threshold }) {
  const values = [...points.map((each) => each.value), threshold];
  const rows = points.map((each) => [each.value.toFixed(3), each.isFalse ? "false alert" : each.isTrue ? "true alert" : "not known"]);
  const n = (test) => count(points.filter(test).length);
  const says = `Each mark is one decided alert. Threshold in force: ${threshold.toFixed(3)}. True (circle): ${n((each) => each.isTrue)}; false (cross): ${n((each) => each.isFalse)}.`;
  return figure({ title: "Comparison scores against the threshold", says, heads: ["Score", "Truth"], rows }, (add) => {
    const room = Math.max(0.02, (Math.max(...values) - Math.min(...values)) * 0.15);
    const [low, high] = [Math.min(...values) - room, Math.max(...values) + room];
    const x = linear([low, high], [EDGE.left, W - EDGE.right]);
    const base = EDGE.top + INNER.h;
    add(svg("line.grid", { x1: EDGE.left, x2: W - EDGE.right, y1: base, y2: base }), axisX(x, ticks(low, high, 5), (at) => at.toFixed(2)));
    add(svg("line.threshold", { x1: x(threshold), x2: x(threshold), y1: EDGE.top, y2: base }), svg("text", { x: x(threshold) + 5, y: EDGE.top + 10 }, "threshold"));
    points.forEach((each, i) => add(point(x(each.value), base - 22 - (i % 5) * 22, each)));
  });
}

function point(x, y, { isFalse, isTrue }) {
  if (isFalse) return svg("path.cross", { d: `M${x - 5},${y - 5} L${x + 5},${y + 5} M${x - 5},${y + 5} L${x + 5},${y - 5}` });
  return svg(`circle.${isTrue ? "true" : "open"}`, { cx: x, cy: y, r: 5.5 });
}

/** How often values fall into ranges. `bins`: [{from, to, n}] */
export function histogram({ title, says, bins, unit, none }) {
  const rows = bins.filter((each) => each.n).length ? bins.map((each) => [`${each.from} to ${each.to} ${unit}`, each.n]) : [];
  return figure({ title, says, heads: [unit, "Count"], rows, none }, (add) => {
    const x = linear([0, bins.length], [EDGE.left, W - EDGE.right]);
    const { y, parts } = axisY(Math.max(3, ...bins.map((each) => each.n)));
    const every = Math.ceil(bins.length / 9);
    add(parts.flat(2), bins.map((each, i) => svg("rect.bar", { x: x(i) + 2, y: y(each.n), width: x(1) - x(0) - 4, height: y(0) - y(each.n) })));
    add(bins.filter((_, i) => i % every === 0).map((each, i) => svg("text", { x: x(i * every), y: H - 8, "text-anchor": "middle" }, each.from)));
    add(svg("text", { x: W - EDGE.right, y: H - 8, "text-anchor": "end" }, unit));
  });
}

/** Values into ranges of round width. */
export function binned(values, about = 12) {
  if (!values.length) return [];
  const most = Math.max(...values, 1);
  const step = niceStep(most / about);
  const bins = Array.from({ length: Math.ceil((most + step * 1e-9) / step) || 1 }, (_, i) => ({ from: +(i * step).toPrecision(6), to: +((i + 1) * step).toPrecision(6), n: 0 }));
  for (const value of values) bins[Math.min(bins.length - 1, Math.floor(value / step))].n += 1;
  return bins;
}

/** One bar a camera. */
export function bars({ title, says, heads, rows }) {
  const height = EDGE.top + rows.length * 34 + 10;
  return figure({ title, says, heads, rows, height: Math.max(70, height) }, (add) => {
    const x = linear([0, Math.max(1, ...rows.map((row) => row[1]))], [150, W - 130]);
    rows.forEach(([name, value, more], i) => {
      const y = EDGE.top + i * 34;
      add(svg("text", { x: 140, y: y + 17, "text-anchor": "end" }, clipped(name)), svg("rect.bar", { x: 150, y: y + 3, width: Math.max(1, x(value) - 150), height: 20 }), svg("text", { x: x(value) + 8, y: y + 18 }, more === undefined ? count(value) : `${count(value)} · ${more}`));
    });
  });
}

function clipped(name) {
  return name.length > 18 ? `${name.slice(0, 17)}…` : name;
}

/** When each camera was lit; what is not drawn was dark. */
export function timeline({ rows, from, to }) {
  const [start, end] = [from, to].map((each) => new Date(each).getTime());
  const names = [...new Set(rows.map((each) => each.camera_id))];
  const table = rows.map((each) => [each.camera_id, clock(each.from), each.to ? clock(each.to) : "still", each.why || ""]);
  const height = EDGE.top + names.length * 34 + 26;
  return figure({ title: "Lit and dark", says: "A bar where a camera was lit; where there is none it was dark.", heads: ["Camera", "Lit from", "Until", "Then dark because"], rows: table, height: Math.max(80, height) }, (add) => {
    const x = linear([start, end], [150, W - EDGE.right]);
    add(timeTicks(start, end).map((at) => [svg("line.grid", { x1: x(at), x2: x(at), y1: EDGE.top, y2: height - 22 }), svg("text", { x: x(at), y: height - 6, "text-anchor": "middle" }, clock(new Date(at)).slice(0, 5))]).flat());
    names.forEach((name, i) => {
      const y = EDGE.top + i * 34;
      add(svg("text", { x: 140, y: y + 17, "text-anchor": "end" }, clipped(name)), svg("rect.dark", { x: 150, y: y + 3, width: W - EDGE.right - 150, height: 20 }));
      for (const each of rows.filter((row) => row.camera_id === name)) {
        const [a, b] = [x(new Date(each.from)), x(each.to ? new Date(each.to) : end)];
        add(svg("rect.lit", { x: a, y: y + 3, width: Math.max(1.5, b - a), height: 20 }, svg("title", {}, each.why || "lit")));
      }
    });
  });
}
