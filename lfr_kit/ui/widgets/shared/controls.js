// The deployment's steps by button: which are there depends on its state and on the visitor's role.

import { post } from "./api.js";
import { ask, notice, reasonInput } from "./dialog.js";
import { field, fill, h } from "./dom.js";

const STEPS = {
  open: { name: "Open", in: ["granted"], title: "Open the deployment", text: "Cameras may look from now on, while officers are checked in.", isMain: true },
  resume: { name: "Resume", in: ["paused"], title: "Resume the deployment", text: "Cameras may look again.", isMain: true },
  pause: { name: "Pause", in: ["open"], title: "Pause the deployment", text: "All cameras go dark at once. Alerts that were raised can still be decided." },
  close: { name: "Close", in: ["open", "paused"], title: "Close the deployment", text: "It ends here and cannot be opened again. Its watchlist is deleted within a day.", isGrave: true },
  abort: { name: "Abort", in: ["granted", "open", "paused"], title: "Abort the deployment", text: "For a fault or a safeguard that failed. It ends here; the record says that it was aborted.", isGrave: true },
};

/** A card with the steps that lead on, and what stands in their way. */
export function controls(page, onDone) {
  const holder = h("section.card.stack.controls", { "aria-label": "Deployment controls" });
  const take = async (name) => {
    const step = STEPS[name];
    const reason = reasonInput();
    const isDone = await ask(page.element, {
      title: step.title,
      text: step.text,
      fields: [field("Reason (kept in the audit log)", reason)],
      yes: step.title,
      isGrave: step.isGrave,
      act: () => post(`${page.path}/${name}`, { reason: reason.value }),
    });
    if (isDone) await onDone();
  };
  const draw = () => {
    const state = page.status?.state && page.hasRunner ? page.status.state : page.deployment.state;
    const there = Object.entries(STEPS).filter(([name, step]) => step.in.includes(state) && page.may(`deployment.${name}`));
    const key = `${state} ${(page.deployment.refusals || []).join("|")}`;
    if (holder.dataset.drawn === key) return;
    holder.dataset.drawn = key;
    holder.hidden = there.length === 0;
    fill(
      holder,
      h("h2", {}, "Deployment"),
      refusals(page.deployment, state),
      h("div.row", {}, there.map(([name, step]) => h(`button${step.isMain ? ".main" : ""}${step.isGrave ? ".danger" : ""}`, { type: "button", id: `step-${name}`, onclick: () => take(name) }, step.name))),
    );
  };
  return { element: holder, draw };
}

function refusals(deployment, state) {
  const findings = (deployment.refusals || []).map((each) => (typeof each === "string" ? each : each.message || JSON.stringify(each)));
  if (!findings.length || !["granted", "paused"].includes(state)) return null;
  return notice("warn", state === "granted" ? "It does not open yet:" : "It does not resume yet:", findings);
}
