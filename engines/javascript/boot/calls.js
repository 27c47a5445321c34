// Calls to host functions, and the host's calls of script functions.
const calls = new Map();
const running = new Set();
let lastCall = 0;

/**
 * What callbacks have begun at once, before their functions' first wait, is given up with them. Later on nobody knows
 * for which of them the engine runs.
 * now: the callback whose function is being called; 0 for none
 * ends: what ends the calls and sleeps of each, by its id
 */
const begun = { __proto__: null, now: 0, ends: new Map() };

/** Has `end`, which takes a reason, called when nobody waits any more for the callback that is being called. */
function endWithCallback(end) {
  if (begun.now === 0) return;
  const known = mapGet(begun.ends, begun.now);
  if (known === undefined) mapSet(begun.ends, begun.now, [end]);
  else push(known, end);
}

/** Ends what a callback has begun: nobody waits for it any more. */
function abandon(id) {
  if (!setDelete(running, id)) return;
  const ends = mapGet(begun.ends, id);
  if (ends === undefined) return;
  mapDelete(begun.ends, id);
  const reason = new SpellError('the call was cancelled', { code: 'cancelled' });
  for (let i = 0; i < ends.length; i++) ends[i](reason);
}

/** What a call writes: `[number, [arguments]]`; undefined at the end is left out. */
function payloadOf(fn, args) {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  const list = [];
  for (let i = 0; i < count; i++) push(list, args[i] === undefined ? null : args[i]);
  return encode([fn.number, list], fn, true);
}

const valueOf = (isMarked, value) => (isMarked ? revive(value) : value);

/** Calls a `sync` function: blocks for the answer. */
function callNow(fn, args, above) {
  const answer = raw(payloadOf(fn, args), CALL_NOW);
  const value = valueOf(answer[1], answer[2]);
  if (answer[0] !== 0) throw errorFrom(value, siteOf(above));
  return value;
}

/** Says for the debugger which frame the last call was made for. */
function nameCaller(frame) {
  const call = mapGet(calls, lastCall);
  if (call !== undefined) call.frame = frame;
}

/** Calls a `note` function: nothing comes back. */
const callNote = (fn, args) => {
  raw(payloadOf(fn, args), CALL_NOTE);
};

/**
 * Calls an `async` function. A last argument with a `signal` cancels the call when that aborts; without one the
 * signal of the Async function that is at work does.
 */
function callLater(fn, args, above) {
  const stack = siteOf(above);
  let signal;
  try {
    signal = takeSignal(args) ?? signals.current;
    if (signal !== undefined && signal.aborted) return rejected(signal.reason);
  } catch (error) {
    return rejected(error);
  }
  const answer = newPromise((resolve, reject) => {
    const payload = payloadOf(fn, args);
    const id = ++lastCall;
    const frame = debug.where === undefined ? undefined : debug.where();
    const call = { __proto__: null, resolve, reject, stack, frame, forget: undefined };
    mapSet(calls, id, call);
    const giveUp = (reason) => {
      if (!mapDelete(calls, id)) return;
      raw('', CANCEL, id);
      then(answer, undefined, () => {}); // whoever gave it up knows: nobody has to catch this
      reject(reason);
    };
    if (signal !== undefined) call.forget = signals.follow(signal, () => giveUp(signal.reason));
    endWithCallback((reason) => {
      if (call.forget !== undefined) call.forget();
      giveUp(reason);
    });
    raw(payload, CALL_LATER, id);
  });
  return answer;
}

/**
 * `is` and `follow` are set by the part that defines AbortSignal; until then there are no signals. `current` is the
 * signal under which calls are made while Async.timeout and its like start a function.
 */
const signals = { __proto__: null, is: () => false, follow: undefined, current: undefined };

/** Takes an AbortSignal out of the last argument's options. */
function takeSignal(args) {
  const last = args.length - 1;
  const options = last >= 0 ? args[last] : undefined;
  if (!isObject(options) || !hasOwn(options, 'signal')) return undefined;
  const { signal } = options;
  if (!signals.is(signal)) return undefined;
  const rest = {};
  const names = keysOf(options);
  for (let i = 0; i < names.length; i++) if (names[i] !== 'signal') put(rest, names[i], options[names[i]]);
  args[last] = names.length > 1 ? rest : undefined;
  return signal;
}

function receiveResult(id, status, isMarked, value) {
  const call = mapGet(calls, id);
  if (call === undefined) return;
  mapDelete(calls, id);
  if (call.forget !== undefined) call.forget();
  try {
    const found = valueOf(isMarked, value);
    if (status === 0) call.resolve(found);
    else call.reject(errorFrom(found, call.stack));
  } catch (error) {
    call.reject(error);
  }
}

function receiveCallback(id, isMarked, request) {
  setAdd(running, id);
  const finish = (status, payload) => {
    mapDelete(begun.ends, id);
    if (setDelete(running, id)) raw(payload, RETURN, id, status);
  };
  const fail = (error) => finish(1, stringify(errorMap(error)));
  const give = (value) => {
    let payload;
    try {
      payload = encode(value, 'the returned value', true);
    } catch (error) {
      return fail(error);
    }
    return finish(0, payload);
  };
  const promise = newPromise((resolve) => {
    if (debug.entering !== undefined) debug.entering(request[0]);
    const before = begun.now;
    begun.now = id;
    try {
      resolve(apply(functions[request[0]], undefined, valueOf(isMarked, request[1])));
    } finally {
      begun.now = before;
    }
  });
  if (debug.left !== undefined) debug.left();
  then(promise, give, fail);
}

/** Where the spell waits: the stack of its oldest unanswered call. */
function waitingStack() {
  let stack = '';
  mapForEach(calls, (call) => {
    if (stack === '') stack = call.stack;
  });
  return stack;
}
