// Streams: what `for await` reads. Written with plain promises: the engine may lose the frames of async generators.
const streamStates = new WeakMap();

/** An answer that comes piece by piece; it is asked for when the first piece is. */
class Stream {
  constructor(state) {
    if (!isObject(state) || !weakHas(streamStates, state)) throw new TypeError('a Stream comes from a host function');
    weakSet(streamStates, this, state);
  }

  /** Returns a promise of {value, done}. */
  next() {
    return nextPiece(stateOf(this));
  }

  /** Ends the stream early; `for await` calls it on `break`. */
  return(value) {
    return then(closeStream(stateOf(this)), () => ({ value, done: true }));
  }

  /** Returns a promise of what the whole stream gave, after its end. */
  result() {
    return askStream(stateOf(this), 'result');
  }

  /** Stops the stream. */
  close() {
    return closeStream(stateOf(this));
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

function stateOf(stream) {
  const state = isObject(stream) ? weakGet(streamStates, stream) : undefined;
  if (state === undefined) throw wrongArgument('this is not a Stream');
  return state;
}

/** start: gives a promise of the host's Stream handle */
function makeStream(start) {
  const state = { __proto__: null, start, handle: undefined, pieces: [], head: 0, ended: false, asking: undefined };
  weakSet(streamStates, state, state);
  return new Stream(state);
}

function askStream(state, name) {
  if (state.handle === undefined) state.handle = state.start();
  const { methods } = describe('Stream');
  let fn;
  for (let i = 0; i < methods.length; i++) if (methods[i].name === `Stream.${name}`) fn = methods[i];
  const frame = debug.where === undefined ? undefined : debug.where();
  return then(state.handle, (handle) => {
    const answer = callLater(fn, [handle], askStream);
    if (frame !== undefined) nameCaller(frame);
    return answer;
  });
}

function nextPiece(state) {
  if (state.head < state.pieces.length) {
    const value = state.pieces[state.head++];
    return resolved({ value, done: false });
  }
  if (state.ended) return resolved({ value: undefined, done: true });
  if (state.asking === undefined) state.asking = fetchPieces(state);
  return then(state.asking, () => nextPiece(state));
}

function fetchPieces(state) {
  const take = (found) => {
    state.asking = undefined;
    state.pieces = found.items;
    state.head = 0;
    state.ended = state.ended || found.done;
  };
  const fail = (error) => {
    state.asking = undefined;
    state.ended = true;
    throw error;
  };
  return then(askStream(state, 'next'), take, fail);
}

function closeStream(state) {
  const wasEnded = state.ended;
  state.ended = true;
  state.pieces = [];
  state.head = 0;
  if (wasEnded || state.handle === undefined) return resolved(undefined);
  return then(askStream(state, 'close'), () => undefined);
}

/** Gives every piece to a function, waiting for each, and then the result. */
function drainStream(state, receiver) {
  return newPromise((resolve, reject) => {
    const fail = (error) => then(closeStream(state), () => reject(error), () => reject(error));
    const turn = () => then(nextPiece(state), take, reject);
    const take = (piece) => {
      if (piece.done) {
        resolve(askStream(state, 'result'));
        return;
      }
      then(newPromise((done) => done(receiver(piece.value))), turn, fail);
    };
    turn();
  });
}
