// Telephone sound, ITU-T G.711: 16 bit samples to bytes and back, by table.
const CLIP_MU = 8158; // of 14 bits
const BIAS_MU = 33;

const bits = (number) => 32 - Math.clz32(number);

function mulaw(value) {
  const magnitude = Math.min(value >= 0 ? value : ~value, CLIP_MU) + BIAS_MU;
  const segment = bits(magnitude) - 6;
  const code = (segment << 4) | ((magnitude >> (segment + 1)) & 15);
  return ~code & (value >= 0 ? 0xff : 0x7f);
}

function alaw(value) {
  const magnitude = value >= 0 ? value : ~value;
  const segment = Math.max(0, bits(magnitude) - 4);
  const code = segment ? (segment << 4) | ((magnitude >> (segment - 1)) & 15) : magnitude;
  return (value >= 0 ? code | 0x80 : code) ^ 0x55;
}

function sampleOfMulaw(byte) {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return code & 0x80 ? -magnitude : magnitude;
}

function sampleOfAlaw(byte) {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const low = ((code & 15) << 4) | 8;
  const magnitude = exponent ? (low + 0x100) << (exponent - 1) : low;
  return code & 0x80 ? magnitude : -magnitude;
}

const each = (count, write) => Array.from({ length: count }, (_, at) => write(at));

/** One law: `encode` holds the code of each value of `drop` bits less, negative ones at the end. */
const law = (drop, write, read) => ({
  drop,
  encode: Uint8Array.from(
    each(2 ** (16 - drop), (at) => write(at < 2 ** (15 - drop) ? at : at - 2 ** (16 - drop))),
  ),
  decode: Float32Array.from(each(256, (byte) => read(byte) / 32768)),
});

export const MU = law(2, mulaw, sampleOfMulaw);
export const A = law(4, alaw, sampleOfAlaw);
