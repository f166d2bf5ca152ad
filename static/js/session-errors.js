// Joins a server's error with the form: its field is asked for, marked, and offered its fix.

const refused = "[data-transcript] .entry--error[data-answers]";

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-find]");
  if (!link) return;
  event.preventDefault();
  const button = document.getElementById("find");
  button.value = link.closest("[data-key]").dataset.place ?? "";
  button.click();
});

// What is wrong is counted anew when an error about an event of ours arrives.
document.addEventListener("cuecard:entry", ({ target }) => {
  if (!target.matches?.(refused) || "counted" in target.dataset) return;
  target.dataset.counted = "";
  document.body.dispatchEvent(new CustomEvent("cuecard:refused"));
});

// The last error carries the fix that the list of problems has for its place.
document.addEventListener("cuecard:redrawn", () => {
  const errors = [...document.querySelectorAll(refused)];
  for (const slot of document.querySelectorAll("[data-fix-here]:not(:empty)")) {
    slot.replaceChildren();
  }
  const last = errors.at(-1);
  if (!last) return;
  const told = [...document.querySelectorAll("[data-problem]")].find(
    (problem) =>
      problem.dataset.at === last.dataset.place &&
      problem.querySelector(".problem__source")?.textContent === "server said",
  );
  const fix = told?.querySelector("[data-fix]");
  if (fix) last.querySelector("[data-fix-here]").replaceChildren(fix.cloneNode(true));
});
