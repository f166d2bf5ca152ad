// Turns files, the microphone and long pasted texts into stored sounds and pictures, of which the
// form carries a short token only. Without this script their base64 is pasted into a text box.
import { press } from "./fields.js";
import { bytesOf } from "./media-base64.js";
import { record } from "./media-microphone.js";
import { asPng, uriOf, wireKind } from "./media-picture.js";
import { KINDS, minutes, secondsIn, textOfFile } from "./media-sound.js";
import { announce, Fault } from "./media-words.js";

const LONGEST_TYPED = 1024; // characters that may stay in a text box
const LOST = "Cuecard did not answer. Check that it is still running, then try again.";

const works = new Map();
const boxOf = (element) => element.closest?.("[data-media]");
const workOf = (box) => {
  const { name } = box.dataset;
  if (!works.has(name)) works.set(name, new Work(name));
  return works.get(name);
};

/** What is going on for one field. It goes by the field's name, since the form is redrawn. */
class Work {
  constructor(name) {
    this.name = name;
    this.words = "";
    this.fault = false;
    this.busy = 0;
    this.encoding = null;
    this.recording = null;
    this.convertible = null;
    this.refused = null; // a long text that stays as typed
  }

  get box() {
    return document.querySelector(`[data-media][data-name="${CSS.escape(this.name)}"]`);
  }

  get kind() {
    return this.encoding ?? this.box?.querySelector("[data-encode]")?.value ?? "";
  }

  get mostChars() {
    return Number(this.box?.dataset.mostChars);
  }

  say(words, fault = false) {
    this.words = words;
    this.fault = fault;
    if (words) announce(words);
    this.show();
  }

  show() {
    const { box } = this;
    if (!box) return;
    const part = (name) => box.querySelector(`[data-${name}]`);
    part("media-tools").hidden = false;
    part("status").textContent = this.words;
    part("status").classList.toggle("media__status--fault", this.fault);
    if (part("convert")) part("convert").hidden = !this.convertible;
    if (part("unwrap")) part("unwrap").hidden = false;
    if (!part("record")) return;
    part("record").textContent = this.recording ? "Stop" : "Record";
    part("discard").hidden = !this.recording;
    part("meter").hidden = !this.recording;
    if (this.encoding) part("encode").value = this.encoding;
  }

  /** Do something that ends in a stored text; of several the last one counts. */
  async run(words, make) {
    this.busy += 1;
    const turn = this.busy;
    const { kind } = this;
    this.convertible = null;
    this.say(words);
    try {
      const parts = await make(kind);
      if (turn === this.busy) await this.keep(parts, kind, turn);
      return true;
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      if (turn === this.busy) this.say(fault.message, true);
      return false;
    }
  }

  async keep(parts, kind, turn) {
    this.say("Storing…");
    const stored = await sent(this.box, new Blob(parts, { type: "text/plain" }), kind);
    await formIsIdle();
    if (turn !== this.busy) return;
    if (!this.box) throw new Fault("The field is gone; nothing was changed.");
    this.say("");
    announce(`Stored: ${stored.label}`);
    keepFocusFrom(this);
    press(`set:${this.name}:${stored.token}`);
  }

  take(file) {
    if (this.box.dataset.media === "image") return this.takePicture(file);
    const { mostChars } = this;
    return this.run("Decoding…", (kind) => textOfFile(file, kind, mostChars));
  }

  takePicture(file) {
    return this.run("Reading…", async () => {
      const kind = await wireKind(file);
      if (kind) return uriOf(file, kind, this.mostChars);
      this.convertible = file;
      throw new Fault(`Servers take PNG and JPEG; this is ${file.type || "something else"}.`);
    });
  }

  /** Take the file that was stored whole, base64 of a WAV say, for what is in it. */
  unwrap(address) {
    const { mostChars } = this;
    return this.run("Decoding…", async (kind) => {
      const answer = await fetch(address).catch(() => null);
      if (!answer?.ok) throw new Fault(LOST);
      const pieces = [];
      for await (const bytes of bytesOf(await answer.text())) pieces.push(bytes);
      return textOfFile(new File(pieces, "it"), kind, mostChars);
    });
  }

  convert(file) {
    return this.run("Converting…", async () =>
      uriOf(await asPng(file), "image/png", this.mostChars),
    );
  }

  async record() {
    if (this.recording) {
      this.recording.stop();
      return;
    }
    this.say("Waiting for the microphone…");
    try {
      this.recording = await record();
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      this.say(fault.message, true);
      return;
    }
    this.say("Recording");
    this.follow(secondsIn(this.mostChars, KINDS[this.kind]));
    const file = await this.recording.sound;
    this.recording = null;
    if (file && this.box) await this.take(file);
    else this.say("");
  }

