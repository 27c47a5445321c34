// Async: many things at once, with limits, time-outs and tasks.
(core) => {
  'use strict';
  const { apply, hide, isArray, newPromise, put, rejected, resolved, startTimer, stopTimer, then } = core;
  const { wrongArgument, SpellError } = core;
  const { Symbol } = core.classes;
  const AbortController = core.provided('AbortController');

  const start = (work, args) =>
    newPromise((resolve) => resolve(typeof work === 'function' ? apply(work, undefined, args) : work));

  function listFrom(name, list) {
    if (isArray(list)) return list;
    throw wrongArgument(`Async.${name}: 'list' must be a list`);
  }

  function secondsFrom(name, seconds) {
    if (typeof seconds === 'number' && seconds >= 0) return seconds * 1000;
    throw wrongArgument(`Async.${name}: 'seconds' must be a number that is not negative`);
  }

  function limitFrom(options) {
    const limit = options === undefined || options === null ? undefined : options.limit;
    if (limit === undefined || limit === null) return Infinity;
    if (typeof limit === 'number' && limit >= 1 && limit % 1 === 0) return limit;
    throw wrongArgument("Async.map: 'limit' must be a whole number from 1");
  }

  /** Runs up to `limit` of `work(item, index)` at a time; the first failure starts no more and fails the whole. */
  function mapList(list, work, limit) {
    return newPromise((resolve, reject) => {
      const results = [];
      results.length = list.length;
      let next = 0;
      let open = list.length;
      let failed = false;
      if (open === 0) {
        resolve(results);
        return;
      }
      const begin = () => {
        const index = next++;
        const done = (value) => {
          put(results, index, value);
          if (--open === 0) resolve(results);
          else if (next < list.length && !failed) begin();
        };
        then(start(work, [list[index], index]), done, (error) => {
          failed = true;
          reject(error);
        });
      };
      for (let i = 0; i < limit && i < list.length; i++) begin();
    });
  }

  class Task {
    #promise;
    #controller = new AbortController();
    #end;
    #done = false;

    constructor(fn, args) {
      this.#promise = newPromise((resolve, reject) => {
        const ending = (how) => (value) => {
          this.#done = true;
          how(value);
        };
        this.#end = ending(reject);
        then(resolved(undefined), () => then(start(fn, args), ending(resolve), ending(reject)));
      });
    }

    /** Aborts when the task is cancelled: pass it to what the task calls. */
    get signal() {
      return this.#controller.signal;
    }

    wait() {
      return this.#promise;
    }

    done() {
      return this.#done;
    }

    cancel() {
      if (this.#done) return;
      const error = new SpellError('the task was cancelled', { code: 'cancelled' });
      then(this.#promise, undefined, () => {}); // nobody has to wait for what was cancelled
      this.#end(error);
      this.#controller.abort(error);
    }
  }
  hide(Task.prototype, Symbol.toStringTag, 'Task');

  const Async = {
    all(list) {
      return mapList(listFrom('all', list), (work) => start(work, []), Infinity);
    },

    map(list, fn, options) {
      if (typeof fn !== 'function') throw wrongArgument("Async.map: 'fn' must be a function");
      return mapList(listFrom('map', list), fn, limitFrom(options));
    },

    race(list) {
      const from = listFrom('race', list);
      if (from.length === 0) return rejected(wrongArgument("Async.race: 'list' must not be empty"));
      return newPromise((resolve, reject) => {
        for (let i = 0; i < from.length; i++) then(start(from[i], []), resolve, reject);
      });
    },

    sleep(seconds) {
      const wait = secondsFrom('sleep', seconds);
      return newPromise((resolve) => startTimer(resolve, wait, [], false));
    },

    spawn(fn, ...args) {
      if (typeof fn !== 'function') throw wrongArgument("Async.spawn: 'fn' must be a function");
      return new Task(fn, args);
    },

    timeout(seconds, work) {
      const wait = secondsFrom('timeout', seconds);
      return newPromise((resolve, reject) => {
        const controller = new AbortController();
        const timer = startTimer(() => {
          const error = new SpellError(`it took longer than ${seconds} seconds`, { code: 'timeout', retryable: true });
          reject(error);
          controller.abort(error);
        }, wait, [], false);
        const ending = (how) => (value) => {
          stopTimer(timer);
          how(value);
        };
        then(start(work, [controller.signal]), ending(resolve), ending(reject));
      });
    },
  };
  return { Async };
};
