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
document.addEventListener("cuecard:redrawn", ({ detail: { source } }) => {
  takeOut();
  // It was sent with what brought this answer, and is kept there or refused.
  if (source === document || source.closest("#session")) wipe();
});
addEventListener("pagehide", wipe);
addEventListener("pageshow", wipe);
