// Values that change in one place, and changed copies of maps and lists.
//
//     import { create, setIn } from 'llmspell/state';
//     const store = create((value, action) => setIn(value, 'n', action.n), { n: 0 });
//     store.subscribe((value) => console.log(value.n));
//     store.dispatch({ n: 5 });

function keysOf(path, name) {
  if (Array.isArray(path)) return path;
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(`state.${name}: the path must be text such as 'a.b', or a list of keys`);
  }
  return path.split('.').filter((key) => key !== '');
}

const isMap = (value) => typeof value === 'object' && value !== null;
const copy = (value) => (Array.isArray(value) ? [...value] : { ...value });
const has = (value, key) => isMap(value) && Object.hasOwn(value, key);

// A key such as __proto__ must become a key like any other.
function put(into, key, value) {
  Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Returns what is at a path of names (`'a.b'`, or a list of keys), or the fallback. */
export function getIn(value, path, fallback) {
  for (const key of keysOf(path, 'getIn')) {
    if (!has(value, key)) return fallback;
    value = value[key];
  }
  return value === undefined ? fallback : value;
}

function changed(value, keys, fn) {
  if (keys.length === 0) return fn(value);
  if (value !== undefined && !isMap(value)) {
    throw new TypeError(`state: there is a ${value === null ? 'null' : typeof value} where '${keys[0]}' would be`);
  }
  const found = copy(value ?? {});
  put(found, keys[0], changed(has(found, keys[0]) ? found[keys[0]] : undefined, keys.slice(1), fn));
  return found;
}

/** Returns a copy with another value at a path; maps that are not there are made. */
export function setIn(value, path, part) {
  return changed(value, keysOf(path, 'setIn'), () => part);
}

/** Returns a copy with what fn makes of the value at a path. */
export function updateIn(value, path, fn) {
  return changed(value, keysOf(path, 'updateIn'), fn);
}

/** Returns a copy without what is at a path; lists close up. */
export function removeIn(value, path) {
  const keys = keysOf(path, 'removeIn');
  const above = keys.slice(0, -1);
  const last = keys[keys.length - 1];
  if (above.length > 0 && !isMap(getIn(value, above))) return value;
  return changed(value, above, (part) => {
    const found = copy(part);
    if (Array.isArray(found)) found.splice(last, Number.isInteger(last) ? 1 : 0);
    else delete found[last];
    return found;
  });
}

/** Returns the maps put together, deep: of two values for one key the later counts, lists as a whole. */
export function merge(...maps) {
  const found = {};
  for (const map of maps) {
    for (const [key, part] of Object.entries(map)) {
      const before = has(found, key) ? found[key] : undefined;
      const deep = isMap(before) && isMap(part) && !Array.isArray(before) && !Array.isArray(part);
      put(found, key, deep ? merge(before, part) : part);
    }
  }
  return found;
}

/** Tells whether two values are the same data. */
export function equals(a, b) {
  if (a === b) return true;
  if (!isMap(a) || !isMap(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => has(b, key) && equals(a[key], b[key]));
}

class Store {
  #reducer;
  #value;
  #watchers = [];
  #busy = false;

  constructor(reducer, value) {
    this.#reducer = reducer;
    this.#value = value;
  }

  /** Returns the value, or what is at a path of it. */
  get(path, fallback) {
    return path === undefined ? this.#value : getIn(this.#value, path, fallback);
  }

  /** Has the reducer make the next value and tells the watchers, if it is another one. */
  dispatch(action) {
    if (this.#busy) throw new Error('state: a reducer must not dispatch');
    this.#busy = true;
    const before = this.#value;
    try {
      this.#value = this.#reducer(before, action);
    } finally {
      this.#busy = false;
    }
    if (this.#value !== before) {
      for (const watcher of [...this.#watchers]) watcher.fn(this.#value, before, action);
    }
    return this.#value;
  }

  /** Has fn called with the new value, the one before and the action; returns what ends that. */
  subscribe(fn) {
    const entry = { fn };
    this.#watchers.push(entry);
    return () => {
      this.#watchers = this.#watchers.filter((watcher) => watcher !== entry);
    };
  }
}

/** Makes a store: its value changes by actions, of which the reducer makes the next value. */
export function create(reducer, value) {
  if (typeof reducer !== 'function') throw new TypeError('state.create: the reducer must be a function');
  return new Store(reducer, value);
}

export default { create, getIn, setIn, updateIn, removeIn, merge, equals };
