// Ctrl+Z and Ctrl+Shift+Z (or Ctrl+Y) outside of text boxes, which have their own; shows what changed.
import { goTo, questionOf } from "./fields.js";

const TYPED_INTO = "textarea, input:not([type=radio], [type=checkbox], [type=hidden])";

function wayOf({ key, shiftKey }) {
  const letter = key.toLowerCase();
  if (letter === "z") return shiftKey ? "redo" : "undo";
  return letter === "y" && !shiftKey ? "redo" : null;
}

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const way = wayOf(event);
  if (!way || event.target.closest?.(TYPED_INTO)) return;
  event.preventDefault();
  document.getElementById(way).click();
});

document.addEventListener("cuecard:stepped", ({ detail: { at } }) => {
  // The focus stays where it is, unless what had it is gone.
  if (document.activeElement === document.body) goTo(at);
  else if (at) questionOf(at).scrollIntoView({ block: "nearest" });
});

document.addEventListener("cuecard:kept", ({ detail }) => {
  for (const button of document.querySelectorAll("[data-step]")) {
    button.toggleAttribute("data-spent", !detail[button.dataset.step]);
  }
});
