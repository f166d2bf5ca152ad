// Closes an open menu on Escape, on a click elsewhere, and after one of its buttons; empties what
// a button says it closes.
const open = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", ({ target }) => {
  for (const menu of open()) {
    const inside = menu.contains(target);
    if (!inside || (target.closest("button, a") && !target.closest("summary"))) menu.open = false;
  }
  const closer = target.closest?.("[data-close]");
  if (!closer) return;
  for (const gone of document.querySelectorAll(closer.dataset.close)) gone.replaceChildren();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A menu that the server opened goes away likewise, and takes the focus when it comes.
const popups = () => document.querySelectorAll("[data-popup]");

document.addEventListener("cuecard:redrawn", () => popups()[0]?.querySelector("button")?.focus());
document.addEventListener("click", ({ target }) => {
  for (const popup of popups()) if (!popup.contains(target)) popup.remove();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const popup of popups()) {
    const opener = popup.parentElement.querySelector("[value^='menu:']");
    popup.remove();
    opener?.focus();
  }
});
