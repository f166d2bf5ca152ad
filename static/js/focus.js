// Goes on with the question that the server names after a button was pressed.
import { goTo } from "./fields.js";

document.addEventListener("cuecard:focus", ({ detail }) => {
  if (detail.on) goTo(detail.on);
});
