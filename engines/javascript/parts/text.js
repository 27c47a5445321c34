// Text and bytes: TextEncoder, TextDecoder (UTF-8), atob, btoa.
(core) => {
  'use strict';
  const { bytesFromBase64, bytesToBase64, charCodeAt, fromCharCode, hide, isObject, join, matches, plainBytes } = core;
  const { push, toWellFormed } = core;
  const { Uint8Array, RangeError, TypeError, DOMException, Symbol } = core.classes;
  const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  const CHUNK = 8192;

  function encodeText(source) {
    const text = toWellFormed(source);
    const bytes = new Uint8Array(text.length * 3);
    let at = 0;
    for (let i = 0; i < text.length; i++) {
      let code = charCodeAt(text, i);
      if (code < 0x80) {
        bytes[at++] = code;
        continue;
      }
      if (code < 0x800) {
        bytes[at++] = 0xc0 | (code >> 6);
      } else {
        if (code >= 0xd800 && code < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (charCodeAt(text, ++i) - 0xdc00);
          bytes[at++] = 0xf0 | (code >> 18);
          bytes[at++] = 0x80 | ((code >> 12) & 63);
        } else {
          bytes[at++] = 0xe0 | (code >> 12);
        }
        bytes[at++] = 0x80 | ((code >> 6) & 63);
      }
      bytes[at++] = 0x80 | (code & 63);
    }
    return bytes.slice(0, at);
  }

  class TextEncoder {
    get encoding() {
      return 'utf-8';
    }

    encode(source = '') {
      return encodeText(`${source}`);
    }
  }

  /** How many bytes a character has that begins with `first`; 0 when none does. */
  function sizeFrom(first) {
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    if (first < 0xe0) return 2;
    return first < 0xf0 ? 3 : 4;
  }

  /** Reads one character; returns its code and length, or -1 and what to skip for a damaged one. */
  function readCharacter(bytes, at) {
    const first = bytes[at];
    const size = sizeFrom(first);
    if (size === 0) return { code: -1, size: 1 };
    if (size === 1) return { code: first, size };
    let code = first & (0x7f >> size);
    for (let i = 1; i < size; i++) {
      const next = bytes[at + i];
      const low = i === 1 ? (first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80) : 0x80;
      const high = i === 1 ? (first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf) : 0xbf;
      if (!(next >= low && next <= high)) return { code: -1, size: i };
      code = (code << 6) | (next & 63);
    }
    return { code, size };
  }

  function decodeBytes(bytes, fatal) {
    const parts = [];
    let part = '';
    let at = bytes.length > 2 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    while (at < bytes.length) {
      const { code, size } = readCharacter(bytes, at);
      if (code < 0 && fatal) throw new TypeError('the bytes are not valid UTF-8');
      if (code < 0) part += '\ufffd';
      else if (code < 0x10000) part += fromCharCode(code);
      else part += fromCharCode(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
      at += size;
      if (part.length > CHUNK) {
        push(parts, part);
        part = '';
      }
    }
    push(parts, part);
    return join(parts, '');
  }

  const UTF8 = { __proto__: null, utf8: true, 'utf-8': true, 'unicode-1-1-utf-8': true };

  class TextDecoder {
    #fatal;

    constructor(label = 'utf-8', options = undefined) {
      if (!UTF8[`${label}`.toLowerCase()]) throw new RangeError(`only utf-8 is known here, not ${label}`);
      this.#fatal = isObject(options) && options.fatal === true;
    }

    get encoding() {
      return 'utf-8';
    }

    get fatal() {
      return this.#fatal;
    }

    decode(source = new Uint8Array(0)) {
      return decodeBytes(plainBytes(source), this.#fatal);
    }
  }

  const wrongCharacter = (message) => new DOMException(message, 'InvalidCharacterError');

  function btoa(source) {
    const text = `${source}`;
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = charCodeAt(text, i);
      if (code > 255) throw wrongCharacter('btoa takes characters up to 255; encode the text first');
      bytes[i] = code;
    }
    return bytesToBase64(bytes);
  }

  function atob(source) {
    let text = join(`${source}`.split(/[\t\n\f\r ]+/), '');
    if (text.length % 4 === 2 && text[text.length - 1] !== '=') text += '==';
    else if (text.length % 4 === 3 && text[text.length - 1] !== '=') text += '=';
    if (!matches(BASE64, text)) throw wrongCharacter('atob needs base64');
    const bytes = bytesFromBase64(text);
    const parts = [];
    for (let i = 0; i < bytes.length; i += 1) push(parts, fromCharCode(bytes[i]));
    return join(parts, '');
  }

  for (const Class of [TextEncoder, TextDecoder]) hide(Class.prototype, Symbol.toStringTag, Class.name);
  return { TextEncoder, TextDecoder, atob, btoa };
};
