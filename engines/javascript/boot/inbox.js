// The way to and from the worker's Python side, closed to the spell.
// At every evaluation the C code assigns the globals `dukpy` (what Python passed) and `call_python`
// (a function). Both become accessors that nobody can redefine: `call_python` leads nowhere, and only this
// closure holds the real one. Python calls `receive` directly; no global leads to it.
/** Calls Python: the first argument travels as text, the rest as JSON; the numbers are named in operations.py. */
const raw = global.call_python;
const setup = global.dukpy;
const gift = { __proto__: null, value: undefined };

/** Calls Python for a value that JSON cannot carry: an evaluated program, a thrown value. */
const rawGift = (payload, op, detail) => {
  const outer = gift.value;
  gift.value = undefined;
  try {
    const status = detail === undefined ? raw(payload, op) : raw(payload, op, detail);
    return { __proto__: null, status, value: gift.value };
  } finally {
    gift.value = outer;
  }
};

const offer = { __proto__: null, value: undefined };

/**
 * Has Python look at an object as no script can: at a proxy or a promise.
 * Returns its status, LOOK_… in operations.py, and as its value the proxy's target or what the promise settled with.
 */
const look = (object) => {
  offer.value = object;
  try {
    return rawGift('', LOOK);
  } finally {
    offer.value = undefined;
  }
};

const closed = (get, set) => ({ __proto__: null, get, set, enumerable: false, configurable: false });
defineProperty(global, 'call_python', closed(() => {}, () => {}));
defineProperty(global, 'dukpy', closed(() => offer.value, (given) => {
  gift.value = given;
}));
