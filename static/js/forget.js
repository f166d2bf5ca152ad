// Leaves nothing of a page whose visitor is forgotten: not behind Back, and not in other tabs.
const KEY = "cuecard-forgotten";
let leaving = false;

document.addEventListener("submit", ({ target }) => {
  leaving = target.matches("[data-forget]");
});
// Only now has the server done it.
addEventListener("pagehide", () => {
  if (!leaving) return;
  document.body.replaceChildren();
  try {
    localStorage.setItem(KEY, "yes");
    localStorage.removeItem(KEY);
  } catch {
    // Storage may be forbidden: other tabs then show what they have until they are left.
  }
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && leaving) location.reload();
});
addEventListener("storage", ({ key, newValue }) => {
  if (key === KEY && newValue) location.reload();
});
