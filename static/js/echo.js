// Shows a text in the event's JSON in the very frame it is typed in. The server's lines take its
// place a moment later: what is sent, copied and checked is always theirs.
import { blockOf } from "./fields.js";

// Characters. What is longer may be shown shortened, and is left to the server.
const LONGEST = 2_000;
const TEXT = ".q--text > input, .q--long_text > textarea";

const known = new WeakMap(); // field: the text that the JSON shows of it
let last = { at: 0, field: null }; // when a text was shown before its answer came, and where
let late = false;

const isText = (field) => field.matches?.(TEXT) && !field.name.includes("@");

function shownText(field) {
  const { block, rest } = blockOf(field.name);
  const texts = block?.querySelectorAll(`.ln[data-n="${CSS.escape(rest)}"] > .s`) ?? [];
  return texts.length === 1 ? texts[0] : null;
}

function show(shown, text) {
  shown.textContent = JSON.stringify(text);
  shown.parentElement.dataset.echoed = "";
}

function echo(field) {
  const before = known.get(field);
  const now = field.value;
  known.set(field, now);
  if (before === undefined || Math.max(before.length, now.length) > LONGEST) return;
  const shown = shownText(field);
  // What stands there may be something else than this text, or written in another way.
  if (shown?.textContent !== JSON.stringify(before)) return;
  show(shown, now);
  last = { at: performance.now(), field };
}

document.addEventListener("focusin", ({ target }) => {
  if (isText(target)) known.set(target, target.value);
});
document.addEventListener(
  "input",
  ({ target }) => {
    if (isText(target)) echo(target);
  },
  { capture: true },
);
// Lines that were asked for before the last key came do not have it yet.
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  late = ctx.askedAt < last.at && last.field.isConnected;
});
document.addEventListener("htmx:before:settle", () => {
  const shown = late ? shownText(last.field) : null;
  if (shown) show(shown, last.field.value);
});
