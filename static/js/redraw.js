// Says "cuecard:redrawn" after every swap but those of a keystroke, which bring one block's lines:
// what scans the page listens to this, so that typing costs the same in an event of any size.
// ``source`` is what asked, or the document where that is gone; ``ctx`` is all htmx knows of it.
document.addEventListener("htmx:after:swap", ({ target: source, detail: { ctx } }) => {
  if (source.matches?.("fieldset[hx-post]")) return;
  document.dispatchEvent(new CustomEvent("cuecard:redrawn", { detail: { source, ctx } }));
});
