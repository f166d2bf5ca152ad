// Flashes the lines of the event's text that changed, once it is quiet: an animation while somebody
// types would cost more than the keystroke. The style respects reduced motion.
const QUIET_MS = 250;

// Block -> the lines it had before the changes; null for one that was changed as it stood.
const before = new Map();
let timer = 0;

const lines = (nodes) => [...nodes].filter((node) => node.classList?.contains("ln"));

function flash(old, now) {
  const same = (line, text) => line?.textContent === text;
  let start = 0;
  while (start < old.length && same(now[start], old[start])) start++;
  const most = Math.min(old.length, now.length) - start;
  let end = 0;
  while (end < most && same(now.at(-1 - end), old.at(-1 - end))) end++;
  for (const line of now.slice(start, now.length - end)) line.classList.add("ln--changed");
}

function flashAll() {
  for (const [block, old] of before) if (block.isConnected) flash(old, lines(block.children));
  before.clear();
}

const observer = new MutationObserver((records) => {
  for (const { target, removedNodes } of records) {
    const gone = lines(removedNodes);
    if (!target.classList.contains("blk") || !gone.length || before.has(target)) continue;
    before.set(
      target,
      gone.map((line) => ("echoed" in line.dataset ? null : line.textContent)),
    );
  }
  clearTimeout(timer);
  timer = setTimeout(flashAll, QUIET_MS);
});

let watched = null;

function watch() {
  const wire = document.getElementById("wire");
  if (!wire || wire === watched) return;
  watched = wire;
  observer.observe(wire, { childList: true, subtree: true });
}

document.addEventListener("cuecard:redrawn", watch);
watch();
