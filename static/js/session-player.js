// Plays the spoken parts of a session: live while they arrive, as a file once they are whole.
// Without this script the page shows the browser's own player.
const FIRST_LEVEL = 48;
const LEVELS = 64;
const KEY = "cuecard-autoplay";
const players = new Map(); // session and part: its player
let context = null;
let playing = null;

class Player {
  /** Show the part here from now on: the column may be drawn anew while it plays. */
  showIn(part) {
    this.part = part;
    this.button = part.querySelector("[data-play]");
    this.canvas = part.querySelector("[data-wave]");
    this.audio = part.querySelector("audio");
    this.audio.controls = false;
    this.audio.hidden = true;
    this.button.hidden = false;
    if (playing === this) this.say("Stop");
    for (const name of ["ended", "pause", "error"]) {
      this.audio.addEventListener(name, () => this.stopped());
    }
    this.changed();
  }

  get whole() {
    return this.part.dataset.done === "yes";
  }

  get address() {
    const { sounds } = this.part.closest("[data-sounds]").dataset;
    return sounds + this.part.dataset.key;
  }

  get levels() {
    return this.part.querySelector("[data-words=peaks]").textContent;
  }

  changed() {
    if (this.whole && !this.audio.src && this.part.dataset.sound) {
      this.audio.src = `${this.address}.wav`;
    }
    this.live?.pump();
    this.draw();
  }

  toggle() {
    if (playing === this) this.stop();
    else this.play();
  }

  play() {
    playing?.stop();
    playing = this;
    this.say("Stop");
    if (this.whole) {
      this.audio.currentTime = 0;
      this.audio.play().catch(() => this.stopped());
    } else {
      context ??= new AudioContext();
      context.resume();
      this.live = new Live(this);
      this.live.pump();
    }
    this.follow();
  }

  stop() {
    this.live?.stop();
    this.audio.pause();
    this.stopped();
  }

  stopped() {
    this.live = null;
    if (playing === this) playing = null;
    this.say("Play");
    this.draw();
  }

  say(verb) {
    this.part.toggleAttribute("data-playing", verb === "Stop");
    this.button.textContent = verb;
  }

  /** Where the sound is, from 0 to 1 of what has arrived. */
  get progress() {
    const total = this.levels.length * 0.04;
    const at = this.live ? this.live.at : this.audio.currentTime;
    return total ? Math.min(at / total, 1) : 0;
  }

  follow() {
    if (playing !== this) return;
    this.draw();
    requestAnimationFrame(() => this.follow());
  }

  draw() {
    const { canvas, levels } = this;
    const { width, height } = canvas;
    const paint = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const played = playing === this ? this.progress * width : 0;
    const bars = Math.min(Math.floor(width / 3), Math.max(levels.length, 50));
    paint.clearRect(0, 0, width, height);
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar * levels.length) / bars);
      const to = Math.max(Math.floor(((bar + 1) * levels.length) / bars), from + 1);
      let peak = 0;
      for (let at = from; at < to && at < levels.length; at += 1) {
        peak = Math.max(peak, levels.charCodeAt(at) - FIRST_LEVEL);
      }
      const left = (bar * width) / bars;
      const tall = Math.max((peak / (LEVELS - 1)) * height, 1);
      paint.fillStyle = left < played ? style.caretColor : style.color;
      paint.fillRect(left, (height - tall) / 2, 2, tall);
    }
  }
}

/** Plays samples as they arrive: asks for what is new, and lines it up behind what is playing. */
class Live {
  constructor(player) {
    this.player = player;
    this.rate = Number(player.part.dataset.rate);
    this.samples = 0;
    this.next = 0;
    this.sources = new Set();
  }

  get at() {
    return this.samples / this.rate - Math.max(this.next - context.currentTime, 0);
  }

  async pump() {
    if (this.asking || this.over) {
      this.again = true;
      return;
    }
    this.asking = true;
    do {
      this.again = false;
      const { whole } = this.player;
      const got = await this.fetch();
      if (got) this.again = true;
      else if (whole) this.last = true;
    } while (this.again && !this.over);
    this.asking = false;
    this.finish();
  }

  async fetch() {
    const answer = await fetch(`${this.player.address}.pcm?from=${this.samples}`).catch(() => null);
    if (!answer?.ok) {
      this.last = true;
      return 0;
    }
    const view = new DataView(await answer.arrayBuffer());
    const count = Math.floor(view.byteLength / 2);
    if (count && !this.over) this.schedule(view, count);
    return count;
  }

  schedule(view, count) {
    const buffer = context.createBuffer(1, count, this.rate);
    const channel = buffer.getChannelData(0);
    for (let at = 0; at < count; at += 1) channel[at] = view.getInt16(at * 2, true) / 32768;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    this.next = Math.max(this.next, context.currentTime + 0.05);
    source.start(this.next);
    this.next += buffer.duration;
    this.samples += count;
    this.sources.add(source);
    source.addEventListener("ended", () => {
      this.sources.delete(source);
      this.finish();
    });
  }

  finish() {
    if (this.last && !this.asking && !this.over && this.sources.size === 0) {
      this.over = true;
      this.player.stopped();
    }
  }

  stop() {
    this.over = true;
    for (const source of this.sources) source.stop();
  }
}

const nameOf = (part) => `${part.closest("[data-session]").dataset.session} ${part.dataset.key}`;

function playerOf(part) {
  const name = nameOf(part);
  if (!players.has(name)) players.set(name, new Player());
  const player = players.get(name);
  if (player.part !== part) player.showIn(part);
  return player;
}

// A reply plays by itself when it is seen first, by the stream or in a column that is drawn anew.
function arrived(part) {
  const fresh = !players.has(nameOf(part));
  const player = playerOf(part);
  if (fresh && !player.whole && wanted()) player.play();
}

function wanted() {
  try {
    return localStorage.getItem(KEY) === "yes";
  } catch {
    return false;
  }
}

const parts = () => document.querySelectorAll("[data-session] [data-player]");

function prepare() {
  const box = document.querySelector("[data-autoplay]");
  if (!box) return;
  box.checked = wanted();
  box.closest("[data-autoplay-label]").hidden = false;
}

parts().forEach(playerOf);
prepare();
document.addEventListener("cuecard:redrawn", () => {
  parts().forEach(arrived);
  prepare();
});
document.addEventListener("cuecard:entry", ({ target }) => {
  if (!target.matches("[data-player]")) return;
  arrived(target);
  playerOf(target).changed();
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-play]");
  if (button) playerOf(button.closest("[data-player]")).toggle();
});
function repaint() {
  for (const part of parts()) playerOf(part).draw();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-theme-switch]")) requestAnimationFrame(repaint);
  if (!target.matches("[data-autoplay]")) return;
  try {
    localStorage.setItem(KEY, target.checked ? "yes" : "no");
  } catch {
    // Storage may be forbidden: replies are then played by hand.
  }
});
