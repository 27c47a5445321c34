// Tests of spells. `llmspell run FILE` runs them and ends with exit code 1 when one fails.
//
//     import { describe, expect, it, run } from 'llmspell/testing';
//     describe('sums', () => {
//       it('adds', () => expect(1 + 1).toBe(2));
//     });
//     await run();

import { equals } from 'llmspell/state';

const root = { name: '', tests: [], before: [], after: [], above: null };
let here = root;

function check(fn, name) {
  if (typeof fn !== 'function') throw new TypeError(`testing.${name}: fn must be a function, got a ${typeof fn}`);
}

/** Gathers the tests that fn defines under a name. */
export function describe(name, fn) {
  check(fn, 'describe');
  const above = here;
  here = { name, before: [], after: [], above };
  try {
    fn();
  } finally {
    here = above;
  }
}

/** Defines a test: fn fails or not. */
export function it(name, fn) {
  check(fn, 'it');
  root.tests.push({ name, fn, group: here });
}

/** Has fn called before each test of the group. */
export function beforeEach(fn) {
  check(fn, 'beforeEach');
  here.before.push(fn);
}

/** Has fn called after each test of the group, whatever came of it. */
export function afterEach(fn) {
  check(fn, 'afterEach');
  here.after.push(fn);
}

// How values read in messages.

const MAX_SHOWN = 200;

