// Leads from a line of the event's text to its field, and marks the lines of the field in use.
import { blockOf, goTo } from "./fields.js";

const nameOf = (line) => {
  const block = line.closest(".blk").dataset.name.split("@")[0];
  return block + line.dataset.n;
};

document.addEventListener("click", ({ target }) => {
  const line = target.closest?.("[data-wire] .ln");
  if (!line || !document.getSelection().isCollapsed) return;
  goTo(nameOf(line));
});

// With the arrow keys a cursor walks the lines; Enter goes to the field of its line.
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-wire]")) return;
  const lines = [...event.target.querySelectorAll(".ln")];
  const now = lines.findIndex((line) => line.classList.contains("ln--cursor"));
  if (event.key === "Enter" && now >= 0) {
    event.preventDefault();
    goTo(nameOf(lines[now]));
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  lines[now]?.classList.remove("ln--cursor");
  const next = lines[Math.min(Math.max(now + step, 0), lines.length - 1)];
  next?.classList.add("ln--cursor");
  next?.scrollIntoView({ block: "nearest" });
});

let marked = [];

function mark(scroll) {
  for (const line of marked) line.classList.remove("ln--here");
  marked = [];
  const control = document.activeElement;
  if (!control?.closest("#form")) return;
  const name =
    (control.name && control.name !== "do" ? control.name.split("@")[0] : null) ??
    control.closest("[data-name]")?.dataset.name;
  if (!name) return;
  const { block, rest } = blockOf(name);
  marked = [...(block?.querySelectorAll(".ln") ?? [])].filter(
    ({ dataset: { n } }) => n === rest || n.startsWith(`${rest}.`),
  );
  for (const line of marked) line.classList.add("ln--here");
  if (scroll) marked[0]?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("focusin", () => mark(true));
document.addEventListener("htmx:after:swap", () => mark(false));
