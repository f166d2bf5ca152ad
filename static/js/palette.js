// Ctrl+K or Cmd+K: finds any field by its name and goes there, adds one that is not there yet, or
// presses any button of the page's heads. What it offers is read off the page when it opens.
import { goTo } from "./fields.js";

const MOST = 60;
const dialog = document.getElementById("palette");
const box = dialog.querySelector("input");
const list = dialog.querySelector("[role=listbox]");
const none = dialog.querySelector("[data-none]");

let offers = [];
let shown = [];
let at = 0;

const HEAD = ":scope > .q__head > ";
const LABELS = `${HEAD}.q__label, :scope > details > summary > .q__label`;
const words = (element) => element?.textContent.trim().replace(/\s+/g, " ") ?? "";

function labelOf(question) {
  const label = words(question.querySelector(LABELS));
  const summary = words(question.querySelector(":scope > details > summary > .item__summary"));
  const pair = question.querySelector(":scope > .pair > .pair__name")?.value;
  return pair ?? (summary ? `${label} ${summary}` : label);
}

function fields() {
  const paths = new Map();
  const pathOf = (question) => {
    if (!question) return "";
    if (!paths.has(question)) {
      const above = pathOf(question.parentElement.closest("[data-name]"));
      const label = labelOf(question);
      paths.set(question, above && label ? `${above} › ${label}` : above || label);
    }
    return paths.get(question);
  };
  const found = [];
  for (const question of document.querySelectorAll("#form [data-name]")) {
    const { name } = question.dataset;
    const label = labelOf(question);
    if (!label) continue;
    const above = pathOf(question.parentElement.closest("[data-name]"));
    const set = question.querySelector(`${HEAD}.q__tools--start [value^="set:"]`);
    found.push({ label, above, name, does: set ? "set" : "go", act: () => follow(set, name) });
  }
  for (const button of document.querySelectorAll("#form .adds [name=do]")) {
    const verb = button.value.split(":")[0];
    if (verb !== "set" && verb !== "add") continue;
    const above = pathOf(button.closest("[data-name]"));
    const label = button.getAttribute("aria-label") ?? words(button);
    found.push({ label, above, name: button.value, does: verb, act: () => button.click() });
  }
  return found;
}

function follow(button, name) {
  if (button) button.click();
  else goTo(name);
}

function actions() {
  // What cannot be undone is not one key away.
  const heads = ".header button:not([data-forget] *), .pane__head button, .session__foot button";
  return [...document.querySelectorAll(heads)]
    .filter((button) => !button.disabled && !button.hidden && !("palette" in button.dataset))
    .map((button) => ({
      label: button.getAttribute("aria-label") ?? words(button),
      above: button.title,
      name: "",
      does: "press",
      act: () => button.click(),
    }));
}

// Names that begin with what was typed come first, then those that hold it, then the rest.
function rank({ label, above, name }, wanted) {
  const own = label.toLowerCase();
  const all = `${own} ${above} ${name}`.toLowerCase();
  if (!wanted.every((word) => all.includes(word))) return -1;
  if (own.startsWith(wanted[0] ?? "")) return 0;
  return own.includes(wanted[0]) ? 1 : 2;
}

function draw() {
  const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = offers
    .map((offer, place) => ({ offer, place, rank: rank(offer, wanted) }))
    .filter((one) => one.rank >= 0)
    .sort((one, other) => one.rank - other.rank || one.place - other.place)
    .slice(0, MOST)
    .map(({ offer }) => offer);
  list.replaceChildren(...shown.map(option));
  list.hidden = !shown.length;
  none.hidden = shown.length > 0;
  mark(0);
}

function option({ label, above, does }, place) {
  const row = document.createElement("li");
  row.id = `palette-${place}`;
  row.className = "palette__one";
  row.setAttribute("role", "option");
  for (const [name, text] of [
    ["label", label],
    ["above", above],
    ["does", does],
  ]) {
    const part = document.createElement("span");
    part.className = `palette__${name}`;
    part.textContent = text;
    row.append(part, " ");
  }
  return row;
}

function mark(place) {
  list.querySelector("[aria-selected=true]")?.removeAttribute("aria-selected");
  at = shown.length ? (place + shown.length) % shown.length : 0;
  const row = list.children[at];
  row?.setAttribute("aria-selected", "true");
  row?.scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", row?.id ?? "");
}

function choose(place) {
  const offer = shown[place];
  if (!offer) return;
  dialog.close();
  offer.act();
}

function open() {
  offers = [...fields(), ...actions()];
  box.value = "";
  draw();
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  const asked = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  if (!asked || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (dialog.open) dialog.close();
  else if (!document.querySelector("dialog[open]")) open();
});

box.addEventListener("input", draw);
box.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) mark(at + step);
  else if (event.key === "Enter") choose(at);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

dialog.addEventListener("click", ({ target }) => {
  const row = target.closest("[role=option]");
  if (row) choose([...list.children].indexOf(row));
  else if (target === dialog) dialog.close();
});

for (const button of document.querySelectorAll("[data-palette]")) {
  button.hidden = false;
  button.addEventListener("click", open);
}
