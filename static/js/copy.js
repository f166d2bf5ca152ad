// Copies the exact bytes of the event, as the server has them, and says so.
async function bytesOf(button) {
  const body = new URLSearchParams(new FormData(button.form));
  const answer = await fetch(button.dataset.copy, { method: "POST", body });
  if (answer.status === 422) {
    // What is meant must be asked first: the browser shows the question as the page it is.
    button.form.requestSubmit(button);
  }
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.text();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  event.preventDefault();
  const label = button.dataset.label ?? button.textContent;
  button.dataset.label = label;
  try {
    const text = bytesOf(button).then((bytes) => new Blob([bytes], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    button.textContent = "Copied";
  } catch (fault) {
    button.textContent = "Not copied";
    button.title = String(fault);
  }
  button.setAttribute("aria-live", "polite");
  setTimeout(() => {
    button.textContent = label;
  }, 1600);
});
