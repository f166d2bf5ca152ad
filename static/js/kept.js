// Gives the page the address of its draft once it is kept, and says whether it was.
const { page, foundAt } = document.getElementById("builder").dataset;

document.addEventListener("cuecard:kept", ({ detail: { id, kept } }) => {
  document.querySelector("[data-kept]").textContent = kept ? "Kept" : "Not kept: see the log";
  if (!kept) return;
  const { searchParams } = new URL(location.href);
  for (const name of ["example", "apply"]) searchParams.delete(name);
  searchParams.set("draft", id);
  history.replaceState(history.state, "", `${page}?${searchParams}`);
});

// A page that was made by submitting a form may say where it is found again.
if (foundAt) history.replaceState(history.state, "", foundAt);

// The visitor's own clock.
for (const time of document.querySelectorAll("[data-time]")) {
  time.textContent = new Date(time.dataset.time * 1000).toLocaleString();
}
