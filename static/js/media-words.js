// What is said about sounds and pictures: faults in words for the visitor, and to screen readers.

/** Something that did not work, in words for the visitor. */
export class Fault extends Error {}

const region = document.createElement("div");
region.className = "visually-hidden";
region.setAttribute("role", "status");
document.body.append(region);

// The form is redrawn now and then; this stays, so that what it says is read out.
export function announce(words) {
  region.textContent = words;
}
