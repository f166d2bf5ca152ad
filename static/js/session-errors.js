// Joins a server's error with the form: its field is asked for, marked, and offered its fix.

const refused = "[data-transcript] .entry--error[data-answers]";

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-find]");
  if (!link) return;
  event.preventDefault();
  const { place = "", answers } = link.closest("[data-key]").dataset;
  if (answers && foundBesideForm(document.getElementById(`entry-${answers}`), place)) return;
  const button = document.getElementById("find");
  button.value = place;
  button.click();
});

// An event that was sent from the box stands there still, or else where it was sent.
function foundBesideForm(sent, place) {
  const box = document.querySelector("#prelude [name=prelude]");
  const wire = sent?.querySelector("[data-words=wire]");
  if (!wire) return false;
  if (box.value === wire.textContent) {
    document.getElementById("prelude").open = true;
    box.focus();
    box.setSelectionRange(...rangeOf(place, box.value));
    return true;
  }
  const ours = document.getElementById("find").getAttribute("hx-post").split("/").at(-2);
  if (sent.querySelector("[data-words=type]").textContent === ours) return false;
  wire.closest("details").open = true;
  sent.focus();
  return true;
}

// Where the member that a pointer names stands in a text, found step by step.
function rangeOf(pointer, text) {
  let range = [0, 0];
  for (const step of pointer.split("/").slice(1)) {
    const name = JSON.stringify(step.replaceAll("~1", "/").replaceAll("~0", "~"));
    const start = text.indexOf(name, range[1]);
    if (start >= 0) range = [start, start + name.length];
  }
  return range;
}

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
