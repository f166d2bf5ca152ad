// Light, dark or as the system says; kept in this browser. Runs before the first paint.
(() => {
  const root = document.documentElement;
  const key = "cuecard-theme";

  function read() {
    try {
      return localStorage.getItem(key) ?? "system";
    } catch {
      return "system";
    }
  }

  function show(theme) {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const select = document.querySelector("[data-theme-switch]");
    if (!select) return;
    select.value = theme;
    select.closest("label").hidden = false;
  }

  show(read());
  document.addEventListener("DOMContentLoaded", () => show(read()));
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-theme-switch]")) return;
    try {
      localStorage.setItem(key, target.value);
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
    show(target.value);
  });
  window.addEventListener("storage", (event) => {
    if (event.key === key) show(read());
  });
})();
