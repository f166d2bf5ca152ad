// Base64 in pieces, with pauses between them, so that a long sound never holds up the page.

// A whole number of base64 groups and of samples of any size.
const PIECE = 3 * 2 ** 16;

export const pause = () =>
  globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));

function encoded(bytes) {
  if (bytes.toBase64) return bytes.toBase64();
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

function decoded(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The base64 of `count` bytes in parts; `bytesOf(from, to)` gives those of one piece. */
export async function textOf(count, bytesOf) {
  const parts = [];
  for (let at = 0; at < count; at += PIECE) {
    parts.push(encoded(bytesOf(at, Math.min(at + PIECE, count))));
    await pause();
  }
  return parts;
}

/** The bytes of a base64 text, piece by piece. */
export async function* bytesOf(text) {
  const step = (PIECE / 3) * 4;
  for (let at = 0; at < text.length; at += step) {
    yield decoded(text.slice(at, at + step));
    await pause();
  }
}
