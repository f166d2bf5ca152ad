// Lets a marked button submit the page the browser's own way, past htmx.
document.addEventListener(
  "submit",
  (event) => {
    if (event.submitter?.hasAttribute("data-native")) event.stopImmediatePropagation();
  },
  { capture: true },
);
