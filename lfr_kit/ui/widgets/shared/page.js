// What every dashboard begins with: who looks, at which deployment, and the line over which the server tells news.

import { get, part, root, setReason } from "./api.js";
import { ask, notice, reasonInput } from "./dialog.js";
import { field, fill, h, say } from "./dom.js";
import { LastingSocket } from "./socket.js";
import { span, worded } from "./words.js";

const RUNNING = ["open", "paused", "granted"];

/** One open dashboard. */
export class Page {
  constructor(holder, name) {
    this.name = name;
    this.ended = new AbortController();
    this.signal = this.ended.signal;
    this.heard = {};
    this.status = null;
    this.hasRunner = null;
    this.clockAheadMs = 0;
    this.banner = h("div.banner", { role: "status" });
    this.content = h("div.content");
    this.element = h(`div.lfr.lfr-${name}`, { "data-lm-suppress-shortcuts": "true" }, this.banner, this.content);
    holder.append(this.element);
  }

  /** Hears news: "status", "alerts", "deployment", "runner", "back" (the line was lost and is there again). */
  on(kind, act) {
    (this.heard[kind] ||= []).push(act);
  }

  tell(kind, news) {
    for (const act of this.heard[kind] || []) act(news);
  }

  may(action) {
    return this.me.may.includes(action);
  }

  word(code, list) {
    return worded(code, this.vocabulary, list);
  }

  /** Now, by the server's clock. */
  now() {
    return Date.now() + this.clockAheadMs;
  }

  setClock(iso) {
    if (iso) this.clockAheadMs = new Date(iso) - Date.now();
  }

  get path() {
    return `api/deployments/${part(this.deploymentId)}`;
  }

  async readDeployment() {
    this.deployment = await get(this.path);
    this.showStanding();
    return this.deployment;
  }

  /** Looks; where the store wants to know why, asks first, once for as long as the page is open. */
  async looking(act, text = "The audit log keeps the reason, and that you looked.") {
    try {
      return await act();
    } catch (error) {
      if (error.kind !== "JustificationError") throw error;
      const why = reasonInput();
      let seen;
      const isDone = await ask(this.element, {
        title: "Why do you look?",
        text,
        fields: [field("Reason", why)],
        yes: "Look",
        act: async () => {
          setReason(why.value);
          seen = await act();
        },
      });
      if (!isDone) throw Object.assign(error, { message: "Nothing is shown to whoever gives no reason." });
      return seen;
    }
  }

  listen() {
    let wasLost = false;
    this.line = new LastingSocket(`ws/events/${part(this.deploymentId)}`, {
      onOpen: () => {
        fill(this.banner);
        this.isLost = false;
        if (wasLost) this.tell("back", {});
        wasLost = false;
        this.tell("line", { isThere: true });
      },
      onMessage: (text) => this.take(JSON.parse(text)),
      onLost: (againInMs) => {
        wasLost = true;
        this.isLost = true;
        this.showStanding();
        this.showLost(againInMs);
        this.tell("line", { isThere: false });
        this.askWhetherSignedOut();
      },
      onSignedOut: () => this.showSignedOut(),
    });
    const look = () => document.visibilityState === "visible" && this.line.again();
    document.addEventListener("visibilitychange", look, { signal: this.signal });
  }

  /** A browser does not say why a line is refused: where the session ended meanwhile, an answer does. */
  async askWhetherSignedOut() {
    const error = await get("api/me").then(() => null, (why) => why);
    if (!error?.isSignedOut) return;
    this.showSignedOut();
  }

  take(news) {
    if (news.type === "status") {
      this.status = news;
      this.hasRunner = true;
    }
    if (news.type === "runner") this.hasRunner = news.is_there;
    this.tell(news.type, news);
    if (news.type === "status" || news.type === "runner" || news.type === "deployment") this.showStanding();
  }

  showStanding() {
    const detail = {
      place: this.deployment.place,
      state: worded(this.status?.state || this.deployment.state),
      light: this.light(),
    };
    document.dispatchEvent(new CustomEvent("lfr:standing", { detail }));
  }

  /** Lit or dark, in words. */
  light() {
    if (this.isSignedOut) return { kind: "warn", text: "Not known: signed out" };
    if (this.isLost) return { kind: "warn", text: "Not known: no connection" };
    if (this.hasRunner === null) return { kind: "warn", text: "Not known yet" };
    if (!this.status || this.hasRunner === false) return { kind: "dark", text: "Dark: no runner" };
    if (this.status.is_lit) return { kind: "good", text: "Lit" };
    return { kind: "dark", text: this.status.why_dark ? `Dark: ${this.status.why_dark}` : "Dark" };
  }

  showLost(againInMs) {
    const text = `No connection to the server. What you see may be old. Trying again in ${span(Math.max(1, againInMs / 1000))}.`;
    const now = h("button", { type: "button", onclick: () => this.line.again() }, "Try now");
    fill(this.banner, h("div.notice.warn.row.apart", {}, h("span", {}, text), now));
  }

