// Recorded footage of a deployment: what there is, watched in the page after a reason is given, or taken away.

import { get, part, take } from "./api.js";
import { ask, reasonInput, show } from "./dialog.js";
import { field, fill, h, newId, say } from "./dom.js";
import { clock, day, moment, some, span } from "./words.js";

const STATES = { running: "Being recorded", whole: "", cut_off: "Broken off: its end was lost" };

/** The section: hidden where nothing is recorded. */
export function recordings(page) {
  const element = h("section.card.stack.tight.footage", { hidden: true, "aria-label": "Recorded footage" });
  const chosen = new Set();
  let lastReason = "";
  let drawn = "";

  const draw = async () => {
    const found = await get(`${page.path}/recordings`);
    const key = JSON.stringify(found);
    if (key === drawn) return;
    drawn = key;
    element.hidden = !found.segments.length && !found.cameras.length;
    const there = new Set(found.segments.map((each) => each.segment_id));
    [...chosen].filter((id) => !there.has(id)).forEach((id) => chosen.delete(id));
    drawExport();
    fill(element, h("h2", {}, "Recorded footage"), h("p", {}, summaryOf(found)), exportBar(found), table(found));
  };

  const table = (found) => {
    if (!found.segments.length) return h("p.empty", {}, "Nothing is recorded yet.");
    const heads = [...(found.may_export ? ["Take"] : []), "Camera", "From", "Lasts", "Size", "", ...(found.may_play ? ["Watch"] : [])];
    return h("div.plot-table", { tabIndex: 0, role: "region", "aria-label": "Segments of footage" }, h("table", {}, h("thead", {}, h("tr", {}, heads.map((each) => (each ? h("th", { scope: "col" }, each) : h("td"))))), h("tbody", {}, found.segments.map((each) => row(found, each)))));
  };

  const row = (found, each) => {
    const id = newId("segment");
    const box = h("input", { type: "checkbox", checked: chosen.has(each.segment_id), "aria-labelledby": id, disabled: each.is_missing, onchange: (event) => choose(each, event.target.checked) });
    const button = h("button", { type: "button", id: `play-${each.segment_id}`, "aria-describedby": id, disabled: each.is_missing, onclick: () => watch(each) }, "Watch");
    const remarks = [STATES[each.state], each.hold_id && `Held (${each.hold_id})`, each.is_missing && "Not on this machine"].filter(Boolean);
    return h("tr", { "data-segment": each.segment_id }, found.may_export && h("td", {}, box), h("td", {}, each.camera_id), h("td.one-line", { id }, beginning(each)), h("td", {}, each.state === "running" ? "goes on" : span(each.seconds)), h("td", {}, megabytes(each.bytes)), h("td.small", {}, remarks.join("; ")), found.may_play && h("td", {}, button));
  };

  const watch = async (each) => {
    const why = reasonInput();
    why.value = lastReason;
    let taken;
    const isDone = await ask(page.element, {
      title: `Watch ${each.camera_id}, ${beginning(each)}?`,
      text: "It shows everybody who passed. The audit log keeps the reason, and that you looked.",
      fields: [field("Reason", why)],
      yes: "Watch",
      act: async () => {
        taken = await take(`api/recordings/${part(each.segment_id)}/play`, { reason: why.value });
      },
    });
    if (!isDone) return;
    lastReason = why.value;
    screen(each, taken.blob);
  };

  const screen = (each, blob) => {
    const address = URL.createObjectURL(blob);
    const video = h("video", { controls: true, muted: true, autoplay: true, playsInline: true, src: address, "aria-label": `Footage of ${each.camera_id} from ${beginning(each)}` });
    video.setAttribute("controlslist", "nodownload");
    video.setAttribute("disablepictureinpicture", "");
    show(page.element, `${each.camera_id}, from ${beginning(each)}`, video);
    const dialog = video.closest("dialog");
    dialog.classList.add("screening");
    const letGo = () => {
      video.removeAttribute("src");
      video.load();
      URL.revokeObjectURL(address);
    };
    dialog.addEventListener("close", letGo);
    page.signal.addEventListener("abort", letGo, { once: true });
  };

  const exportButton = h("button", { type: "button", id: "export-footage", onclick: () => takeAway() });

  const choose = (each, isChosen) => {
    chosen[isChosen ? "add" : "delete"](each.segment_id);
    drawExport();
  };

  const drawExport = () => {
    exportButton.disabled = !chosen.size;
    say(exportButton, chosen.size ? `Export ${some(chosen.size, "segment")}` : "Tick segments to export");
  };

  const exportBar = (found) => found.may_export && found.segments.length > 0 && h("div.row", {}, exportButton);

  const takeAway = async () => {
    const recipient = h("input", { type: "text", required: true, maxLength: 200, autocomplete: "off" });
    const why = reasonInput();
    await ask(page.element, {
      title: `Export ${some(chosen.size, "segment")}?`,
      text: "The video and a note of who, to whom and why, in one archive. It leaves the store: no retention period deletes it.",
      fields: [field("To whom it goes", recipient), field("Reason", why)],
      yes: "Export",
      isGrave: true,
      act: async () => {
        const given = { segments: [...chosen], recipient: recipient.value, reason: why.value };
        save(await take(`${page.path}/recordings/export`, given));
      },
    });
  };

  return { element, draw };
}

/** Segments may follow each other within a minute. */
function beginning({ started_at: at }) {
  return `${day(at)}, ${clock(at)}`;
}

function summaryOf({ cameras, segments, due_at: due }) {
  const bytes = segments.reduce((sum, each) => sum + each.bytes, 0);
  const granted = cameras.length ? `The authority lets the whole picture of ${cameras.join(", ")} be recorded. ` : "";
  const there = segments.length ? `${some(segments.length, "segment")}, ${megabytes(bytes)}. ` : "";
  return granted + there + (due ? `What no legal hold keeps is deleted on ${moment(due)}.` : "");
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function save({ blob, name }) {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
