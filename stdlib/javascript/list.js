// Work on lists. Functions get an item and its position, and give new lists; none changes one.
//
//     import { groupBy } from 'llmspell/list';
//     const byCity = groupBy(people, (person) => person.city);

function check(items, name) {
  if (!Array.isArray(items)) throw new TypeError(`list.${name}: the first argument must be a list`);
}

function countOf(number, least, name) {
  if (!Number.isInteger(number) || number < least) {
    throw new TypeError(`list.${name}: the number must be an integer of at least ${least}`);
  }
}

const itself = (item) => item;

/** Returns what fn gives for each item; nothing becomes `null`. */
export function map(items, fn) {
  check(items, 'map');
  return items.map((item, i) => fn(item, i) ?? null);
}

/** Returns the items for which fn says yes. */
export function filter(items, fn) {
  check(items, 'filter');
  return items.filter((item, i) => fn(item, i));
}

/** Puts the items together, from the first on: fn gets what there is so far, and an item. */
export function reduce(items, fn, start) {
  check(items, 'reduce');
  return items.reduce((sum, item, i) => fn(sum, item, i), start);
}

/** Returns the first item for which fn says yes, or nothing. */
export function find(items, fn) {
  check(items, 'find');
  return items.find((item, i) => fn(item, i));
}

/** Tells whether fn says yes to any item. */
export function any(items, fn) {
  check(items, 'any');
  return items.some((item, i) => fn(item, i));
}

/** Tells whether fn says yes to every item. */
export function all(items, fn) {
  check(items, 'all');
  return items.every((item, i) => fn(item, i));
}

/** Returns how many items there are, or to how many fn says yes. */
export function count(items, fn) {
  check(items, 'count');
  return fn ? filter(items, fn).length : items.length;
}

/** Returns the items by what fn gives for each, as text. */
export function groupBy(items, fn) {
  check(items, 'groupBy');
  const groups = new Map();
  items.forEach((item, i) => {
    const key = String(fn(item, i));
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  });
  return Object.fromEntries(groups);
}

/** Returns each item under what fn gives for it, as text; of several the last. */
export function keyBy(items, fn) {
  check(items, 'keyBy');
  return Object.fromEntries(items.map((item, i) => [String(fn(item, i)), item]));
}

/** Returns two lists: the items for which fn says yes, and the others. */
export function partition(items, fn) {
  check(items, 'partition');
  const yes = [];
  const no = [];
  items.forEach((item, i) => (fn(item, i) ? yes : no).push(item));
  return [yes, no];
}

/** Returns the items in lists of `size`; the last may be shorter. */
export function chunk(items, size) {
  check(items, 'chunk');
  countOf(size, 1, 'chunk');
  const found = [];
  for (let i = 0; i < items.length; i += size) found.push(items.slice(i, i + size));
  return found;
}

/** Returns the items, each once: the first of those that are equal, or for which fn gives the same. */
export function unique(items, fn = itself) {
  check(items, 'unique');
  const seen = new Set();
  return items.filter((item, i) => {
    const key = fn(item, i) ?? null;
    return !seen.has(key) && seen.add(key);
  });
}

/** Returns the items of the first list that the second does not have. */
export function difference(items, others) {
  check(items, 'difference');
  const known = new Set(others);
  return items.filter((item) => !known.has(item));
}

function order(a, b) {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

// Texts in the order of their characters, as in every language; `<` would compare UTF-16 units.
function orderTexts(a, b) {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i].codePointAt(0) - right[i].codePointAt(0);
  }
  return left.length - right.length;
}

/** Returns the items in the order of what fn gives for each (numbers or texts); equal ones stay in order. */
export function sortBy(items, fn = itself, descending = false) {
  check(items, 'sortBy');
  const entries = items.map((item, at) => ({ key: fn(item, at), item }));
  for (const { key } of entries) {
    if (typeof key !== 'number' && typeof key !== 'string') {
      throw new TypeError(`list.sortBy: keys must be numbers or texts, got ${key === null ? 'null' : typeof key}`);
    }
    if (typeof key !== typeof entries[0].key) {
      throw new TypeError('list.sortBy: keys must be all numbers or all texts');
    }
  }
  const compare = typeof entries[0]?.key === 'string' ? orderTexts : order;
  const sign = descending ? -1 : 1;
  return entries.sort((a, b) => sign * compare(a.key, b.key)).map((entry) => entry.item);
}

/** Returns the items with the lists among them opened, `depth` deep (1 unless given). */
export function flatten(items, depth = 1) {
  check(items, 'flatten');
  return items.flat(depth);
}

/** Returns lists of the first, the second … items of several lists, as far as the shortest goes. */
export function zip(...lists) {
  lists.forEach((items) => check(items, 'zip'));
  if (lists.length === 0) return [];
  const shortest = Math.min(...lists.map((items) => items.length));
  return Array.from({ length: shortest }, (_, i) => lists.map((items) => items[i]));
}

/** Returns the numbers from one to another, both included, `step` (1 unless given) apart. */
export function range(from, to, step = 1) {
  if (step === 0 || (to - from) / step >= 10000000) {
    throw new TypeError('list.range: at most 10,000,000 numbers, and a step that is not 0');
  }
  const found = [];
  for (let number = from; step > 0 ? number <= to : number >= to; number += step) found.push(number);
  return found;
}

/** Returns the sum of the items, or of what fn gives for them. */
export function sum(items, fn = itself) {
  check(items, 'sum');
  return items.reduce((total, item, i) => total + fn(item, i), 0);
}

/** Returns the item that is least, or for which fn gives the least; of equal ones the first. */
export function min(items, fn = itself) {
  return sortBy(items, fn)[0];
}

/** Returns the item that is greatest, or for which fn gives the greatest; of equal ones the first. */
export function max(items, fn = itself) {
  return sortBy(items, fn, true)[0];
}

/** Returns the first `count` items. */
export function take(items, count) {
  check(items, 'take');
  countOf(count, 0, 'take');
  return items.slice(0, count);
}

/** Returns the items after the first `count`. */
export function drop(items, count) {
  check(items, 'drop');
  countOf(count, 0, 'drop');
  return items.slice(count);
}

/** Returns the items, the last first. */
export function reverse(items) {
  check(items, 'reverse');
  return [...items].reverse();
}

export default {
  map, filter, reduce, find, any, all, count, groupBy, keyBy, partition, chunk, unique, difference, sortBy, flatten,
  zip, range, sum, min, max, take, drop, reverse,
};
