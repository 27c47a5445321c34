// The session of a REPL: evaluates its pieces, keeps what they declare, and tells what there is.
// What a piece declares at its top level has become assignments to properties of the global object (parts/rewrite.js).
(core) => {
  'use strict';
  const {
    apply, askStream, begun, calls, closeStream, defineProperty, errorMap, getOwnPropertyDescriptor, hasOwn, hide,
    isObject, look, mapClear, mapDelete, mapForEach, nextPiece, ownKeys, push, raw, rawGift, records, required, running,
    setAdd, setClear, setHas, signals, slice, streamStates, stringify, then, timers, weakGet, weakHas, OPS,
  } = core;
  const { ReferenceError, Reflect, Set, SyntaxError } = core.classes;
  const { deleteProperty } = Reflect;
  const global = globalThis;
  const show = core.part('show');
  const { dataOf } = show;
  const { members } = core.part('members');
  const MAX_PLAIN = 100000;
  const MAX_MEMBERS = 1000;
  const LISTED = { __proto__: null, depth: 2, width: 60, items: 20, size: 200 };

  /** The names of the globals that were there before the user made any, and of those of them that the user took. */
  const given = new Set();
  const taken = new Set();
  /** The evaluation under way: {id, limits, pending, stream}. */
  let current;

  // -- variables

  const isVariable = (name) =>
    typeof name === 'string' && name !== '_' && name !== '_error' && (!setHas(given, name) || setHas(taken, name));

  /**
   * Makes room for what a piece declares. A variable that is assigned by its declaration keeps its former value until
   * then, and none when it is new: an accessor stands for it.
   */
  function declare(names, pending) {
    for (let i = 0; i < names.length; i++) {
      const found = getOwnPropertyDescriptor(global, names[i][0]);
      if (found !== undefined && !found.configurable) {
        throw new SyntaxError(`'${names[i][0]}' cannot be declared: it is the language's own`);
      }
    }
    for (let i = 0; i < names.length; i++) {
      const name = names[i][0];
      const kind = names[i][1];
      if (kind === 'var') declareVar(name);
      else declareLater(name, kind === 'const', pending);
    }
  }

  const variable = (value, writable) => ({ __proto__: null, value, writable, enumerable: true, configurable: true });

  function declareVar(name) {
    const found = getOwnPropertyDescriptor(global, name);
    defineProperty(global, name, variable(found === undefined ? undefined : found.value, true));
    setAdd(taken, name);
  }

  function declareLater(name, isConstant, pending) {
    const former = getOwnPropertyDescriptor(global, name);
    const get = () => {
      if (former === undefined) throw new ReferenceError(`${name} is not initialized`);
      return hasOwn(former, 'value') ? former.value : apply(former.get, global, []);
    };
    const set = (value) => {
      defineProperty(global, name, variable(value, !isConstant));
      setAdd(taken, name);
    };
    defineProperty(global, name, { __proto__: null, get, set, enumerable: false, configurable: true });
    push(pending, { name, get, former });
  }

  /** Takes back the declarations that a piece has not come to. */
  function takeBack(pending) {
    for (let i = 0; i < pending.length; i++) {
      const { name, get, former } = pending[i];
      const found = getOwnPropertyDescriptor(global, name);
      if (found === undefined || found.get !== get) continue;
      if (former === undefined) deleteProperty(global, name);
      else defineProperty(global, name, former);
    }
  }

  /** Sets `_` or `_error`, unless the user has a variable of that name. */
  function setLast(name, value) {
    if (setHas(taken, name)) return;
    try {
      hide(global, name, value);
    } catch {
      // The user froze the global object.
    }
  }

  // -- evaluating

  const answer = (id, found) => raw(stringify(found), OPS.ANSWER, id);

  /** Ends the evaluation; returns whether it was still the one under way. */
  function end(piece) {
    if (current !== piece) return false;
    current = undefined;
    takeBack(piece.pending);
    return true;
  }

  function fail(piece, error) {
    if (!end(piece)) return;
    setLast('_error', error);
    raw(stringify(errorMap(error)), OPS.ANSWER_ERROR, piece.id);
  }

  function finish(piece, value) {
    if (!end(piece)) return;
    if (value === undefined) {
      answer(piece.id, {});
      return;
    }
    setLast('_', value);
    const plain = isObject(value) && weakHas(records, value);
    const text = plain ? plainText(value) : show.text(value, piece.limits);
    answer(piece.id, { value: { text, type: show.type(value), plain } });
  }

  const plainText = (record) => {
    const found = dataOf(record, 'text');
    return typeof found === 'string' ? show.clean(slice(found, 0, MAX_PLAIN)) : show.text(record, {});
  };

  const guarded = (piece, next) => (value) => {
    if (current !== piece) return;
    try {
      next(piece, value);
    } catch (error) {
      fail(piece, error);
    }
  };

  const wait = (piece, promise, next) => {
    then(promise, guarded(piece, next), (error) => fail(piece, error));
  };

  function settle(piece, value) {
    const { status } = isObject(value) ? look(value) : { status: OPS.LOOK_PLAIN };
    const isPromise = status !== OPS.LOOK_PLAIN && status !== OPS.LOOK_PROXY;
    if (isPromise && piece.isExpression) wait(piece, value, printOrFinish);
    else printOrFinish(piece, value);
  }

  function printOrFinish(piece, value) {
    const state = isObject(value) ? weakGet(streamStates, value) : undefined;
    if (state === undefined || state.ended || state.handle !== undefined) {
      finish(piece, value);
      return;
    }
    piece.stream = state;
    printNext(piece);
  }

  const print = (text) => raw('', OPS.PRINT, text);

  /** Prints a stream's pieces as they come; what it gave as a whole becomes `_`. */
  function printNext(piece) {
    wait(piece, nextPiece(piece.stream), (_piece, { value, done }) => {
      if (!done) {
        print(typeof value === 'string' ? show.clean(value) : `${show.text(value, piece.limits)}\n`);
        printNext(piece);
        return;
      }
      print('\n');
      wait(piece, askStream(piece.stream, 'result'), finishStream);
    });
  }

  function finishStream(piece, result) {
    if (result !== undefined && result !== null) setLast('_', result);
    finish(piece, undefined);
  }

  function evaluate(id, { names, depth, width, isExpression }) {
    const piece = { id, limits: { depth, width }, isExpression, pending: [], stream: undefined };
    current = piece;
    try {
      declare(names, piece.pending);
      const { status, value } = rawGift('', OPS.RUN);
      // The engine wraps the completion value, so that a promise there is not awaited unseen.
      if (status) wait(piece, value, (_piece, completion) => settle(piece, completion.value));
      else fail(piece, value);
    } catch (error) {
      fail(piece, error);
    }
  }

  /** Ends the evaluation and forgets everything that is waited for; Python has told the host. */
  function drop() {
    mapClear(calls);
    mapClear(timers);
    setClear(running);
    signals.current = undefined;
    begun.now = 0;
    mapClear(begun.ends);
    const unfinished = [];
    mapForEach(required, (module, id) => module.isLoaded || push(unfinished, id));
    for (let i = 0; i < unfinished.length; i++) mapDelete(required, unfinished[i]);
    const piece = current;
    if (piece === undefined) return;
    end(piece);
    if (piece.stream !== undefined) then(closeStream(piece.stream), () => {}, () => {});
  }

  // -- what there is

  function variables() {
    const found = [];
    const names = ownKeys(global);
    for (let i = 0; i < names.length && found.length < MAX_MEMBERS; i++) {
      if (!isVariable(names[i])) continue;
      const { value, get, set } = getOwnPropertyDescriptor(global, names[i]);
      const isAccessor = get !== undefined || set !== undefined;
      const text = isAccessor ? '[Getter]' : show.text(value, LISTED);
      push(found, { name: names[i], type: isAccessor ? 'accessor' : show.type(value), text });
    }
    return found;
  }

  {
    const names = ownKeys(global);
    for (let i = 0; i < names.length; i++) if (typeof names[i] === 'string') setAdd(given, names[i]);
  }

  core.command = (id, request) => {
    switch (request.op) {
      case 'evaluate':
        return evaluate(id, request);
      case 'members':
        return answer(id, { members: members(request.path) });
      case 'variables':
        return answer(id, { variables: variables() });
      default:
        return drop();
    }
  };
};
