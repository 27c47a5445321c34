// What the boot code uses of the language, taken before any spell can replace it.
// Boot code calls nothing that a spell could have changed: no methods on values, no for-of, no spread of lists.
const global = globalThis;
const {
  Object, Reflect, JSON, Symbol, String, Number, RegExp, Date, Array, Map, Set, WeakMap, WeakSet, Function,
  ArrayBuffer, DataView, Uint8Array, Error, TypeError, AggregateError, InternalError, DOMException,
} = globalThis;
const NativePromise = globalThis.Promise;
const { apply, construct, ownKeys, getPrototypeOf } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, create, keys: keysOf, preventExtensions, hasOwn } = Object;
const { isArray } = Array;
const { stringify } = JSON;
const { fromCharCode } = String;
const captureStack = Error.captureStackTrace;

const bind = (method) => (self, a, b, c) => apply(method, self, [a, b, c]);
const mapGet = bind(Map.prototype.get);
const mapSet = bind(Map.prototype.set);
const mapDelete = bind(Map.prototype.delete);
const mapClear = bind(Map.prototype.clear);
const mapHas = bind(Map.prototype.has);
const mapForEach = bind(Map.prototype.forEach);
const setAdd = bind(Set.prototype.add);
const setDelete = bind(Set.prototype.delete);
const setHas = bind(Set.prototype.has);
const setClear = bind(Set.prototype.clear);
const setForEach = bind(Set.prototype.forEach);
const weakGet = bind(WeakMap.prototype.get);
const weakSet = bind(WeakMap.prototype.set);
const weakHas = bind(WeakMap.prototype.has);
const indexOf = bind(String.prototype.indexOf);
const slice = bind(String.prototype.slice);
const toWellFormed = bind(String.prototype.toWellFormed);
const charCodeAt = bind(String.prototype.charCodeAt);
const repeat = bind(String.prototype.repeat);
const join = bind(Array.prototype.join);
const execPattern = bind(RegExp.prototype.exec);
const matches = (pattern, subject) => execPattern(pattern, subject) !== null;
const functionText = bind(Function.prototype.toString);
const dateText = bind(Date.prototype.toISOString);
const dateNumber = bind(Date.prototype.getTime);
const patternText = bind(RegExp.prototype.toString);

const getter = (object, name) => getOwnPropertyDescriptor(object, name).get;
const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype);
const typedArrayName = bind(getter(TypedArrayPrototype, Symbol.toStringTag));
const typedArrayBuffer = bind(getter(TypedArrayPrototype, 'buffer'));
const typedArrayOffset = bind(getter(TypedArrayPrototype, 'byteOffset'));
const mapSize = bind(getter(Map.prototype, 'size'));
const setSize = bind(getter(Set.prototype, 'size'));
const mapEntries = bind(Map.prototype.entries);
const setValues = bind(Set.prototype.values);
const nextEntry = bind(getPrototypeOf(new Map().entries()).next);
const nextItem = bind(getPrototypeOf(new Set().values()).next);
const typedArrayBytes = bind(getter(TypedArrayPrototype, 'byteLength'));

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

const property = (value, enumerable) => ({ __proto__: null, value, writable: true, enumerable, configurable: true });
/** Defines an ordinary property without running anything on the way. */
const put = (object, name, value) => defineProperty(object, name, property(value, true));
/** Defines a property that does not show in listings. */
const hide = (object, name, value) => defineProperty(object, name, property(value, false));
const push = (list, value) => put(list, list.length, value);
const named = (name, fn) => defineProperty(fn, 'name', { __proto__: null, value: name, configurable: true });
