// One intent, one event: what is posted with the token of a send that was carried out is not sent
// again. So the token stays for a second after each press of Send, and quick presses are one; who
// types, presses another button or lets a second pass means another event.
const REST_MS = 1_000;
const form = document.getElementById("builder");
let rest = 0;
let spent = document.querySelector("[data-next-token]"); // a send's that was carried out

function renew() {
  clearTimeout(rest);
  if (!spent) return;
  spent.value = spent.dataset.nextToken;
  spent.removeAttribute("data-next-token");
  spent = null;
}

document.addEventListener("cuecard:redrawn", ({ detail: { source } }) => {
  if (source !== document && !source.closest("#session")) return;
  clearTimeout(rest);
  spent = document.querySelector("[data-next-token]");
  if (spent) rest = setTimeout(renew, REST_MS);
});
document.addEventListener("input", ({ target }) => {
  // Not by the form's id: a form looks through all its fields for one of that name.
  if (target.form === form) renew();
});
document.addEventListener(
  "click",
  ({ target }) => {
    const button = target.closest?.("button");
    if (button && !("send" in button.dataset || "once" in button.dataset)) renew();
  },
  { capture: true },
);
