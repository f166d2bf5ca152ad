// One intent, one event: what is posted with the token of a send that was carried out is not sent
// again. So the token stays for a second after each press of Send, and quick presses are one; who
// types, presses another button or lets a second pass means another event.
const REST_MS = 1_000;
let rest = 0;

function renew() {
  clearTimeout(rest);
  const token = document.querySelector("[data-next-token]");
  if (!token) return;
  token.value = token.dataset.nextToken;
  token.removeAttribute("data-next-token");
}

document.addEventListener("htmx:after:swap", ({ target }) => {
  if (target !== document && !target.closest?.("#session")) return;
  clearTimeout(rest);
  if (document.querySelector("[data-next-token]")) rest = setTimeout(renew, REST_MS);
});
document.addEventListener("input", ({ target }) => {
  if (target.form?.id === "builder") renew();
});
document.addEventListener(
  "click",
  ({ target }) => {
    const button = target.closest?.("button");
    if (button && !("send" in button.dataset || "once" in button.dataset)) renew();
  },
  { capture: true },
);
