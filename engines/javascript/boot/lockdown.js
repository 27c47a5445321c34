// Locks the language's own objects and hands the rest of the boot code what it shares.
// Extensions are refused, not changes: a spell can neither plant getters on shared prototypes nor does it meet
// "read only" errors when it assigns an inherited name on an object of its own.

/** What parts get; they use nothing else that a spell could have replaced. */
const core = {
  __proto__: null, apply, askStream, begun, bytesFromBase64, bytesToBase64, calls, charCodeAt, closeStream, construct, create,
  dateNumber, dateText, debug, defineProperty, encode, endWithCallback, errorMap, execPattern, failRun, fromCharCode, functionText, getOwnPropertyDescriptor,
  getPrototypeOf, global, handles, hasOwn, hide, indexOf, isArray, isObject, join, keysOf, lazy, look, mapClear, mapDelete,
  mapEntries, mapForEach, mapGet, mapHas, mapSet, mapSize, matches, newPromise, nextEntry, nextItem, nextPiece, nouns, ownKeys,
  part, patternText, plainBytes, provided, push, put, raw, rawGift, records, rejected, repeat, required, resolved,
  running, setAdd, setClear, setDelete, setForEach, setHas, setSize, setup, setValues, signals, slice, startTimer,
  stopTimer, streamStates, stringify, then, timers, toWellFormed, typedArrayName, weakGet, weakHas, weakSet,
  wrongArgument, SpellError,
  OPS: {
    __proto__: null, ANSWER, ANSWER_ERROR, CALL_NOTE, DEBUG, DEBUG_ANSWER, DEBUG_EVENT, DEBUG_FAILED, DEBUG_GUARD,
    DEBUG_STOPPED, LOOK_PLAIN, LOOK_PENDING, LOOK_FULFILLED, LOOK_PROXY,
    LOOK_REJECTED, PRINT, RUN,
  },
  classes: { __proto__: null },
  spell: undefined,
  // As long as it lives, an error takes the engine one allocation less: see `has_been_full` in _quickjs.py.
  likeErrors: create(InternalError.prototype),
};
{
  const names = ownKeys(global);
  for (let i = 0; i < names.length; i++) {
    const found = getOwnPropertyDescriptor(global, names[i]);
    if (hasOwn(found, 'value')) core.classes[names[i]] = found.value;
  }
  core.classes.Promise = NativePromise;
}

for (const name of ['SharedArrayBuffer', 'Atomics']) delete global[name];
defineProperty(Error, 'prepareStackTrace', { __proto__: null, value: undefined, writable: false, configurable: false });
Error.stackTraceLimit = 40;

{
  const lock = (value) => {
    if (!isObject(value) || value === global) return;
    preventExtensions(value);
    const constructed = typeof value === 'function' ? value.prototype : undefined;
    if (isObject(constructed)) preventExtensions(constructed);
  };
  const names = ownKeys(global);
  for (let i = 0; i < names.length; i++) {
    const found = getOwnPropertyDescriptor(global, names[i]);
    if (hasOwn(found, 'value')) lock(found.value);
  }
  const hidden = [
    function* () {}, async function () {}, async function* () {}, [][Symbol.iterator](), new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](), ''[Symbol.iterator](), Uint8Array, Uint8Array.prototype,
  ];
  for (let i = 0; i < hidden.length; i++) {
    lock(getPrototypeOf(hidden[i]));
    lock(getPrototypeOf(getPrototypeOf(hidden[i])));
    const family = getPrototypeOf(hidden[i]).prototype;
    lock(family);
    if (isObject(family)) lock(getPrototypeOf(family));
  }
  lock(NativePromise);
}

defineGlobals(setup.names);
// Python takes these and deletes the globals before any spell runs.
hide(global, 'receive', receive);
hide(global, 'whereNow', () => raw(siteOf(undefined), TRACE));
hide(global, 'serve', () => raw('', SERVE));
