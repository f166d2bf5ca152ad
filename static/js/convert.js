// Opens what a conversion would do as a dialog, and goes on by itself where nothing is to be said.
document.addEventListener("cuecard:redrawn", () => {
  const now = document.querySelector("[data-press-now]");
  if (now) {
    now.removeAttribute("data-press-now");
    now.click();
    return;
  }
  document.querySelector("dialog[data-modal]:not([open])")?.showModal();
});

document.addEventListener("click", ({ target }) => {
  target.closest?.("[data-dismiss]")?.closest("dialog").close();
});

document.addEventListener(
  "close",
  ({ target }) => {
    if (target.matches?.("dialog[data-modal]")) target.remove();
  },
  { capture: true },
);
