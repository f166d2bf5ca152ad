// Ctrl+Enter or Cmd+Enter sends, wherever the focus is; what was sent is shown.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const button = document.querySelector("[data-send]");
  if (!button || event.repeat) return;
  event.preventDefault();
  button.click();
});

// Where there is room for one column, that is the one to look at now.
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-send]")) document.getElementById("pane-session").checked = true;
});
