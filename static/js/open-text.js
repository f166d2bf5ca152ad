// Lets the open text travel with the form only while the form does not show it: it may be long.
const box = () => document.getElementById("raw-text");
const isRead = (text) => text && !("unread" in text.dataset) && text.value === text.defaultValue;

document.addEventListener("formdata", ({ target, formData }) => {
  if (target.id === "builder" && isRead(box())) formData.delete("text");
});

// The text is read when it has rested and when a button asks for it; once is enough.
let asked = null;
document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (!request.action.endsWith("/raw")) return;
  const text = request.body.get("text");
  if (sourceElement.id === "raw-form" && (text === null || text === asked)) event.preventDefault();
  else asked = text;
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.request.action.endsWith("/raw")) asked = null;
});

// What the server has read is what the text is compared with from then on.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const { request, response } = ctx;
  if (response?.status !== 200 || !request.action.endsWith("/raw") || !box()) return;
  delete box().dataset.unread;
  box().defaultValue = request.body.get("text");
});