function shown(value) {
  let text;
  if (typeof value === 'string') text = `'${value}'`;
  else if (value === undefined) text = 'nothing';
  else if (typeof value === 'function') text = 'a function';
  else text = value instanceof RegExp ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

const messageOf = (error) => (error instanceof Error ? error.message : String(error));

// Where in the spell something happened: the first line of a stack that is not of the program.
function placeIn(stack) {
  for (const [, file, line] of String(stack).matchAll(/\(?([^\s()]+?):(\d+)(?::\d+)?\)?$/gm)) {
    if (!file.startsWith('llmspell/') && !file.startsWith('<')) return `${file}:${line}`;
  }
  return undefined;
}

class TestFailure extends Error {
  constructor(message) {
    super(message);
    this.at = placeIn(this.stack);
  }
}

class Expectation {
  #value;
  #isNever;

  constructor(value, isNever = false) {
    this.#value = value;
    this.#isNever = isNever;
  }

  /** The opposite of what is called on it. */
  get never() {
    return new Expectation(this.#value, !this.#isNever);
  }

  #decide(ok, what, value = shown(this.#value)) {
    if (Boolean(ok) === this.#isNever) {
      throw new TestFailure(`expected ${value}${this.#isNever ? ' not' : ''} to ${what}`);
    }
  }

  /** Expects the very same value. */
  toBe(expected) {
    this.#decide(this.#value === expected, `be ${shown(expected)}`);
  }

  /** Expects the same data. */
  toEqual(expected) {
    this.#decide(equals(this.#value, expected), `equal ${shown(expected)}`);
  }

  /** Expects a text to hold a text, or a list an item. */
  toContain(part) {
    let found = false;
    if (typeof this.#value === 'string') found = this.#value.includes(String(part));
    else if (Array.isArray(this.#value)) found = this.#value.some((item) => equals(item, part));
    this.#decide(found, `contain ${shown(part)}`);
  }

  /** Expects a text that matches a pattern. */
  toMatch(pattern) {
    const ok = typeof this.#value === 'string' && new RegExp(pattern).test(this.#value);
    this.#decide(ok, `match ${shown(pattern)}`);
  }

  /** Expects a value that counts as yes. */
  toBeTruthy() {
    this.#decide(this.#value, 'be truthy');
  }

  /** Expects a value that counts as no. */
  toBeFalsy() {
    this.#decide(!this.#value, 'be falsy');
  }

  /** Expects nothing: undefined or null. */
  toBeNothing() {
    this.#decide(this.#value === undefined || this.#value === null, 'be nothing');
  }

  /** Expects a text or list of a length. */
  toHaveLength(length) {
    const value = typeof this.#value === 'string' ? Array.from(this.#value) : this.#value;
    const known = Array.isArray(value) ? value.length : undefined;
    this.#decide(known === length, `have length ${shown(length)}${known === undefined ? '' : `, got ${known}`}`);
  }

  /** Expects a greater number. */
  toBeGreaterThan(number) {
    this.#decide(typeof this.#value === 'number' && this.#value > number, `be greater than ${shown(number)}`);
  }

  /** Expects a smaller number. */
  toBeLessThan(number) {
    this.#decide(typeof this.#value === 'number' && this.#value < number, `be less than ${shown(number)}`);
  }

  /** Expects a number at most `within` away. */
  toBeCloseTo(number, within = 0.000001) {
    const ok = typeof this.#value === 'number' && Math.abs(this.#value - number) <= within;
    this.#decide(ok, `be close to ${shown(number)}`);
  }

  /** Expects a function that fails: with this code, or with this text in its message. To be awaited. */
  async toThrow(expected) {
    const at = placeIn(new Error().stack);
    const failures = [];
    try {
      await this.#value();
    } catch (error) {
      failures.push(error);
    }
    let what = expected === undefined ? 'throw' : `throw ${shown(expected)}`;
    if (failures.length > 0) what += `, it threw ${shown(messageOf(failures[0]))}`;
    const is = (error) => expected === undefined || error?.code === expected || messageOf(error).includes(expected);
    try {
      this.#decide(failures.some(is), what);
    } catch (failure) {
      failure.at = at;
      throw failure;
    }
  }

  #calls() {
    const calls = this.#value?.calls;
    if (!Array.isArray(calls)) throw new TestFailure(`expected a spy, got ${shown(this.#value)}`);
    return calls;
  }

  /** Expects a spy that was called, or called so many times. */
  toHaveBeenCalled(times) {
    const count = this.#calls().length;
    const ok = times === undefined ? count > 0 : count === times;
    const wanted = times === undefined ? '' : ` ${times} times`;
    this.#decide(ok, `have been called${wanted}, it was ${count} times`, 'the spy');
  }

  /** Expects a spy that was called with these arguments at least once. */
  toHaveBeenCalledWith(...wanted) {
    const calls = this.#calls();
    const ok = calls.some((call) => equals(call, wanted));
    this.#decide(ok, `have been called with ${shown(wanted)}, its calls: ${shown(calls)}`, 'the spy');
  }
}

/** Begins an expectation of a value. */
export function expect(value) {
  return new Expectation(value);
}

/** Makes a function that notes its calls; it does what `fn` does, if there is one. */
export function spy(fn) {
  const calls = [];
  return {
    calls,
    fn: (...values) => {
      calls.push(values);
      return fn?.(...values);
    },
  };
}

function groupsOf(test) {
  const found = [];
  for (let group = test.group; group; group = group.above) found.unshift(group);
  return found;
}

const fullName = (test) => [...groupsOf(test).slice(1).map((group) => group.name), test.name].join(' > ');

async function attempt(fn) {
  try {
    await fn();
    return undefined;
  } catch (error) {
    return { message: messageOf(error), at: error?.at ?? placeIn(error?.stack ?? '') };
  }
}

async function perform(test) {
  const groups = groupsOf(test);
  let failure = await attempt(async () => {
    for (const group of groups) for (const fn of group.before) await fn();
    await test.fn();
  });
  for (const group of groups.reverse()) {
    for (const fn of group.after) failure = (await attempt(fn)) ?? failure;
  }
  const name = fullName(test);
  return failure ? { name, ok: false, ...failure } : { name, ok: true };
}

const writers = {
  pretty(results, failed) {
    for (const { name, ok, message, at } of results) {
      console.log(`${ok ? 'ok    ' : 'FAIL  '}${name}`);
      if (!ok) console.log(`      ${at ? `${at}: ` : ''}${message}`);
    }
    console.log(`${results.length - failed} passed, ${failed} failed`);
  },
  tap(results) {
    console.log('TAP version 14');
    console.log(`1..${results.length}`);
    results.forEach(({ name, ok, message, at }, i) => {
      console.log(`${ok ? 'ok' : 'not ok'} ${i + 1} - ${name.replaceAll('#', '\\#')}`);
      if (ok) return;
      console.log('  ---');
      console.log(`  message: ${JSON.stringify(message)}`);
      console.log(`  at: ${JSON.stringify(at ?? 'unknown')}`);
      console.log('  ...');
    });
  },
};

/**
 * Runs the tests defined so far and prints what came of them. The run ends with exit code 1 when one fails; with
 * `exit: false` it goes on, and the results are returned.
 */
export async function run(options = {}) {
  for (const key of Object.keys(options)) {
    if (!['format', 'only', 'exit'].includes(key)) throw new TypeError(`testing.run: '${key}' is not an option`);
  }
  const { format = 'pretty', only = '' } = options;
  if (!Object.hasOwn(writers, format)) throw new TypeError("testing.run: format must be 'pretty' or 'tap'");
  const tests = root.tests.splice(0).filter((test) => fullName(test).includes(only));
  const results = [];
  for (const test of tests) results.push(await perform(test));
  const failed = results.filter((result) => !result.ok).length;
  writers[format](results, failed);
  if (options.exit === false) return results;
  if (failed > 0) exit(1);
  return undefined;
}

export default { describe, it, beforeEach, afterEach, expect, spy, run };
