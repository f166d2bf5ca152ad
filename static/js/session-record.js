// The record of a session: rows that open, new rows while the session lives, and the way to it.
const EVERY_MS = 700;
const MOST_ROWS = 1500;

const list = () => document.getElementById("record-list");
let following = true;
let followedTo = 0;
let drawnList = null;
let stale = null;

// -- one row: its text is fetched when it is opened, and only ever becomes text

async function load(details, layout) {
  const body = details.querySelector("[data-body]");
  details.dataset.loaded = layout;
  for (const button of details.querySelectorAll("[data-layout]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(button.dataset.layout === layout));
  }
  const answer = await fetch(`${details.dataset.frame}?layout=${layout}`);
  if (details.dataset.loaded !== layout) return;
  body.textContent = answer.ok ? await answer.text() : "This frame is no longer kept.";
  const whole = answer.headers.get("X-Cut");
  details.querySelector("[data-cut]").textContent = whole
    ? `Cut here: ${Number(whole).toLocaleString()} characters in all. The file has them.`
    : "";
}

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches?.("[data-frame]") && target.open && !target.dataset.loaded) {
      load(target, "pretty");
    }
  },
  { capture: true },
);
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-layout]");
  if (button) load(button.closest("[data-frame]"), button.dataset.layout);
});

// -- new rows, and the end in view until someone scrolls up

function ask() {
  const record = document.getElementById("record");
  if (!record?.matches("[data-live]") || document.hidden) return;
  stale = list().lastElementChild;
  document.getElementById("record-more").dispatchEvent(new CustomEvent("cuecard:more"));
}

function drawn(pressed) {
  const rows = list();
  if (!rows) return;
  merge(rows);
  if (pressed) {
    // What was pressed is gone with the rows around it: the focus goes to what stands in its place.
    following = pressed.toEnd;
    const place = document.getElementById(pressed.id) ?? rows;
    place.focus({ preventScroll: true });
    if (place !== rows) place.scrollIntoView({ block: "nearest" });
  }
  while (following && rows.childElementCount > MOST_ROWS) rows.firstElementChild.remove();
  follow();
}

// The last rows have come again, perhaps grown, with new ones among them: what is open or ticked in
// one stays, and what is new has its place behind the row that came before it.
function merge(rows) {
  let place = null;
  for (let row = stale?.isConnected ? stale.nextElementSibling : null, next; row; row = next) {
    next = row.nextElementSibling;
    const before = twin(rows, row);
    if (!before) {
      if (place) behind(place, row).after(row);
      place = row;
    } else if (before.matches(".frame--fold") || row.matches(".frame--fold")) {
      const focused = before.contains(document.activeElement);
      before.replaceWith(row);
      if (focused) row.querySelector("a")?.focus({ preventScroll: true });
      place = row;
    } else {
      row.remove();
      place = before;
    }
  }
}

const isInside = (row) => row.matches(".frame--inside");

function twin(rows, row) {
  const same = rows.querySelectorAll(`:scope > .frame[data-seq="${row.dataset.seq}"]`);
  return [...same].find((each) => each !== row && isInside(each) === isInside(row));
}

// In an open fold, behind those of its rows that are not sent again.
function behind(place, row) {
  let last = place;
  const older = (each) => each && isInside(each) && +each.dataset.seq < +row.dataset.seq;
  if (isInside(row)) while (older(last.nextElementSibling)) last = last.nextElementSibling;
  return last;
}

function follow() {
  const rows = list();
  drawnList = rows;
  if (!rows || !following) return;
  rows.scrollTop = rows.scrollHeight;
  followedTo = rows.scrollTop;
}

// Who scrolls up is left there until the end is in view again; a list that only shrinks follows on.
// One that was replaced may still tell of its last move, and a new one has not been moved yet.
function look(rows) {
  if (!rows || rows !== drawnList) return;
  const atEnd = rows.scrollHeight - rows.scrollTop - rows.clientHeight < 40;
  following = atEnd || (following && rows.scrollTop >= followedTo);
}

setInterval(ask, EVERY_MS);
document.addEventListener(
  "scroll",
  ({ target }) => {
    if (target.id === "record-list") look(list());
  },
  { capture: true, passive: true },
);

// -- from the transcript to the record and back

function switchTo(section, view) {
  section.dataset.view = view;
  for (const link of section.querySelectorAll("[data-view]")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  following = true;
  if (view === "transcript") document.getElementById("session-record").replaceChildren();
}

function ready() {
  for (const button of document.querySelectorAll("button[data-view]")) button.hidden = false;
}

document.addEventListener("click", ({ target }) => {
  const link = target.closest?.(".session__views [data-view]");
  if (link) switchTo(link.closest(".session"), link.dataset.view);
});
// A link in the record has it drawn anew; other answers that come meanwhile are none of its.
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  const link = ctx.sourceElement;
  if (!link.closest?.("#session, #record")) return;
  // The move of a moment ago may not have been told yet.
  look(list());
  if (ctx.target?.id !== "record" || !link.matches("a")) return;
  ctx.pressed = { id: link.id, toEnd: link.matches(".record__end") };
});
document.addEventListener("cuecard:redrawn", ({ detail: { ctx } }) => {
  ready();
  drawn(ctx.pressed);
});
ready();
follow();
