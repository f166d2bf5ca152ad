// Shows what happens in a session while it happens: the server streams changes, this applies them.
// New entries are copies of the page's own templates, and foreign text only ever becomes text.
const BUDGET_MS = 8;
const TRIES = 7;
const FIRST_TRY_MS = 500;
const LAST_TRY_MS = 30_000;
// So long it may be gone without a word about it: a server that restarts is back by then.
const UNSAID_MS = 2_000;
// The server says something at least every 10 s.
const SILENCE_MS = 25_000;
const LOST = "The connection to Cuecard is lost";
const TRYING = `${LOST}; trying again. What stands here stays.`;
const GIVEN_UP = `${LOST}. Is it still running? More than four tabs that show a session are too many, too.`;
const SEEN_MS = 4 * 60 * 1000;
const views = new WeakMap();

class View {
  constructor(section) {
    this.section = section;
    this.list = section.querySelector("[data-transcript]");
    this.announcer = section.querySelector("[data-announcer]");
    this.cursor = section.dataset.cursor;
    this.entries = new Map();
    this.slots = new WeakMap();
    this.waiting = [];
    this.parts = [];
    this.tries = 0;
    for (const entry of section.querySelectorAll("[data-key]")) this.know(entry);
    for (const text of section.querySelectorAll("[data-words]")) this.slotsOf(text);
    this.box = this.scroller();
    this.following = true;
    this.follow();
    this.box?.addEventListener(
      "scroll",
      ({ target: { scrollHeight, scrollTop, clientHeight } }) => {
        this.following = scrollHeight - scrollTop - clientHeight < 40;
      },
      { passive: true },
    );
    if (section.querySelector(".session__bar").dataset.state !== "closed") this.open();
  }

  // -- the stream

  open() {
    if (this.source || document.hidden || !this.section.isConnected) return;
    clearTimeout(this.retry);
    const from = encodeURIComponent(this.cursor);
    this.parts = [];
    this.source = new EventSource(`${this.section.dataset.stream}?from=${from}`);
    this.heard();
    this.source.addEventListener("open", () => {
      this.found();
      this.heard();
    });
    // Parts of something long are applied together with the end of it, or not at all.
    this.source.addEventListener("part", (event) => {
      this.heard();
      this.parts.push(event.data);
    });
    this.source.addEventListener("changes", (event) => {
      this.heard();
      this.cursor = event.lastEventId || this.cursor;
      this.waiting.push(...this.parts.splice(0), event.data);
      this.soon();
    });
    this.source.addEventListener("beat", () => this.heard());
    this.source.addEventListener("end", (event) => this.end(event.data));
    // A browser would try again by itself, but at an even pace and without end.
    this.source.addEventListener("error", () => this.lost());
  }

