// The live view: cameras, figures, who is on the ground, the deployment's controls, and a sound on alert.

import { get } from "./shared/api.js";
import { CameraTile } from "./shared/camera_tile.js";
import { controls } from "./shared/controls.js";
import { fill, h, say } from "./shared/dom.js";
import { countsCard, presenceCard, rateCard, spoolNotice } from "./shared/figures.js";
import { noFrames, overSocket } from "./shared/frames.js";
import { announcer, headline, openPage } from "./shared/page.js";
import { Sound } from "./shared/sound.js";
import { some, span } from "./shared/words.js";

const WAITING = ["raised", "viewed"];

/** The strip that says how many alerts wait, and a sound when one is new. */
function alertStrip(page, sound) {
  const words = h("span");
  const badge = h("span.badge", {}, "0");
  const link = h("a.button", { href: `alerts.ipynb?deployment=${encodeURIComponent(page.deploymentId)}` }, "Go to the alerts");
  const strip = h("div.strip.row.apart", { hidden: true }, h("span.row", {}, badge, words), link);
  const heard = announcer();
  const responses = new Map();
  let known = null;
  const read = async () => {
    if (!page.may("alert.view")) return;
    const found = await get(`${page.path}/alerts?everything=0`);
    page.setClock(found.now);
    const waiting = found.alerts.filter((each) => WAITING.includes(each.state));
    const fresh = known ? waiting.filter((each) => !known.has(each.alert_id)) : [];
    known = new Set(found.alerts.map((each) => each.alert_id));
    found.alerts.forEach((each) => responses.set(each.alert_id, each.response));
    if (fresh.length) sound.play(fresh[0].response);
    if (fresh.length) heard.say(`${some(fresh.length, "new alert")}`);
    show(waiting);
  };
  const show = (waiting) => {
    strip.hidden = waiting.length === 0;
    if (!waiting.length) return;
    const first = waiting[0];
    badge.className = `badge ${first.response}`;
    say(badge, page.word(first.response, "responses"));
    const leftS = (new Date(first.expires_at) - page.now()) / 1000;
    say(words, `${some(waiting.length, "alert")} to decide; the first has ${span(leftS)} left`);
  };
  return { element: h("div", {}, strip, heard.line), read, responseOf: (id) => responses.get(id) || "" };
}

/** The grid; one camera can be enlarged over the others. */
function cameraGrid(page, responseOf) {
  const grid = h("div.cameras");
  const mayLook = page.may("alert.view");
  const enlarge = (tile) => {
    const isLarge = grid.classList.toggle("has-large", !tile.element.classList.contains("large"));
    for (const each of tiles) {
      each.element.classList.toggle("large", isLarge && each === tile);
      each.enlargeButton.setAttribute("aria-pressed", String(isLarge && each === tile));
      say(each.enlargeButton, isLarge && each === tile ? "Back to all" : "Enlarge");
    }
  };
  const tiles = page.deployment.cameras.map((camera) => {
    const transport = mayLook ? overSocket(page.deploymentId, camera.camera_id) : noFrames;
    const tile = new CameraTile(camera.camera_id, transport, { onEnlarge: mayLook && enlarge, zone: camera.zone, whyNever: mayLook ? "" : "Your roles do not open the pictures, only the figures" });
    tile.screen.colourOf = responseOf;
    return tile;
  });
  grid.dataset.n = String(Math.min(tiles.length, 4));
  page.signal.addEventListener("abort", () => tiles.forEach((each) => each.close()));
  fill(grid, tiles.length ? tiles.map((each) => each.element) : h("p.empty", {}, "The authority names no camera."));
  const show = () => {
    const status = page.hasRunner === false || page.isLost ? null : page.status;
    for (const tile of tiles) {
      const health = status?.cameras.find((each) => each.camera_id === tile.cameraId);
      tile.whyDark = status?.why_dark ? `Dark: ${status.why_dark}` : "";
      tile.show(health || (page.hasRunner === null || page.isLost ? undefined : null));
    }
  };
  return { grid, show };
}

function runnerNotice(page) {
  const element = h("div.notice.warn", { role: "status", hidden: true });
  const show = () => {
    element.hidden = page.hasRunner !== false;
    say(element, `The runner is not there: no camera is looked at. Start it with: lfr run ${page.deploymentId}`);
  };
  return { element, show };
}

async function build(page) {
  const sound = new Sound(page.signal);
  const strip = alertStrip(page, sound);
  const cameras = cameraGrid(page, strip.responseOf);
  const counts = countsCard();
  const presence = presenceCard();
  const cards = [counts, rateCard(), presence, spoolNotice()];
  const runner = runnerNotice(page);
  const reread = async () => {
    await page.readDeployment();
    steps.draw();
  };
  const steps = controls(page, reread);
  const readPresence = async () => {
    if (page.hasRunner) return;
    const { present } = await get(`${page.path}/presence`);
    if (!page.hasRunner) presence.show({ presence: { is_present: present.length > 0, n: present.length, teams: present } });
  };
  const showAll = () => {
    cameras.show();
    runner.show();
    steps.draw();
    if (page.status) cards.forEach((each) => each.show(page.status, page.now()));
  };
  const safely = (act) => () => act().catch((error) => page.fail(error));
  const side = h("aside.stack.side", { "aria-label": "Figures and controls" }, cards.map((each) => each.element), steps.element);
  fill(page.content, headline(page, page.may("alert.view") && sound.button), strip.element, runner.element, h("div.live-body", {}, cameras.grid, side));
  page.on("status", showAll);
  page.on("runner", showAll);
  page.on("runner", safely(readPresence));
  page.on("line", showAll);
  page.on("alerts", safely(strip.read));
  page.on("back", safely(async () => { await reread(); await strip.read(); }));
  page.on("deployment", safely(reread));
  const everyNow = setInterval(() => document.visibilityState === "visible" && Promise.all([strip.read(), readPresence()]).catch(() => {}), 10000);
  page.signal.addEventListener("abort", () => clearInterval(everyNow));
  showAll();
  await Promise.all([strip.read(), readPresence()]);
}

export default {
  render: (given) => openPage(given, { name: "live", needs: ["deployment.view"], build }),
};
