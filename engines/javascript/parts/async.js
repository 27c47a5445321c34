// Async: many things at once, with limits, time-outs and tasks.
(core) => {
  'use strict';
  const { apply, hide, isArray, isObject, keysOf, newPromise, put, rejected, resolved, startTimer, stopTimer } = core;
  const { endWithCallback, signals, then, weakGet, weakSet, wrongArgument, SpellError } = core;
  const { WeakMap } = core.classes;
  const AbortController = core.provided('AbortController');
  const cancellers = new WeakMap();

  /** Starts a function under a signal, which cancels the host calls and sleeps that it begins at once. */
  const start = (work, args, signal) =>
    newPromise((resolve) => {
      const before = signals.current;
      signals.current = signal;
      try {
        resolve(typeof work === 'function' ? apply(work, undefined, args) : work);
      } finally {
        signals.current = before;
      }
    });

  const cancelled = () => new SpellError('the task was cancelled', { code: 'cancelled' });

  function checkList(name, what, list) {
    if (!isArray(list)) throw wrongArgument(`Async.${name}: '${what}' must be a list`);
  }

  function checkFunction(name, fn) {
    if (typeof fn !== 'function') throw wrongArgument(`Async.${name}: 'fn' must be a function`);
  }

  function millisecondsFrom(name, seconds) {
    if (typeof seconds === 'number' && seconds >= 0) return seconds * 1000;
    throw wrongArgument(`Async.${name}: 'seconds' must be a number that is not negative`);
  }

  function limitFrom(options) {
    if (options === undefined || options === null) return Infinity;
    if (!isObject(options)) throw wrongArgument("Async.map: 'options' must be an object");
    const names = keysOf(options);
    for (let i = 0; i < names.length; i++) {
      if (names[i] !== 'limit') throw wrongArgument(`Async.map: '${names[i]}' is not an option`, "known is 'limit'");
    }
    const { limit } = options;
    if (limit === undefined || limit === null) return Infinity;
    if (typeof limit === 'number' && limit >= 1 && limit % 1 === 0) return limit;
    throw wrongArgument("Async.map: 'limit' must be a whole number from 1");
  }

  /** Cancels what is still at work: aborts the signal its functions were given, ends its tasks. */
  function cancelAll(controller, items) {
    controller.abort(cancelled());
    for (let i = 0; i < items.length; i++) {
      const cancel = isObject(items[i]) ? weakGet(cancellers, items[i]) : undefined;
      if (cancel !== undefined) cancel();
    }
  }

  /**
   * Runs up to `limit` items at a time through `begin(index, signal)`; the first failure starts no more, cancels the
   * others and fails the whole.
   */
  function runList(items, limit, begin) {
    return newPromise((resolve, reject) => {
      const controller = new AbortController();
      const results = [];
      results.length = items.length;
      let next = 0;
      let open = items.length;
      if (open === 0) resolve(results);
      const fail = (error) => {
        next = items.length;
        reject(error);
        cancelAll(controller, items);
      };
      const startNext = () => {
        const index = next++;
        const done = (value) => {
          put(results, index, value);
          if (--open === 0) resolve(results);
          else if (next < items.length) startNext();
        };
        then(begin(index, controller.signal), done, fail);
      };
      while (next < items.length && next < limit) startNext();
    });
  }

  function spawn(fn, args) {
    const controller = new AbortController();
    let isDone = false;
    let end;
    const task = newPromise((resolve, reject) => {
      const ending = (how) => (value) => {
        isDone = true;
        how(value);
      };
      end = ending(reject);
      then(resolved(undefined), () => then(start(fn, args, controller.signal), ending(resolve), end));
    });
    const cancel = () => {
      if (isDone) return;
      then(task, undefined, () => {}); // nobody has to wait for what was cancelled
      const error = cancelled();
      end(error);
      controller.abort(error);
    };
    weakSet(cancellers, task, cancel);
    hide(task, 'signal', controller.signal);
    hide(task, 'wait', () => task);
    hide(task, 'done', () => isDone);
    hide(task, 'cancel', cancel);
    return task;
  }

  const Async = {
    all(tasks) {
      checkList('all', 'tasks', tasks);
      return runList(tasks, Infinity, (index, signal) => start(tasks[index], [signal], signal));
    },

    map(items, fn, options) {
      checkList('map', 'items', items);
      checkFunction('map', fn);
      return runList(items, limitFrom(options), (index, signal) => start(fn, [items[index], index, signal], signal));
    },

    race(tasks) {
      checkList('race', 'tasks', tasks);
      if (tasks.length === 0) return rejected(wrongArgument("Async.race: 'tasks' must not be empty"));
      return newPromise((resolve, reject) => {
        const controller = new AbortController();
        const ending = (how) => (value) => {
          how(value);
          cancelAll(controller, tasks);
        };
        for (let i = 0; i < tasks.length; i++) {
          then(start(tasks[i], [controller.signal], controller.signal), ending(resolve), ending(reject));
        }
      });
    },

    sleep(seconds) {
      const wait = millisecondsFrom('sleep', seconds);
      const signal = signals.current;
      const sleeping = newPromise((resolve, reject) => {
        let forget = () => {};
        const timer = startTimer(() => {
          forget();
          resolve(undefined);
        }, wait, [], false);
        const giveUp = (reason) => {
          stopTimer(timer);
          then(sleeping, undefined, () => {});
          reject(reason);
        };
        if (signal !== undefined) forget = signals.follow(signal, () => giveUp(signal.reason));
        endWithCallback((reason) => {
          forget();
          giveUp(reason);
        });
      });
      return sleeping;
    },

    spawn(fn, ...args) {
      checkFunction('spawn', fn);
      return spawn(fn, args);
    },

    timeout(seconds, fn) {
      const wait = millisecondsFrom('timeout', seconds);
      return newPromise((resolve, reject) => {
        const controller = new AbortController();
        const timer = startTimer(() => {
          const error = new SpellError(`it took longer than ${seconds} seconds`, { code: 'timeout', retryable: true });
          reject(error);
          controller.abort(error);
          cancelAll(controller, [fn]);
        }, wait, [], false);
        const ending = (how) => (value) => {
          stopTimer(timer);
          how(value);
        };
        then(start(fn, [controller.signal], controller.signal), ending(resolve), ending(reject));
      });
    },
  };
  return { Async };
};