  close() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    clearTimeout(this.saying);
  }

  end(why) {
    this.close();
    if (why === "restart") return this.lost();
    this.found();
    if (why === "gone") this.gone();
  }

  // -- a stream that is lost: where it was is known, so that it goes on there

  heard() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.lost(), SILENCE_MS);
  }

  found() {
    this.tries = 0;
    this.lostAt = null;
    clearTimeout(this.saying);
    this.alert("");
  }

  lost() {
    this.close();
    this.lostAt ??= performance.now();
    if (this.tries >= TRIES) return this.alert(GIVEN_UP, true);
    const unsaid = Math.max(UNSAID_MS - (performance.now() - this.lostAt), 0);
    this.saying = setTimeout(() => this.alert(TRYING), unsaid);
    const pause = Math.min(FIRST_TRY_MS * 2 ** this.tries, LAST_TRY_MS);
    this.tries += 1;
    // Not all at once: after a restart every page comes back.
    this.retry = setTimeout(() => this.open(), pause * (0.5 + Math.random()));
  }

  again() {
    if (this.source || !this.lostAt) return;
    this.tries = 0;
    this.alert(TRYING);
    this.open();
  }

  alert(words, button = false) {
    const box = this.section.querySelector("[data-lost]");
    const said = box.querySelector("[data-lost-words]");
    if (said.textContent !== words) said.textContent = words;
    box.hidden = !words;
    box.querySelector("button").hidden = !button;
  }

  gone() {
    const words = "This session is no longer kept here. Send opens a new one.";
    this.waiting.push(
      JSON.stringify([["put", "session", "", "session", { status: words }, { state: "closed" }]]),
    );
    this.soon();
  }

  // -- changes, a few milliseconds of them per frame

  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.work();
    });
  }

  work() {
    const until = performance.now() + BUDGET_MS;
    const touched = new Set();
    while (performance.now() < until) {
      if (!this.batch?.length) {
        const text = this.waiting.shift();
        if (text === undefined) break;
        this.batch = JSON.parse(text).reverse();
      }
      const steps = Math.min(this.batch.length, 50);
      for (let step = 0; step < steps; step += 1) touched.add(this.apply(this.batch.pop()));
    }
    for (const entry of touched) {
      entry?.dispatchEvent(new CustomEvent("cuecard:entry", { bubbles: true }));
    }
    this.follow();
    // Entries that come into view may turn out taller than they were taken for.
    requestAnimationFrame(() => this.follow());
    if (this.batch?.length || this.waiting.length) this.soon();
  }

  apply([what, key, ...rest]) {
    if (what === "reset") return this.reset();
    if (what === "drop") return this.drop(key);
    if (what === "put") return this.put(key, ...rest);
    const entry = this.entries.get(key);
    const text = entry && this.slots.get(entry)?.get(rest[0]);
    if (!text) return entry;
    if (what === "set") text.textContent = rest[1];
    else if (text.lastChild?.nodeType === Node.TEXT_NODE) text.lastChild.appendData(rest[1]);
    else text.append(rest[1]);
    return entry;
  }

  put(key, parent, kind, words, marks) {
    const entry = this.entries.get(key) ?? this.make(key, parent, kind);
    if (!entry) return null;
    for (const [name, mark] of Object.entries(marks)) {
      if (entry.getAttribute(`data-${name}`) !== mark) entry.setAttribute(`data-${name}`, mark);
    }
    const slots = this.slots.get(entry);
    for (const [name, word] of Object.entries(words)) {
      const slot = slots?.get(name);
      if (slot && slot.textContent !== word) this.say(slot, word);
    }
    for (const slot of slots?.values() ?? []) this.link(slot, marks[slot.dataset.link]);
    if (key === "session") this.enable(entry, marks);
    return entry;
  }

  make(key, parent, kind) {
    const template = this.section.querySelector(`template[data-kind="${CSS.escape(kind)}"]`);
    const place = parent ? this.entries.get(parent)?.querySelector("[data-parts]") : this.list;
    if (!template || !place) return null;
    const entry = template.content.firstElementChild.cloneNode(true);
    entry.dataset.key = key;
    entry.id = `entry-${key}`;
    this.know(entry);
    for (const slot of entry.querySelectorAll("[data-words]")) this.slotsOf(slot);
    place.append(entry);
    if (kind === "sent") this.following = true;
    return entry;
  }

  drop(key) {
    this.entries.get(key)?.remove();
    this.entries.delete(key);
    return null;
  }

  reset() {
    for (const key of [...this.entries.keys()]) if (key !== "session") this.drop(key);
    return null;
  }

  // -- parts of an entry

  know(entry) {
    this.entries.set(entry.dataset.key, entry);
    if (!this.slots.has(entry)) this.slots.set(entry, new Map());
  }

  slotsOf(slot) {
    const slots = this.slots.get(slot.closest("[data-key]"));
    slots?.set(slot.dataset.words, slot);
  }

  link(slot, key) {
    if (!key || !slot.textContent) return;
    const link = document.createElement("a");
    link.href = `#entry-${key}`;
    link.textContent = slot.textContent;
    slot.replaceChildren(link);
  }

  say(slot, word) {
    slot.textContent = word;
    if (!("announce" in slot.dataset) || !word) return;
    const kind = slot.closest("[data-key]").querySelector(".entry__kind")?.textContent ?? "";
    this.announcer.textContent = `${kind} ${word}`.trim();
  }

  enable(entry, marks) {
    for (const control of entry.querySelectorAll("[data-enabled-by]")) {
      control.disabled = !marks[control.dataset.enabledBy];
    }
  }

  // -- the end stays in view until someone scrolls up; what one sends oneself brings it back

  scroller() {
    for (let box = this.list; box && box !== this.section; box = box.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
    }
    return null;
  }

  follow() {
    if (this.following && this.box) this.box.scrollTop = this.box.scrollHeight;
  }
}

let current = null;

function attach() {
  const section = document.querySelector("[data-session]");
  if (current && current.section !== section) {
    current.close();
    current = null;
  }
  if (!section) return;
  let view = views.get(section);
  if (view) view.open();
  else {
    view = new View(section);
    views.set(section, view);
    // A reload, and a second tab, come back to the same session, also after a posted page.
    const url = new URL(section.dataset.page, location);
    if (url.pathname === location.pathname) url.search = location.search;
    url.searchParams.set("session", section.dataset.session);
    history.replaceState(history.state, "", url);
  }
  current = view;
}

attach();
document.addEventListener("cuecard:redrawn", ({ detail: { source } }) => {
  if (source === document || source.closest("#session") || !current?.section.isConnected) attach();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) current?.open();
  else if (!document.querySelector("[data-playing]")) current?.close();
});
// A hidden tab does not hold a connection, but says from time to time that it is still there.
setInterval(() => {
  if (!document.hidden || !current) return;
  const { session } = current.section.dataset;
  fetch(`/sessions/${session}/log.jsonl`, { method: "HEAD" }).catch(() => {});
}, SEEN_MS);
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-try-again]")) current?.again();
});
addEventListener("online", () => current?.again());
addEventListener("offline", () => {
  if (current?.source) current.lost();
});
addEventListener("pagehide", () => current?.close());
addEventListener("pageshow", () => current?.open());
