// Pictures: which kind a file is, its bytes as a data URI, and anything else as a PNG.
import { textOf } from "./media-base64.js";
import { Fault } from "./media-words.js";

const STARTS = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
];

/** The media type that the first bytes show, for the two that go over the wire; else "". */
export async function wireKind(file) {
  const bytes = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const found = STARTS.find(([, start]) => start.every((byte, at) => bytes[at] === byte));
  return found?.[0] ?? "";
}

/** The data URI of a PNG or JPEG, in parts. */
export async function uriOf(file, kind, mostChars) {
  const head = `data:${kind};base64,`;
  if (head.length + Math.ceil(file.size / 3) * 4 > mostChars) {
    const most = Math.floor((((mostChars - head.length) / 4) * 3) / 2 ** 20);
    throw new Fault(`This picture is too large: at most ${most} MiB are taken here.`);
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  return [head, ...(await textOf(bytes.length, (from, to) => bytes.subarray(from, to)))];
}

/** The same picture as a PNG. */
export async function asPng(file) {
  const image = new Image();
  image.src = await read(file);
  try {
    await image.decode();
  } catch {
    throw new Fault(`This browser cannot read ${file.name || "it"} as a picture.`);
  }
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  const png = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!png) throw new Fault("This picture has too many pixels, or none, to be made a PNG.");
  return png;
}

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(new Fault("The file cannot be read.")));
    reader.readAsDataURL(file);
  });
}
