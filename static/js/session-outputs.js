// Answers a call of the model through the one button that may send such an answer.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-answer]");
  const sender = button && document.getElementById(button.dataset.answer);
  if (!sender) return;
  event.preventDefault();
  const call = button.closest("[data-key]");
  call.querySelector("[name$='-of']").value = call.dataset.key;
  sender.value = call.dataset.key;
  sender.click();
});

// A log that is to be replayed may come from a file.
const offer = () => {
  for (const label of document.querySelectorAll("[data-log-label]")) label.hidden = false;
};
document.addEventListener("change", async ({ target }) => {
  if (!target.matches?.("[data-log-file]") || !target.files.length) return;
  target.form.elements.log.value = await target.files[0].text();
});
document.addEventListener("htmx:after:swap", offer);
offer();
