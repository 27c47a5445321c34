// The globals: one per noun of stdlib/bindings.json, built when it is first touched.
const SYNC = 'sync';
const ASYNC = 'async';
const NOTE = 'note';
const STREAM = 'stream';
const descriptions = new Map();
const nouns = new Map();
const objects = new Map();

/** Returns what Python knows of a noun: {functions, methods}, each a list of {name, number, kind, params, skip}. */
function describe(noun) {
  let found = mapGet(descriptions, noun);
  if (found === undefined) {
    found = raw(noun, NOUN);
    mapSet(descriptions, noun, found);
  }
  return found;
}

/** Makes the script's function for a declared one; `receive` gives the arguments as they cross. */
function bindFunction(fn, key, receive) {
  const bound = {
    [key](...args) {
      const sent = receive(this, args);
      switch (fn.kind) {
        case SYNC:
          return callNow(fn, sent, bound);
        case NOTE:
          return callNote(fn, sent);
        case ASYNC:
          return callLater(fn, sent, bound);
        default:
          return callStream(fn, sent);
      }
    },
  }[key];
  return bound;
}

function callStream(fn, args) {
  const last = args.length - 1;
  const receiver = typeof args[last] === 'function' ? args[last] : undefined;
  if (receiver !== undefined) args.length = last;
  const stream = makeStream(() => callLater(fn, args, callStream));
  return receiver === undefined ? stream : drainStream(stateOf(stream), receiver);
}

const asGiven = (_self, args) => args;
const withReceiver = (noun, fn) => (self, args) => {
  const handle = isObject(self) ? weakGet(handles, self) : undefined;
  if (handle === undefined || handle.noun !== noun) {
    throw wrongArgument(`${fn.name} is a method`, `call it on ${noun} objects`);
  }
  const sent = [self];
  for (let i = 0; i < args.length; i++) push(sent, args[i]);
  return sent;
};

/** Returns the global of a noun: a class when there are objects of it or it has `new`, else a plain object. */
function nounOf(name) {
  let noun = mapGet(nouns, name);
  if (noun === undefined) {
    noun = makeNoun(name);
    mapSet(nouns, name, noun);
  }
  return noun;
}

function makeNoun(name) {
  if (name === 'Stream') return Stream;
  const { functions: statics, methods, engine } = describe(name);
  let maker;
  for (let i = 0; i < statics.length; i++) if (statics[i].key === 'new') maker = statics[i];
  const noun = maker || methods.length ? makeClass(name, maker) : {};
  for (let i = 0; i < statics.length; i++) {
    put(noun, statics[i].key, bindFunction(statics[i], statics[i].key, asGiven));
  }
  for (let i = 0; i < methods.length; i++) {
    const fn = methods[i];
    hide(noun.prototype, fn.key, bindFunction(fn, fn.key, withReceiver(name, fn)));
  }
  const own = engine ? provided(name) : undefined;
  if (own !== undefined) {
    const names = keysOf(own);
    for (let i = 0; i < names.length; i++) put(noun, names[i], own[names[i]]);
  }
  return noun;
}

function makeClass(name, maker) {
  const Noun = named(name, function (...args) {
    if (new.target === undefined) throw new TypeError(`${name} must be called with 'new'`);
    if (maker === undefined) throw new TypeError(`${name} objects come from host functions`);
    return maker.kind === SYNC ? callNow(maker, args, Noun) : callLater(maker, args, Noun);
  });
  hide(Noun.prototype, Symbol.toStringTag, name);
  return Noun;
}

/** Returns the script's object for a host object; the same one for the same handle. */
function hostObject(noun, id) {
  if (noun === 'Stream') return hostStream(id);
  const key = `${noun} ${id}`;
  let object = mapGet(objects, key);
  if (object === undefined) {
    object = create(nounOf(noun).prototype);
    weakSet(handles, object, { __proto__: null, noun, id });
    mapSet(objects, key, object);
  }
  return object;
}

function hostStream(id) {
  const stream = makeStream(() => resolved(stream));
  weakSet(handles, stream, { __proto__: null, noun: 'Stream', id });
  return stream;
}

// -- records that act as text

const recordClasses = new Map();

function recordClass(name) {
  let prototype = mapGet(recordClasses, name);
  if (prototype === undefined) {
    const Record = named(name, class {
      toString() {
        return `${this.text}`;
      }

      [Symbol.toPrimitive]() {
        return `${this.text}`;
      }
    });
    prototype = Record.prototype;
    mapSet(recordClasses, name, prototype);
  }
  return prototype;
}

function makeRecord(name, fields) {
  const record = create(recordClass(name));
  const names = keysOf(fields);
  for (let i = 0; i < names.length; i++) put(record, names[i], fields[names[i]]);
  weakSet(records, record, name);
  return record;
}

// -- parts: what most spells never touch is compiled when one does

const PARTS = {
  __proto__: null,
  console: 'console',
  AbortController: 'abort',
  AbortSignal: 'abort',
  CustomEvent: 'abort',
  EventTarget: 'abort',
  TextEncoder: 'text',
  TextDecoder: 'text',
  atob: 'text',
  btoa: 'text',
  structuredClone: 'clone',
  Async: 'async',
};
const parts = new Map();

function part(name) {
  let found = mapGet(parts, name);
  if (found === undefined) {
    found = rawGift(name, PART).value(core);
    mapSet(parts, name, found);
  }
  return found;
}

/** Returns what the engine itself provides under a noun's name. */
const provided = (name) => (PARTS[name] === undefined ? undefined : part(PARTS[name])[name]);

/** The getters of the globals that are made at first touch. */
const lazy = new Map();

/** Defines a global that is made at first touch; a spell may define its own instead. */
function lazyGlobal(name, make) {
  const get = () => {
    const value = make(name);
    try {
      hide(global, name, value);
    } catch {
      // A frozen global: the next touch finds the same value again.
    }
    return value;
  };
  mapSet(lazy, name, get);
  defineProperty(global, name, {
    __proto__: null,
    enumerable: false,
    configurable: true,
    get,
    set(value) {
      hide(global, name, value);
    },
  });
}

function defineGlobals(names) {
  const partNames = keysOf(PARTS);
  for (let i = 0; i < partNames.length; i++) lazyGlobal(partNames[i], provided);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (PARTS[name] !== undefined || !hasOwn(global, name)) lazyGlobal(name, nounOf);
  }
}
