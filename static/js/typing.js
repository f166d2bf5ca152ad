// What is typed while an answer is on its way stays, though the answer draws its field anew: the
// text goes into the new field, with the caret where it was, and counts as typed there.
const form = document.getElementById("builder");
const lastTyped = new Map(); // name of a field: when
let late = [];

const TEXT = "textarea, input:not([type=radio], [type=checkbox], [type=file], [type=hidden])";

document.addEventListener(
  "input",
  ({ target }) => {
    if (target.form === form && target.matches(TEXT)) lastTyped.set(target.name, performance.now());
  },
  { capture: true },
);
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  ctx.askedAt = performance.now();
});

const fieldOf = (name) => {
  const field = form.elements.namedItem(name);
  return field?.matches?.(TEXT) ? field : null;
};

document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  late = [];
  for (const [name, at] of lastTyped) {
    const field = at > ctx.askedAt ? fieldOf(name) : null;
    if (!field) continue;
    const { value, selectionStart, selectionEnd } = field;
    late.push({ name, value, selectionStart, selectionEnd });
  }
  ctx.late = late;
});
// Before anything else can be typed.
document.addEventListener("htmx:before:settle", () => {
  for (const typed of late) {
    const field = fieldOf(typed.name);
    if (!field || field.value === typed.value) continue;
    typed.redrawn = field;
    field.value = typed.value;
    field.setSelectionRange(typed.selectionStart, typed.selectionEnd);
  }
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  for (const { redrawn } of ctx.late ?? []) {
    redrawn?.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
});
