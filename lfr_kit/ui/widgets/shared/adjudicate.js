// What a person decides on an alert: a panel for the state it is in and the role they have. It sends one request,
// says what came of it, and where somebody else was first, says who and what.

import { part, post } from "./api.js";
import { notice } from "./dialog.js";
import { field, fill, h, newId } from "./dom.js";
import { listOf } from "./words.js";

const CONFIRMED = ["true_confirmed", "false_confirmed"];

/**
 * @param {import("./page.js").Page} page
 * @param {object} view the alert as the server shows it
 * @param {(told: {text: string, kind: string}) => void} onDone after a decision, or after a conflict
 */
export function decisionPanel(page, view, onDone) {
  const holder = h("section.decision.stack.tight", { "aria-label": "Decision" });
  const offers = offered(page, view);
  const panel = { element: holder, offers, open: (name) => open(name), close: () => holder.querySelector("form") && leave() };

  function draw() {
    if (!offers.length) return fill(holder, h("p.quiet", {}, waitsFor(page, view)));
    return fill(holder, h("div.row.offers", {}, offers.map((each) => h(`button.${each.kind || "wide"}`, { type: "button", id: `offer-${each.name}`, onclick: () => open(each.name) }, each.label, each.key && h("kbd", { "aria-hidden": "true" }, each.key.toUpperCase())))));
  }

  /** Back to what can be done, also for who has no mouse. */
  function leave() {
    draw();
    holder.querySelector("button")?.focus();
  }

  function open(name) {
    const offer = offers.find((each) => each.name === name);
    if (!offer) return false;
    const form = offer.form(page, view);
    const wrong = h("div", { role: "alert" });
    const send = h("button.main.wide", { type: "submit" }, offer.send);
    const back = h("button", { type: "button", onclick: leave }, "Back");
    const submit = async (event) => {
      event.preventDefault();
      send.disabled = true;
      try {
        await post(`api/alerts/${part(view.alert_id)}/${offer.path}`, form.values());
        onDone({ kind: "good", text: offer.done(form.values()) });
      } catch (error) {
        if (error.kind === "DecisionConflictError") onDone({ kind: "warn", text: error.message });
        else fill(wrong, notice("bad", error.message, error.findings));
      } finally {
        send.disabled = false;
      }
    };
    fill(holder, h("form.stack.tight", { onsubmit: submit, onkeydown: (event) => event.key === "Escape" && leave() }, h("h3", {}, offer.title), ...form.parts, wrong, h("div.row", {}, send, back)));
    holder.scrollIntoView({ block: "nearest" });
    (holder.querySelector("input:checked") || holder.querySelector("input, select, textarea"))?.focus();
    return true;
  }

  draw();
  return panel;
}

/** What can be done with the alert now, by this person. */
function offered(page, { state, truth }) {
  const isOpen = ["raised", "viewed"].includes(state);
  const isSettled = ["dismissed", "not_engaged", "concluded", "unconfirmed"].includes(state);
  return [
    isOpen && page.may("alert.adjudicate") && verdict("viable", "Viable", "v", "main", "Why it may be the person"),
    isOpen && page.may("alert.adjudicate") && verdict("dismissed", "Dismiss", "d", "", "Why it is dismissed"),
    state === "viable" && page.may("alert.engage") && ENGAGE,
    state === "viable" && page.may("alert.engage") && DECLINE,
    state === "engaged" && page.may("alert.outcome") && OUTCOME,
    isSettled && page.may("alert.review") && { ...REVIEW, label: truth ? "Review the truth" : "Give its truth" },
  ].filter(Boolean);
}

function waitsFor(page, { state }) {
  if (["raised", "viewed"].includes(state)) return "An operator decides on this alert.";
  if (state === "viable") return "Viable: an engagement officer decides for himself now.";
  if (state === "engaged") return "An officer speaks to the person; the outcome follows.";
  return "Settled. A Silver or Gold commander reviews it after the deployment.";
}

function verdict(name, label, key, kind, title) {
  return {
    name, label, key, kind: kind ? `${kind}.wide` : "wide", title, path: "decide", send: `${label} with this reason`,
    done: () => (name === "viable" ? "Viable. It goes to the officers on the ground now." : "Dismissed."),
    form: (page) => {
      const reasons = choices("reason", reasonsOf(page, name), { numbered: true });
      const note = noteInput();
      return { parts: [reasons.element, field("Note (not needed)", note)], values: () => ({ verdict: name, reason: reasons.value(), note: note.value }) };
    },
  };
}