  follow(most) {
    if (!this.recording) return;
    const { seconds, level } = this.recording;
    const { box } = this;
    if (!box) {
      this.recording.discard();
      return;
    }
    box.querySelector("[data-meter]").value = level;
    const words = `Recording ${minutes(seconds)}`;
    if (words !== this.words) {
      this.words = words;
      this.show();
    }
    if (seconds > most - 1) this.recording.stop();
    requestAnimationFrame(() => this.follow(most));
  }
}

async function sent(box, body, kind) {
  if (!box) throw new Fault("The field is gone; nothing was changed.");
  const address = new URL(box.dataset.keep, location.href);
  if (kind) address.searchParams.set("kind", kind);
  const answer = await fetch(address, { method: "POST", body }).catch(() => null);
  if (!answer) throw new Fault(LOST);
  const said = await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  throw new Fault(said ? `${said.error.message} ${said.error.remedy}` : LOST);
}

/** A press while another is under way would be dropped. */
async function formIsIdle() {
  const form = document.getElementById("builder");
  while (form.classList.contains("htmx-request")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Who types elsewhere by now goes on typing: the field that got its sound does not take the focus.
function keepFocusFrom({ name, box }) {
  const typing = document.activeElement?.matches("input, textarea, select");
  if (!typing || box.contains(document.activeElement)) return;
  document.addEventListener(
    "cuecard:focus",
    (event) => {
      if (event.detail.on === name) event.stopImmediatePropagation();
    },
    { capture: true, once: true },
  );
}

/** Store a text that is too long for its box; what cannot be stored stays there as typed. */
async function stow(area, text) {
  const work = workOf(boxOf(area));
  if (text === work.refused) {
    area.dataset.asTyped = "";
    return;
  }
  if (await work.run("Storing…", async () => [text])) {
    if (area.isConnected && area.value.length > LONGEST_TYPED && area.value.trim() !== text) {
      await stow(area, area.value.trim());
    }
    return;
  }
  work.refused = text;
  if (!area.isConnected) return;
  area.dataset.asTyped = "";
  if (area.value.length <= LONGEST_TYPED) area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

const isLong = (area) =>
  area.matches?.("[data-media] textarea") && area.value.length > LONGEST_TYPED;

document.addEventListener(
  "input",
  (event) => {
    const { target } = event;
    // The tools are no part of the event, and a long text is stored before it is posted.
    if (target.closest?.("[data-media-tools]")) event.stopPropagation();
    else if (isLong(target) && !("asTyped" in target.dataset)) {
      event.stopPropagation();
      stow(target, target.value.trim());
    }
  },
  { capture: true },
);

document.addEventListener("paste", (event) => {
  const box = boxOf(event.target);
  if (!box) return;
  const [file] = event.clipboardData.files;
  if (file) {
    event.preventDefault();
    workOf(box).take(file);
    return;
  }
  const area = box.querySelector("textarea");
  if (!area) return;
  const pasted = event.clipboardData.getData("text/plain");
  const { value, selectionStart: from, selectionEnd: to } = area;
  const text = (value.slice(0, from) + pasted + value.slice(to)).trim();
  if (text.length <= LONGEST_TYPED) return;
  // A long line would keep the text box busy for seconds, so it never gets there.
  event.preventDefault();
  stow(area, text);
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-media] button[type=button]");
  if (!button) return;
  const box = boxOf(button);
  const work = workOf(box);
  if ("choose" in button.dataset) box.querySelector("[data-file]").click();
  else if ("record" in button.dataset) work.record();
  else if ("discard" in button.dataset) work.recording?.discard();
  else if ("convert" in button.dataset) work.convert(work.convertible);
  else if ("unwrap" in button.dataset) work.unwrap(button.dataset.unwrap);
});

document.addEventListener("change", ({ target }) => {
  if (!target.closest?.("[data-media-tools]")) return;
  const work = workOf(boxOf(target));
  if ("encode" in target.dataset) work.encoding = target.value;
  if (!("file" in target.dataset)) return;
  const [file] = target.files;
  // Emptied without waiting: the same file may be chosen again.
  target.value = "";
  if (file) work.take(file);
});

const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
let over = null;

function hover(box) {
  if (over === box) return;
  delete over?.dataset.over;
  over = box;
  if (over) over.dataset.over = "";
}

document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  // Beside the field a file is not dropped either: the browser would leave the page for it.
  event.preventDefault();
  hover(boxOf(event.target));
  event.dataTransfer.dropEffect = over ? "copy" : "none";
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) hover(null);
});
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  const box = boxOf(event.target);
  hover(null);
  const [file] = event.dataTransfer.files;
  if (box && file) workOf(box).take(file);
});

function prepare() {
  for (const tools of document.querySelectorAll("[data-media-tools][hidden]")) {
    const box = boxOf(tools);
    workOf(box).show();
    const area = box.querySelector("textarea");
    if (area && isLong(area)) stow(area, area.value.trim());
  }
}

document.addEventListener("cuecard:redrawn", prepare);
prepare();
