// A question that must be answered before something is done.

import { fill, h, newId } from "./dom.js";

/**
 * Asks, and does it when the answer is yes. The dialog stays while it is done and says what went wrong.
 *
 * @param {HTMLElement} holder where the dialog lies
 * @param {object} asked
 * @param {string} asked.title
 * @param {string|Node} [asked.text] what follows from it
 * @param {Array<Node>} [asked.fields]
 * @param {string} asked.yes name of the button
 * @param {boolean} [asked.isGrave]
 * @param {() => Promise<any>} asked.act what is done; what it throws is shown
 * @returns {Promise<boolean>} whether it was done
 */
export function ask(holder, { title, text = "", fields = [], yes, isGrave = false, act }) {
  return new Promise((answered) => {
    const id = newId("dialog");
    const wrong = h("div", { role: "alert" });
    const doIt = h(`button.${isGrave ? "danger" : "main"}`, { type: "submit" }, yes);
    const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
    let isDone = false;
    const submit = async (event) => {
      event.preventDefault();
      doIt.disabled = true;
      try {
        await act();
        isDone = true;
        dialog.close();
      } catch (error) {
        fill(wrong, notice("bad", error.message, error.findings));
      } finally {
        doIt.disabled = false;
      }
    };
    const form = h(
      "form.stack",
      { onsubmit: submit, onkeydown: (event) => event.key === "Enter" && event.ctrlKey && form.requestSubmit(doIt) },
      h("h2", { id }, title),
      text && h("p.quiet", {}, text),
      ...fields,
      wrong,
      h("div.row", { style: "justify-content: flex-end" }, cancel, doIt),
    );
    const dialog = h("dialog", { "aria-labelledby": id }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      answered(isDone);
    });
    holder.append(dialog);
    dialog.showModal();
  });
}

/** Shows something until it is closed. */
export function show(holder, title, ...inside) {
  const id = newId("dialog");
  const close = h("button.main", { type: "button", onclick: () => dialog.close() }, "Close");
  const dialog = h("dialog", { "aria-labelledby": id }, h("div.stack", {}, h("h2", { id }, title), ...inside, h("div.row", {}, close)));
  dialog.addEventListener("close", () => dialog.remove());
  holder.append(dialog);
  dialog.showModal();
}

/** A notice: "good", "warn" or "bad", with single findings below. */
export function notice(kind, text, findings = []) {
  const rest = (findings || []).filter((each) => each && !text.includes(each));
  return h(`div.notice.${kind}`, {}, h("div", {}, text), rest.length > 0 && h("ul", {}, rest.map((each) => h("li", {}, each))));
}

/** A required reason: an area to write in. */
export function reasonInput(least = 1) {
  return h("textarea", { required: true, minLength: least, maxLength: 2000, rows: 3 });
}
