// Values between script and host: the JSON codec of docs/protocol.md.
const MARK = '\u0000';
const MAX_DEPTH = 64;
// JSON.stringify escapes exactly the lone surrogates; behind an even number of backslashes it is text.
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

const functions = [];
const functionNumbers = new WeakMap();
const handles = new WeakMap();
const records = new WeakMap();

function functionNumber(fn) {
  let number = weakGet(functionNumbers, fn);
  if (number === undefined) {
    number = functions.length;
    weakSet(functionNumbers, fn, number);
    push(functions, fn);
  }
  return number;
}

/**
 * The encoding under way. holders: the objects being written, outermost first; keys: the key of each;
 * root: what a message calls the value, or {name, params, skip} of a host function whose CALL this is
 */
let walk = null;

/** Where a bad value stands, as a message says it: `File.write: 'content'.parts[2]`. */
function pathTo(holder, key) {
  const { holders, keys, root } = walk;
  const depth = depthOf(holder);
  const call = typeof root !== 'string';
  let path = call ? '' : root;
  for (let i = 1; i <= depth; i++) {
    const name = i < depth ? keys[i] : key;
    if (call && i === 2) path = parameterName(root, name - root.skip);
    else if (!call || i > 2) path += step(holders[i - 1], name);
  }
  return call ? `${root.name}: ${path}` : path;
}

const parameterName = (root, index) =>
  index < root.params.length ? `'${root.params[index]}'` : `argument ${index + 1}`;

function step(holder, key) {
  if (isArray(holder)) return `[${key}]`;
  return matches(IDENTIFIER, key) ? `.${key}` : `[${stringify(key)}]`;
}

function refuse(holder, key, what, hint) {
  throw wrongArgument(`${pathTo(holder, key)} ${what}`, hint);
}

function depthOf(holder) {
  const { holders } = walk;
  let depth = holders.length;
  while (depth > 0 && holders[depth - 1] !== holder) depth--;
  return depth;
}

/** Notes that `value` is now being written as `holder[key]`. */
function enter(holder, key, value) {
  const { holders, keys, root } = walk;
  const depth = depthOf(holder);
  if (depth >= (typeof root === 'string' ? MAX_DEPTH : MAX_DEPTH + 2)) {
    throw wrongArgument(`${pathTo(holder, key)} is nested deeper than ${MAX_DEPTH}`);
  }
  for (let i = 0; i < depth; i++) if (holders[i] === value) refuse(holder, key, 'contains itself');
  holders.length = depth;
  put(holders, depth, value);
  put(keys, depth, key);
}

/** Returns the marked form of a value JSON has no word for. */
function marked(holder, key, form) {
  const wrapped = { __proto__: null };
  wrapped[MARK] = form;
  enter(holder, key, wrapped);
  return wrapped;
}

function replacer(key, value) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (value - value !== 0) refuse(this, key, `is ${value}, which cannot cross`);
      return value;
    case 'undefined':
      if (isArray(this)) refuse(this, key, 'is a hole in a list', 'write null for an empty place');
      return undefined;
    case 'function':
      return encodeFunction(this, key, value);
    case 'bigint':
      if (value < -9223372036854775808n || value > 9223372036854775807n) refuse(this, key, 'does not fit 64 bits');
      return marked(this, key, ['i', `${value}`]);
    case 'symbol':
      return refuse(this, key, 'is a symbol, which cannot cross');
  }
  if (value !== null) return encodeObject(this, key, value);
  const original = this[key];
  if (original !== null && original instanceof Date) refuse(this, key, 'is an invalid Date');
  return null;
}

function encodeFunction(holder, key, fn) {
  if (!walk.functions) refuse(holder, key, 'is a function, which cannot cross here');
  const number = functionNumber(fn);
  if (debug.passing !== undefined) debug.passing(number);
  return marked(holder, key, ['f', number]);
}

function encodeObject(holder, key, value) {
  if (isArray(value)) {
    enter(holder, key, value);
    return value;
  }
  const prototype = getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const handle = weakGet(handles, value);
    if (handle !== undefined) return marked(holder, key, ['o', handle.noun, handle.id]);
    const form = instanceForm(holder, key, value);
    if (form !== undefined) return marked(holder, key, form);
  }
  if (hasOwn(value, MARK)) return marked(holder, key, ['m', pairsOf(value)]);
  enter(holder, key, value);
  return value;
}

function pairsOf(value) {
  const names = keysOf(value);
  const pairs = [];
  for (let i = 0; i < names.length; i++) {
    const item = value[names[i]];
    if (item !== undefined) push(pairs, [names[i], item]);
  }
  return pairs;
}

function instanceForm(holder, key, value) {
  const kind = typedArrayName(value);
  if (kind === 'Uint8Array' || kind === 'Uint8ClampedArray' || value instanceof ArrayBuffer) {
    return ['b', bytesToBase64(plainBytes(value))];
  }
  if (kind !== undefined) refuse(holder, key, `is a ${kind}`, 'use a list: Array.from(it)');
  if (weakHas(records, value)) return ['r', weakGet(records, value), fieldsOf(value)];
  if (value instanceof Map) refuse(holder, key, 'is a Map', 'use a plain object: Object.fromEntries(it)');
  if (value instanceof Set) refuse(holder, key, 'is a Set', 'use a list: Array.from(it)');
  if (value instanceof RegExp) refuse(holder, key, 'is a RegExp', 'pass its source as text');
  if (value instanceof NativePromise) refuse(holder, key, 'is a promise', "did you forget 'await'?");
  if (value instanceof Error) refuse(holder, key, 'is an error', 'pass its message');
  if (isTimeout(value)) refuse(holder, key, 'is a timer');
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof DataView) {
    refuse(holder, key, 'is of a kind that cannot cross');
  }
  return undefined;
}

function fieldsOf(record) {
  const fields = {};
  const names = keysOf(record);
  for (let i = 0; i < names.length; i++) put(fields, names[i], record[names[i]]);
  return fields;
}

/**
 * Writes a value as the codec's JSON text.
 * root: see `walk`
 * allowFunctions: whether functions may cross, as callbacks
 */
function encode(value, root, allowFunctions) {
  const outer = walk;
  walk = { __proto__: null, holders: [], keys: [], root, functions: allowFunctions };
  let found;
  try {
    found = stringify(value, replacer);
  } finally {
    walk = outer;
  }
  if (found === undefined) return 'null';
  if (indexOf(found, '\\ud') >= 0 && matches(LONE_SURROGATE, found)) {
    throw wrongArgument('a text holds half a character (a lone surrogate)', 'see String.prototype.toWellFormed');
  }
  return found;
}

/** Turns the marked forms in a value from the host into what they stand for, in place. */
function revive(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = revive(value[i]);
    return value;
  }
  const names = keysOf(value);
  if (names.length === 1 && names[0] === MARK) return reviveForm(value[MARK]);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof value[name] === 'object') put(value, name, revive(value[name]));
  }
  return value;
}

function reviveForm(form) {
  switch (form[0]) {
    case 'o':
      return hostObject(form[1], form[2]);
    case 'f':
      return functions[form[1]];
    case 'b':
      return bytesFromBase64(form[1]);
    case 'r':
      return makeRecord(form[1], revive(form[2]));
    default: {
      const map = {};
      const pairs = form[1];
      for (let i = 0; i < pairs.length; i++) put(map, pairs[i][0], revive(pairs[i][1]));
      return map;
    }
  }
}
