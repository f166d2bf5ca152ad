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
  target.form.elements.log.value = needed(await target.files[0].text());
});

// Only our events go out again, each once responses have begun and ended as often as then: all
// else, sound above all, need not travel.
const milestone = /response\.(created|done)/;

function needed(text) {
  try {
    return JSON.stringify(neededOf(JSON.parse(text)));
  } catch {
    const rest = (line) => !/^{[^{]*"direction": ?"received"/.test(line) || milestone.test(line);
    return text.split("\n").filter(rest).join("\n");
  }
}

function neededOf(archive) {
  for (const entry of archive.log.entries) {
    const messages = entry._webSocketMessages ?? [];
    entry._webSocketMessages = messages.filter(
      ({ type, data }) => type === "send" || milestone.test(data),
    );
  }
  return archive;
}

document.addEventListener("cuecard:redrawn", offer);
offer();
