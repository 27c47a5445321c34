// Patterns for things that take time, on top of `Async`.
//
//     import { pool } from 'llmspell/async';
//     const four = pool(4);
//     const page = await four.run(() => Http.get(url));

import { retry } from 'llmspell/retry';

export { retry };

function check(fn, name) {
  if (typeof fn !== 'function') throw new TypeError(`async.${name}: fn must be a function, got a ${typeof fn}`);
}

function checkLimit(limit, name) {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new TypeError(`async.${name}: limit must be an integer of at least 1`);
  }
  return limit;
}

/** Waits while other tasks run. */
export async function sleep(seconds) {
  await Async.sleep(seconds);
}

/** Runs fn, which is cancelled with a `timeout` error when it takes too long. */
export async function timeout(fn, seconds) {
  check(fn, 'timeout');
  return Async.timeout(seconds, fn);
}

/** Runs fn on every item, at most `limit` at a time (all unless given); returns what it gave for each. */
export async function map(items, fn, limit) {
  check(fn, 'map');
  return Async.map(items, fn, limit === undefined ? undefined : { limit: checkLimit(limit, 'map') });
}

class Pool {
  #free;
  #waiting = [];

  constructor(limit) {
    this.#free = limit;
  }

  /** Runs fn when there is room, and returns what it returned. */
  async run(fn) {
    check(fn, 'pool: run');
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    try {
      return await fn();
    } finally {
      // Hands the place on to who has waited longest.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

/** Makes a pool, in which at most `limit` functions run at a time. */
export function pool(limit) {
  return new Pool(checkLimit(limit, 'pool'));
}

class Queue {
  #fn;
  #pool;
  #open = new Set();

  constructor(fn, limit) {
    this.#fn = fn;
    this.#pool = pool(limit);
  }

  /** Adds an item; returns the promise of what fn gives for it. */
  push(item) {
    const task = this.#pool.run(() => this.#fn(item)).finally(() => this.#open.delete(task));
    this.#open.add(task);
    return task;
  }

  /** Returns how many items are waited for or worked on. */
  size() {
    return this.#open.size;
  }

  /**
   * Waits until nothing is left to do; then the first failure is thrown. A failure that neither this nor anybody else
   * waits for fails the run.
   */
  async idle() {
    const failures = [];
    while (this.#open.size > 0) {
      await Promise.all([...this.#open].map((task) => task.catch((error) => failures.push(error))));
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Makes a queue: what is pushed is worked on in order, `limit` (1 unless given) at a time. */
export function queue(fn, limit = 1) {
  check(fn, 'queue');
  return new Queue(fn, checkLimit(limit, 'queue'));
}

/** Returns a function that runs fn the first time and gives the same afterwards. A failure is not kept. */
export function once(fn) {
  check(fn, 'once');
  let found;
  return (...values) => {
    found ??= (async () => fn(...values))().catch((error) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

/** Returns a function that runs fn once nobody has called it for so many seconds, with the last arguments. */
export function debounce(fn, seconds) {
  check(fn, 'debounce');
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...values), seconds * 1000);
  };
}

/** Returns a function that runs fn at once, and then at most once in so many seconds, with the last arguments. */
export function throttle(fn, seconds) {
  check(fn, 'throttle');
  let resting = false;
  let latest;
  const rest = () => {
    resting = true;
    setTimeout(() => {
      resting = false;
      if (!latest) return;
      const values = latest;
      latest = undefined;
      rest();
      fn(...values);
    }, seconds * 1000);
  };
  return (...values) => {
    if (resting) {
      latest = values;
    } else {
      rest();
      fn(...values);
    }
  };
}

export default { retry, sleep, timeout, map, pool, queue, once, debounce, throttle };
