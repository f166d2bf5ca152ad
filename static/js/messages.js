// Says in #messages when no answer of ours came, and never lets a stranger's page be swapped in.
const place = document.getElementById("messages");
let waiting = 0;
let refused = "";

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
    // Whose element is gone by now is answered at the document.
    settle(event.detail.ctx.sourceElement, response);
    later(event, response);
    return;
  }
  event.preventDefault();
  say(
    `Something in between answered instead of Cuecard (${response.status}).`,
    "What you typed is still here. Try again in a moment.",
  );
});

// What was refused is said until it is taken, or until something else that was pressed is done.
function settle(source, { status }) {
  if (status >= 400) refused = source.id;
  else if (source.id === refused || source.matches("button, form, select")) {
    place.querySelector("[data-message]")?.remove();
  }
}

// Who types faster than the server takes is not told: the whole is checked once there is room.
function later(event, { status, headers }) {
  const wait = Number(headers.get("Retry-After"));
  const typed = event.target.closest?.("fieldset[hx-post], #check");
  if ((status !== 429 && status !== 503) || !wait || !typed) return;
  event.preventDefault();
  clearTimeout(waiting);
  waiting = setTimeout(
    () => document.body.dispatchEvent(new CustomEvent("cuecard:refused")),
    1000 * wait * (1 + Math.random() / 4),
  );
}

document.addEventListener("htmx:error", ({ detail }) => {
  if (!detail.ctx || detail.ctx.response) return;
  say(
    "Cuecard did not answer.",
    "What you typed is still here. Check that it is still running, then go on.",
  );
});
