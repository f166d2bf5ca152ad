// Files to the sound that goes over the wire, and that sound back to samples.
import { bytesOf, textOf } from "./media-base64.js";
import { A, MU } from "./media-g711.js";
import { Fault } from "./media-words.js";

const LARGEST_FILE = 512 * 2 ** 20; // bytes; all of it is decoded in memory

/** A sample as a whole number; decoders scale positive and negative ones by their own extremes. */
function whole(sample) {
  const held = Math.max(-1, Math.min(1, sample));
  return Math.round(held * (held < 0 ? 32768 : 32767));
}

const pcm16 = {
  rate: 24000,
  width: 2,
  write(samples) {
    const view = new DataView(new ArrayBuffer(samples.length * 2));
    for (let at = 0; at < samples.length; at++) view.setInt16(at * 2, whole(samples[at]), true);
    return new Uint8Array(view.buffer);
  },
  read(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const samples = new Float32Array(bytes.length >> 1);
    for (let at = 0; at < samples.length; at++) samples[at] = view.getInt16(at * 2, true) / 32768;
    return samples;
  },
};

const g711 = ({ drop, encode, decode }) => ({
  rate: 8000,
  width: 1,
  write: (samples) =>
    Uint8Array.from(samples, (sample) => encode[(whole(sample) >> drop) & (encode.length - 1)]),
  read: (bytes) => Float32Array.from(bytes, (byte) => decode[byte]),
});

export const KINDS = { "audio/pcm": pcm16, "audio/pcmu": g711(MU), "audio/pcma": g711(A) };

/** How many seconds of a kind fit into a base64 text of `chars` characters. */
export const secondsIn = (chars, { rate, width }) => ((chars / 4) * 3) / width / rate;

export const minutes = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** The base64, in parts, of the sound in a file, one channel in the given kind. */
export async function textOfFile(file, kind, mostChars) {
  const { rate, width, write } = KINDS[kind];
  if (file.size > LARGEST_FILE) throw new Fault("This file is too large to be decoded here.");
  const sound = await mono(file, rate);
  const most = secondsIn(mostChars, KINDS[kind]);
  if (sound.length / rate > most) {
    throw new Fault(
      `This sound lasts ${minutes(sound.length / rate)} minutes; ${minutes(most)} fit in this encoding.`,
    );
  }
  return textOf(sound.length * width, (from, to) =>
    write(sound.subarray(from / width, to / width)),
  );
}

async function mono(file, rate) {
  let decoded;
  try {
    decoded = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Fault(`This browser finds no sound that it can decode in ${file.name || "it"}.`);
  }
  if (!decoded.length) throw new Fault("There is no sound in this file.");
  if (decoded.numberOfChannels === 1) return decoded.getChannelData(0);
  const mix = new OfflineAudioContext(1, decoded.length, rate);
  const source = new AudioBufferSourceNode(mix, { buffer: decoded });
  source.connect(mix.destination);
  source.start();
  return (await mix.startRendering()).getChannelData(0);
}

/** The samples behind a base64 text, as the model would hear them. */
export async function soundOf(text, kind) {
  const { rate, width, read } = KINDS[kind];
  const padding = text.endsWith("==") ? 2 : Number(text.endsWith("="));
  const count = Math.floor(((text.length / 4) * 3 - padding) / width);
  const buffer = new AudioBuffer({ length: Math.max(count, 1), sampleRate: rate });
  let at = 0;
  for await (const bytes of bytesOf(text)) {
    const samples = read(bytes);
    buffer.copyToChannel(samples, 0, at);
    at += samples.length;
  }
  return buffer;
}
