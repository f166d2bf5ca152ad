// Says "cuecard:redrawn" after every swap but those of a keystroke, which bring one block's lines:
// what scans the page listens to this, so that typing costs the same in an event of any size.
document.addEventListener("htmx:after:swap", ({ target }) => {
  if (target.matches?.("fieldset[hx-post]")) return;
  document.dispatchEvent(new CustomEvent("cuecard:redrawn", { detail: { source: target } }));
});
