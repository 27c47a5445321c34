// Text helpers. Sizes and widths count characters (code points), not UTF-16 units.
//
//     import { chunk } from 'llmspell/text';
//     for (const piece of chunk(long, 4000, 200)) …

// Returns the text that a function was given; what models and workflows answer is text as well.
function given(text, name) {
  if (typeof text === 'string') return text;
  if (typeof text?.text === 'string') return text.text;
  throw new TypeError(`text.${name}: this works on text, got ${text === null ? 'null' : typeof text}`);
}

/** Returns the text without the white space around it. */
export function trim(text) {
  return given(text, 'trim').trim();
}

/** Returns the parts between separators; the separator is plain text. */
export function split(text, separator) {
  if (typeof separator !== 'string' || separator === '') {
    throw new TypeError('split: the separator must be text, and must not be empty');
  }
  return given(text, 'split').split(separator);
}

/** Returns the lines, without their line ends; a line end at the very end begins no further line. */
export function lines(text) {
  const found = given(text, 'lines').split(/\r?\n/);
  if (found[found.length - 1] === '') found.pop();
  return found;
}

/** Returns the text cut to at most `size` characters; cut text ends in "…", which counts. */
export function truncate(whole, size) {
  const text = given(whole, 'truncate');
  if (text.length <= size) return text;
  const characters = Array.from(text);
  if (characters.length <= size) return text;
  if (size < 1) return '';
  return `${characters.slice(0, size - 1).join('').trimEnd()}…`;
}

// Returns where to end a piece of characters `from` to `stop`: behind the last blank line, line end or space in its
// second half, or at `stop`.
function goodEnd(characters, from, stop) {
  const half = from + Math.floor((stop - from) / 2);
  let line = 0;
  let space = 0;
  for (let i = stop - 1; i >= half; i--) {
    if (characters[i] === '\n') {
      if (i > half && characters[i - 1] === '\n') return i + 1;
      line ||= i + 1;
    } else if (/\s/.test(characters[i])) {
      space ||= i + 1;
    }
  }
  return line || space || stop;
}

/**
 * Returns the text in pieces of at most `size` characters. A piece ends after a blank line, a line or a word where it
 * can; each begins with the last `overlap` characters of the one before.
 */
export function chunk(text, size, overlap = 0) {
  if (!(size >= 1) || overlap < 0 || overlap * 2 > size) {
    throw new TypeError('chunk: size must be at least 1, and overlap at most half of it');
  }
  const characters = Array.from(given(text, 'chunk'));
  const pieces = [];
  let from = 0;
  while (from < characters.length) {
    let stop = characters.length;
    if (stop - from > size) stop = goodEnd(characters, from, from + size);
    pieces.push(characters.slice(from, stop).join(''));
    if (stop >= characters.length) break;
    from = Math.max(stop - overlap, from + 1);
  }
  return pieces;
}

/** Returns the text with its lines broken at spaces so that none is wider than `width`; a longer word stands alone. */
export function wrap(text, width) {
  const out = [];
  for (const line of given(text, 'wrap').split('\n')) {
    let current = '';
    let used = 0;
    for (const word of line.split(/\s+/).filter(Boolean)) {
      const size = Array.from(word).length;
      if (used > 0 && used + 1 + size > width) {
        out.push(current);
        current = '';
        used = 0;
      }
      current += used > 0 ? ` ${word}` : word;
      used += size + (used > 0 ? 1 : 0);
    }
    out.push(current);
  }
  return out.join('\n');
}

/** Returns the text without the indentation that all its lines share; blank lines do not count. */
export function dedent(text) {
  const all = given(text, 'dedent').split('\n');
  let shared = Infinity;
  for (const line of all) {
    if (line.trim()) shared = Math.min(shared, /^[ \t]*/.exec(line)[0].length);
  }
  return all.map((line) => (line.trim() ? line.slice(shared) : '')).join('\n');
}

/** Returns the text with every line that is not blank indented: by two spaces, so many, or a text. */
export function indent(text, by = '  ') {
  const before = typeof by === 'number' ? ' '.repeat(Math.max(0, by)) : by;
  return given(text, 'indent').split('\n').map((line) => (line.trim() ? before + line : line)).join('\n');
}

const MARKS = /[\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u3000-\u303f]/g;

/** Returns the words: letters, digits, `_`, and apostrophes within. */
export function words(text) {
  const plain = given(text, 'words').replaceAll('\u2019', "'").replace(MARKS, ' ');
  const found = plain.match(/[\w'\u0080-\uffff]+/g) ?? [];
  return found.map((word) => word.replace(/^'+|'+$/g, '')).filter(Boolean);
}

const PLAIN = {
  a: 'àáâãäåāăą', c: 'çćč', d: 'ďđ', e: 'èéêëēęě', g: 'ğģ', i: 'ìíîïīį', l: 'ĺļľł', n: 'ñńņň',
  o: 'òóôõöøōő', r: 'ŕř', s: 'śşšș', t: 'ţťț', u: 'ùúûüūůűų', y: 'ýÿ', z: 'źżž', ss: 'ß', ae: 'æ', oe: 'œ',
  A: 'ÀÁÂÃÄÅĀĂĄ', C: 'ÇĆČ', D: 'ĎĐ', E: 'ÈÉÊËĒĘĚ', G: 'ĞĢ', I: 'ÌÍÎÏĪĮİ', L: 'ĹĻĽŁ', N: 'ÑŃŅŇ',
  O: 'ÒÓÔÕÖØŌŐ', R: 'ŔŘ', S: 'ŚŞŠȘ', T: 'ŢŤȚ', U: 'ÙÚÛÜŪŮŰŲ', Y: 'ÝŸ', Z: 'ŹŻŽ', AE: 'Æ', OE: 'Œ',
};
const plainOf = new Map(Object.entries(PLAIN).flatMap(([plain, all]) => [...all].map((letter) => [letter, plain])));

/** Returns the text as a name for files and addresses: lower-case ASCII letters and digits joined by `-`. */
export function slug(text) {
  const ascii = [...given(text, 'slug')].map((letter) => plainOf.get(letter) ?? letter).join('');
  const lower = ascii.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return lower.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}

/** Returns the text with each `{name}` replaced by the value of that name; other braces stay. */
export function fill(text, values) {
  return given(text, 'fill').replace(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_all, name) => {
    if (!Object.hasOwn(values, name) || values[name] === undefined) {
      throw new TypeError(`fill: there is no value '${name}'`);
    }
    return String(values[name]);
  });
}

function pairsOf(text) {
  const found = new Map();
  const characters = Array.from(text);
  for (let i = 1; i < characters.length; i++) {
    const both = characters[i - 1] + characters[i];
    found.set(both, (found.get(both) ?? 0) + 1);
  }
  return [found, Math.max(0, characters.length - 1)];
}

/** Returns how alike two texts are, from 0 to 1: the part of their pairs of characters that both have. */
export function similarity(a, b) {
  const [one, another] = [given(a, 'similarity'), given(b, 'similarity')];
  if (one === another) return 1;
  const [left, count] = pairsOf(one);
  const [right, other] = pairsOf(another);
  let shared = 0;
  for (const [both, times] of left) shared += Math.min(times, right.get(both) ?? 0);
  return count + other > 0 ? (2 * shared) / (count + other) : 0;
}

export default {
  trim, split, lines, truncate, chunk, wrap, dedent, indent, words, slug, fill, similarity,
};
