// Keeps a typed key out of every request but those that connect, and wipes it when the page goes.
function takeOut() {
  for (const field of document.querySelectorAll("[data-key-field][form='builder']")) {
    // The form is posted at every keystroke; what connects includes the key by itself.
    field.setAttribute("form", "");
  }
}

function wipe() {
  for (const field of document.querySelectorAll("[data-key-field]")) field.value = "";
}

takeOut();
document.addEventListener("htmx:after:swap", ({ target }) => {
  takeOut();
  // It was sent with what brought this answer, and is kept there or refused.
  if (target === document || target.closest?.("#session")) wipe();
});
addEventListener("pagehide", wipe);
addEventListener("pageshow", wipe);
