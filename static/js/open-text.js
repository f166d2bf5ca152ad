// Lets the open text travel with the form only while the form does not show it: it may be long.
const box = () => document.getElementById("raw-text");
const isRead = (text) => text && !("unread" in text.dataset) && text.value === text.defaultValue;

document.addEventListener("formdata", ({ target, formData }) => {
  if (target.id === "builder" && isRead(box())) formData.delete("text");
});

// What the server has read is what the text is compared with from then on.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const { request, response } = ctx;
  if (response?.status !== 200 || !request.action.endsWith("/raw") || !box()) return;
  delete box().dataset.unread;
  box().defaultValue = request.body.get("text");
});
