// Text helpers. Sizes and widths count characters (code points), not UTF-16 units.
//
//     import { chunk } from 'llmspell/text';
//     for (const piece of chunk(long, 4000, 200)) …

/** Returns the text without the white space around it. */
export function trim(text) {
  return text.trim();
}

/** Returns the parts between separators; the separator is plain text. */
export function split(text, separator) {
  if (separator === '') throw new TypeError('split: the separator must not be empty');
  return text.split(separator);
}

/** Returns the lines, without their line ends; a line end at the very end begins no further line. */
export function lines(text) {
  const found = text.split(/\r?\n/);
  if (found[found.length - 1] === '') found.pop();
  return found;
}

/** Returns the text cut to at most `size` characters; cut text ends in "…", which counts. */
export function truncate(text, size) {
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
  const characters = Array.from(text);
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
  for (const line of text.split('\n')) {
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
  const all = text.split('\n');
  let shared = Infinity;
  for (const line of all) {
    if (line.trim()) shared = Math.min(shared, /^[ \t]*/.exec(line)[0].length);
  }
  return all.map((line) => (line.trim() ? line.slice(shared) : '')).join('\n');
}

export default { trim, split, lines, truncate, chunk, wrap, dedent };
