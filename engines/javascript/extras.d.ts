/** The parameters of this run, as the manifest's types make them. */
declare const params: Record<string, any>;
/** What stood behind the spell on the command line. */
declare const ARGS: string[];
/** Ends the run now with an exit code from 0 to 255; nothing after it runs. */
declare function exit(code?: number): never;
/** Loads one of the spell's own files (`./name`, CommonJS, module or JSON) or `llmspell/NAME`. */
declare function require(name: string): any;

/** The error of every host function, and one a spell may throw itself. */
declare class SpellError extends Error {
  constructor(
    message: string,
    options?: { code?: string; hint?: string; retryable?: boolean; details?: object; cause?: unknown },
  );
  /** What kind of error, such as `not_found` or `timeout`; stable across releases. */
  readonly code: string;
  /** What to do about it; may be empty. */
  readonly hint: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** More about it. */
  readonly details: Record<string, any>;
}

/** Pieces of an answer as they arrive: `for await (const piece of stream)`. */
declare class Stream<Piece = any, Whole = any> implements AsyncIterableIterator<Piece> {
  private constructor();
  next(): Promise<IteratorResult<Piece, undefined>>;
  return(value?: any): Promise<IteratorResult<Piece, any>>;
  /** Gives what the whole stream gave, after its end. */
  result(): Promise<Whole>;
  /** Stops the stream; what has not arrived is given up. */
  close(): Promise<void>;
  [Symbol.asyncIterator](): this;
}

/** What any waiting call takes in its last argument: aborting cancels the call. */
interface Cancellable {
  signal?: AbortSignal;
}

/** A started function: a promise of what it returns. */
interface Task<T> extends Promise<T> {
  /** The same promise. */
  wait(): Promise<T>;
  /** Ends the task: waiting for it fails with `cancelled`, and its signal aborts. */
  cancel(): void;
  /** Whether it has finished, failed or been cancelled. */
  done(): boolean;
  /** Aborts when the task is cancelled: pass it to what the task calls. */
  readonly signal: AbortSignal;
}

type Work<T> = Promise<T> | ((signal: AbortSignal) => T | Promise<T>);
type Worked<W> = W extends (signal: AbortSignal) => infer T ? Awaited<T> : Awaited<W>;

/** Many things at once. Times are in seconds. */
declare const Async: {
  /** Waits until all have finished; the first failure cancels the others and is thrown. */
  all<W extends readonly Work<unknown>[] | []>(tasks: W): Promise<{ -readonly [I in keyof W]: Worked<W[I]> }>;
  /** Calls a function with every item, at most `limit` at a time. */
  map<I, T>(
    items: I[],
    fn: (item: I, index: number, signal: AbortSignal) => T | Promise<T>,
    options?: { limit?: number },
  ): Promise<T[]>;
  /** Gives what the first to finish or fail gave, and cancels the others. */
  race<W extends Work<unknown>>(tasks: W[]): Promise<Worked<W>>;
  /** Waits. */
  sleep(seconds: number): Promise<void>;
  /** Starts a function and goes on; the run waits for it before it ends. */
  spawn<A extends any[], T>(fn: (...args: A) => T | Promise<T>, ...args: A): Task<T>;
  /** Fails with `timeout` when the work takes longer. */
  timeout<T>(seconds: number, fn: Work<T>): Promise<T>;
};

declare const console: {
  /** Prints to standard output, formatting as Node does: `%s %d %i %f %j %o %O`. */
  log(...values: any[]): void;
  info(...values: any[]): void;
  debug(...values: any[]): void;
  /** Prints to standard error. */
  warn(...values: any[]): void;
  error(...values: any[]): void;
  trace(...values: any[]): void;
  dir(value: any): void;
  assert(condition: any, ...values: any[]): void;
  group(...values: any[]): void;
  groupEnd(): void;
};

interface Timeout {
  [Symbol.toPrimitive](): number;
}
declare function setTimeout<A extends any[]>(fn: (...args: A) => void, milliseconds?: number, ...args: A): Timeout;
declare function setInterval<A extends any[]>(fn: (...args: A) => void, milliseconds?: number, ...args: A): Timeout;
declare function clearTimeout(timer?: Timeout | number): void;
declare function clearInterval(timer?: Timeout | number): void;
declare function queueMicrotask(fn: () => void): void;
declare function structuredClone<T>(value: T): T;
declare function atob(base64: string): string;
declare function btoa(binary: string): string;

