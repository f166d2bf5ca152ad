// Finds the question of a name, opens what hides it, and presses buttons on its behalf.

export const domId = (name) =>
  name.replaceAll(".", "-").replaceAll("+", "u-").replaceAll("@", "--");

export function questionOf(name) {
  for (let at = name; at; at = at.slice(0, Math.max(at.lastIndexOf("."), 0))) {
    const question = document.getElementById(`q-${domId(at)}`);
    if (question) return question;
  }
  return document.getElementById("form");
}

// The block of wire text that shows a name, and what of the name is left below it.
export function blockOf(name) {
  for (let at = name; at; at = at.slice(0, Math.max(at.lastIndexOf("."), 0))) {
    const block = document.getElementById(`w-${domId(at)}`);
    if (block) return { block, rest: name.slice(at.length) };
  }
  return { block: null, rest: "" };
}

// The first thing inside a question that can be typed into, else its first button.
export function controlOf(question) {
  const open = "input:not([type=hidden]), textarea, select";
  return question.querySelector(open) ?? question.querySelector("summary, button");
}

export function goTo(name) {
  const question = questionOf(name);
  document.getElementById("pane-event").checked = true;
  for (
    let details = question.closest("details");
    details;
    details = details.parentElement.closest("details")
  ) {
    details.open = true;
  }
  for (const details of question.querySelectorAll(":scope > details.item")) details.open = true;
  const control = document.getElementById(`f-${domId(name)}`) ?? controlOf(question);
  control?.focus({ preventScroll: true });
  (control ?? question).scrollIntoView({ block: "nearest" });
}

export function press(value) {
  const button = document.createElement("button");
  button.name = "do";
  button.value = value;
  button.hidden = true;
  button.setAttribute("form", "builder");
  document.body.append(button);
  document.getElementById("builder").requestSubmit(button);
  button.remove();
}
