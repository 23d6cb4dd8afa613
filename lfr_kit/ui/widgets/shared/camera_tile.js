// One camera: its picture, how it does in words, and nothing that pretends to be live when it is not.

import { h, say } from "./dom.js";
import { Screen } from "./frames.js";
import { count, span } from "./words.js";

const STALE_MS = 2500;
const CONDITIONS = {
  live: ["good", "Live"],
  starting: ["warn", "Starting"],
  lost: ["bad", "Lost: reconnecting"],
  frozen: ["bad", "Frozen picture"],
  dark: ["dark", "Dark"],
};

export class CameraTile {
  /**
   * @param {string} cameraId
   * @param {import("./frames.js").Transport} transport
   * @param {{onEnlarge?: Function, zone?: Array, whyNever?: string}} given whyNever: why no picture will come at all
   */
  constructor(cameraId, transport, { onEnlarge, zone = null, whyNever = "" } = {}) {
    this.cameraId = cameraId;
    this.whyNever = whyNever;
    this.canvas = h("canvas", { width: 640, height: 360, role: "img", "aria-label": `Picture of camera ${cameraId}` });
    this.veil = h("div.veil", {}, h("span", {}, whyNever || "Waiting for the first picture"));
    this.light = h("span.light.warn", {}, "Starting");
    this.facts = h("span.quiet.small.camera-facts");
    this.warnings = h("ul.camera-warnings");
    this.tape = h("span.badge.tape", { hidden: true });
    this.screen = new Screen(this.canvas);
    this.screen.zone = zone;
    const enlarge = onEnlarge && h("button.plain.enlarge", { type: "button", "aria-label": `Enlarge ${cameraId}`, "aria-pressed": "false", onclick: () => onEnlarge(this) }, "Enlarge");
    this.enlargeButton = enlarge;
    this.element = h(
      "figure.camera",
      {},
      h("div.camera-picture", {}, this.canvas, this.veil),
      h("figcaption", {}, h("div.row.apart", {}, h("strong.camera-name", {}, cameraId), this.tape, this.light, enlarge), this.facts, this.warnings),
    );
    const take = async (frame) => {
      await this.screen.take(frame);
      this.check();
    };
    this.line = transport(take, () => {});
    this.timer = setInterval(() => this.check(), 500);
  }

  /** What the runner says of the camera; null = no runner. */
  show(health) {
    this.health = health;
    const [kind, words] = CONDITIONS[health?.condition] || (health === null ? ["dark", "No runner"] : ["warn", "Not known"]);
    this.light.className = `light ${kind}`;
    say(this.light, words);
    if (health?.zone) this.screen.zone = health.zone;
    say(this.facts, health ? factsOf(health) : "");
    const told = [...(health?.warnings || []), ...this.showTape(health?.recording)];
    if (told.join() !== this.toldBefore) this.warnings.replaceChildren(...told.map((each) => h("li", {}, each)));
    this.toldBefore = told.join();
    this.check();
  }

  /** Whether footage is kept, where the authority lets it be; what a person should see to. */
  showTape(recording) {
    this.tape.hidden = !recording;
    if (!recording) return [];
    const isStopped = recording.state === "stopped";
    this.tape.className = `badge tape ${isStopped ? "red" : ""}`;
    say(this.tape, { recording: "Recording", stopped: "Recording stopped" }[recording.state] || "Not recording");
    return isStopped ? [`Recording stopped: ${recording.why}. Recognition goes on; recording is tried again.`] : [];
  }

  /** Covers the picture where it is not live. */
  check() {
    const quietMs = performance.now() - this.screen.drawnAt;
    const why = this.whyCovered(quietMs);
    this.veil.hidden = !why;
    if (why) say(this.veil.firstChild, why);
  }

  whyCovered(quietMs) {
    if (this.health === null) return "No picture: the runner is not there";
    if (this.health?.condition === "dark") return this.whyDark || "Dark: the camera is not looked at";
    if (this.whyNever) return this.whyNever;
    if (!this.screen.drawnAt) return "Waiting for the first picture";
    if (quietMs > STALE_MS) return `No new picture for ${span(quietMs / 1000)}`;
    return "";
  }

  close() {
    clearInterval(this.timer);
    this.line.close();
  }
}

function factsOf(health) {
  const late = health.latency_ms_p95 ? ` · ${Math.round(health.latency_ms_p95)} ms late (p95)` : "";
  const face = health.face_px_median ? ` · faces ${Math.round(health.face_px_median)} px` : "";
  const seen = health.faces_seen === undefined ? "" : ` · ${count(health.faces_seen)} faces seen`;
  return `${Number(health.fps || 0).toFixed(1)} fps${late}${seen}${face}`;
}
