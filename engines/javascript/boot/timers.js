// Timers: Python keeps the clock, this keeps the functions.
const timers = new Map();
let lastTimer = 0;

function startTimer(fn, milliseconds, args, every) {
  if (typeof fn !== 'function') throw new TypeError('a timer needs a function');
  const delay = Number(milliseconds);
  const wait = delay > 0 && delay < 2 ** 31 ? delay : 0;
  const id = ++lastTimer;
  if (raw('', TIMER, id, wait) === false) {
    throw new SpellError('too many timers are running', {
      code: 'limit_exceeded',
      hint: 'wait for some of them first',
      details: { limit: 'tasks' },
    });
  }
  mapSet(timers, id, { __proto__: null, fn, args, every: every ? (wait < 1 ? 1 : wait) : undefined });
  return id;
}

function stopTimer(id) {
  if (mapDelete(timers, id)) raw('', STOP_TIMER, id);
}

function receiveTimer(id) {
  const timer = mapGet(timers, id);
  if (timer === undefined) return;
  if (timer.every === undefined) mapDelete(timers, id);
  else raw('', TIMER, id, timer.every);
  try {
    apply(timer.fn, undefined, timer.args);
  } catch (error) {
    failRun(error);
  }
}

/** What scripts hold: not a number, so that a spell ending in `setTimeout(…)` has no value by accident. */
class Timeout {
  #id;

  constructor(id) {
    this.#id = id;
  }

  static isTimeout(value) {
    return isObject(value) && #id in value;
  }

  [Symbol.toPrimitive]() {
    return this.#id;
  }
}
const { isTimeout } = Timeout;
delete Timeout.isTimeout;

hide(global, 'setTimeout', function setTimeout(fn, milliseconds, ...args) {
  return new Timeout(startTimer(fn, milliseconds, args, false));
});
hide(global, 'setInterval', function setInterval(fn, milliseconds, ...args) {
  return new Timeout(startTimer(fn, milliseconds, args, true));
});
hide(global, 'clearTimeout', function clearTimeout(timer) {
  if (isTimeout(timer) || typeof timer === 'number') stopTimer(+timer);
});
hide(global, 'clearInterval', global.clearTimeout);
