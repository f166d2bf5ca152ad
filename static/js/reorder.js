// Moves list items by dragging their heads, or with Alt and the arrow keys.
import { press } from "./fields.js";

const itemOf = (element) => element?.closest?.("[data-items] > .q");
let dragged = null;

document.addEventListener("keydown", (event) => {
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!way || !event.altKey) return;
  const item = itemOf(event.target);
  if (!item) return;
  event.preventDefault();
  press(`move:${item.dataset.name}:${way}`);
});

// Only the head of an item is a handle: text inside it must stay selectable.
document.addEventListener("pointerdown", ({ target }) => {
  const head = target.closest?.(".item__head");
  const item = head && itemOf(head);
  if (item) item.draggable = true;
});

document.addEventListener("dragstart", (event) => {
  const item = itemOf(event.target);
  if (!item?.draggable) return;
  dragged = item;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", item.dataset.name);
});

document.addEventListener("dragover", (event) => {
  const over = itemOf(event.target);
  if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  for (const old of document.querySelectorAll("[data-drop]")) delete old.dataset.drop;
  const { top, height } = over.getBoundingClientRect();
  over.dataset.drop = event.clientY < top + height / 2 ? "before" : "after";
});

document.addEventListener("drop", (event) => {
  const over = dragged && document.querySelector("[data-drop]");
  if (!over) return;
  event.preventDefault();
  const next = over.dataset.drop === "before" ? over : over.nextElementSibling;
  if (next !== dragged && over !== dragged) {
    const key = next?.dataset.name.split(".").at(-1) ?? "last";
    press(`move:${dragged.dataset.name}:${key}`);
  }
});

document.addEventListener("dragend", () => {
  if (dragged) dragged.draggable = false;
  dragged = null;
  for (const old of document.querySelectorAll("[data-drop]")) delete old.dataset.drop;
});
