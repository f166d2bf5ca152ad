// Flashes the lines of the event's text that just changed, once; the style respects reduced motion.
const lines = (nodes) => [...nodes].filter((node) => node.classList?.contains("ln"));

function flash(before, after) {
  let start = 0;
  while (start < before.length && before[start].textContent === after[start]?.textContent) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (
    end < most &&
    before[before.length - 1 - end].textContent === after[after.length - 1 - end].textContent
  ) {
    end++;
  }
  for (const line of after.slice(start, after.length - end)) line.classList.add("ln--changed");
}

const observer = new MutationObserver((records) => {
  const gone = new Map();
  for (const { target, removedNodes, addedNodes } of records) {
    if (!target.classList.contains("blk")) continue;
    const known = gone.get(target) ?? { before: [], after: [] };
    known.before.push(...lines(removedNodes));
    known.after.push(...lines(addedNodes));
    gone.set(target, known);
  }
  for (const { before, after } of gone.values()) if (before.length) flash(before, after);
});

const watch = () => {
  const wire = document.querySelector("[data-wire]");
  if (wire && wire !== watch.at) observer.observe((watch.at = wire), { childList: true, subtree: true });
};
document.addEventListener("htmx:after:swap", watch);
watch();
