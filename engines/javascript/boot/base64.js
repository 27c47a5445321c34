// Bytes as base64 text. Two output characters at a time: the engine's loops are slow, its join is not.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const base64 = { __proto__: null, pairs: null, codes: null };

function base64Tables() {
  if (base64.pairs !== null) return;
  base64.pairs = [];
  base64.codes = new Uint8Array(128);
  for (let i = 0; i < 64; i++) {
    base64.codes[charCodeAt(ALPHABET, i)] = i;
    for (let j = 0; j < 64; j++) push(base64.pairs, ALPHABET[i] + ALPHABET[j]);
  }
}

function bytesToBase64(bytes) {
  base64Tables();
  const { pairs } = base64;
  const size = typedArrayBytes(bytes);
  const whole = size - (size % 3);
  const parts = new Array((whole / 3) * 2);
  let at = 0;
  for (let i = 0; i < whole; i += 3) {
    const bits = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
    parts[at++] = pairs[bits >> 12];
    parts[at++] = pairs[bits & 4095];
  }
  if (size - whole === 1) parts[at] = pairs[bytes[whole] << 4] + '==';
  if (size - whole === 2) {
    const bits = (bytes[whole] << 10) | (bytes[whole + 1] << 2);
    parts[at] = pairs[bits >> 6] + ALPHABET[bits & 63] + '=';
  }
  return join(parts, '');
}

/** Takes well-formed, padded base64. */
function bytesFromBase64(source) {
  base64Tables();
  const { codes } = base64;
  const end = source.length;
  const padding = end && source[end - 1] === '=' ? (source[end - 2] === '=' ? 2 : 1) : 0;
  const bytes = new Uint8Array((end / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < end; i += 4) {
    const bits =
      (codes[charCodeAt(source, i)] << 18) |
      (codes[charCodeAt(source, i + 1)] << 12) |
      (codes[charCodeAt(source, i + 2)] << 6) |
      codes[charCodeAt(source, i + 3)];
    bytes[at++] = bits >> 16;
    bytes[at++] = bits >> 8;
    bytes[at++] = bits;
  }
  return bytes;
}

/** Returns the bytes behind a Uint8Array of any subclass, or an ArrayBuffer, as a plain Uint8Array. */
const plainBytes = (value) =>
  value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : new Uint8Array(typedArrayBuffer(value), typedArrayOffset(value), typedArrayBytes(value));