  /** Who and what was on the page goes from it: the screen may stand before others by now. */
  showSignedOut() {
    this.isSignedOut = true;
    this.close();
    this.element.querySelectorAll("dialog").forEach((each) => each.close());
    fill(this.content);
    if (this.deployment) this.showStanding();
    const next = encodeURIComponent(location.pathname + location.search);
    const link = h("a.button", { href: `${root()}sign-in?next=${next}` }, "Sign in again");
    fill(this.banner, h("div.notice.warn.row.apart", { role: "alert" }, "Your session has ended. Nothing more is shown or sent.", link));
  }

  /** What went wrong, where nobody asked for anything in particular. */
  fail(error) {
    if (error.isSignedOut) this.showSignedOut();
    else if (!error.isNoConnection || !this.line) fill(this.banner, this.dismissable(notice("bad", error.message, error.findings)));
  }

  dismissable(shown) {
    shown.classList.add("row", "apart");
    shown.setAttribute("role", "alert");
    shown.append(h("button.plain", { type: "button", "aria-label": "Dismiss this message", onclick: () => fill(this.banner) }, "Dismiss"));
    return shown;
  }

  close() {
    this.ended.abort();
    this.line?.close();
  }
}

/**
 * Opens a dashboard in a widget's element.
 *
 * @param {object} given
 * @param {string} given.name of the dashboard
 * @param {string[]} given.needs actions of which the visitor may do one
 * @param {(page: Page) => Promise<void>} given.build
 * @param {boolean} [given.needsDeployment] whether there is nothing to show without one
 * @returns {() => void} what closes it
 */
export function openPage({ model, el }, { name, needs, build, needsDeployment = true }) {
  const page = new Page(el, name);
  document.dispatchEvent(new CustomEvent("lfr:ready"));
  start(page, model.get("deployment_id"), { needs, build, needsDeployment });
  return () => page.close();
}

async function start(page, given, wanted) {
  fill(page.content, h("p.empty", { role: "status" }, "Loading"));
  try {
    const me = get("api/me");
    const deployments = wanted.needsDeployment ? listed() : me.then((found) => (found.may.includes("deployment.view") ? listed() : []));
    [page.me, page.vocabulary, page.deployments] = await Promise.all([me, get("api/vocabulary"), deployments]);
    if (!wanted.needs.some((action) => page.may(action))) return showNotYours(page);
    page.deploymentId = chosen(page.deployments, given);
    if (!page.deploymentId && wanted.needsDeployment) return showNone(page);
    if (page.deploymentId) await page.readDeployment();
    const built = wanted.build(page);
    if (page.deploymentId && !page.line) page.listen();
    await built;
  } catch (error) {
    showFailed(page, error, () => start(page, given, wanted));
  }
}

async function listed() {
  return (await get("api/deployments")).deployments;
}

function chosen(deployments, given) {
  const asked = given || new URLSearchParams(location.search).get("deployment");
  if (asked) return asked;
  const newest = [...deployments].sort((a, b) => String(b.starts_at).localeCompare(String(a.starts_at)));
  for (const state of RUNNING) {
    const found = newest.find((each) => each.state === state);
    if (found) return found.deployment_id;
  }
  return newest[0]?.deployment_id || "";
}

function showNotYours(page) {
  const roles = page.me.roles.map((role) => worded(role)).join(", ") || "none";
  fill(page.content, h("div.empty", {}, h("h2", {}, "This dashboard is not for your role"), h("p", {}, `You are signed in as ${page.me.user_id}; your roles: ${roles}. Choose another dashboard above.`)));
}

function showNone(page) {
  fill(page.content, h("div.empty", {}, h("h2", {}, "There is no deployment yet"), h("p", {}, "A Silver or Bronze commander drafts one with: lfr deployment draft")));
}

function showFailed(page, error, again) {
  if (error.isSignedOut) return page.showSignedOut() || fill(page.content);
  const retry = h("button.main", { type: "button", onclick: again }, "Try again");
  const text = error.message || String(error);
  return fill(page.content, h("div.stack", { role: "alert" }, notice("bad", `This dashboard cannot be shown: ${text}`, error.findings), h("div.row", {}, retry)));
}

/** Title line of a dashboard, with a choice of deployment where there are several. */
export function headline(page, ...inside) {
  const options = page.deployments.map((each) => h("option", { value: each.deployment_id, selected: each.deployment_id === page.deploymentId }, `${each.deployment_id} · ${worded(each.state)} · ${each.place}`));
  const go = (event) => {
    const to = new URL(location.href);
    to.searchParams.set("deployment", event.target.value);
    location.assign(to);
  };
  const choice = h("select", { "aria-label": "Deployment", onchange: go }, options);
  const one = h("span.mono.quiet", {}, page.deploymentId);
  return h("div.headline.row.apart", {}, options.length > 1 ? choice : one, ...inside);
}

/** A line of text that is read aloud when it changes. */
export function announcer() {
  const line = h("div.unseen", { role: "status", "aria-live": "polite" });
  return { line, say: (text) => say(line, text) };
}
