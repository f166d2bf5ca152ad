// Shows stored sounds as a waveform with their peak, and plays them as the model would hear them.
import { soundOf } from "./media-sound.js";

const BAR = 3; // pixels from one bar to the next
const players = new WeakMap();
const looks = new Map(); // what a sound looks like, by its address
let latest = { address: "", sound: null }; // one decoded sound is kept: it may be long
let context = null;
let playing = null;

async function decoded(button) {
  const { mediaSound: address, kind } = button.dataset;
  if (latest.address !== address) {
    latest = { address, sound: fetched(address, kind) };
  }
  return latest.sound;
}

async function fetched(address, kind) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return null;
  return soundOf(await answer.text(), kind);
}

/** The loudest sample under each bar, and of all. */
function lookOf(sound, bars) {
  const samples = sound.getChannelData(0);
  const peaks = Array.from({ length: bars }, (_, bar) => {
    const from = Math.floor((bar * samples.length) / bars);
    const to = Math.max(Math.floor(((bar + 1) * samples.length) / bars), from + 1);
    let peak = 0;
    for (let at = from; at < to && at < samples.length; at++) {
      const loud = Math.abs(samples[at]);
      if (loud > peak) peak = loud;
    }
    return peak;
  });
  return { peaks, loudest: Math.max(...peaks) };
}

function levelOf(loudest) {
  if (!loudest) return "silent";
  const decibel = 20 * Math.log10(loudest);
  return `peak ${decibel.toFixed(1).replace("-", "−")} dBFS${loudest > 0.999 ? ", clipped" : ""}`;
}

class Player {
  constructor(button) {
    this.button = button;
    this.shown = button.parentElement;
    this.canvas = this.shown.querySelector("canvas");
    this.label = button.getAttribute("aria-label").replace(/^Play /, "");
  }

  async look() {
    const { mediaSound: address } = this.button.dataset;
    if (!looks.has(address)) {
      const sound = await decoded(this.button);
      looks.set(address, sound && lookOf(sound, this.canvas.width / BAR));
    }
    const look = looks.get(address);
    const level = this.shown.querySelector("[data-level]");
    level.textContent = look ? levelOf(look.loudest) : "it is no longer here";
    this.button.disabled = !look;
    this.draw();
  }

  draw() {
    const look = looks.get(this.button.dataset.mediaSound);
    if (!look) return;
    const { width, height } = this.canvas;
    const paint = this.canvas.getContext("2d");
    const { fill, stroke } = getComputedStyle(this.canvas);
    paint.clearRect(0, 0, width, height);
    look.peaks.forEach((peak, bar) => {
      const left = bar * BAR;
      // The square root lets quiet speech be seen.
      const tall = Math.max(Math.sqrt(peak) * height, 1);
      const played = this.source && left < this.progress * width;
      paint.fillStyle = played ? stroke : fill;
      paint.fillRect(left, (height - tall) / 2, BAR - 1, tall);
    });
  }

  get progress() {
    return (context.currentTime - this.started) / this.source.buffer.duration;
  }

  async toggle() {
    if (playing === this) {
      this.stop();
      return;
    }
    playing?.stop();
    playing = this;
    this.name("Stop");
    context ??= new AudioContext();
    await context.resume();
    const buffer = await decoded(this.button);
    if (playing !== this || !buffer) return;
    this.source = new AudioBufferSourceNode(context, { buffer });
    this.source.connect(context.destination);
    this.source.addEventListener("ended", () => this.stop());
    this.source.start();
    this.started = context.currentTime;
    this.follow();
  }

  stop() {
    this.source?.stop();
    this.source = null;
    if (playing === this) playing = null;
    this.name("Play");
    this.draw();
  }

  follow() {
    if (!this.source) return;
    if (!this.button.isConnected) {
      this.stop();
      return;
    }
    this.draw();
    requestAnimationFrame(() => this.follow());
  }

  name(verb) {
    this.button.textContent = verb;
    this.button.setAttribute("aria-label", `${verb} ${this.label}`);
  }
}

// A sound is fetched when it comes into view.
const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    players.get(target).look();
  }
});

function prepare() {
  for (const button of document.querySelectorAll("[data-media-sound][hidden]")) {
    button.hidden = false;
    players.set(button, new Player(button));
    watcher.observe(button);
  }
}

function redraw() {
  for (const button of document.querySelectorAll("[data-media-sound]")) players.get(button)?.draw();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-media-sound]");
  if (button) players.get(button)?.toggle();
});
document.addEventListener("cuecard:redrawn", prepare);
document.addEventListener("change", ({ target }) => {
  if (target.matches?.("[data-theme-switch]")) redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
prepare();
