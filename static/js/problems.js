// Puts the problems of the list to their fields, their numbers on what is folded around them.
import { domId, goTo } from "./fields.js";

const GRAVITY = ["error", "warning", "note"];
const list = () => document.querySelector("[data-problems]");
const graver = (one, other) => GRAVITY.find((each) => each === one || each === other);
let shown = null;

function place() {
  if (shown === list()) return;
  shown = list();
  const at = new Map();
  const below = new Map();
  const gravest = new Map();
  for (const item of shown.querySelectorAll("[data-problem]")) {
    const name = item.dataset.problem;
    at.set(name, [...(at.get(name) ?? []), item]);
    for (let up = name; up; up = up.slice(0, Math.max(up.lastIndexOf("."), 0))) {
      below.set(up, (below.get(up) ?? 0) + 1);
      gravest.set(up, graver(gravest.get(up), item.dataset.severity));
    }
  }
  for (const slot of document.querySelectorAll("[data-slot]:not(:empty)")) fill(slot, []);
  for (const [name, items] of at) {
    const slot = document.getElementById(`p-${domId(name)}`);
    if (slot) fill(slot, items);
  }
  for (const badge of document.querySelectorAll("[data-count]")) {
    const number = below.get(badge.dataset.count) ?? 0;
    badge.textContent = number;
    badge.hidden = !number;
    badge.dataset.severity = gravest.get(badge.dataset.count) ?? "";
  }
}

function fill(slot, items) {
  slot.replaceChildren(
    ...items.map((item) => {
      const line = document.createElement("p");
      line.className = `q__problem q__problem--${item.dataset.severity}`;
      line.textContent = item.querySelector(".problem__message").textContent;
      const fix = item.querySelector("[data-fix]");
      if (fix) line.append(" ", fix.cloneNode(true));
      return line;
    }),
  );
  const control = document.getElementById(slot.id.replace("p-", "f-"));
  const wrong = items.some((item) => item.dataset.severity === "error");
  if (wrong) control?.setAttribute("aria-invalid", "true");
  else control?.removeAttribute("aria-invalid");
}

document.addEventListener("cuecard:redrawn", place);
document.addEventListener("click", (event) => {
  const fix = event.target.closest?.("[data-fix]");
  if (fix) {
    // One button with htmx presses for all of them: lists of problems come and go at every pause.
    event.preventDefault();
    const button = document.getElementById("fix");
    button.value = fix.value;
    button.click();
    return;
  }
  const item = event.target.closest?.("[data-problem]");
  if (!item) return;
  event.preventDefault();
  goTo(item.dataset.problem);
});
