// Gives the page the address of its draft once it is kept, and says whether it was.
document.addEventListener("cuecard:kept", ({ detail: { id, kept } }) => {
  document.querySelector("[data-kept]").textContent = kept ? "Kept" : "Not kept: see the log";
  if (!kept) return;
  const url = new URL(location.href);
  url.searchParams.delete("example");
  url.searchParams.set("draft", id);
  history.replaceState(history.state, "", url.pathname.replace(/\/(preview|form|raw)$/, "") + url.search);
});

// The visitor's own clock.
for (const time of document.querySelectorAll("[data-time]")) {
  time.textContent = new Date(time.dataset.time * 1000).toLocaleString();
}
