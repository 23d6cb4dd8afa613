// Bringing people onto a list: drop pictures, say who it is and why, see what came of each.

import { notice } from "./dialog.js";
import { field, fill, h, say } from "./dom.js";
import { forgotten, imported, uploaded } from "./upload.js";
import { listOf, some } from "./words.js";

const today = () => new Date().toISOString().slice(0, 10);
const OF_PICTURE = [
  ["person_ref", "Reference", { required: true }],
  ["name", "Name", { required: true }],
  ["date_of_birth", "Date of birth", { type: "date", max: today() }],
  ["captured_on", "Picture taken on", { type: "date", required: true, max: today() }],
  ["under_18_rationale", "Under 18: why on the list all the same", { maxLength: 2000 }],
];
const GROWN_UP_YEARS = 18;
/** Too much at once, or the store is away: the same may be taken later. */
const MAYBE_LATER = [413, 503];

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
    for (const file of files) tiles.append(new PictureTile(page, file, shared, onImported).element);
    choose.value = "";
  };
  const stop = (event) => event.preventDefault();
  window.addEventListener("beforeunload", (event) => tiles.querySelector(".upload-tile:not(.done)") && stop(event), { signal: page.signal });
  zone.addEventListener("dragover", (event) => { stop(event); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { stop(event); zone.classList.remove("over"); take(event.dataTransfer.files); });
  return element;
}

/** What holds for all pictures that are dropped together. */
function sharedFields(page) {
  const select = (name, label, list) => [name, label, h("select", { required: true }, h("option", { value: "" }, "Choose"), listOf(page.vocabulary, list).map((each) => h("option", { value: each.value }, each.label)))];
  const text = (name, label, required = false) => [name, label, h("input", { type: "text", maxLength: 500, autocomplete: "off", required })];
  const inputs = [
    select("category", "Category", "categories"), select("response", "Response", "responses"), text("legal_basis", "Why it is lawfully held"),
    text("image_source", "Source of the pictures"), text("rationale", "Why these people", true), text("note", "What officers must know"),
    ["expires_at", "Expires on", h("input", { type: "date", min: today() })],
  ];
  const element = h("div.field-grid", {}, inputs.map(([, label, input]) => field(label, input)));
  return { element, isComplete: () => inputs.every(([, , input]) => input.reportValidity()), values: () => Object.fromEntries(inputs.map(([name, , input]) => [name, input.value])) };
}

/** One picture: on its way, then with who it is, then with what came of it. */
class PictureTile {
  constructor(page, file, shared, onImported) {
    Object.assign(this, { page, file, shared, onImported, uploadId: "" });
    this.gone = new AbortController();
    this.bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
    this.told = h("div", { role: "status" });
    this.inputs = OF_PICTURE.map(([name, label, given]) => [name, label, h("input", { type: "text", autocomplete: "off", ...given })]);
    this.input("date_of_birth").addEventListener("change", () => this.askOfChild());
    this.add = h("button.main", { type: "submit", disabled: true }, "Add to the list");
    this.again = h("button", { type: "button", hidden: true, onclick: () => this.begin() }, "Go on uploading");
    this.away = h("button.plain", { type: "button", onclick: () => this.letGo() }, "Remove");
    this.form = h(
      "form.stack.tight.grow",
      { onsubmit: (event) => this.send(event) },
      h("div.row.apart", {}, h("strong.file-name", {}, file.name), h("span.small.quiet", {}, sizeOf(file))),
      this.bar, h("div.field-grid", {}, this.inputs.map(([, label, input]) => field(label, input))), this.told, h("div.row", {}, this.add, this.again, this.away),
    );
    this.element = h("li.upload-tile.card", {}, preview(file), this.form);
    this.askOfChild();
    page.on("back", () => this.isBrokenOff && this.begin());
    this.begin();
  }

  input(name) {
    return this.inputs.find((each) => each[0] === name)[2];
  }

