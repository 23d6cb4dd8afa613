// Bringing people onto a list: drop pictures, say who it is and why, see what came of each.

import { notice } from "./dialog.js";
import { field, fill, h, say } from "./dom.js";
import { imported, uploaded } from "./upload.js";
import { listOf, some } from "./words.js";

const OF_PICTURE = [
  ["person_ref", "Reference", { required: true }],
  ["name", "Name", { required: true }],
  ["date_of_birth", "Date of birth", { type: "date" }],
  ["captured_on", "Picture taken on", { type: "date", required: true }],
  ["under_18_rationale", "Under 18: why on the list all the same", { maxLength: 2000 }],
];
const GROWN_UP_YEARS = 18;

/** @param {() => void} onImported after each picture that was taken in */
export function importPanel(page, onImported) {
  const shared = sharedFields(page);
  const tiles = h("ul.upload-tiles");
  const choose = h("input", { type: "file", accept: "image/jpeg,image/png,image/webp,image/tiff,image/bmp", multiple: true, id: "choose-pictures", onchange: () => take(choose.files) });
  const zone = h(
    "div.drop",
    {},
    h("p", {}, h("strong", {}, "Drop pictures here"), " or choose files: one person, one face a picture."),
    h("label.field", {}, h("span.unseen", {}, "Choose pictures"), choose),
  );
  const element = h("section.card.stack", { "aria-label": "Add people" }, h("h3", {}, "Add people"), shared.element, zone, tiles);
  const take = (files) => {
    for (const file of files) tiles.append(pictureTile(page, file, shared.values, onImported));
    choose.value = "";
  };
  const stop = (event) => event.preventDefault();
  zone.addEventListener("dragover", (event) => { stop(event); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { stop(event); zone.classList.remove("over"); take(event.dataTransfer.files); });
  return element;
}

/** What holds for all pictures that are dropped together. */
function sharedFields(page) {
  const select = (name, label, list) => [name, label, h("select", { required: true }, h("option", { value: "" }, "Choose"), listOf(page.vocabulary, list).map((each) => h("option", { value: each.value }, each.label)))];
  const text = (name, label) => [name, label, h("input", { type: "text", maxLength: 500, autocomplete: "off" })];
  const inputs = [
    select("category", "Category", "categories"), select("response", "Response", "responses"), text("legal_basis", "Why it is lawfully held"),
    text("image_source", "Source of the pictures"), text("rationale", "Why these people"), text("note", "What officers must know"),
    ["expires_at", "Expires on", h("input", { type: "date" })],
  ];
  const element = h("div.field-grid", {}, inputs.map(([, label, input]) => field(label, input)));
  return { element, values: () => Object.fromEntries(inputs.map(([name, , input]) => [name, input.value])) };
}

function pictureTile(page, file, shared, onImported) {
  const address = URL.createObjectURL(file);
  const image = h("img", { src: address, alt: `To be uploaded: ${file.name}`, onload: () => URL.revokeObjectURL(address) });
  const bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
  const told = h("div", { role: "status" }, "Uploading");
  const inputs = OF_PICTURE.map(([name, label, given]) => [name, label, h("input", { type: "text", autocomplete: "off", ...given })]);
  const fields = h("div.field-grid", {}, inputs.map(([, label, input]) => field(label, input)));
  const input = (name) => inputs.find((each) => each[0] === name)[2];
  const childOnly = () => {
    const isChild = isUnderAge(input("date_of_birth").value);
    input("under_18_rationale").closest("label").hidden = !isChild;
    input("under_18_rationale").required = isChild;
  };
  input("date_of_birth").addEventListener("change", childOnly);
  childOnly();
  const add = h("button.main", { type: "submit", disabled: true }, "Add to the list");
  const form = h("form.stack.tight.grow", { onsubmit: (event) => send(event) }, h("div.row.apart", {}, h("strong.file-name", {}, file.name), h("span.small.quiet", {}, sizeOf(file))), bar, fields, told, h("div.row", {}, add, h("button.plain", { type: "button", onclick: () => tile.remove() }, "Remove")));
  const tile = h("li.upload-tile.card", {}, image, form);
  let uploadId = "";
  uploaded(page.deployment.watchlist_id, file, (share) => { bar.value = share; })
    .then((id) => { uploadId = id; add.disabled = false; say(told, "Uploaded. Say who it is, then add it."); })
    .catch((error) => fill(told, notice("bad", `Not uploaded: ${error.message}`, error.findings)));
  async function send(event) {
    event.preventDefault();
    add.disabled = true;
    const values = { ...shared(), ...Object.fromEntries(inputs.map(([name, , each]) => [name, each.closest("label").hidden ? "" : each.value])) };
    try {
      const report = await imported(uploadId, values, (step) => say(told, step));
      fill(told, reportNotice(page, report));
      form.querySelectorAll("input").forEach((each) => { each.disabled = true; });
      onImported();
    } catch (error) {
      fill(told, notice("bad", error.message, error.findings));
      add.disabled = error.status === 404;
    }
  }
  return tile;
}

/** Whether somebody born then is under 18 today; the server goes by the day of the deployment. */
function isUnderAge(born) {
  if (!born) return false;
  const then = new Date(born);
  then.setFullYear(then.getFullYear() + GROWN_UP_YEARS);
  return then > new Date();
}

const OUTCOMES = {
  accepted: "On the list: waits for review.",
  quarantined: "On the list, in quarantine: complete it.",
  unchanged: "It was on the list already; nothing changed.",
  withdrawn: "Not taken: the person was withdrawn from this list.",
  refused: "Not taken: the person was refused on this list.",
  failed: "Not taken: nobody can be enrolled from this picture.",
};

/** What came of one picture, and what to see to. */
function reportNotice(page, report) {
  const [outcome] = Object.keys(report.n_people);
  const noted = [...report.people, ...(report.noted || [])].flatMap((each) => each.reasons).filter((code) => outcome !== "failed" || code !== "template");
  const pictures = [...report.failed, ...report.warned].map((each) => [each.reason.split(" ").map((code) => page.word(code)).join(", "), each.message].filter(Boolean).join(": "));
  const alike = report.n_alike ? [`${some(report.n_alike, "pair")} of entries look alike: see Look-alikes`] : [];
  const findings = [...noted.map((code) => page.word(code)), ...pictures, ...alike];
  const isTaken = outcome === "accepted" || outcome === "unchanged";
  return notice(isTaken && !findings.length ? "good" : "warn", OUTCOMES[outcome] || "Not taken.", findings);
}

function sizeOf({ size }) {
  return size < 1e6 ? `${Math.ceil(size / 1000)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}
