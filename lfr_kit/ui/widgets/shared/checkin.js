// Being on the ground: check-in, a sign of life every ten seconds, check-out.

import { get, post } from "./api.js";
import { notice } from "./dialog.js";
import { field, fill, h, say } from "./dom.js";
import { clock } from "./words.js";

const EVERY_MS = 10000;

export class CheckIn {
  /** @param {{onChange: () => void}} given told when one is checked in or out */
  constructor(page, { onChange }) {
    this.page = page;
    this.onChange = onChange;
    this.mine = null;
    this.element = h("section.card.stack.tight", { "aria-label": "Check-in" });
    this.light = h("span.light.dark", { role: "status" }, "Not checked in");
    this.timer = setInterval(() => this.beat(), EVERY_MS);
    page.on("back", () => this.beat());
    document.addEventListener("visibilitychange", () => this.wake(), { signal: page.signal });
    page.signal.addEventListener("abort", () => clearInterval(this.timer));
  }

  async read() {
    const found = await get(`${this.page.path}/presence`);
    this.mine = found.present.find((each) => each.is_me) || null;
    this.draw();
    this.wake();
    this.onChange();
  }

  /** Keeps the phone from falling asleep while one is checked in: a sleeping page is not heard. */
  async wake() {
    if (document.visibilityState !== "visible" || !navigator.wakeLock) return;
    try {
      if (this.mine) this.lock = await navigator.wakeLock.request("screen");
      else await this.lock?.release();
    } catch {
      // The phone does not let it, for instance when its battery is low: the light says when one is not heard.
    }
    if (this.mine) this.beat();
  }

  async beat() {
    if (!this.mine) return;
    try {
      await post(`${this.page.path}/presence/heartbeat`);
      this.isHeard = true;
      this.heardAt = new Date();
    } catch (error) {
      this.isHeard = false;
      if (error.isSignedOut) this.page.fail(error);
      if (error.status === 409 || error.status === 404) await this.read().catch(() => {});
    }
    this.showLight();
  }

  showLight() {
    const isFine = this.mine && this.isHeard !== false;
    this.light.className = `light ${isFine ? "good" : this.mine ? "bad" : "dark"}`;
    if (!this.mine) say(this.light, "Not checked in");
    else if (isFine) say(this.light, `Checked in${this.heardAt ? `, heard ${clock(this.heardAt)}` : ""}`);
    else say(this.light, "Not heard: no connection. Cameras go dark without you.");
  }

  draw() {
    this.showLight();
    if (this.mine) this.drawIn();
    else this.drawOut();
  }

  drawIn() {
    const { team, camera_id: camera } = this.mine;
    const out = h("button", { type: "button", onclick: () => this.send("check-out") }, "Check out");
    this.wrong = h("div", { role: "alert" });
    fill(this.element, h("div.row.apart", {}, h("div", {}, h("strong", {}, team || this.page.me.user_id), h("span.quiet", {}, camera ? ` at ${camera}` : "")), out), this.light, this.wrong);
  }

  drawOut() {
    const team = h("input", { type: "text", required: true, maxLength: 40, autocomplete: "off", value: localStorage.getItem("lfr.team") || "" });
    const cameras = this.page.deployment.cameras.map((each) => h("option", { value: each.camera_id }, each.camera_id));
    const camera = h("select", {}, h("option", { value: "" }, "No camera in particular"), cameras);
    camera.value = localStorage.getItem("lfr.camera") || "";
    const submit = (event) => {
      event.preventDefault();
      localStorage.setItem("lfr.team", team.value);
      localStorage.setItem("lfr.camera", camera.value);
      this.send("check-in", { team: team.value.trim(), camera_id: camera.value });
    };
    this.wrong = h("div", { role: "alert" });
    fill(this.element, h("form.stack.tight", { onsubmit: submit }, h("div.row.apart", {}, h("h2.title", {}, "Check in"), this.light), h("p.small.quiet", {}, "Cameras look only while officers are checked in. Keep this page open."), field("Team", team), field("Nearest camera", camera), this.wrong, h("button.main.tall", { type: "submit" }, "Check in")));
  }

  async send(step, given = {}) {
    try {
      await post(`${this.page.path}/presence/${step}`, given);
      this.isHeard = true;
      this.heardAt = null;
      await this.read();
    } catch (error) {
      fill(this.wrong, notice("bad", error.message, error.findings));
    }
  }
}
