// Says in #messages when no answer of ours came, and never lets a stranger's page be swapped in.
const place = document.getElementById("messages");

function say(what, remedy) {
  const message = document.createElement("div");
  message.className = "message message--error";
  message.dataset.message = "lost";
  for (const [name, text] of [
    ["what", what],
    ["remedy", remedy],
  ]) {
    const line = document.createElement("p");
    line.className = `message__${name}`;
    line.textContent = text;
    message.append(line);
  }
  place.replaceChildren(message);
}

document.addEventListener("htmx:before:response", (event) => {
  const { response } = event.detail.ctx;
  if (response.headers.has("Cuecard")) {
    // We are back: what was said about silence is no longer true.
    place.querySelector("[data-message=lost]")?.remove();
    return;
  }
  event.preventDefault();
  say(
    `Something in between answered instead of Cuecard (${response.status}).`,
    "What you typed is still here. Try again in a moment.",
  );
});

document.addEventListener("htmx:error", ({ detail }) => {
  if (!detail.ctx || detail.ctx.response) return;
  say(
    "Cuecard did not answer.",
    "What you typed is still here. Check that it is still running, then go on.",
  );
});