const RECHECK = [
  { value: "yes", label: "Yes, re-checked now: still wanted" },
  { value: "no", label: "No, it was not re-checked" },
];

const ENGAGE = {
  name: "engage", label: "Engage", key: "e", kind: "main.wide", title: "Is the entry still current? Was its status re-checked?", path: "engage", send: "Engage",
  done: () => "Engaged. Say how it ended when it has.",
  form: () => {
    const checked = choices("recheck", RECHECK, { numbered: true });
    const note = noteInput();
    return { parts: [checked.element, field("Note (not needed)", note)], values: () => ({ status_rechecked: checked.value() === "yes", note: note.value }) };
  },
};

const DECLINE = {
  name: "decline", label: "Do not engage", key: "x", kind: "wide", title: "Why nobody speaks to the person", path: "decline", send: "Do not engage",
  done: () => "Not engaged; the reason is kept.",
  form: (page) => {
    const reasons = choices("not-engaged", listOf(page.vocabulary, "not_engaged_reasons"), { numbered: true });
    const note = noteInput();
    return { parts: [reasons.element, field("Note (not needed)", note)], values: () => ({ reason: reasons.value(), note: note.value }) };
  },
};

const OUTCOME = {
  name: "outcome", label: "Outcome", key: "o", kind: "main.wide", title: "How did it end?", path: "outcome", send: "Keep the outcome",
  done: () => "Outcome kept.",
  form: (page) => conclusion(page),
};

const REVIEW = {
  name: "review", label: "Review", key: "r", kind: "main.wide", title: "What is true of this alert?", path: "review", send: "Keep the truth",
  done: () => "Truth kept.",
  form: (page) => {
    const made = conclusion(page);
    const reason = h("textarea", { required: true, rows: 2, maxLength: 2000 });
    return { parts: [...made.parts, field("Reason", reason)], values: () => ({ ...made.values(), reason: reason.value }) };
  },
};

/** Truth, and of a person who was identified what came of it and how. */
function conclusion(page) {
  const truth = choices("truth", listOf(page.vocabulary, "truths"), { numbered: true });
  const outcome = choices("outcome", listOf(page.vocabulary, "outcomes"), { legend: "What came of it" });
  const method = h("select", { required: true }, h("option", { value: "" }, "Choose"), listOf(page.vocabulary, "id_methods").map((each) => h("option", { value: each.value }, each.label)));
  const identified = h("div.stack.tight", { hidden: true }, outcome.element, field("How the person was identified (an alert is no means)", method));
  const note = noteInput();
  const isConfirmed = () => CONFIRMED.includes(truth.value());
  const update = () => {
    identified.hidden = !isConfirmed();
    for (const input of identified.querySelectorAll("input, select")) input.disabled = !isConfirmed();
  };
  truth.element.addEventListener("change", update);
  update();
  return {
    parts: [truth.element, identified, field("Note (not needed)", note)],
    values: () => ({ truth: truth.value(), outcome: isConfirmed() ? outcome.value() : null, id_method: isConfirmed() ? method.value : null, note: note.value }),
  };
}

function reasonsOf(page, name) {
  const verdict = (page.vocabulary.verdicts || []).find((each) => each.value === name);
  return verdict?.reasons || [];
}

function noteInput() {
  return h("input", { type: "text", maxLength: 2000, autocomplete: "off" });
}

/** Choices of which one must be taken; digits choose where they are numbered. */
function choices(stem, options, { legend = "", numbered = false } = {}) {
  const name = newId(stem);
  const inputs = options.map((each) => h("input", { type: "radio", name, value: each.value, required: true }));
  const element = h(
    "fieldset.choices",
    {},
    h(`legend${legend ? ".small.quiet" : ".unseen"}`, {}, legend || "Choose one"),
    options.map((each, i) => h("label.choice", {}, inputs[i], h("span.grow", {}, each.label), numbered && h("kbd", { "aria-hidden": "true" }, String(i + 1)))),
  );
  if (numbered) {
    element.addEventListener("keydown", (event) => {
      const chosen = inputs[Number(event.key) - 1];
      if (!chosen || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      chosen.checked = true;
      chosen.focus();
      chosen.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  return { element, value: () => inputs.find((each) => each.checked)?.value || "" };
}