  askOfChild() {
    const isChild = isUnderAge(this.input("date_of_birth").value);
    const why = this.input("under_18_rationale");
    why.closest("label").hidden = !isChild;
    why.required = isChild;
  }

  /** Whether its upload waits for the server to be there again. */
  get isBrokenOff() {
    return !this.again.hidden && !this.gone.signal.aborted;
  }

  async begin() {
    this.again.hidden = true;
    say(this.told, "Uploading");
    try {
      await this.upload();
      this.add.disabled = false;
      say(this.told, "Uploaded. Say who it is, then add it.");
    } catch (error) {
      fill(this.told, notice("bad", `Not uploaded: ${error.message}`, error.findings));
      this.again.hidden = !(error.isNoConnection || MAYBE_LATER.includes(error.status));
    }
  }

  /** Sends the picture, or what is wanting of it. */
  upload() {
    return uploaded(this.page.deployment.watchlist_id, this.file, {
      uploadId: this.uploadId,
      signal: this.gone.signal,
      onBegun: (uploadId) => { this.uploadId = uploadId; },
      onProgress: (share) => { this.bar.value = share; },
    });
  }

  letGo() {
    this.gone.abort();
    if (this.uploadId) forgotten(this.uploadId);
    this.element.remove();
  }

  values() {
    const own = this.inputs.map(([name, , each]) => [name, each.closest("label").hidden ? "" : each.value]);
    return { ...this.shared.values(), ...Object.fromEntries(own) };
  }

  async send(event) {
    event.preventDefault();
    if (!this.shared.isComplete()) return;
    this.add.disabled = true;
    try {
      const report = await this.imported(this.values());
      this.uploadId = "";
      fill(this.told, reportNotice(this.page, report));
      this.inputs.forEach(([, , each]) => { each.disabled = true; });
      this.element.classList.add("done");
      say(this.away, "Close");
      this.onImported();
    } catch (error) {
      fill(this.told, notice("bad", error.message, error.findings));
      this.add.disabled = false;
    }
  }

  /** The server keeps a picture for ten minutes: it is sent again where saying who it is took longer. */
  async imported(values) {
    const step = (text) => say(this.told, text);
    try {
      return await imported(this.uploadId, values, step);
    } catch (error) {
      if (error.status !== 404) throw error;
      step("Sending the picture again");
      await this.upload();
      return imported(this.uploadId, values, step);
    }
  }
}

/** The whole picture, or that there is none to be seen: the browser reads fewer formats than the server. */
function preview(file) {
  const address = URL.createObjectURL(file);
  const letGo = () => URL.revokeObjectURL(address);
  const none = () => image.replaceWith(h("span.no-preview.small.quiet", {}, "no preview"));
  const image = h("img", { src: address, alt: `To be uploaded: ${file.name}`, onload: letGo, onerror: () => { letGo(); none(); } });
  return image;
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
  expired: "Not taken: the day on which the person was to expire is over.",
  failed: "Not taken: nobody can be enrolled from this picture.",
};

/** What came of one picture, and what to see to. */
function reportNotice(page, report) {
  const [outcome] = Object.keys(report.n_people);
  const noted = [...report.people, ...(report.noted || [])].flatMap((each) => each.reasons).filter((code) => outcome !== "failed" || code !== "template");
  const pictures = [...report.failed, ...report.warned].map((each) => [each.reason.split(" ").map((code) => page.word(code)).join(", "), each.message].filter(Boolean).join(": "));
  const isEntered = outcome === "accepted" || outcome === "quarantined";
  const alike = isEntered && report.n_alike ? [`${some(report.n_alike, "pair")} of entries on this list look alike: see Look-alikes`] : [];
  const findings = [...noted.map((code) => page.word(code)), ...pictures, ...alike];
  const isTaken = outcome === "accepted" || outcome === "unchanged";
  return notice(isTaken && !findings.length ? "good" : "warn", OUTCOMES[outcome] || "Not taken.", findings);
}

function sizeOf({ size }) {
  return size < 1e6 ? `${Math.ceil(size / 1000)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}