declare class CustomEvent {
  constructor(type: string, options?: { detail?: any; cancelable?: boolean });
  readonly type: string;
  readonly detail: any;
  readonly target: EventTarget | null;
  readonly defaultPrevented: boolean;
  preventDefault(): void;
}
declare class EventTarget {
  addEventListener(type: string, listener: (event: CustomEvent) => void, options?: { once?: boolean }): void;
  removeEventListener(type: string, listener: (event: CustomEvent) => void): void;
  dispatchEvent(event: CustomEvent): boolean;
}
declare class AbortSignal extends EventTarget {
  private constructor();
  static abort(reason?: any): AbortSignal;
  static timeout(milliseconds: number): AbortSignal;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((event: CustomEvent) => void) | null;
  throwIfAborted(): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: any): void;
}
declare class TextEncoder {
  readonly encoding: 'utf-8';
  encode(text?: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  readonly encoding: 'utf-8';
  readonly fatal: boolean;
  decode(bytes?: Uint8Array | ArrayBuffer): string;
}

declare module 'llmspell/text' {
  /** Text, or what acts as text: the answer of a model or an agent, the result of a workflow. */
  type TextLike = string | { readonly text: string };
  /** Returns the text without the white space around it. */
  export function trim(text: TextLike): string;
  /** Returns the parts between separators; the separator is plain text. */
  export function split(text: TextLike, separator: string): string[];
  /** Returns the lines, without their line ends. */
  export function lines(text: TextLike): string[];
  /** Returns the text cut to at most `size` characters; cut text ends in "…", which counts. */
  export function truncate(text: TextLike, size: number): string;
  /** Returns the text in pieces of at most `size` characters, ended at blank lines, lines or words where it can be. */
  export function chunk(text: TextLike, size: number, overlap?: number): string[];
  /** Returns the text with its lines broken at spaces so that none is wider than `width`. */
  export function wrap(text: TextLike, width: number): string;
  /** Returns the text without the indentation that all its lines share. */
  export function dedent(text: TextLike): string;
  /** Returns the text with every line that is not blank indented; by two spaces, so many, or a text. */
  export function indent(text: TextLike, by?: string | number): string;
  /** Returns the words: letters, digits, `_`, and apostrophes within. */
  export function words(text: TextLike): string[];
  /** Returns the text as a name for files and addresses: lower-case ASCII letters and digits joined by `-`. */
  export function slug(text: TextLike): string;
  /** Returns the text with each `{name}` replaced by the value of that name; other braces stay. */
  export function fill(text: TextLike, values: Record<string, any>): string;
  /** Returns how alike two texts are, from 0 to 1: the part of their pairs of characters that both have. */
  export function similarity(a: TextLike, b: TextLike): number;
  const all: {
    trim: typeof trim; split: typeof split; lines: typeof lines; truncate: typeof truncate; chunk: typeof chunk;
    wrap: typeof wrap; dedent: typeof dedent; indent: typeof indent; words: typeof words; slug: typeof slug;
    fill: typeof fill; similarity: typeof similarity;
  };
  export default all;
}

declare module 'llmspell/retry' {
  export interface RetryOptions {
    /** How often to try in all; 3 unless given. */
    attempts?: number;
    /** Seconds before the second attempt; 0.5 unless given. */
    delay?: number;
    /** What each further delay is multiplied by; 2 unless given. */
    backoff?: number;
    /** Decides whether to try again after an error; by default unless it says it is not retryable. */
    retryable?: (error: any) => boolean | Promise<boolean>;
  }
  /** Calls fn until it succeeds and returns what it returned. */
  export function retry<T>(fn: () => T | Promise<T>, options?: RetryOptions): Promise<T>;
  export default retry;
}

declare module 'llmspell/list' {
  type Get<T, R = any> = (item: T, index: number) => R;
  type Key = number | string;
  /** Returns what fn gives for each item; nothing becomes `null`. */
  export function map<T, R>(items: T[], fn: Get<T, R>): R[];
  /** Returns the items for which fn says yes. */
  export function filter<T>(items: T[], fn: Get<T>): T[];
  /** Puts the items together, from the first on: fn gets what there is so far, and an item. */
  export function reduce<T, R>(items: T[], fn: (sum: R, item: T, index: number) => R, start: R): R;
  /** Returns the first item for which fn says yes, or nothing. */
  export function find<T>(items: T[], fn: Get<T>): T | undefined;
  /** Tells whether fn says yes to any item. */
  export function any<T>(items: T[], fn: Get<T>): boolean;
  /** Tells whether fn says yes to every item. */
  export function all<T>(items: T[], fn: Get<T>): boolean;
  /** Returns how many items there are, or to how many fn says yes. */
  export function count<T>(items: T[], fn?: Get<T>): number;
  /** Returns the items by what fn gives for each, as text. */
  export function groupBy<T>(items: T[], fn: Get<T>): Record<string, T[]>;
  /** Returns each item under what fn gives for it, as text; of several the last. */
  export function keyBy<T>(items: T[], fn: Get<T>): Record<string, T>;
  /** Returns two lists: the items for which fn says yes, and the others. */
  export function partition<T>(items: T[], fn: Get<T>): [T[], T[]];
  /** Returns the items in lists of `size`; the last may be shorter. */
  export function chunk<T>(items: T[], size: number): T[][];
  /** Returns the items, each once: the first of those that are equal, or for which fn gives the same. */
  export function unique<T>(items: T[], fn?: Get<T>): T[];
  /** Returns the items of the first list that the second does not have. */
  export function difference<T>(items: T[], others: T[]): T[];
  /** Returns the items in the order of what fn gives for each (numbers or texts); equal ones stay in order. */
  export function sortBy<T>(items: T[], fn?: Get<T, Key>, descending?: boolean): T[];
  /** Returns the items with the lists among them opened, `depth` deep (1 unless given). */
  export function flatten(items: any[], depth?: number): any[];
  /** Returns lists of the first, the second … items of several lists, as far as the shortest goes. */
  export function zip(...lists: any[][]): any[][];
  /** Returns the numbers from one to another, both included, `step` (1 unless given) apart. */
  export function range(from: number, to: number, step?: number): number[];
  /** Returns the sum of the items, or of what fn gives for them. */
  export function sum<T>(items: T[], fn?: Get<T, number>): number;
  /** Returns the item that is least, or for which fn gives the least; of equal ones the first. */
  export function min<T>(items: T[], fn?: Get<T, Key>): T | undefined;
  /** Returns the item that is greatest, or for which fn gives the greatest; of equal ones the first. */
  export function max<T>(items: T[], fn?: Get<T, Key>): T | undefined;
  /** Returns the first `count` items. */
  export function take<T>(items: T[], count: number): T[];
  /** Returns the items after the first `count`. */
  export function drop<T>(items: T[], count: number): T[];
  /** Returns the items, the last first. */
  export function reverse<T>(items: T[]): T[];
  const all_: {
    map: typeof map; filter: typeof filter; reduce: typeof reduce; find: typeof find; any: typeof any; all: typeof all;
    count: typeof count; groupBy: typeof groupBy; keyBy: typeof keyBy; partition: typeof partition;
    chunk: typeof chunk; unique: typeof unique; difference: typeof difference; sortBy: typeof sortBy;
    flatten: typeof flatten; zip: typeof zip; range: typeof range; sum: typeof sum; min: typeof min; max: typeof max;
    take: typeof take; drop: typeof drop; reverse: typeof reverse;
  };
  export default all_;
}

declare module 'llmspell/state' {
  type Path = string | (string | number)[];
  export interface Store<V = any, A = any> {
    /** Returns the value, or what is at a path of it. */
    get(path?: Path, fallback?: any): any;
    /** Has the reducer make the next value and tells the watchers, if it is another one. */
    dispatch(action: A): V;
    /** Has fn called with the new value, the one before and the action; returns what ends that. */
    subscribe(fn: (value: V, before: V, action: A) => void): () => void;
  }
  /** Makes a store: its value changes by actions, of which the reducer makes the next value. */
  export function create<V, A = any>(reducer: (value: V, action: A) => V, value: V): Store<V, A>;
  /** Returns what is at a path of names (`'a.b'`, or a list of keys), or the fallback. */
  export function getIn(value: any, path: Path, fallback?: any): any;
  /** Returns a copy with another value at a path; maps that are not there are made. */
  export function setIn<V>(value: V, path: Path, part: any): V;
  /** Returns a copy with what fn makes of the value at a path. */
  export function updateIn<V>(value: V, path: Path, fn: (part: any) => any): V;
  /** Returns a copy without what is at a path; lists close up. */
  export function removeIn<V>(value: V, path: Path): V;
  /** Returns the maps put together, deep: of two values for one key the later counts, lists as a whole. */
  export function merge(...maps: Record<string, any>[]): Record<string, any>;
  /** Tells whether two values are the same data. */
  export function equals(a: any, b: any): boolean;
  const all: {
    create: typeof create; getIn: typeof getIn; setIn: typeof setIn; updateIn: typeof updateIn;
    removeIn: typeof removeIn; merge: typeof merge; equals: typeof equals;
  };
  export default all;
}

declare module 'llmspell/events' {
  type Handler = (name: string, ...values: any[]) => any;
  export interface Emitter {
    /** Has fn called for every event that the pattern matches; returns what ends that. */
    on(pattern: string, fn: Handler): () => void;
    /** As `on`, for the next such event only. */
    once(pattern: string, fn: Handler): () => void;
    /** Takes away the handlers of a pattern, or one of them. */
    off(pattern: string, fn?: Handler): void;
    /** Calls the handlers one after the other, and returns how many there were; the first failure is thrown then. */
    emit(name: string, ...values: any[]): Promise<number>;
    /** Returns how many handlers an event of this name would reach. */
    listeners(name: string): number;
  }
  /** Tells whether a pattern matches a name. */
  export function matches(pattern: string, name: string): boolean;
  function make(): Emitter;
  export { make as new };
  const all: { matches: typeof matches; new: typeof make };
  export default all;
}

declare module 'llmspell/async' {
  import { retry } from 'llmspell/retry';
  export { retry };
  export interface Pool {
    /** Runs fn when there is room, and returns what it returned. */
    run<T>(fn: () => T | Promise<T>): Promise<T>;
  }
  export interface Queue<I = any, R = any> {
    /** Adds an item; returns the promise of what fn gives for it. */
    push(item: I): Promise<R>;
    /** Returns how many items are waited for or worked on. */
    size(): number;
    /** Waits until nothing is left to do; the first failure is thrown. */
    idle(): Promise<void>;
  }
  /** Waits while other tasks run. */
  export function sleep(seconds: number): Promise<void>;
  /** Runs fn, which is cancelled with a `timeout` error when it takes too long. */
  export function timeout<T>(fn: () => T | Promise<T>, seconds: number): Promise<T>;
  /** Runs fn on every item, at most `limit` at a time (all unless given); returns what it gave for each. */
  export function map<T, R>(items: T[], fn: (item: T, index: number) => R | Promise<R>, limit?: number): Promise<R[]>;
  /** Makes a pool, in which at most `limit` functions run at a time. */
  export function pool(limit: number): Pool;
  /** Makes a queue: what is pushed is worked on in order, `limit` (1 unless given) at a time. */
  export function queue<I, R>(fn: (item: I) => R | Promise<R>, limit?: number): Queue<I, R>;
  /** Returns a function that runs fn the first time and gives the same afterwards. A failure is not kept. */
  export function once<A extends any[], R>(fn: (...args: A) => R | Promise<R>): (...args: A) => Promise<R>;
  /** Returns a function that runs fn once nobody has called it for so many seconds, with the last arguments. */
  export function debounce<A extends any[]>(fn: (...args: A) => any, seconds: number): (...args: A) => void;
  /** Returns a function that runs fn at once, and then at most once in so many seconds, with the last arguments. */
  export function throttle<A extends any[]>(fn: (...args: A) => any, seconds: number): (...args: A) => void;
  const all: {
    retry: typeof retry; sleep: typeof sleep; timeout: typeof timeout; map: typeof map; pool: typeof pool;
    queue: typeof queue; once: typeof once; debounce: typeof debounce; throttle: typeof throttle;
  };
  export default all;
}

declare module 'llmspell/prompt' {
  type Values = Record<string, any>;
  export interface Example {
    input: any;
    output: any;
  }
  export interface PromptOptions {
    /** The template of what the user says. */
    text: string;
    /** The template of the instructions. */
    system?: string;
    /** What was said and answered before, as messages. */
    examples?: Example[];
    /** Templates that `{{> name}}` includes. */
    parts?: Record<string, string>;
    /** Values for names that are not given. */
    defaults?: Values;
  }
  export interface Prompt {
    /** Returns what the user says. */
    render(values?: Values): string;
    /** Returns the messages: the instructions, the examples, and what the user says. */
    messages(values?: Values): { role: 'system' | 'user' | 'assistant'; content: string }[];
  }
  /** Returns the template with its names replaced; a name without a value is an error. */
  export function render(text: string, values?: Values, parts?: Record<string, string>): string;
  /** Returns the names in a template, each once, in order. */
  export function names(text: string): string[];
  /** Returns a text as it has to stand in a template to mean itself. */
  export function escape(text: string): string;
  /** Returns examples as text, one after the other. */
  export function fewShot(examples: Example[], labels?: { input?: string; output?: string }): string;
  function make(options: PromptOptions): Prompt;
  export { make as new };
  const all: {
    render: typeof render; names: typeof names; escape: typeof escape; fewShot: typeof fewShot; new: typeof make;
  };
  export default all;
}

declare module 'llmspell/testing' {
  export interface Expectation {
    /** The opposite of what is called on it. */
    never: Expectation;
    /** Expects the very same value. */
    toBe(expected: any): void;
    /** Expects the same data. */
    toEqual(expected: any): void;
    /** Expects a text to hold a text, or a list an item. */
    toContain(part: any): void;
    /** Expects a text that matches a pattern. */
    toMatch(pattern: string | RegExp): void;
    /** Expects a value that counts as yes. */
    toBeTruthy(): void;
    /** Expects a value that counts as no. */
    toBeFalsy(): void;
    /** Expects nothing: undefined or null. */
    toBeNothing(): void;
    /** Expects a text or list of a length. */
    toHaveLength(length: number): void;
    /** Expects a greater number. */
    toBeGreaterThan(number: number): void;
    /** Expects a smaller number. */
    toBeLessThan(number: number): void;
    /** Expects a number at most `within` (0.000001 unless given) away. */
    toBeCloseTo(number: number, within?: number): void;
    /** Expects a function that fails: with this code, or with this text in its message. To be awaited. */
    toThrow(expected?: string): Promise<void>;
    /** Expects a spy that was called, or called so many times. */
    toHaveBeenCalled(times?: number): void;
    /** Expects a spy that was called with these arguments at least once. */
    toHaveBeenCalledWith(...wanted: any[]): void;
  }
  export interface Spy {
    /** The function to hand out. */
    fn: (...values: any[]) => any;
    /** The arguments of each call. */
    calls: any[][];
  }
  export interface TestResult {
    name: string;
    ok: boolean;
    message?: string;
    /** File and line. */
    at?: string;
  }
  /** Gathers the tests that fn defines under a name. */
  export function describe(name: string, fn: () => void): void;
  /** Defines a test: fn fails or not. */
  export function it(name: string, fn: () => any): void;
  /** Has fn called before each test of the group. */
  export function beforeEach(fn: () => any): void;
  /** Has fn called after each test of the group, whatever came of it. */
  export function afterEach(fn: () => any): void;
  /** Begins an expectation of a value. */
  export function expect(value: any): Expectation;
  /** Makes a function that notes its calls; it does what `fn` does, if there is one. */
  export function spy(fn?: (...values: any[]) => any): Spy;
  /**
   * Runs the tests defined so far and prints what came of them. The run ends with exit code 1 when one fails; with
   * `exit: false` it goes on, and the results are returned.
   */
  export function run(options: { format?: 'pretty' | 'tap'; only?: string; exit: false }): Promise<TestResult[]>;
  export function run(options?: { format?: 'pretty' | 'tap'; only?: string; exit?: boolean }): Promise<void>;
  const all: {
    describe: typeof describe; it: typeof it; beforeEach: typeof beforeEach; afterEach: typeof afterEach;
    expect: typeof expect; spy: typeof spy; run: typeof run;
  };
  export default all;
}

declare module 'llmspell/resilience' {
  /** Returns a function that runs fn under a policy (or the one of that name) with what it is given. */
  export function wrap<A extends any[], R>(
    policy: Policy | string,
    fn: (...args: A) => R | Promise<R>,
  ): (...args: A) => Promise<R>;
  const all: { wrap: typeof wrap };
  export default all;
}
