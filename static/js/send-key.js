// Ctrl+Enter or Cmd+Enter sends, wherever the focus is.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const button = document.querySelector("[data-send]");
  if (!button || event.repeat) return;
  event.preventDefault();
  button.click();
});
