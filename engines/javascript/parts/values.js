// What a value is and what it is made of, found out without running anything of the script's: no getter, no proxy's
// trap, no method. A proxy is looked at through its target.
(core) => {
  'use strict';
  const {
    dateNumber, functionText, getOwnPropertyDescriptor, getPrototypeOf, handles, hasOwn, isArray, isObject, keysOf,
    look, mapEntries, mapGet, mapSet, mapSize, matches, nextEntry, nextItem, nouns, ownKeys, push, setSize, setValues,
    typedArrayName, weakGet, OPS,
  } = core;
  const { Map, String } = core.classes;
  const INDEX = /^(?:0|[1-9]\d*)$/;
  const CLASS = /^class\b/;
  const NATIVE = /\{\s*\[native code\]\s*\}$/;
  // Beyond this many items a list's other properties are not looked for: listing its keys takes too long.
  const MAX_LISTED = 10000;
  const DEEPEST = 20;

  // -- what a value is

  /** The language's own prototypes whose objects are shown in a way of their own, and the names of those. */
  const kinds = new Map();
  for (const name of [
    'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Error', 'RegExp', 'Date', 'Promise', 'ArrayBuffer', 'String',
    'Number', 'Boolean',
  ]) {
    mapSet(kinds, core.classes[name].prototype, name);
  }
  const BRANDS = { __proto__: null, Map: mapSize, Set: setSize, Date: dateNumber };

  const isProxy = (value) => look(value).status === OPS.LOOK_PROXY;

  /** The prototype, where a proxy stands in its place that proxy's target: reading through it would run a trap. */
  function prototypeOf(value) {
    let found = getPrototypeOf(value);
    while (isObject(found) && isProxy(found)) found = look(found).value;
    return found;
  }

  /** Returns the name of the language's own class that an object is of; undefined for others. */
  function kindOf(value) {
    let found = prototypeOf(value);
    for (let i = 0; found !== null && i < DEEPEST; i++) {
      const kind = mapGet(kinds, found);
      if (kind !== undefined) return isReally(kind, value) ? kind : undefined;
      found = prototypeOf(found);
    }
    return undefined;
  }

  function isReally(kind, value) {
    if (kind === 'Promise') return look(value).status !== OPS.LOOK_PLAIN;
    if (BRANDS[kind] === undefined) return true;
    try {
      BRANDS[kind](value);
      return true;
    } catch {
      return false; // only its prototype is
    }
  }

  /** Reads a property without running a getter: undefined where one stands. */
  function dataOf(value, name) {
    let holder = value;
    for (let i = 0; isObject(holder) && i < 2 * DEEPEST; i++) {
      if (isProxy(holder)) holder = look(holder).value;
      const found = getOwnPropertyDescriptor(holder, name);
      if (found !== undefined) return found.value;
      holder = getPrototypeOf(holder);
    }
    return undefined;
  }

  const textOf = (value, name) => {
    const found = dataOf(value, name);
    return typeof found === 'string' ? found : '';
  };

  /** Returns the name of the class an object was made by; '' where it has no prototype. */
  function className(value) {
    const found = prototypeOf(value);
    if (found === null) return '';
    const maker = dataOf(found, 'constructor');
    return (typeof maker === 'function' && textOf(maker, 'name')) || 'Object';
  }

  function isClass(fn) {
    const source = functionText(fn);
    if (matches(CLASS, source)) return true;
    return (matches(NATIVE, source) && hasOwn(fn, 'prototype')) || mapGet(nouns, textOf(fn, 'name')) === fn;
  }

  /** Returns what to call the type of a value: a primitive's type, a class's or record's or host object's name. */
  function type(value) {
    if (value === null) return 'null';
    if (typeof value === 'function') return isProxy(value) ? 'Proxy' : isClass(value) ? 'class' : 'function';
    if (!isObject(value)) return typeof value;
    if (isProxy(value)) return 'Proxy';
    const handle = weakGet(handles, value);
    return handle === undefined ? typedArrayName(value) || className(value) || 'Object' : handle.noun;
  }

  /** The own keys that are shown: what is enumerable, without the indexes of a list. */
  function shownKeys(object, isList) {
    if (isList && object.length > MAX_LISTED) return [];
    const keys = keysOf(object);
    const all = ownKeys(object);
    for (let i = all.length - 1; i >= 0 && typeof all[i] === 'symbol'; i--) {
      if (getOwnPropertyDescriptor(object, all[i]).enumerable) push(keys, all[i]);
    }
    if (!isList) return keys;
    const rest = [];
    for (let i = 0; i < keys.length; i++) {
      if (typeof keys[i] === 'symbol' || !matches(INDEX, keys[i])) push(rest, keys[i]);
    }
    return rest;
  }

  // -- its parts

  const targetOf = (value) => {
    let found = value;
    while (isObject(found) && isProxy(found)) found = look(found).value;
    return found;
  };

  const isList = (object) => isArray(object) || typedArrayName(object) !== undefined;
  const UNREMARKABLE = { __proto__: null, length: true, name: true, prototype: true, arguments: true, caller: true };

  /** The names of all own properties, without the indexes of a list and what every function has. */
  function partKeys(object) {
    if (isList(object)) return shownKeys(object, true);
    const keys = ownKeys(object);
    if (typeof object !== 'function') return keys;
    const rest = [];
    for (let i = 0; i < keys.length; i++) if (UNREMARKABLE[keys[i]] !== true) push(rest, keys[i]);
    return rest;
  }

  function itemsOf(object) {
    if (isList(object)) return object.length;
    const kind = kindOf(object);
    return kind === 'Map' ? mapSize(object) : kind === 'Set' ? setSize(object) : 0;
  }

  /** Returns how many parts a value has: the items of a list, Map or Set, then its own properties. */
  function size(value) {
    const object = targetOf(value);
    return isObject(object) ? itemsOf(object) + partKeys(object).length : 0;
  }

  /** Returns how many of its parts are items of a list, Map or Set; they come first. */
  function count(value) {
    const object = targetOf(value);
    return isObject(object) ? itemsOf(object) : 0;
  }

  /** A property as {name, value}; one with a getter or setter as {name, accessor: which it has}. */
  function property(object, key) {
    const name = String(key);
    let found;
    try {
      found = getOwnPropertyDescriptor(object, key);
    } catch {
      return { name, accessor: '<not yet initialized>' }; // an export of a module that has not run
    }
    if (found === undefined || hasOwn(found, 'value')) return { name, value: found && found.value };
    return { name, accessor: accessorText(found) };
  }

  const accessorText = ({ get, set }) => {
    if (get === undefined) return '[Setter]';
    return set === undefined ? '[Getter]' : '[Getter/Setter]';
  };

  /** The items `from` to `to` of a list, Map or Set; an entry of a Map is `{key, value}`. */
  function items(object, from, to) {
    const found = [];
    if (isList(object)) {
      for (let i = from; i < to; i++) push(found, property(object, String(i)));
      return found;
    }
    const isMap = kindOf(object) === 'Map';
    const walk = isMap ? mapEntries(object) : setValues(object);
    for (let i = 0; i < to; i++) {
      const { value } = isMap ? nextEntry(walk) : nextItem(walk);
      if (i >= from) push(found, { name: String(i), value: isMap ? { key: value[0], value: value[1] } : value });
    }
    return found;
  }

  /**
   * Returns the parts of a value, in order, as a list of {name, value} and {name, accessor}.
   * start, most: which of them; the items of a list, Map or Set come first
   */
  function children(value, start, most) {
    const object = targetOf(value);
    if (!isObject(object)) return [];
    const all = itemsOf(object);
    const end = start + most;
    const found = start < all ? items(object, start, end < all ? end : all) : [];
    const keys = partKeys(object);
    const from = start > all ? start - all : 0;
    for (let i = from; i < keys.length && i + all < end; i++) push(found, property(object, keys[i]));
    return found;
  }

  return {
    accessorText, children, className, count, dataOf, isClass, isProxy, kindOf, prototypeOf, shownKeys, size, targetOf,
    textOf, type,
  };
};
