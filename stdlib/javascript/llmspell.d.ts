// Generated from the declarations in bridges/; do not edit.

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

/** How a conversation is handed over. */
interface HandoffOptions {
  /** What the tool is called that hands over: `transfer_to_NAME`; the agent's name unless set */
  name?: string;
  /** When to hand over, for the model; the agent's description unless set */
  description?: string;
  /** Data that goes with it, or a function that gives it: it takes a map of `from_agent`, `to_agent`, `reason`, `arguments`, `state` (as it is so far) and `messages`. Without it the state goes on as it is */
  state?: any;
  /** Takes the same map and tells whether a handoff is possible now */
  condition?: (...args: any[]) => any;
  /** Takes the same map, with the new `state`; false, or a text that says why, refuses */
  validate?: (...args: any[]) => any;
  /** Takes the same map, with `error` and the state as it is again, when the handoff was refused, or a later failure or the end of a cancelled run undid it */
  onRollback?: (...args: any[]) => any;
  /** What the agent is shown of the conversation: all of it, a summary that the model of the other agent writes, nothing but the last message of the user, or so many messages */
  keepHistory?: 'all' | 'summary' | 'none' | number;
  /** The tool's arguments: JSON Schema or the short form; `reason`, a text, unless set */
  inputSchema?: Record<string, any>;
}

/** What a handoff's functions are told. */
interface HandoffRequest {
  /** Who hands over; absent when the spell does */
  fromAgent?: string;
  /** Who is to take over */
  toAgent?: string;
  /** Why, as the model said */
  reason?: string;
  /** What the model said in the tool */
  arguments?: Record<string, any>;
  /** What is handed on */
  state?: any;
  /** The conversation so far */
  messages?: AgentMessage[];
  /** Of a handoff that was undone: why */
  error?: string;
}

/** What a handoff by the spell itself starts from. */
interface HandoffRunOptions {
  /** The conversation so far, such as the `messages` of an earlier result */
  messages?: AgentMessage[];
  /** The state so far */
  state?: any;
  /** What a model would say in the handoff's tool */
  arguments?: Record<string, any>;
  /** Handoffs of the run at most, this one included; 10 unless set */
  maxHandoffs?: number;
}

/** What a handoff is. */
interface HandoffInfo {
  /** Who takes over */
  agent?: string;
  /** What models call to hand over */
  tool?: string;
  /** What models are told of it */
  description?: string;
  /** JSON Schema of the tool's arguments */
  parameters?: Record<string, any>;
  /** What the agent is shown of the conversation */
  keepHistory?: string | number;
}

/** One message of a conversation. */
interface LLMMessage {
  /** Who says it: system, user or assistant */
  role?: 'system' | 'user' | 'assistant';
  /** What is said */
  content?: string;
}

/** What is asked, and how. */
interface LLMOptions {
  /** Model name or alias; without it the default model answers */
  model?: string;
  /** The question; instead of messages */
  prompt?: string;
  /** The conversation so far, ending with what the user says now */
  messages?: LLMMessage[];
  /** Instructions for the model */
  system?: string;
  /** JSON Schema (or its short form) that the answer must fit; the data is in `output` */
  schema?: Record<string, any>;
  /** Image files to look at */
  images?: string[];
  /** Addresses of images to look at; the provider fetches them */
  imageUrls?: string[];
  /** How freely the model chooses words, 0 for the least */
  temperature?: number;
  /** The longest answer, in tokens */
  maxTokens?: number;
  /** Share of likely words to choose from, 0 to 1 */
  topP?: number;
  /** Texts that end the answer */
  stop?: string[];
  /** A number that makes answers repeatable where the provider can */
  seed?: number;
  /** The longest the request may take, retries included */
  timeout?: number | string;
  /** How often it is tried again when that may help */
  retries?: number;
}

/** Tokens and requests that were used. */
interface LLMUsage {
  /** Tokens that were sent */
  inputTokens: number;
  /** Tokens that came back */
  outputTokens: number;
  /** Both together */
  totalTokens: number;
  /** Requests that were made */
  requests: number;
}

/** An answer; it acts as its text. */
interface LLMResult {
  /** The answer; with a schema, the data as JSON */
  text?: string;
  /** The data that fits the schema */
  output?: any;
  /** Tokens and requests used */
  usage?: LLMUsage;
  /** US dollars; absent when the price is not known */
  cost?: number;
  /** The model that answered */
  model?: string;
  /** Why the answer ended: stop, length, content_filter or error */
  finishReason?: string;
  /** Seconds it took */
  duration?: number;
  toString(): string;
}

/** What is turned into vectors, and how. */
interface LLMEmbedOptions {
  /** Name or alias of an embedding model, such as openai:text-embedding-3-small */
  model?: string;
  /** A text, or a list of texts */
  input?: string | string[];
  /** The longest the request may take, retries included */
  timeout?: number | string;
  /** How often it is tried again when that may help */
  retries?: number;
}

/** Vectors of texts. */
interface LLMVectors {
  /** One list of numbers for each text, in order */
  vectors?: Array<number[]>;
  /** The model that made them */
  model?: string;
  /** Tokens and requests used */
  usage?: LLMUsage;
  /** US dollars; absent when the price is not known */
  cost?: number;
}

/** What is known of a model; what is not known is absent. */
interface ModelInfo {
  /** Its full name, `provider:name` */
  name?: string;
  /** The provider part of the name */
  provider?: string;
  /** Whether it could be asked now: its provider needs no key, or the key is there */
  ready?: boolean;
  /** The most tokens that go in */
  contextWindow?: number;
  /** The most tokens that come out */
  maxOutput?: number;
  /** US dollars for a million tokens that go in */
  inputPrice?: number;
  /** US dollars for a million tokens that come out */
  outputPrice?: number;
  /** Some of tools, schema (answers that fit one), images (looks at them), thinking */
  capabilities?: string[];
}

/** A model of a pool. */
interface ModelPoolMember {
  /** Its name or alias */
  model: string;
  /** Its share of the turns with `round_robin`; 1 unless set */
  weight?: number;
  /** US dollars for a million tokens, for `cheapest`; what the price list says unless set */
  cost?: number;
  /** Some of tools, schema, images, thinking, for `capability`; what is known of the model unless set */
  capabilities?: string[];
}

/** What a pool is. */
interface ModelPoolOptions {
  /** `pool:NAME` is what it is called wherever a model is named */
  name: string;
  /** Names of models, aliases and other pools, or maps with `model` and more */
  members: Array<string | ModelPoolMember>;
  /** `fallback` (unless set) asks them in order, `fastest` the one that is, and others when it is slow, `consensus` several and takes what most answer, `cheapest` in the order of their prices, `capability` in order those that can do what is asked, `round_robin` in turns */
  strategy?: 'fallback' | 'fastest' | 'consensus' | 'cheapest' | 'capability' | 'round_robin';
  /** With `fastest`: when the next is asked as well; unless set, after twice the time that the first has usually taken */
  hedgeAfter?: number | string;
  /** With `consensus`: how many answers are asked for; one of each member unless set */
  ask?: number;
  /** With `consensus`: how many have to be the same; more than half of them unless set. With a judge: how many there have to be; 1 unless set */
  quorum?: number;
  /** With `consensus`: chooses the answer. A model's name, or a function that takes a list of answers with `index`, `model` and `text` and returns the index of the best */
  judge?: string | ((...args: any[]) => any);
  /** When a member that has not answered, or begun to, is given up for the next */
  memberTimeout?: number | string;
  /** Failures within twice the cool-down after which a member is left alone; 3 unless set */
  failures?: number;
  /** How long it is left alone; 30 seconds unless set */
  coolDown?: number | string;
}

/** What a pool is. */
interface ModelPoolInfo {
  /** What it is called wherever a model is named */
  name: string;
  /** How its members are asked */
  strategy: 'fallback' | 'fastest' | 'consensus' | 'cheapest' | 'capability' | 'round_robin';
  /** The full names of its members */
  members: string[];
}

/** How well a model has answered as a member of pools. */
interface ModelHealth {
  /** Its full name */
  model?: string;
  /** `closed` when it is asked, `open` when it is left alone, `half_open` when it is tried */
  state?: 'closed' | 'open' | 'half_open';
  /** Requests that have ended */
  requests?: number;
  /** Those that failed */
  failures?: number;
  /** Seconds that its answers took, the newest counting most; of a stream, until it began */
  latency?: number;
  /** What the last failure was */
  lastError?: string;
  /** Seconds until it is tried again */
  retryAfter?: number;
}

/** What a tool is. */
interface ToolOptions {
  /** What models call it: letters, digits, _ and - */
  name: string;
  /** What it does and when to use it, for models */
  description?: string;
  /** A JSON Schema, or the short form: name to `{type, required, description, enum …}` */
  parameters?: Record<string, any>;
  /** Takes the arguments as one map; what it returns goes to the model */
  run: (...args: any[]) => any;
  /** How long one call may take */
  timeout?: number | string;
}

/** What a tool is, as models are told. */
interface ToolInfo {
  /** What models call it */
  name: string;
  /** What it does */
  description: string;
  /** JSON Schema of its arguments */
  parameters: Record<string, any>;
  /** Whether it comes with the program */
  builtin: boolean;
}

/** When something is tried again. */
interface RetryPolicyOptions {
  /** What `Resilience.get` finds the policy by */
  name?: string;
  /** How often it is tried at most, the first time included; 3 unless set */
  attempts?: number;
  /** Wait before the second attempt; 0.5 seconds unless set */
  delay?: number | string;
  /** What each further wait is multiplied by; 2 unless set */
  backoff?: number;
  /** The longest wait, unless the error asks for a longer one; 20 seconds unless set */
  maxDelay?: number | string;
  /** Share of a wait that is left to chance, 0 to 1; 0.5 unless set */
  jitter?: number;
  /** Codes of the errors that are tried again; unless set, those that say they are retryable */
  on?: string[];
  /** Time for everything, waits included */
  timeout?: number | string;
}

/** How long something may take. */
interface TimeoutPolicyOptions {
  /** What `Resilience.get` finds the policy by */
  name?: string;
  /** The time; what takes longer is cancelled and fails with `timeout` */
  seconds: number | string;
}

/** How many calls may begin in a time; set one of per_second and per_minute. */
interface RateLimitPolicyOptions {
  /** What `Resilience.get` finds the policy by */
  name?: string;
  /** Calls that may begin in a second */
  perSecond?: number;
  /** Calls that may begin in a minute */
  perMinute?: number;
  /** How many may begin at once after a quiet time; 1 unless set, which spaces them evenly */
  burst?: number;
  /** Whether further calls wait for their turn, as they do unless set, or fail at once */
  wait?: boolean;
}

/** When something that fails is left alone for a while. */
interface CircuitBreakerPolicyOptions {
  /** What `Resilience.get` finds the policy by */
  name?: string;
  /** Failures that open it; 5 unless set */
  failures?: number;
  /** Time in which they happen; a minute unless set */
  within?: number | string;
  /** How long it lets nothing through then; 30 seconds unless set */
  coolDown?: number | string;
  /** Calls that may try at a time after that, and that have to succeed until it closes; 1 unless set */
  halfOpen?: number;
  /** Codes of the errors that count; unless set, all but those that are the caller's fault */
  on?: string[];
}

/** How many calls may be at work at a time. */
interface BulkheadPolicyOptions {
  /** What `Resilience.get` finds the policy by */
  name?: string;
  /** Calls at work at a time */
  maxConcurrent: number;
  /** Calls that may wait for a place, 1000 unless set; further ones fail at once */
  maxWaiting?: number;
}

/** What is given where something fails; set one of value and run. */
interface FallbackPolicyOptions {
  /** What `Resilience.get` finds the policy by */
  name?: string;
  /** The value */
  value?: any;
  /** Takes the error and returns the value */
  run?: (...args: any[]) => any;
  /** Codes of the errors it stands in for; unless set, all but those that end a run */
  on?: string[];
}

/** Policies inside one another. */
interface CombinedPolicyOptions {
  /** What `Resilience.get` finds the whole by */
  name?: string;
  /** Policies or their names, the outermost first */
  policies: Array<string | Policy>;
}

/** How often a policy was run since it was made or reset, and how that ended. */
interface PolicyStats {
  /** Which policy it is */
  kind?: string;
  /** How often it was run */
  calls?: number;
  /** Runs that gave a value */
  succeeded?: number;
  /** Runs that failed */
  failed?: number;
  /** Runs that were cancelled */
  cancelled?: number;
  /** Runs that were not let in */
  refused?: number;
  /** Runs at work now */
  running?: number;
  /** Runs that wait now, for their turn or a place */
  waiting?: number;
  /** Of a retry: how often something was tried again */
  retried?: number;
  /** Of a fallback: how often something else was given */
  fallbacks?: number;
  /** Of a circuit breaker: what it does now */
  state?: 'closed' | 'open' | 'half_open';
  /** Of an open circuit breaker: seconds until it lets something through */
  retryAfter?: number;
}

/** What is known of a file or folder. */
interface FileInfo {
  /** Its last part */
  name: string;
  /** Its path, relative to the working directory when it lies there */
  path: string;
  /** file, folder, or other (a pipe, a socket, a device) */
  kind: string;
  /** Bytes in the file; 0 for anything else */
  size: number;
  /** When it was last changed, as ISO 8601 text in UTC */
  modified: string;
  /** The same in seconds since 1970 */
  epoch: number;
}

/** How a folder is listed. */
interface ListOptions {
  /** Names to list, with `*` for any characters and `?` for one; the default is all */
  pattern?: string;
  /** Whether folders inside are listed as well; links to folders are not entered */
  recursive?: boolean;
}

/** How a request is made. */
interface HttpOptions {
  /** Header names and values */
  headers?: Record<string, string>;
  /** Names and values to add to the URL's query; a list gives a name several times */
  query?: Record<string, any>;
  /** Time for the whole request; the default is 30 seconds */
  timeout?: number | string;
  /** How many redirects are followed, at most 20; the default is 10, and 0 returns the redirect itself */
  redirects?: number;
}

/** One request. */
interface HttpRequest {
  /** Where to; http:// or https:// */
  url: string;
  /** What to do; the default is GET, or POST with a body */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'QUERY';
  /** What to send, as it is: text or bytes */
  body?: string | Uint8Array;
  /** What to send, as JSON */
  json?: any;
  /** Header names and values */
  headers?: Record<string, string>;
  /** Names and values to add to the URL's query; a list gives a name several times */
  query?: Record<string, any>;
  /** Time for the whole request; the default is 30 seconds */
  timeout?: number | string;
  /** How many redirects are followed, at most 20; the default is 10 */
  redirects?: number;
}

/** An answer, whatever its status. */
interface HttpResponse {
  /** The status code */
  status: number;
  /** Whether the status is 200 to 299 */
  ok: boolean;
  /** Header names in lower case, and values */
  headers: Record<string, string>;
  /** The body as text; empty when it is not text */
  text: string;
  /** The body's value, when the server says it is JSON and it is */
  json?: any;
  /** The body, when it is not text */
  bytes?: Uint8Array;
  /** Where it came from, after redirects */
  url: string;
}

/** How JSON is written. */
interface JsonOptions {
  /** Spaces per level, at most 10; the default writes everything on one line */
  indent?: number;
}

/** Which lines are captured, and what else becomes of them. */
interface LogCaptureOptions {
  /** The least level that is captured; that of the log unless set */
  level?: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** Whether the lines are kept from the log */
  quiet?: boolean;
}

/** One log line. */
interface LogLine {
  /** Its level */
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** Its text */
  message: string;
  /** More values, kept apart from the text */
  fields?: Record<string, any>;
  /** When it was written: seconds since 1970 */
  time?: number;
}

/** What a function wrote to the log. */
interface LogCapture {
  /** The lines, in order */
  lines: LogLine[];
  /** How many more there were than the 10,000 that are kept */
  dropped: number;
  /** What the function returned */
  result?: any;
}

/** What a metric is. */
interface MetricOptions {
  /** What its values are counted in: `s`, `By`, `tokens` */
  unit?: string;
  /** What it says */
  description?: string;
}

/** How a time is noted. */
interface TimerOptions {
  /** What the time is counted under */
  labels?: Record<string, string | boolean | number | number>;
  /** What the histogram says */
  description?: string;
}

/** What was measured under one combination of labels. */
interface MetricSeries {
  /** The labels */
  labels?: Record<string, string>;
  /** Of a counter or a gauge: its value */
  value?: number;
  /** Of a histogram: how many values there were */
  count?: number;
  /** Of a histogram: all of them together */
  sum?: number;
  /** Of a histogram: the least */
  min?: number;
  /** Of a histogram: the greatest */
  max?: number;
  /** Of a histogram: the average */
  mean?: number;
  /** Of a histogram: half of the values are at most this, of the first 1,000 or of as many chosen fairly */
  p50?: number;
  /** Of a histogram: 90 of 100 values are at most this */
  p90?: number;
  /** Of a histogram: 95 of 100 values are at most this */
  p95?: number;
  /** Of a histogram: 99 of 100 values are at most this */
  p99?: number;
}

/** One metric and what it has measured. */
interface MetricRecord {
  /** Its name */
  name: string;
  /** What it is */
  kind: 'counter' | 'gauge' | 'histogram';
  /** What its values are counted in */
  unit: string;
  /** What it says */
  description: string;
  /** What was measured, by labels */
  series: MetricSeries[];
}

/** What a span says from the start. */
interface TraceOptions {
  /** Values by name: text, numbers, booleans or lists of those; others become JSON */
  attributes?: Record<string, any>;
}

/** Which span lasts now. */
interface TraceContext {
  /** Its name; the run's own span is called after the spell */
  name: string;
  /** Names everything that happens in the run: 32 hexadecimal digits */
  traceId: string;
  /** Names the span: 16 hexadecimal digits */
  spanId: string;
  /** Both as the header of this name, for a server that traces as well */
  traceparent: string;
}

/** Something that happened during a span. */
interface TraceEvent {
  /** What happened */
  name: string;
  /** When: seconds since 1970 */
  time: number;
  /** Values by name */
  attributes: Record<string, any>;
}

/** A span that has ended. */
interface TraceSpan {
  /** Its name */
  name?: string;
  /** What it was: `span` those of the spell; the others belong to built-in things */
  kind?: 'spell' | 'span' | 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff';
  /** Names everything that happens in the run */
  traceId?: string;
  /** Names the span */
  spanId?: string;
  /** The span it happened in */
  parentId?: string;
  /** The spell it happened in */
  spell?: string;
  /** When it began: seconds since 1970 */
  start?: number;
  /** Seconds it took */
  duration?: number;
  /** Whether what happened inside failed */
  status?: 'ok' | 'error';
  /** Why it failed */
  error?: string;
  /** Values by name */
  attributes?: Record<string, any>;
  /** What happened during it, in order */
  events?: TraceEvent[];
}

/** How a list is worked through. */
interface MapOptions {
  /** Items in work at a time; the default is all of them */
  limit?: number;
}

/** What a spell knows of itself. */
interface SpellRecord {
  /** Its name */
  name?: string;
  /** What it does */
  description?: string;
  /** Its file; missing when it was given on the command line */
  path?: string;
  /** The language it is written in */
  language?: string;
  /** The level of the API it runs on */
  level?: number;
  /** How many spells run it, one inside the other; 0 for the first */
  depth?: number;
  /** Its parameters */
  params?: Record<string, any>;
}

/** What is said of a session as it is started. */
interface SessionOptions {
  /** Whatever is to be known of it; added to what is known already */
  metadata?: Record<string, any>;
  /** Words to find it by; added to those it has */
  tags?: string[];
}

/** What is known of a session. */
interface SessionInfo {
  /** Its name */
  name: string;
  /** open, or complete */
  status: string;
  /** When it was made, in seconds since 1970 */
  created: number;
  /** When a run joined or changed it last, in seconds since 1970 */
  updated: number;
  /** Whatever was said of it */
  metadata: Record<string, any>;
  /** Words to find it by */
  tags: string[];
  /** Whether this run is in it */
  current: boolean;
}

/** A run that joined a session. */
interface SessionRun {
  /** Counts the runs of all sessions */
  number: number;
  /** The spell's name */
  spell: string;
  /** When it joined, in seconds since 1970 */
  began: number;
  /** When it ended, in seconds since 1970 */
  ended: number | null;
  /** running, done, failed, interrupted, or unfinished (it was killed) */
  status: string;
  /** Its exit code */
  exit: number | null;
  /** The code of the error it ended with */
  error: string | null;
  /** Model requests */
  requests: number;
  /** Tokens the models read */
  inputTokens: number;
  /** Tokens the models wrote */
  outputTokens: number;
  /** US dollars, where the prices are known */
  cost: number;
}

/** What has arrived since the last call. */
interface StreamItems {
  /** The pieces, in order; at least one unless the stream has ended */
  items: any[];
  /** Whether the stream has ended */
  done: boolean;
}

/** How an agent differs from the one it is made of. */
interface AgentChanges {
  /** What logs, errors and other agents call it; `agent` unless set */
  name?: string;
  /** What it is good for, for agents that have it as a tool */
  description?: string;
  /** A model's name or alias; the default model unless set */
  model?: string;
  /** Instructions for the model */
  systemPrompt?: string;
  /** Names of tools, tools, other agents, teams, or maps with `name`, `description`, `parameters` and `run` */
  tools?: Array<string | Tool | Agent | Team | AgentTool>;
  /** How freely the model chooses words; 0 is least */
  temperature?: number;
  /** Tokens of one answer of the model at most */
  maxTokens?: number;
  /** JSON Schema of the answer, or the short form, where every name is required unless it says `required = false` */
  outputSchema?: Record<string, any>;
  /** Model requests of one run at most; 10 unless set */
  maxSteps?: number;
  /** How long one run may take */
  timeout?: number | string;
  /** How often a failed model request is tried again */
  retries?: number;
  /** What looks at its input, its answer and its tools' calls, in this order */
  guardrails?: Guardrail[];
  /** Agents it can hand the conversation over to, or what `Handoff.to` gives */
  handoffs?: Array<Handoff | Agent | Team>;
  /** Handoffs of one run at most; 10 unless set */
  maxHandoffs?: number;
  /** Tools beside those it has */
  moreTools?: Array<string | Tool | Agent | Team | AgentTool>;
  /** Instructions after those it has */
  moreInstructions?: string;
}

/** The settings of an agent. */
interface AgentInfo {
  /** Its name */
  name: string;
  /** What it is good for */
  description: string;
  /** The model it asks */
  model: string;
  /** Its instructions */
  systemPrompt: string;
  /** The names of its tools */
  tools: string[];
  /** How freely the model chooses words */
  temperature: number | null;
  /** Tokens of one answer at most */
  maxTokens: number | null;
  /** JSON Schema of its answers */
  outputSchema: Record<string, any> | null;
  /** Model requests of one run at most */
  maxSteps: number;
  /** Seconds one run may take */
  timeout: number | null;
  /** How often a failed model request is tried again */
  retries: number | null;
  /** The names of the agents it can hand over to */
  handoffs: string[];
  /** Handoffs of one run at most */
  maxHandoffs: number;
}

/** One message of a conversation. */
interface AgentMessage {
  /** Who speaks */
  role: 'system' | 'user' | 'assistant' | 'tool';
  /** What is said: text; other data is sent as JSON */
  content?: any;
  /** The tools that the assistant calls */
  toolCalls?: AgentToolCall[];
  /** Of a tool's message: the call it answers */
  toolCallId?: string;
  /** Of a tool's message: the tool */
  name?: string;
  /** Of a tool's message: whether the call failed */
  error?: boolean;
}

/** What an agent is. */
interface AgentOptions {
  /** What logs, errors and other agents call it; `agent` unless set */
  name?: string;
  /** What it is good for, for agents that have it as a tool */
  description?: string;
  /** A model's name or alias; the default model unless set */
  model?: string;
  /** Instructions for the model */
  systemPrompt?: string;
  /** Names of tools, tools, other agents, teams, or maps with `name`, `description`, `parameters` and `run` */
  tools?: Array<string | Tool | Agent | Team | AgentTool>;
  /** How freely the model chooses words; 0 is least */
  temperature?: number;
  /** Tokens of one answer of the model at most */
  maxTokens?: number;
  /** JSON Schema of the answer, or the short form, where every name is required unless it says `required = false` */
  outputSchema?: Record<string, any>;
  /** Model requests of one run at most; 10 unless set */
  maxSteps?: number;
  /** How long one run may take */
  timeout?: number | string;
  /** How often a failed model request is tried again */
  retries?: number;
  /** What looks at its input, its answer and its tools' calls, in this order */
  guardrails?: Guardrail[];
  /** Agents it can hand the conversation over to, or what `Handoff.to` gives */
  handoffs?: Array<Handoff | Agent | Team>;
  /** Handoffs of one run at most; 10 unless set */
  maxHandoffs?: number;
}

/** The answer of an agent; it acts as its text. */
interface AgentResult {
  /** The answer as text */
  text: string;
  /** The answer: data that fits `output_schema`, or the text */
  output: any;
  /** What it used */
  usage: AgentUsage;
  /** US dollars, where the prices are known */
  cost: number | null;
  /** The model that answered last */
  model: string;
  /** The whole conversation, to be passed to a later run */
  messages: AgentMessage[];
  /** What the agent did, in order */
  steps: AgentStep[];
  /** Seconds it took */
  duration: number;
  /** Who answered: the agent, or the one that the conversation was handed over to last */
  agent: string;
  /** How the conversation was handed over, in order */
  handoffs: HandoffRecord[];
  toString(): string;
}

/** How one run differs from the agent's settings. */
interface AgentRunOptions {
  /** The conversation so far, such as the `messages` of an earlier result */
  messages?: AgentMessage[];
  /** A model's name or alias */
  model?: string;
  /** How freely the model chooses words */
  temperature?: number;
  /** Tokens of one answer of the model at most */
  maxTokens?: number;
  /** Model requests of the run at most */
  maxSteps?: number;
  /** How long the run may take */
  timeout?: number | string;
  /** How often a failed model request is tried again */
  retries?: number;
  /** Handoffs of the run at most */
  maxHandoffs?: number;
}

/** One thing an agent did. */
interface AgentStep {
  /** An answer of the model, or a tool's call */
  kind: 'model' | 'tool';
  /** Of a model's step: its text */
  text?: string;
  /** Of a tool's step: the tool */
  tool?: string;
  /** Of a tool's step: what it was called with */
  arguments?: Record<string, any>;
  /** Of a tool's step: what it gave */
  result?: any;
  /** Of a tool's step: why it failed */
  error?: string;
  /** Seconds it took */
  duration: number;
}

/** What a template of agents is. */
interface AgentTemplateInfo {
  /** Its name */
  name: string;
  /** What agents made from it are good for */
  description: string;
  /** The names of their tools */
  tools: string[];
  /** Whether it comes with the program */
  builtIn: boolean;
}

/** What a template of agents is. */
interface AgentTemplateOptions {
  /** What logs, errors and other agents call it; `agent` unless set */
  name?: string;
  /** What it is good for, for agents that have it as a tool */
  description?: string;
  /** A model's name or alias; the default model unless set */
  model?: string;
  /** Instructions for the model */
  systemPrompt?: string;
  /** Names of tools, tools, other agents, teams, or maps with `name`, `description`, `parameters` and `run` */
  tools?: Array<string | Tool | Agent | Team | AgentTool>;
  /** How freely the model chooses words; 0 is least */
  temperature?: number;
  /** Tokens of one answer of the model at most */
  maxTokens?: number;
  /** JSON Schema of the answer, or the short form, where every name is required unless it says `required = false` */
  outputSchema?: Record<string, any>;
  /** Model requests of one run at most; 10 unless set */
  maxSteps?: number;
  /** How long one run may take */
  timeout?: number | string;
  /** How often a failed model request is tried again */
  retries?: number;
  /** What looks at its input, its answer and its tools' calls, in this order */
  guardrails?: Guardrail[];
  /** Agents it can hand the conversation over to, or what `Handoff.to` gives */
  handoffs?: Array<Handoff | Agent | Team>;
  /** Handoffs of one run at most; 10 unless set */
  maxHandoffs?: number;
  /** Tools beside those it has */
  moreTools?: Array<string | Tool | Agent | Team | AgentTool>;
  /** Instructions after those it has */
  moreInstructions?: string;
  /** The template it begins with; nothing unless set */
  basedOn?: string;
}

/** A tool for one agent only. */
interface AgentTool {
  /** What the model calls it: letters, digits, _ and - */
  name: string;
  /** What it does and when to use it, for the model */
  description?: string;
  /** A JSON Schema, or the short form: name to `{type, required, description, enum …}` */
  parameters?: Record<string, any>;
  /** Takes the arguments as one map; what it returns goes to the model */
  run: (...args: any[]) => any;
  /** How long one call may take */
  timeout?: number | string;
}

/** A tool call that a model asked for. */
interface AgentToolCall {
  /** Names the call */
  id: string;
  /** The tool */
  name: string;
  /** The arguments by name */
  arguments?: Record<string, any>;
}

/** How an agent appears as a tool. */
interface AgentToolOptions {
  /** The tool's name; the agent's unless set */
  name?: string;
  /** What it does and when to use it; the agent's unless set */
  description?: string;
}

/** What a run used, agents it called as tools or handed over to included. */
interface AgentUsage {
  /** Model requests */
  requests: number;
  /** Tokens the models read */
  inputTokens: number;
  /** Tokens the models wrote */
  outputTokens: number;
}

/** Which version is meant. */
interface ArtifactChoice {
  /** Its number; the latest unless set */
  version?: number;
  /** spell, session or global; looked for in session and spell unless set */
  scope?: 'spell' | 'session' | 'global';
}

/** What an artifact is that a file becomes. */
interface ArtifactFileOptions {
  /** Its name; the file's unless set */
  name?: string;
  /** Its media type, such as text/csv; guessed from the name unless set */
  type?: string;
  /** Whatever is to be known of it */
  metadata?: Record<string, any>;
  /** Words to find it by */
  tags?: string[];
  /** spell, session or global; the session where the run has joined one, else the spell */
  scope?: 'spell' | 'session' | 'global';
}

/** What is known of one version of an artifact. */
interface ArtifactInfo {
  /** Names this version */
  id: string;
  /** Its name */
  name: string;
  /** Its number; the first is 1 */
  version: number;
  /** spell, session or global: whose it is */
  scope: string;
  /** Its media type */
  type: string;
  /** Its bytes */
  size: number;
  /** The checksum of its content */
  sha256: string;
  /** When it was stored, in seconds since 1970 */
  created: number;
  /** Whatever was said of it */
  metadata: Record<string, any>;
  /** Words to find it by */
  tags: string[];
}

/** What an artifact is. */
interface ArtifactOptions {
  /** Its name: what is stored under it before becomes an older version */
  name: string;
  /** Its media type, such as text/csv; guessed from the name unless set */
  type?: string;
  /** Whatever is to be known of it */
  metadata?: Record<string, any>;
  /** Words to find it by */
  tags?: string[];
  /** spell (this spell's own), session (of all runs in the session) or global (of all spells that are granted it); the session where the run has joined one, else the spell */
  scope?: 'spell' | 'session' | 'global';
}

/** How an artifact is cut. */
interface ArtifactPieces {
  /** Bytes of each piece; 65,536 unless set, 1,048,576 at most */
  size?: number;
}

/** Which artifacts are wanted. */
interface ArtifactQuery {
  /** Names, with `*` for any characters and `?` for one */
  name?: string;
  /** Media types, with `*` and `?`, such as `image/*` */
  type?: string;
  /** Words that each must have */
  tags?: string[];
  /** Values that each must have */
  metadata?: Record<string, any>;
  /** Only those stored since then, in seconds since 1970 */
  since?: number;
  /** How many at most; 100 unless set, 1,000 at most */
  limit?: number;
  /** Whether older versions count as well */
  versions?: boolean;
  /** spell, session or global; spell and session unless set */
  scope?: 'spell' | 'session' | 'global';
}

/** What a conversation is. */
interface ConversationOptions {
  /** What answers: an agent, the options of one, or a template's name */
  agent?: Agent | Team | AgentOptions | string;
  /** The model that answers, where no agent is given; the default model unless set */
  model?: string;
  /** Instructions for the model, where no agent is given */
  systemPrompt?: string;
  /** Names of tools, or tools, where no agent is given */
  tools?: Array<string | Tool>;
  /** Under what name it is saved */
  name?: string;
  /** What was said already */
  messages?: AgentMessage[];
  /** Messages to be kept; the oldest turns go first */
  maxMessages?: number;
  /** The same in tokens, by an estimate: one for four bytes of text, and four a message */
  maxTokens?: number;
  /** Whether a model's summary takes the place of the oldest turns, or how */
  summarize?: boolean | ConversationSummary;
}

/** How older messages become a summary. */
interface ConversationSummary {
  /** What writes it: an agent, the options of one, or a template's name */
  agent?: Agent | Team | AgentOptions | string;
  /** The model that writes it, where no agent is given; the conversation's unless set */
  model?: string;
  /** Turns at the end that stay as they are; 2 unless set */
  keep?: number;
  /** Instructions for the model, in place of the usual ones */
  prompt?: string;
}

/** A conversation that is kept. */
interface ConversationTitle {
  /** Its name */
  name: string;
  /** spell, session or global: whose it is */
  scope: string;
  /** When it was saved last, in seconds since 1970 */
  updated: number;
  /** How many messages it has */
  messages: number;
  /** What the user said first, its beginning */
  first: string;
}

/** What a conversation used so far, and how long it is now. */
interface ConversationUsage {
  /** What was said and answered */
  turns: number;
  /** Model requests, those for summaries included */
  requests: number;
  /** Tokens the models read */
  inputTokens: number;
  /** Tokens the models wrote */
  outputTokens: number;
  /** US dollars, where the prices are known */
  cost: number;
  /** Messages there are now */
  messages: number;
  /** Tokens of them, by the estimate of `max_tokens` */
  tokens: number;
  /** Messages that went for the limits */
  dropped: number;
  /** Summaries that were written */
  summaries: number;
}

/** When a handler gets what has gathered; whichever comes first. */
interface EventBatch {
  /** With so many; 1000 at most, which is also what holds unless set */
  size?: number;
  /** So long after the first; never unless set */
  seconds?: number | string;
}

/** Events for which there was no room. */
interface EventDropped {
  /** Of those that waited for handlers */
  handlers: number;
  /** Of those that waited in streams and for `wait_for` */
  streams: number;
}

/** More about an event. */
interface EventEmitOptions {
  /** Its correlation id; that of what happens around it unless set */
  correlation?: string;
}

/** Which of the remembered events are wanted. */
interface EventHistoryOptions {
  /** Of their names */
  pattern?: string;
  /** Their correlation id */
  correlation?: string;
  /** The last so many */
  limit?: number;
}

/** What a handler hears, and how. */
interface EventOptions {
  /** A function of the event that tells whether it is wanted, or values that fields of its data must have */
  filter?: ((...args: any[]) => any) | Record<string, any>;
  /** Whether the handler goes after its first event */
  once?: boolean;
  /** Gathers events and hands over a list */
  batch?: EventBatch;
  /** Makes of the event what the handler gets */
  map?: (...args: any[]) => any;
}

/** Something that happened. */
interface EventRecord {
  /** What happened */
  name?: string;
  /** More about it; of built-in events a map */
  data?: any;
  /** Counts up in the run */
  id?: number;
  /** When: seconds since 1970 */
  time?: number;
  /** What it has in common with the events that belong together */
  correlation?: string;
  /** Whether the spell told it, or the program */
  source?: 'spell' | 'llmspell';
  /** The spell in which it happened */
  spell?: string;
  /** Whether it only happens again: see `replay` */
  replayed?: boolean;
}

/** How events happen again. */
interface EventReplayOptions {
  /** 1 leaves the time between them as it was, 2 halves it; they follow at once unless set */
  speed?: number;
}

/** What became of the events of the run. */
interface EventStats {
  /** That happened, in spells that this one runs as well */
  emitted: number;
  /** That handlers were given, one counted for each handler */
  delivered: number;
  /** Deliveries in which the handler failed */
  failed: number;
  /** For which there was no room */
  dropped: EventDropped;
  /** That wait for handlers now */
  waiting: number;
  /** How many handlers there are */
  handlers: number;
}

/** What a stream gives. */
interface EventStreamOptions {
  /** A function of the event, or values that fields of its data must have */
  filter?: ((...args: any[]) => any) | Record<string, any>;
  /** Makes of each event what the stream gives */
  map?: (...args: any[]) => any;
  /** Makes one value of all: gets the value so far and what the stream gives */
  reduce?: (...args: any[]) => any;
  /** The first value so far */
  initial?: any;
  /** The stream ends after so many */
  limit?: number;
  /** The stream ends after this time */
  seconds?: number | string;
}

/** Which event is waited for, and for how long. */
interface EventWaitOptions {
  /** Then it is an error with code timeout */
  timeout?: number | string;
  /** A function of the event, or values that fields of its data must have */
  filter?: ((...args: any[]) => any) | Record<string, any>;
}

/** How a conversation is written. */
interface ExportOptions {
  /** json (all of it; the default), jsonl (a message a line), markdown, or text */
  format?: 'json' | 'jsonl' | 'markdown' | 'text';
}

/** A guardrail that a function decides. */
interface GuardrailCustomOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
  /** Takes the value and a map with `where`; returns true, false, or a map with `ok`, `reason` and `value`, which is used instead */
  run: (...args: any[]) => any;
}

/** A guardrail, or one of those it is made of. */
interface GuardrailInfo {
  /** Its name */
  name: string;
  /** What it looks at */
  on: string[];
  /** What happens on a violation */
  action: string;
  /** How often a model may try again */
  retries: number;
  /** What happens when a rule cannot decide */
  onFailure: string;
  /** Its rules */
  rules: GuardrailRuleInfo[];
}

/** A guardrail for the length of a text, or of the JSON of other data. */
interface GuardrailLengthOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
  /** What is counted; characters unless set. A token counts as four characters */
  unit?: 'characters' | 'words' | 'tokens';
  /** The least */
  min?: number;
  /** The most */
  max?: number;
}

/** What a guardrail is. */
interface GuardrailOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
  /** What it objects to */
  rules: GuardrailRule[];
}

/** A guardrail for personal data. */
interface GuardrailPiiOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
  /** What to look for; everything unless set */
  types?: Array<'email' | 'phone' | 'credit_card' | 'iban' | 'ip' | 'ssn'>;
  /** Where phone numbers without a country code are dialled, such as US, GB or DE; US unless set */
  regions?: string[];
}

/** What a value is. */
interface GuardrailPlace {
  /** What the guardrail takes it for; it looks only at what it is for. Unless set, it looks whatever it is for */
  where?: 'input' | 'output' | 'tool_input' | 'tool_output';
}

/** A guardrail with a regular expression. */
interface GuardrailRegexOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
  /** What must not be found in any text */
  pattern: string;
  /** Whether the case of letters does not matter */
  ignoreCase?: boolean;
  /** Whether it must be found instead */
  required?: boolean;
}

/** What comes of a check. */
interface GuardrailReport {
  /** Whether the value may be used */
  ok: boolean;
  /** What is done: pass, warn, redact, retry or block */
  action: string;
  /** The value to use, redacted where needed; absent when it may not be used */
  value?: any;
  /** What was found, 100 at most */
  violations: GuardrailViolation[];
}

/** One rule; which options it has depends on its kind. */
interface GuardrailRule {
  /** What kind of rule it is */
  kind: 'regex' | 'words' | 'pii' | 'secrets' | 'schema' | 'length' | 'topic' | 'run';
  /** What violations call it; the kind unless set */
  name?: string;
  /** Of `regex`: a regular expression that must not be found in any text */
  pattern?: string;
  /** Of `regex`: whether the case of letters does not matter */
  ignoreCase?: boolean;
  /** Of `regex`: whether it must be found instead */
  required?: boolean;
  /** Of `words`: words and phrases that must not be found, whatever their case */
  words?: string[];
  /** Of `pii`: what to look for; everything unless set */
  types?: Array<'email' | 'phone' | 'credit_card' | 'iban' | 'ip' | 'ssn'>;
  /** Of `pii`: where phone numbers without a country code are dialled; US unless set */
  regions?: string[];
  /** Of `schema`: JSON Schema of the value or of the JSON in a text, or the short form */
  schema?: Record<string, any>;
  /** Of `length`: what is counted; characters unless set. A token counts as four characters */
  unit?: 'characters' | 'words' | 'tokens';
  /** Of `length`: the least */
  min?: number;
  /** Of `length`: the most */
  max?: number;
  /** Of `topic`: what the text must be about, one of these at least */
  allowed?: string[];
  /** Of `topic`: what the text must not be about */
  denied?: string[];
  /** Of `topic`: the model that judges; the default model unless set */
  model?: string;
  /** Of `run`: takes the value and a map with `where`; returns true, false, or a map with `ok`, `reason` and `value` */
  run?: (...args: any[]) => any;
}

/** A rule. */
interface GuardrailRuleInfo {
  /** Its name */
  name: string;
  /** Its kind */
  kind: string;
}

/** A guardrail for the form of data. */
interface GuardrailSchemaOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
  /** JSON Schema of the value or of the JSON in a text, or the short form */
  schema: Record<string, any>;
}

/** A guardrail for keys, tokens and passwords. */
interface GuardrailSecretsOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
}

/** A guardrail for what a text is about, which a model judges. */
interface GuardrailTopicOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
  /** What it must be about, one of these at least */
  allowed?: string[];
  /** What it must not be about */
  denied?: string[];
  /** The model that judges; the default model unless set */
  model?: string;
}

/** What a rule objects to. */
interface GuardrailViolation {
  /** The guardrail */
  guardrail: string;
  /** The rule's name */
  rule: string;
  /** The rule's kind */
  kind: string;
  /** What is wrong, without the text it is about */
  message: string;
  /** Where in a map or list; keys that may hold anything are `?` */
  path?: string;
  /** Of a place in a text: its first character, counted from 1 */
  start?: number;
  /** Of a place in a text: how many characters */
  length?: number;
}

/** A guardrail with a list of words. */
interface GuardrailWordsOptions {
  /** What errors, events and logs call it; the kind of its rule unless set */
  name?: string;
  /** What it looks at in an agent; input and output unless set */
  on?: Array<'input' | 'output' | 'tool_input' | 'tool_output'>;
  /** What happens on a violation; block unless set. `redact` replaces what was found, `warn` goes on, `retry` has a model try again */
  action?: 'block' | 'redact' | 'warn' | 'retry';
  /** How often a model may try again; 2 unless set */
  retries?: number;
  /** What happens when a rule cannot decide; block unless set */
  onFailure?: 'block' | 'warn';
  /** What stands for redacted text; such as `[EMAIL]` unless set */
  replacement?: string;
  /** Words and phrases that must not be found, whatever their case */
  words: string[];
}

/** One handoff of a conversation. */
interface HandoffRecord {
  /** Who handed over; absent when the spell did */
  fromAgent?: string;
  /** Who took over */
  toAgent: string;
  /** Why, as the model said */
  reason: string;
  /** What was handed on */
  state?: any;
  /** When, in seconds since 1970 */
  at: number;
}

/** What is kept, and how long. */
interface HookCacheOptions {
  /** How long a result is given again; for the run unless set */
  ttl?: number | string;
  /** How many are kept; the one not asked for longest goes first; 100 unless set */
  size?: number;
  /** Results of what; model unless set */
  point?: 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff' | 'run' | '*';
  /** Of the model, tool, agent …; `*` stands for any characters */
  name?: string;
  /** See `before` */
  priority?: number;
}

/** How much may be spent on models; one of the two limits has to be given. */
interface HookCostOptions {
  /** US dollars; models without a known price cost nothing */
  maxCost?: number;
  /** Requests */
  maxRequests?: number;
  /** Of the models that count; `*` stands for any characters */
  name?: string;
  /** See `before` */
  priority?: number;
}

/** What a hook is. */
interface HookInfo {
  /** What errors and events call it */
  label: string;
  /** What it is asked about */
  point: string;
  /** At which times */
  when: Array<'before' | 'after' | 'error'>;
  /** The pattern of names */
  name: string;
  /** Its priority */
  priority: number;
}

/** What is logged, and how. */
interface HookLoggingOptions {
  /** About what; everything unless set */
  point?: 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff' | 'run' | '*';
  /** Of the model, tool, agent …; `*` stands for any characters */
  name?: string;
  /** See `before` */
  priority?: number;
  /** Of the lines; failures are warnings; info unless set */
  level?: 'trace' | 'debug' | 'info' | 'warn';
}

/** What is counted. */
interface HookMetricsOptions {
  /** About what; everything unless set */
  point?: 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff' | 'run' | '*';
  /** Of the model, tool, agent …; `*` stands for any characters */
  name?: string;
  /** See `before` */
  priority?: number;
}

/** Which operations a hook is asked about, and when. */
interface HookOptions {
  /** Of the model, tool, agent …; `*` stands for any characters; all unless set */
  name?: string;
  /** Hooks of a higher one are further outside: asked earlier before, later after; 0 unless set */
  priority?: number;
  /** A function of what the hook would get that tells whether to ask it */
  condition?: (...args: any[]) => any;
}

/** How many may begin; one of the two limits has to be given. */
interface HookRateOptions {
  /** So many within a second */
  perSecond?: number;
  /** So many within a minute */
  perMinute?: number;
  /** Whether more wait for their turn, as they do unless set; otherwise they are denied */
  wait?: boolean;
  /** Of what; model unless set */
  point?: 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff' | 'run' | '*';
  /** Of the model, tool, agent …; `*` stands for any characters */
  name?: string;
  /** See `before` */
  priority?: number;
}

/** What is taken out. */
interface HookRedactOptions {
  /** Regular expressions */
  patterns?: string[];
  /** Words, large or small letters */
  words?: string[];
  /** What stands in their place; `[redacted]` unless set */
  replacement?: string;
  /** Of what; model unless set */
  point?: 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff' | 'run' | '*';
  /** Of the model, tool, agent …; `*` stands for any characters */
  name?: string;
  /** See `before` */
  priority?: number;
}

/** What was done under one name. */
interface HookRow {
  /** What it was */
  point: string;
  /** Its name */
  name: string;
  /** How often */
  count: number;
  /** How often it failed */
  failed: number;
  /** That it took in all */
  seconds: number;
  /** That the longest one took */
  longest: number;
}

/** What a hook did; what one does not do is not there. */
interface HookStats {
  /** How often it was asked */
  asked?: number;
  /** How often it refused */
  denied?: number;
  /** How often it put its own result in the place of another */
  replaced?: number;
  /** Of `metrics`: counts and times */
  rows?: HookRow[];
  /** Of `cost`: US dollars spent */
  cost?: number;
  /** Of `cost`: requests made */
  requests?: number;
  /** Of `rate_limit`: seconds waited in all */
  waited?: number;
  /** Of `cache`: how often a result was given again */
  hits?: number;
  /** Of `cache`: how often there was none */
  misses?: number;
  /** Of `cache`: how many results it has */
  kept?: number;
  /** Of `redact`: how much was taken out */
  redacted?: number;
}

/** What a document is, and what is to answer. */
interface ImportOptions {
  /** json or jsonl, as export writes them; json unless set */
  format?: 'json' | 'jsonl';
  /** What answers from now on, in place of the model that the document names */
  agent?: Agent | Team | AgentOptions | string;
}

/** Which conversation is meant, and what is to answer. */
interface LoadOptions {
  /** spell, session or global; looked for in session and spell unless set */
  scope?: 'spell' | 'session' | 'global';
  /** What answers from now on, in place of what answered before */
  agent?: Agent | Team | AgentOptions | string;
}

/** How one conversation takes over another. */
interface MergeOptions {
  /** append (behind it; the default), interleave (turn by turn), or summary (one message in which a model tells what the other was about) */
  strategy?: 'append' | 'interleave' | 'summary';
}

/** A team whose agents work at the same time. */
interface ParallelTeam {
  /** What logs, errors and other agents call it; `team` unless set */
  name?: string;
  /** What it is good for, for agents that have it as a tool */
  description?: string;
  /** What an agent's failure does: with `fail` it ends the run, with `continue` it is kept among the results and the others go on. Unless set it is `fail`, and `continue` where a supervisor is told of it */
  onError?: 'fail' | 'continue';
  /** How long one run may take */
  timeout?: number | string;
  /** The agents: agents, teams, options of agents, or names of templates */
  agents: Array<Agent | Team | AgentOptions | string>;
  /** What makes one answer of theirs: `all` of them by name (so it is unless set), the `first` one, which cancels the others, a `vote` between equal answers, a function that takes the list of results, or an agent that reads them */
  merge?: 'all' | 'first' | 'vote' | ((...args: any[]) => any) | Agent | Team;
  /** How many work at a time; all unless set */
  maxConcurrency?: number;
}

/** Where a conversation is kept. */
interface SaveOptions {
  /** spell (this spell's own), session (of all runs in the session) or global (of all spells that are granted it); the session where the run has joined one, else the spell */
  scope?: 'spell' | 'session' | 'global';
}

/** How one answer differs from the agent's settings. */
interface SayOptions {
  /** A model's name or alias */
  model?: string;
  /** How freely the model chooses words */
  temperature?: number;
  /** Tokens of the answer at most */
  maxTokens?: number;
  /** Model requests for the answer at most */
  maxSteps?: number;
  /** How long the answer may take */
  timeout?: number | string;
  /** How often a failed model request is tried again */
  retries?: number;
}

/** A team whose agents work one after the other. */
interface SequentialTeam {
  /** What logs, errors and other agents call it; `team` unless set */
  name?: string;
  /** What it is good for, for agents that have it as a tool */
  description?: string;
  /** What an agent's failure does: with `fail` it ends the run, with `continue` it is kept among the results and the others go on. Unless set it is `fail`, and `continue` where a supervisor is told of it */
  onError?: 'fail' | 'continue';
  /** How long one run may take */
  timeout?: number | string;
  /** The agents in order: agents, teams, options of agents, or names of templates */
  agents: Array<Agent | Team | AgentOptions | string>;
}

/** A change that a state remembers. */
interface StateChange {
  /** The revision it led to */
  revision: number;
  /** When, in seconds since 1970 */
  time: number;
  /** What made it: set, remove, update, merge, patch, transform, restore, clear … */
  action: string;
  /** The keys that changed */
  keys: string[];
}

/** How much of the history to return. */
interface StateHistoryOptions {
  /** Changes at most; all that are remembered unless set */
  limit?: number;
}

/** What is known of a state without its values. */
interface StateInfo {
  /** Its name */
  name?: string;
  /** Who shares it, or `file` */
  scope?: string;
  /** The agent whose it is */
  agent?: string;
  /** Where it is kept: memory, file or sqlite */
  store?: string;
  /** The version of its schema */
  version?: number;
  /** How often it has changed */
  revision?: number;
  /** How many keys it has */
  count?: number;
  /** Bytes of its values */
  size?: number;
  /** When it was last changed, in seconds since 1970; missing if never */
  updated?: number;
}

/** Which states to list. */
interface StateListOptions {
  /** `spell` (the spell's own and its agents'; the default), `agent`, `session` or `global` */
  scope?: 'run' | 'spell' | 'agent' | 'session' | 'global';
}

/** How values come together. */
interface StateMergeOptions {
  /** For keys that both have: `theirs` (the given value; the default), `ours` (the one there), `deep` (maps inside one another), `concat` (as `deep`, and lists one after the other), or a function of both values and the key that returns one */
  strategy?: 'theirs' | 'ours' | 'deep' | 'concat' | ((...args: any[]) => any);
}

/** How values get from one version of a state's schema to the next. */
interface StateMigration {
  /** The version it leads to, from the one before */
  version: number;
  /** Takes the values and returns those of the new version */
  up: (...args: any[]) => any;
}

/** What a state is. */
interface StateOptions {
  /** What it is called; the same name and scope is the same state */
  name: string;
  /** Who shares it: `run` (gone with the run; the default), `spell` (all runs of this spell), `agent` (those of one agent of this spell), `session` (all runs of the session), or `global` (all spells; has to be granted) */
  scope?: 'run' | 'spell' | 'agent' | 'session' | 'global';
  /** The agent, or its name, for the scope `agent` */
  agent?: string | Agent;
  /** Where it is kept: `memory` for `run`, `sqlite` for the other scopes, `file` with `path` */
  store?: 'memory' | 'file' | 'sqlite';
  /** A file to keep it in, as JSON, instead of a scope */
  path?: string;
  /** Its values where there are none yet */
  initial?: Record<string, any>;
  /** A JSON Schema of all values, or the short form; what does not fit is not written */
  schema?: Record<string, any>;
  /** Of the schema; 1 unless set */
  version?: number;
  /** How values of older versions become those of this one */
  migrations?: StateMigration[];
  /** Changes that are remembered for `undo`; 20 unless set, 1000 at most */
  maxHistory?: number;
  /** Whether this object only reads */
  readonly?: boolean;
}

/** Which state of a name is meant. */
interface StateRemoveOptions {
  /** Its scope; `spell` unless set */
  scope?: 'run' | 'spell' | 'agent' | 'session' | 'global';
  /** The agent, or its name, for the scope `agent` */
  agent?: string | Agent;
}

/** What is masked besides what looks like a key or has a telling name, such as `password`. */
interface StateSanitizeOptions {
  /** More keys whose texts are secret */
  names?: string[];
  /** More texts that are secret: regular expressions */
  patterns?: string[];
}

/** How a state appears as a tool. */
interface StateToolOptions {
  /** What models call it; `state_` and its name unless set */
  name?: string;
  /** What it is for, for models */
  description?: string;
  /** The keys that models can use, dotted paths for parts of values; all unless set */
  keys?: string[];
  /** Whether models may only read; false unless set */
  readonly?: boolean;
}

/** What to make of the values, in this order. */
interface StateTransformOptions {
  /** Keys to keep, others go */
  pick?: string[];
  /** Keys to leave out */
  omit?: string[];
  /** Takes a value and its key; a key for which it does not return true is left out */
  filter?: (...args: any[]) => any;
  /** Takes a value and its key and returns the new value, nothing to leave it out */
  map?: (...args: any[]) => any;
  /** Makes maps within maps one level, keys joined by dots */
  flatten?: boolean;
  /** Masks secrets with `***`; true, or what more to mask */
  sanitize?: boolean | StateSanitizeOptions;
  /** Writes the result to the state as well */
  apply?: boolean;
}

/** What of a state a view shows. */
interface StateViewOptions {
  /** The keys that can be seen, dotted paths for parts of values; all unless set */
  keys?: string[];
  /** Whether it only reads; true unless set */
  readonly?: boolean;
}

/** A team in which one agent gives out the work. */
interface SupervisedTeam {
  /** What logs, errors and other agents call it; `team` unless set */
  name?: string;
  /** What it is good for, for agents that have it as a tool */
  description?: string;
  /** What an agent's failure does: with `fail` it ends the run, with `continue` it is kept among the results and the others go on. Unless set it is `fail`, and `continue` where a supervisor is told of it */
  onError?: 'fail' | 'continue';
  /** How long one run may take */
  timeout?: number | string;
  /** The agent that leads: an agent, its options, or the name of a template */
  supervisor: Agent | Team | AgentOptions | string;
  /** The others: agents, teams, options of agents, or names of templates */
  workers: Array<Agent | Team | AgentOptions | string>;
  /** Tasks that may be given out in one run; 10 unless set */
  maxRounds?: number;
}

/** One agent's vote. */
interface TeamBallot {
  /** Its name in the team */
  agent: string;
  /** What it chose */
  choice?: string;
  /** Why, where it said so */
  reason?: string;
  /** Why its vote does not count */
  error?: string;
}

/** What a team is. */
interface TeamInfo {
  /** Its name */
  name: string;
  /** What it is good for */
  description: string;
  /** How its agents work together */
  kind: 'sequential' | 'parallel' | 'vote' | 'supervisor';
  /** Their names in the team */
  agents: string[];
  /** What an agent's failure does */
  onError: 'fail' | 'continue';
  /** Seconds one run may take */
  timeout?: number | null;
  /** Of a parallel team: what makes one answer, or who */
  merge?: string;
  /** How many work at a time */
  maxConcurrency?: number | null;
  /** Of a vote: what can be chosen */
  options?: string[];
  /** Of a vote: valid votes that are needed */
  quorum?: number;
  /** Of a supervised team: who leads */
  supervisor?: string;
  /** Of a supervised team: tasks that may be given out */
  maxRounds?: number;
}

/** What one agent of a team did. */
interface TeamMemberResult {
  /** Its name in the team */
  agent: string;
  /** Whether it has answered, has failed, or was cancelled */
  status: 'done' | 'failed' | 'cancelled';
  /** What a supervisor asked it */
  task?: string;
  /** Its answer as text */
  text?: string;
  /** Its answer */
  output?: any;
  /** Why it failed */
  error?: string;
  /** The code of its failure */
  code?: string;
  /** What it used */
  usage?: AgentUsage;
  /** US dollars, where the prices are known */
  cost?: number;
  /** Seconds it took */
  duration: number;
}

/** The answer of a team; it acts as its text. */
interface TeamResult {
  /** The answer as text */
  text: string;
  /** The answer */
  output: any;
  /** What all of its agents used */
  usage: AgentUsage;
  /** US dollars, where the prices are known */
  cost: number | null;
  /** The model that was asked last */
  model: string;
  /** What the team was asked and has answered, to be passed to a later run */
  messages: AgentMessage[];
  /** What its agents did */
  steps: AgentStep[];
  /** Seconds it took */
  duration: number;
  /** The team */
  agent: string;
  /** Empty: what its agents hand over stays inside */
  handoffs: HandoffRecord[];
  /** What every agent did */
  results: TeamMemberResult[];
  /** How the vote went, where there was one */
  vote?: TeamVote;
  toString(): string;
}

/** How one run differs from the team's settings. */
interface TeamRunOptions {
  /** The conversation so far, such as the `messages` of an earlier result */
  messages?: AgentMessage[];
  /** How long the run may take */
  timeout?: number | string;
}

/** How a vote went. */
interface TeamVote {
  /** What has won */
  winner: string;
  /** Votes by choice */
  counts: Record<string, number>;
  /** Every agent's vote */
  ballots: TeamBallot[];
  /** Whether several had most votes */
  tied: boolean;
}

/** How much of a conversation stays. */
interface TruncateOptions {
  /** Messages at most */
  messages?: number;
  /** Tokens at most, by the estimate of `max_tokens` */
  tokens?: number;
}

/** A team whose agents vote. */
interface VotingTeam {
  /** What logs, errors and other agents call it; `team` unless set */
  name?: string;
  /** What it is good for, for agents that have it as a tool */
  description?: string;
  /** What an agent's failure does: with `fail` it ends the run, with `continue` it is kept among the results and the others go on. Unless set it is `fail`, and `continue` where a supervisor is told of it */
  onError?: 'fail' | 'continue';
  /** How long one run may take */
  timeout?: number | string;
  /** The voters: agents, teams, options of agents, or names of templates */
  agents: Array<Agent | Team | AgentOptions | string>;
  /** What can be chosen; unless set, answers that are equal but for case and spaces are votes for the same */
  options?: string[];
  /** Valid votes that are needed; 1 unless set */
  quorum?: number;
  /** What happens when several have most votes: the `first` of them wins (so it is unless set), the run fails with `error`, or an agent decides */
  tie?: 'first' | 'error' | Agent | Team;
  /** How many work at a time; all unless set */
  maxConcurrency?: number;
}

/** One way a conditional workflow can go. */
interface WorkflowBranch {
  /** Whether it goes this way: a function, or a condition */
  when: ((...args: any[]) => any) | WorkflowCondition;
  /** The steps, in order */
  steps: WorkflowStep[];
}

/** A condition without a function: what a value of the workflow is like. */
interface WorkflowCondition {
  /** The value's name, such as `steps.rate.output.score`, `state.ready` or `item` */
  path: string;
  /** How it is compared; without it the value must be there and neither false nor null */
  op?: '==' | '!=' | '>' | '>=' | '<' | '<=' | 'in' | 'contains' | 'exists' | 'missing';
  /** What it is compared with */
  value?: any;
}

/** Why something failed. */
interface WorkflowError {
  /** The error's code */
  code: string;
  /** What happened */
  message: string;
  /** What to do about it */
  hint?: string;
  /** The line of the spell that failed, as `file:line`, where that is known */
  at?: string;
}

/** What happens in a run, as it happens. */
interface WorkflowEvent {
  /** `workflow.started`, `step.started`, `step.ended`, `step.failed`, `step.skipped`, `step.retried`, `step.compensated`, `workflow.ended` or `workflow.failed` */
  event: string;
  /** The workflow's name, those around it first: `report/search` */
  workflow: string;
  /** The step's name */
  step?: string;
  /** Of a retry: which try begins */
  attempt?: number;
  /** What was given */
  output?: any;
  /** What went wrong */
  error?: WorkflowError;
  /** Seconds it took */
  duration?: number;
}

/** What a workflow is. */
interface WorkflowInfo {
  /** Its name */
  name: string;
  /** What it is for */
  description: string;
  /** Which kind it is */
  type: string;
  /** Its steps, in order */
  steps: WorkflowStepInfo[];
}

/** What a workflow is. */
interface WorkflowOptions {
  /** What results, events and messages call it; it must be set */
  name?: string;
  /** What it is for */
  description?: string;
  /** Which kind it is; `sequential` unless set */
  type?: 'sequential' | 'parallel' | 'conditional' | 'loop' | 'map_reduce' | 'pipeline';
  /** The steps, of every kind but conditional and map_reduce */
  steps?: WorkflowStep[];
  /** Of a conditional workflow: the first whose `when` holds is taken */
  branches?: WorkflowBranch[];
  /** Of a conditional workflow: the steps where no branch is taken */
  default?: WorkflowStep[];
  /** Of a loop or map_reduce: the list it works through, or a template that gives one */
  items?: any;
  /** Of a loop: whole numbers `from`, `to` (included) and `step` instead of items */
  range?: Record<string, number>;
  /** Of a loop: asked before each round, a function or a condition */
  repeatWhile?: ((...args: any[]) => any) | WorkflowCondition;
  /** Of a loop: asked after each round; the loop ends when it holds */
  repeatUntil?: ((...args: any[]) => any) | WorkflowCondition;
  /** Of a loop: its rounds at most; more is an error; 1000 unless set */
  maxIterations?: number;
  /** Of map_reduce: the step for each item, all at the same time */
  map?: WorkflowStep;
  /** Of map_reduce: the step that makes one output of the list of outputs */
  reduce?: WorkflowStep;
  /** Of parallel and map_reduce: steps that run at a time; 50 unless set */
  maxConcurrency?: number;
  /** Of a parallel workflow, what its output is: `by_name` is a map, `all` a list, `first` what finishes first, and the others are cancelled; `vote` what most gave; or a function */
  merge?: 'by_name' | 'first' | 'all' | 'vote' | ((...args: any[]) => any);
  /** Values of `{{params}}`, where a run does not give them */
  params?: Record<string, any>;
  /** Values of `{{state}}`: a state, read anew for each step, or a map */
  state?: State | Record<string, any>;
  /** How long a run may take */
  timeout?: number | string;
  /** What the failure of a step does that says nothing itself */
  onError?: 'fail' | 'continue' | 'retry' | 'compensate';
}

/** What is wrong with a workflow. */
interface WorkflowProblem {
  /** The place, such as `steps[2].tool` */
  where: string;
  /** What is wrong there */
  message: string;
}

/** How a run went; it acts as its output's text. */
interface WorkflowResult {
  /** The workflow's name */
  name: string;
  /** The output as text */
  text: string;
  /** The output: of the last step, or what the kind of workflow makes of its steps */
  output?: any;
  /** What the steps gave, by name */
  outputs: Record<string, any>;
  /** How it ended; `partial` went on after the failure of a step, in it or deeper inside */
  status: 'done' | 'partial' | 'failed';
  /** How each step went, by name */
  steps: Record<string, WorkflowStepResult>;
  /** What its agents used */
  usage: AgentUsage;
  /** US dollars, where the prices are known */
  cost?: number;
  /** Seconds it took */
  duration: number;
  /** What its events have in common */
  correlation?: string;
  /** Why it failed */
  error?: WorkflowError;
  toString(): string;
}

/** How often a failing step is tried. */
interface WorkflowRetry {
  /** How often at most, the first try included; 3 unless set */
  attempts?: number;
  /** How long to wait before the second try; 0.2 s unless set */
  delay?: number | string;
  /** What the wait is multiplied by after each try; 2 unless set */
  backoff?: number;
  /** The longest wait; 30 s unless set */
  maxDelay?: number | string;
}

/** How one run differs. */
interface WorkflowRunOptions {
  /** Values of `{{params}}` */
  params?: Record<string, any>;
  /** How long the run may take */
  timeout?: number | string;
}

/** One step: a name, and exactly one of `run`, `tool`, `agent`, `workflow`, `spell`. */
interface WorkflowStep {
  /** What results, templates and messages call it: letters, digits, _ and - */
  name: string;
  /** A function of the spell; it gets the context as one map, and gives the step's output */
  run?: (...args: any[]) => any;
  /** A tool or its name */
  tool?: string | Tool;
  /** The tool's arguments or the spell's parameters, a template */
  params?: Record<string, any>;
  /** An agent, its options, or the name of a template */
  agent?: Agent | Team | AgentOptions | string;
  /** What the agent is asked, a template; the workflow's input unless set */
  prompt?: any;
  /** A workflow, or its options; in a workflow file also another one's path */
  workflow?: Workflow | string | Record<string, any>;
  /** What the workflow works on, a template; this workflow's input unless set */
  input?: any;
  /** Another spell's file, in any language, relative to this spell's folder */
  spell?: string;
  /** Whether the step runs at all: a function, or a condition */
  when?: ((...args: any[]) => any) | WorkflowCondition;
  /** How often it is tried at most, or how */
  retry?: number | WorkflowRetry;
  /** How long one try may take */
  timeout?: number | string;
  /** What its failure does: `fail` ends the workflow, `continue` goes on without its output, `retry` tries it three times before it fails, `compensate` undoes the finished steps, newest first, and then fails. The workflow's own `on_error` unless set */
  onError?: 'fail' | 'continue' | 'retry' | 'compensate';
  /** Undoes the step once it has finished: a function, or a step without a name */
  compensate?: ((...args: any[]) => any) | WorkflowUndo;
}

/** What a step is. */
interface WorkflowStepInfo {
  /** Its name */
  name: string;
  /** What it does: run, tool, agent, workflow or spell */
  kind: string;
}

/** How a step went. Of one that ran several times, in a loop: how the last time went. */
interface WorkflowStepResult {
  /** What became of it; `compensated` has finished and was undone */
  status: 'done' | 'failed' | 'skipped' | 'cancelled' | 'compensated';
  /** What it gave */
  output?: any;
  /** Seconds it took, all times together */
  duration: number;
  /** How often it was tried, all times together */
  attempts: number;
  /** What its agents used */
  usage: AgentUsage;
  /** US dollars, where the prices are known */
  cost?: number;
  /** Why it failed */
  error?: WorkflowError;
  /** Why it could not be undone */
  compensationError?: WorkflowError;
  /** Of a workflow: how its steps went, by name */
  steps?: Record<string, any>;
}

/** A step that undoes another one. It does one thing, as a step does. */
interface WorkflowUndo {
  /** A function of the spell */
  run?: (...args: any[]) => any;
  /** A tool or its name */
  tool?: string | Tool;
  /** The tool's arguments or the spell's parameters, a template */
  params?: Record<string, any>;
  /** An agent, its options, or the name of a template */
  agent?: Agent | Team | AgentOptions | string;
  /** What the agent is asked, a template */
  prompt?: any;
  /** A workflow, or its options */
  workflow?: Workflow | string | Record<string, any>;
  /** What the workflow works on, a template */
  input?: any;
  /** Another spell's file */
  spell?: string;
  /** How often it is tried at most, or how */
  retry?: number | WorkflowRetry;
  /** How long one try may take; 60 s unless set */
  timeout?: number | string;
}

/** A model with instructions and tools. */
declare class Agent {
  /** Makes an agent; no model is asked before it runs. */
  constructor(options: AgentOptions);
  /**
   * Makes an agent; no model is asked before it runs.
   * @param options - What the agent is
   * @returns The agent
   */
  static new(options: AgentOptions): Agent;
  /**
   * Returns the agents that the spell has made, in order.
   * @returns The agents
   */
  static list(): Agent[];
  /**
   * Makes an agent from a template.
   * @param name - Name of the template: chat, research, code, data_analyst, planner, orchestrator, or one that `Agent.add_template` added
   * @param changes - How the agent differs from the template; a list replaces the one there is
   * @returns The agent
   */
  static template(name: string, changes?: AgentChanges | null): Agent;
  /**
   * Returns the templates there are: those of the program, then the spell's own.
   * @returns What each is
   */
  static templates(): AgentTemplateInfo[];
  /**
   * Adds a template for the rest of the run, in place of an own one of that name.
   * @param name - Letters, digits, _ and -; not the name of one that comes with the program
   * @param options - What agents made from it are; `based_on` names the template it begins with
   */
  static addTemplate(name: string, options: AgentTemplateOptions): void;
  /**
   * Works on an input until there is an answer.
   * @param input - Text, a list of messages, another agent's answer, or data
   * @param options - How this run differs from the agent's settings
   * @returns The answer
   */
  run(input: any, options?: (AgentRunOptions | null) & Cancellable): Promise<AgentResult>;
  /**
   * Works on an input and gives the text of every step as it arrives.
   * @param input - Text, a list of messages, another agent's answer, or data
   * @param options - How this run differs from the agent's settings
   * @returns The pieces of text; its result is the answer
   */
  stream(input: any, options?: AgentRunOptions | null): Stream<string, AgentResult>;
  /**
   * Works on an input and gives the text of every step as it arrives.
   * @param input - Text, a list of messages, another agent's answer, or data
   * @param options - How this run differs from the agent's settings
   * @returns The pieces of text; its result is the answer
   */
  stream(input: any, receive: (piece: string) => any): Promise<AgentResult>;
  stream(input: any, options: AgentRunOptions | null, receive: (piece: string) => any): Promise<AgentResult>;
  /**
   * Makes the agent a tool of the run, which takes an `input` and gives the answer.
   * @param options - How it appears
   * @returns The tool
   */
  asTool(options?: AgentToolOptions | null): Tool;
  /**
   * Returns the agent's settings.
   * @returns The settings, defaults filled in
   */
  info(): AgentInfo;
  /**
   * Lets the agent hand conversations over, from its next run on; agents may do so in turns.
   * @param handoff - What `Handoff.to` gives, or the agent that takes over
   */
  addHandoff(handoff: Handoff | Agent | Team): void;
  /**
   * Makes another agent like this one.
   * @param changes - How it differs; a list replaces the one there is
   * @returns The new agent
   */
  clone(changes?: AgentChanges | null): Agent;
  /**
   * Has the agent ask another model from its next request on, in a run under way as well.
   *
   * Runs that named a model themselves keep it.
   * @param name - A model's name or alias, or a pool's
   */
  setModel(name: string): void;
}

/** A way for a conversation to go on with another agent; stands in an agent's `handoffs`. */
declare class Handoff {
  private constructor();
  /**
   * Makes a handoff, which can stand in the `handoffs` of other agents.
   * @param agent - Who takes over: an agent or a team
   * @param options - When, and with what
   * @returns The handoff
   */
  static to(agent: Agent | Team, options?: HandoffOptions | null): Handoff;
  /**
   * Hands an input over to one agent and its answer to the next, to the last one.
   * @param handoffs - The handoffs, in order
   * @param input - Text, a list of messages, another agent's answer, or data
   * @param options - The conversation and the state so far
   * @returns The answer of the agent that answered last, with the usage of all
   */
  static chain(handoffs: Handoff[], input: any, options?: (HandoffRunOptions | null) & Cancellable): Promise<AgentResult>;
  /**
   * Hands an input over as an agent would; a refusal is `guardrail_blocked`.
   * @param input - Text, a list of messages, another agent's answer, or data
   * @param options - The conversation and the state so far
   * @returns The answer of the agent that answered last
   */
  run(input: any, options?: (HandoffRunOptions | null) & Cancellable): Promise<AgentResult>;
  /**
   * Returns what the handoff is.
   * @returns Who takes over, and what models are told
   */
  info(): HandoffInfo;
}

/** Agents that work together; wherever an agent is taken, so is a team. */
declare class Team {
  private constructor();
  /**
   * Makes a team whose agents work one after the other, each on the answer of the last.
   * @param options - What the team is
   * @returns The team
   */
  static sequential(options: SequentialTeam): Team;
  /**
   * Makes a team whose agents work on the input at the same time.
   * @param options - What the team is, and how one answer is made of theirs
   * @returns The team
   */
  static parallel(options: ParallelTeam): Team;
  /**
   * Makes a team whose agents vote; the choice with most votes is the answer.
   * @param options - What the team is, what can be chosen, and what happens in a tie
   * @returns The team
   */
  static vote(options: VotingTeam): Team;
  /**
   * Makes a team that one agent leads: it decides which worker does what next.
   * @param options - Who leads, and who works
   * @returns The team
   */
  static supervisor(options: SupervisedTeam): Team;
  /**
   * Has the team work on an input until there is an answer.
   * @param input - Text, a list of messages, another agent's answer, or data
   * @param options - How this run differs from the team's settings
   * @returns The answer, and what every agent did
   */
  run(input: any, options?: (TeamRunOptions | null) & Cancellable): Promise<TeamResult>;
  /**
   * Has the team work on an input and gives the text of its answer as it arrives.
   * @param input - Text, a list of messages, another agent's answer, or data
   * @param options - How this run differs from the team's settings
   * @returns The pieces of text; its result is the answer
   */
  stream(input: any, options?: TeamRunOptions | null): Stream<string, TeamResult>;
  /**
   * Has the team work on an input and gives the text of its answer as it arrives.
   * @param input - Text, a list of messages, another agent's answer, or data
   * @param options - How this run differs from the team's settings
   * @returns The pieces of text; its result is the answer
   */
  stream(input: any, receive: (piece: string) => any): Promise<TeamResult>;
  stream(input: any, options: TeamRunOptions | null, receive: (piece: string) => any): Promise<TeamResult>;
  /**
   * Makes the team a tool of the run, which takes an `input` and gives the answer.
   * @param options - How it appears
   * @returns The tool
   */
  asTool(options?: AgentToolOptions | null): Tool;
  /**
   * Returns what the team is.
   * @returns Its settings, defaults filled in
   */
  info(): TeamInfo;
}

/** Asks language models single questions. For tools and several steps, use Agent. */
declare const LLM: {
  /**
   * Asks a model and waits for the whole answer.
   * @param prompt - The question as text, or all options with `prompt` or `messages` in them
   * @param options - Further options when the question is text
   * @returns The answer, which acts as its text
   */
  complete(prompt: string | LLMOptions, options?: (LLMOptions | null) & Cancellable): Promise<LLMResult>;
  /**
   * Asks a model and gives the answer's text piece by piece as it comes.
   * @param prompt - The question as text, or all options with `prompt` or `messages` in them
   * @param options - Further options when the question is text
   * @returns Pieces of text; the whole answer is the stream's result
   */
  stream(prompt: string | LLMOptions, options?: LLMOptions | null): Stream<string, LLMResult>;
  /**
   * Asks a model and gives the answer's text piece by piece as it comes.
   * @param prompt - The question as text, or all options with `prompt` or `messages` in them
   * @param options - Further options when the question is text
   * @returns Pieces of text; the whole answer is the stream's result
   */
  stream(prompt: string | LLMOptions, receive: (piece: string) => any): Promise<LLMResult>;
  stream(prompt: string | LLMOptions, options: LLMOptions | null, receive: (piece: string) => any): Promise<LLMResult>;
  /**
   * Turns texts into vectors whose nearness is nearness of meaning.
   * @param input - A text, a list of texts, or all options with `input` in them
   * @param options - Further options when the first argument is text
   * @returns The vectors, one for each text
   */
  embed(input: string | string[] | LLMEmbedOptions, options?: (LLMEmbedOptions | null) & Cancellable): Promise<LLMVectors>;
};

/** Says which models there are, what they can do and how well they are, and makes pools. */
declare const Model: {
  /**
   * Lists model names that can be used as they are.
   * @param provider - Only this provider's; without it, those of every provider that has a key
   * @returns Names such as `openai:gpt-5-mini`
   */
  list(provider?: string | null, options?: Cancellable): Promise<string[]>;
  /**
   * Returns what is known of a model.
   * @param name - Model name or alias; without it, the default model
   * @returns Its context window, prices and capabilities
   */
  info(name?: string | null, options?: Cancellable): Promise<ModelInfo>;
  /**
   * Returns the name of the model that answers when none is named.
   * @returns Its full name
   */
  default(): string;
  /**
   * Has another model answer from the next request on where none is named.
   * @param name - A model's name or alias, or a pool's
   */
  setDefault(name: string): void;
  /**
   * Makes a pool of models; `pool:NAME` is a model's name from now on.
   * @param options - What the pool is
   * @returns The pool
   */
  pool(options: ModelPoolOptions): ModelPool;
  /**
   * Tells how well the models that were asked as members of pools have answered.
   * @returns One record a model
   */
  health(): ModelHealth[];
};

/** A tool; it can stand in an agent's list of tools. */
declare class Tool {
  /** Defines a tool; agents and `Tool.call` find it by its name from now on. */
  constructor(options: ToolOptions);
  /**
   * Defines a tool; agents and `Tool.call` find it by its name from now on.
   * @param options - What the tool is
   * @returns The tool
   */
  static new(options: ToolOptions): Tool;
  /**
   * Runs a tool; its arguments are checked first.
   * @param tool - A tool or its name
   * @param arguments_ - The arguments by name
   * @returns What the tool gives
   */
  static call(tool: string | Tool, arguments_?: Record<string, any> | null, options?: Cancellable): Promise<any>;
  /**
   * Returns every tool there is: the built-in ones first.
   * @returns What models are told of each
   */
  static list(): ToolInfo[];
  /**
   * Returns a tool.
   * @param name - Its name
   * @returns The tool; an unknown name is an error with code not_found
   */
  static get(name: string): Tool;
  /**
   * Takes a tool of the spell away; agents that have it keep it.
   * @param name - Its name
   */
  static remove(name: string): void;
  /**
   * Runs the tool; its arguments are checked first.
   * @param arguments_ - The arguments by name
   * @returns What the tool gives
   */
  call(arguments_?: Record<string, any> | null, options?: Cancellable): Promise<any>;
  /**
   * Returns what models are told of the tool.
   * @returns Name, description and parameters
   */
  info(): ToolInfo;
}

/** Rules for what goes in and comes out, and what happens when one is violated. */
declare class Guardrail {
  /** Makes a guardrail of rules. */
  constructor(options: GuardrailOptions);
  /**
   * Makes a guardrail of rules.
   * @param options - What the guardrail is
   * @returns The guardrail
   */
  static new(options: GuardrailOptions): Guardrail;
  /**
   * Makes a guardrail that looks for a regular expression.
   * @param options - The pattern, and the guardrail's settings
   * @returns The guardrail
   */
  static regex(options: GuardrailRegexOptions): Guardrail;
  /**
   * Makes a guardrail that looks for words.
   * @param options - The words, and the guardrail's settings
   * @returns The guardrail
   */
  static words(options: GuardrailWordsOptions): Guardrail;
  /**
   * Makes a guardrail that looks for what tells who somebody is.
   * @param options - What to look for, and the guardrail's settings
   * @returns The guardrail
   */
  static pii(options?: GuardrailPiiOptions | null): Guardrail;
  /**
   * Makes a guardrail that looks for keys, tokens and passwords.
   * @param options - The guardrail's settings
   * @returns The guardrail
   */
  static secrets(options?: GuardrailSecretsOptions | null): Guardrail;
  /**
   * Makes a guardrail for the form of data.
   * @param options - The schema, and the guardrail's settings
   * @returns The guardrail
   */
  static schema(options: GuardrailSchemaOptions): Guardrail;
  /**
   * Makes a guardrail for how long a text is.
   * @param options - The least and the most, and the guardrail's settings
   * @returns The guardrail
   */
  static length(options: GuardrailLengthOptions): Guardrail;
  /**
   * Makes a guardrail for what a text is about; a model judges.
   * @param options - The topics, and the guardrail's settings
   * @returns The guardrail
   */
  static topic(options: GuardrailTopicOptions): Guardrail;
  /**
   * Makes a guardrail that a function decides.
   * @param options - The function, and the guardrail's settings
   * @returns The guardrail
   */
  static custom(options: GuardrailCustomOptions): Guardrail;
  /**
   * Makes one guardrail of several, which look one after the other.
   * @param guardrails - The guardrails; each gets what the one before left
   * @returns The guardrail
   */
  static all(guardrails: Guardrail[]): Guardrail;
  /**
   * Looks at a value and reports; a violation is no error.
   * @param value - Text, or data whose texts are all looked at
   * @param options - What the value is
   * @returns Whether it may be used, the value to use, and what was found
   */
  check(value: any, options?: (GuardrailPlace | null) & Cancellable): Promise<GuardrailReport>;
  /**
   * Looks at a value and returns the one to use.
   * @param value - Text, or data whose texts are all looked at
   * @param options - What the value is
   * @returns The value, redacted where needed; one that may not be used is an error with code guardrail_blocked
   */
  enforce(value: any, options?: (GuardrailPlace | null) & Cancellable): Promise<any>;
  /**
   * Calls a function between two looks: at what it is given and at what it returns.
   * @param fn - Takes the input as far as it may be used
   * @param input - What it is called with
   * @returns What it returned, redacted where needed
   */
  call(fn: (...args: any[]) => any, input?: any, options?: Cancellable): Promise<any>;
  /**
   * Returns what the guardrail is.
   * @returns One map, or one for each guardrail that `Guardrail.all` put together
   */
  info(): GuardrailInfo[];
}

/** Steps that run in an order, with what happens when one fails. */
declare class Workflow {
  /** Makes a workflow; nothing runs yet. */
  constructor(options: WorkflowOptions);
  /**
   * Makes a workflow; nothing runs yet.
   * @param options - What the workflow is
   * @returns The workflow; one that is not sound is an error that lists all that is wrong
   */
  static new(options: WorkflowOptions): Workflow;
  /**
   * Makes a workflow whose steps run one after the other.
   * @param options - What the workflow is
   * @returns The workflow
   */
  static sequential(options: WorkflowOptions): Workflow;
  /**
   * Makes a workflow whose steps run at the same time.
   * @param options - What the workflow is
   * @returns The workflow
   */
  static parallel(options: WorkflowOptions): Workflow;
  /**
   * Makes a workflow that goes one of several ways.
   * @param options - What the workflow is
   * @returns The workflow
   */
  static conditional(options: WorkflowOptions): Workflow;
  /**
   * Makes a workflow whose steps run again and again, and whose output is a list.
   * @param options - What the workflow is
   * @returns The workflow
   */
  static loop(options: WorkflowOptions): Workflow;
  /**
   * Makes a workflow that runs a step for each item at the same time, and one on all outputs.
   * @param options - What the workflow is
   * @returns The workflow
   */
  static mapReduce(options: WorkflowOptions): Workflow;
  /**
   * Makes a workflow each of whose steps has the output of the step before as its input.
   * @param options - What the workflow is
   * @returns The workflow
   */
  static pipeline(options: WorkflowOptions): Workflow;
  /**
   * Begins a workflow that is put together call by call.
   * @param name - Its name
   * @param options - What else it is; its name is not used
   * @returns The builder
   */
  static builder(name: string, options?: WorkflowOptions | null): WorkflowBuilder;
  /**
   * Reads a workflow file; no function can stand in one, but tools, agents, spells can.
   * @param path - A TOML or YAML file, relative to this spell's folder or else to the working directory
   * @returns The workflow; what is wrong with it is an error that names the lines
   */
  static load(path: string, options?: Cancellable): Promise<Workflow>;
  /**
   * Runs the workflow to its end.
   * @param input - What it works on: `{{input}}` in its templates
   * @param options - How this run differs
   * @returns How it went; a failure is an error with code `workflow_failed`, which has the same in `details.record`
   */
  run(input?: any, options?: (WorkflowRunOptions | null) & Cancellable): Promise<WorkflowResult>;
  /**
   * Runs the workflow and tells what happens as it happens.
   * @param input - What it works on: `{{input}}` in its templates
   * @param options - How this run differs
   * @returns What happens; its result is what `run` returns
   */
  stream(input?: any, options?: WorkflowRunOptions | null): Stream<WorkflowEvent, WorkflowResult>;
  /**
   * Runs the workflow and tells what happens as it happens.
   * @param input - What it works on: `{{input}}` in its templates
   * @param options - How this run differs
   * @returns What happens; its result is what `run` returns
   */
  stream(receive: (piece: WorkflowEvent) => any): Promise<WorkflowResult>;
  stream(input: any, receive: (piece: WorkflowEvent) => any): Promise<WorkflowResult>;
  stream(input: any, options: WorkflowRunOptions | null, receive: (piece: WorkflowEvent) => any): Promise<WorkflowResult>;
  /**
   * Checks the workflow again: a tool or a spell may be gone since it was made.
   * @returns What is wrong; nothing where it is sound
   */
  validate(): WorkflowProblem[];
  /**
   * Draws the workflow as a Mermaid flow chart.
   * @param result - A run's result; the steps are coloured by how they went
   * @returns The text of the chart
   */
  diagram(result?: Record<string, any> | null): string;
  /**
   * Returns what the workflow is.
   * @returns Its name, type and steps
   */
  info(): WorkflowInfo;
}

/** Makes policies that go around functions which may fail, be slow, or be called too often. */
declare const Resilience: {
  /**
   * Makes a policy that tries again after failures that may pass.
   * @param options - How often, after which waits, after which errors
   * @returns The policy
   */
  retry(options?: RetryPolicyOptions | null): Policy;
  /**
   * Makes a policy that cancels what takes too long.
   * @param options - How long it may take
   * @returns The policy
   */
  timeout(options: TimeoutPolicyOptions): Policy;
  /**
   * Makes a policy that lets so many calls begin in a time.
   * @param options - How many, and what happens to further ones
   * @returns The policy
   */
  rateLimit(options: RateLimitPolicyOptions): Policy;
  /**
   * Makes a policy that leaves alone for a while what fails again and again.
   * @param options - Which failures open it, and for how long
   * @returns The policy
   */
  circuitBreaker(options?: CircuitBreakerPolicyOptions | null): Policy;
  /**
   * Makes a policy that runs so many calls at a time and has others wait.
   * @param options - How many work, and how many wait
   * @returns The policy
   */
  bulkhead(options: BulkheadPolicyOptions): Policy;
  /**
   * Makes a policy that gives something else where a call fails.
   * @param options - What is given, and for which errors
   * @returns The policy
   */
  fallback(options: FallbackPolicyOptions): Policy;
  /**
   * Makes one policy of several.
   * @param options - The policies, the outermost first
   * @returns The policy
   */
  combine(options: CombinedPolicyOptions): Policy;
  /**
   * Returns a policy that was given a name.
   * @param name - Its name
   * @returns The policy; an unknown name is an error with code not_found
   */
  get(name: string): Policy;
};

/**
 * Reads and writes files under the spell's grants.
 *
 * Paths are relative to the working directory. Only regular files are opened.
 */
declare const File: {
  /**
   * Reads a text file.
   * @param path - File to read
   * @returns The whole text
   */
  read(path: string): string;
  /**
   * Reads a file of any kind.
   * @param path - File to read
   * @returns The whole content
   */
  readBytes(path: string): Uint8Array;
  /**
   * Writes a file, in place of the one that is there: as a whole or not at all.
   * @param path - File to write; its folder must exist
   * @param content - The new content
   */
  write(path: string, content: string | Uint8Array): void;
  /**
   * Adds to the end of a file, and makes it when it is not there.
   * @param path - File to add to; its folder must exist
   * @param content - What to add; nothing is put between it and what is there
   */
  append(path: string, content: string | Uint8Array): void;
  /**
   * Tells whether there is a file or folder.
   * @param path - File or folder to look for
   * @returns Whether it is there
   */
  exists(path: string): boolean;
  /**
   * Returns what is known of a file or folder.
   * @param path - File or folder to look at
   * @returns Its size, kind and date
   */
  info(path: string): FileInfo;
  /**
   * Lists a folder. What may not be read is not listed.
   * @param path - Folder to list
   * @param options - Which names to list, and how deep
   * @returns What is in it, by path
   */
  list(path: string, options?: ListOptions | null): FileInfo[];
  /**
   * Removes a file, a link (not what it points to), or an empty folder.
   * @param path - What to remove
   */
  remove(path: string): void;
  /**
   * Moves a file or folder, or gives it another name.
   * @param path - What to move
   * @param to - Its new path; nothing may be there yet
   */
  move(path: string, to: string): void;
  /**
   * Makes a folder, and the folders above it; one that is there already is left as it is.
   * @param path - Folder to make
   */
  newFolder(path: string): void;
};

/**
 * Makes HTTP requests to hosts the spell is granted.
 *
 * An answer with an error status is an answer, not an error. Private and link-local addresses are
 * reached only when they are granted by name. Proxies of the environment are not used.
 */
declare const Http: {
  /**
   * Gets a resource.
   * @param url - Where it is; http:// or https://
   * @param options - Headers, query, timeout, redirects
   * @returns The answer
   */
  get(url: string, options?: (HttpOptions | null) & Cancellable): Promise<HttpResponse>;
  /**
   * Sends a body.
   * @param url - Where to; http:// or https://
   * @param body - Text and bytes are sent as they are, any other value as JSON
   * @param options - Headers, query, timeout, redirects
   * @returns The answer
   */
  post(url: string, body?: any, options?: (HttpOptions | null) & Cancellable): Promise<HttpResponse>;
  /**
   * Makes any request.
   * @param options - The URL, and what else it takes
   * @returns The answer
   */
  request(options: HttpRequest & Cancellable): Promise<HttpResponse>;
};

/** Reads the environment variables that the spell is granted. */
declare const Env: {
  /**
   * Returns a variable.
   * @param name - Name of the variable
   * @param fallback - Returned when it is not set
   * @returns Its value
   */
  get(name: string, fallback?: string | null): string | null;
  /**
   * Lists the variables that are set and granted.
   * @returns Their names, sorted
   */
  list(): string[];
};

/** Values that are kept under a name; what is read is a copy. */
declare class State {
  /** Makes a state, or finds the one that is there; it is opened when it is first used. */
  constructor(options: StateOptions);
  /**
   * Makes a state, or finds the one that is there; it is opened when it is first used.
   * @param options - What the state is
   * @returns The state
   */
  static new(options: StateOptions): State;
  /**
   * Returns a value of the run's own state.
   * @param key - A name; `a.b` is `b` inside `a`, and so is the list of both
   * @param fallback - Returned where the key is not set
   * @returns A copy of the value
   */
  static get(key: string | string[], fallback?: any, options?: Cancellable): Promise<any>;
  /**
   * Keeps a value in the run's own state, until the run ends.
   * @param key - A name, a dotted path, or a list of names
   * @param value - Plain data; nothing takes the key away
   * @returns The state's new revision
   */
  static set(key: string | string[], value: any, options?: Cancellable): Promise<number>;
  /**
   * Takes a key of the run's own state away.
   * @param key - A name, a dotted path, or a list of names
   * @returns The state's new revision
   */
  static remove(key: string | string[], options?: Cancellable): Promise<number>;
  /**
   * Replaces a value of the run's own state by what a function makes of it.
   * @param key - A name, a dotted path, or a list of names
   * @param change - Takes the value (nothing where there is none) and returns the new one
   * @returns The new value
   */
  static update(key: string | string[], change: (...args: any[]) => any, options?: Cancellable): Promise<any>;
  /**
   * Returns the keys of the run's own state, sorted.
   * @returns The names
   */
  static keys(options?: Cancellable): Promise<string[]>;
  /**
   * Returns all values of the run's own state.
   * @returns A copy
   */
  static all(options?: Cancellable): Promise<Record<string, any>>;
  /**
   * Returns the states that are kept for later runs and that this spell may use.
   * @param options - Which; the spell's own and its agents' unless set
   * @returns What is known of each, by name
   */
  static list(options?: (StateListOptions | null) & Cancellable): Promise<StateInfo[]>;
  /**
   * Removes a state that is kept, with its history; an unknown one is not_found.
   * @param name - Its name
   * @param options - Its scope
   */
  static removeState(name: string, options?: (StateRemoveOptions | null) & Cancellable): Promise<void>;
  /**
   * Returns a value.
   * @param key - A name; `a.b` is `b` inside `a`, and so is the list of both
   * @param fallback - Returned where the key is not set
   * @returns A copy of the value
   */
  get(key: string | string[], fallback?: any, options?: Cancellable): Promise<any>;
  /**
   * Keeps a value; nothing takes the key away.
   * @param key - A name, a dotted path, or a list of names
   * @param value - Plain data
   * @returns The state's new revision
   */
  set(key: string | string[], value: any, options?: Cancellable): Promise<number>;
  /**
   * Takes a key away; one that is not set is fine.
   * @param key - A name, a dotted path, or a list of names
   * @returns The state's new revision
   */
  remove(key: string | string[], options?: Cancellable): Promise<number>;
  /**
   * Tells whether a key is set.
   * @param key - A name, a dotted path, or a list of names
   * @returns Whether it is set
   */
  exists(key: string | string[], options?: Cancellable): Promise<boolean>;
  /**
   * Returns the keys at the top, sorted.
   * @returns The names
   */
  keys(options?: Cancellable): Promise<string[]>;
  /**
   * Returns all values as they are at this moment.
   * @returns A copy
   */
  all(options?: Cancellable): Promise<Record<string, any>>;
  /**
   * Replaces a value by what a function makes of it; nobody's change in between is lost.
   * @param key - A name, a dotted path, or a list of names
   * @param change - Takes the value (nothing where there is none) and returns the new one; it is called again with the newer value where somebody else was quicker
   * @returns The new value
   */
  update(key: string | string[], change: (...args: any[]) => any, options?: Cancellable): Promise<any>;
  /**
   * Keeps a value if the one there is the expected one.
   * @param key - A name, a dotted path, or a list of names
   * @param expected - The value that has to be there; nothing where the key must not be set
   * @param value - The new value; nothing takes the key away
   * @returns Whether it was, and the new value is kept
   */
  compareAndSet(key: string | string[], expected: any, value: any, options?: Cancellable): Promise<boolean>;
  /**
   * Brings values together with those that are there, all at once.
   * @param values - The values by key; a null takes its key away
   * @param options - Whose value counts
   * @returns The state's new revision
   */
  merge(values: Record<string, any>, options?: (StateMergeOptions | null) & Cancellable): Promise<number>;
  /**
   * Takes all keys away; `undo` brings them back.
   * @returns The state's new revision
   */
  clear(options?: Cancellable): Promise<number>;
  /**
   * Returns what leads from other values to these, as JSON Patch; `patch` takes it.
   * @param other - Another state, a map of values, or an older revision of this state
   * @returns The operations: maps with `op`, `path`, `value`, `from`
   */
  diff(other: State | number | Record<string, any>, options?: Cancellable): Promise<Array<Record<string, any>>>;
  /**
   * Applies a JSON Patch (RFC 6902), all of it or nothing.
   * @param operations - Maps with `op` (add, remove, replace, move, copy, test) and `path`
   * @returns The state's new revision
   */
  patch(operations: Array<Record<string, any>>, options?: Cancellable): Promise<number>;
  /**
   * Makes another map of the values: some keys, other values, one level, no secrets.
   * @param options - What to make of them
   * @returns The new values; the state has them only with `apply`
   */
  transform(options: StateTransformOptions & Cancellable): Promise<Record<string, any>>;
  /**
   * Returns the changes that are remembered, newest first.
   * @param options - How many
   * @returns The changes
   */
  history(options?: (StateHistoryOptions | null) & Cancellable): Promise<StateChange[]>;
  /**
   * Takes the last changes back, whoever made them.
   * @param steps - How many
   * @returns The state's new revision
   */
  undo(steps?: number, options?: Cancellable): Promise<number>;
  /**
   * Puts other values in the place of all.
   * @param values - A map of values, such as `all` gave, or an older revision that is remembered
   * @returns The state's new revision
   */
  restore(values: number | Record<string, any>, options?: Cancellable): Promise<number>;
  /**
   * Tells how the values do not fit a schema.
   * @param schema - A JSON Schema, or the short form; the state's own unless given
   * @returns What is wrong, a sentence each, at most five; none where they fit
   */
  validate(schema?: Record<string, any> | null, options?: Cancellable): Promise<string[]>;
  /**
   * Returns what is known of the state without its values.
   * @returns Name, scope, store, version, revision, size …
   */
  metadata(options?: Cancellable): Promise<StateInfo>;
  /**
   * Returns the same state as somebody else may use it: only to read, only some keys.
   * @param options - What it shows
   * @returns The view; what this object may not do, it may not either
   */
  view(options?: StateViewOptions | null): State;
  /**
   * Makes the state a tool of the run, for agents that share it.
   * @param options - How it appears, and what models may do
   * @returns The tool; it takes an `action` (get, all, set, remove), a `key` and a `value`
   */
  asTool(options?: StateToolOptions | null): Tool;
}

/** Reads standard input, which must be UTF-8 text. Nothing is read before the spell asks. */
declare const Stdin: {
  /**
   * Reads all that has not been read yet.
   * @returns The text; empty at the end
   */
  read(options?: Cancellable): Promise<string>;
  /**
   * Reads one line.
   * @returns The line without its end, or nothing at the end of input
   */
  readLine(options?: Cancellable): Promise<string | null>;
  /**
   * Reads line by line, as they arrive.
   * @returns The lines, without their ends
   */
  lines(): Stream<string, null>;
  /**
   * Reads line by line, as they arrive.
   * @returns The lines, without their ends
   */
  lines(receive: (piece: string) => any): Promise<null>;
  /**
   * Reads all of it as JSON.
   * @returns The value
   */
  json(options?: Cancellable): Promise<any>;
  /**
   * Tells whether somebody would have to type the input.
   * @returns Whether standard input is a terminal
   */
  isTerminal(): boolean;
};

/** Writes log lines with fields of its own. */
declare class Logger {
  private constructor();
  /**
   * Writes a line for somebody who follows every step.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, kept apart from the text
   */
  static trace(message: any, fields?: Record<string, any> | null): void;
  /**
   * Writes a line for somebody who looks for a defect.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, kept apart from the text
   */
  static debug(message: any, fields?: Record<string, any> | null): void;
  /**
   * Writes a line that tells what happens.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, kept apart from the text
   */
  static info(message: any, fields?: Record<string, any> | null): void;
  /**
   * Writes a line about something that may be wrong.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, kept apart from the text
   */
  static warn(message: any, fields?: Record<string, any> | null): void;
  /**
   * Writes a line about something that failed.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, kept apart from the text
   */
  static error(message: any, fields?: Record<string, any> | null): void;
  /**
   * Makes a logger that adds fields to every line.
   * @param fields - The fields
   * @returns The logger
   */
  static with(fields: Record<string, any>): Logger;
  /**
   * Sets the least level that is written, for the rest of the run.
   * @param level - trace, debug, info, warn or error
   */
  static setLevel(level: 'trace' | 'debug' | 'info' | 'warn' | 'error'): void;
  /**
   * Tells whether lines of a level are written.
   * @param level - trace, debug, info, warn or error
   * @returns Whether they are
   */
  static isEnabled(level: 'trace' | 'debug' | 'info' | 'warn' | 'error'): boolean;
  /**
   * Runs a function and gives the lines that it writes, and that are written for it.
   * @param fn - Called without arguments; its error is raised as it is, after the log has got the lines that were kept from it
   * @param options - Which lines, and whether the log gets them as well
   * @returns The lines, and what the function returned
   */
  static capture(fn: (...args: any[]) => any, options?: (LogCaptureOptions | null) & Cancellable): Promise<LogCapture>;
  /**
   * Writes captured lines again; levels that are not enabled are left out.
   * @param lines - The lines, as `capture` gives them; at most 10,000
   */
  static replay(lines: LogLine[]): void;
  /**
   * Writes a line for somebody who follows every step.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, beside the logger's own
   */
  trace(message: any, fields?: Record<string, any> | null): void;
  /**
   * Writes a line for somebody who looks for a defect.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, beside the logger's own
   */
  debug(message: any, fields?: Record<string, any> | null): void;
  /**
   * Writes a line that tells what happens.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, beside the logger's own
   */
  info(message: any, fields?: Record<string, any> | null): void;
  /**
   * Writes a line about something that may be wrong.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, beside the logger's own
   */
  warn(message: any, fields?: Record<string, any> | null): void;
  /**
   * Writes a line about something that failed.
   * @param message - Text; another value is written as JSON
   * @param fields - More values, beside the logger's own
   */
  error(message: any, fields?: Record<string, any> | null): void;
  /**
   * Makes a logger that adds these fields to this one's.
   * @param fields - The fields
   * @returns The logger
   */
  with(fields: Record<string, any>): Logger;
  /**
   * Sets the least level that is written, for the rest of the run.
   * @param level - trace, debug, info, warn or error
   */
  setLevel(level: 'trace' | 'debug' | 'info' | 'warn' | 'error'): void;
  /**
   * Tells whether lines of a level are written.
   * @param level - trace, debug, info, warn or error
   * @returns Whether they are
   */
  isEnabled(level: 'trace' | 'debug' | 'info' | 'warn' | 'error'): boolean;
}

/** Measures what a spell does; what models and tools did is measured beside it. */
declare const Metrics: {
  /**
   * Returns a counter; the same name gives the same one.
   * @param name - Letters, digits, `_` and dots, as in `app.requests`
   * @param options - What it is
   * @returns The counter
   */
  counter(name: string, options?: MetricOptions | null): Counter;
  /**
   * Returns a gauge; the same name gives the same one.
   * @param name - Letters, digits, `_` and dots, as in `app.queue`
   * @param options - What it is
   * @returns The gauge
   */
  gauge(name: string, options?: MetricOptions | null): Gauge;
  /**
   * Returns a histogram; the same name gives the same one.
   * @param name - Letters, digits, `_` and dots, as in `app.answer_time`
   * @param options - What it is
   * @returns The histogram
   */
  histogram(name: string, options?: MetricOptions | null): Histogram;
  /**
   * Runs a function and counts the seconds it took, even where it fails.
   * @param name - The histogram that gets the time
   * @param fn - Called without arguments
   * @param options - How the time is noted
   * @returns What the function returned
   */
  timer(name: string, fn: (...args: any[]) => any, options?: (TimerOptions | null) & Cancellable): Promise<any>;
  /**
   * Returns everything measured so far.
   * @returns The metrics, in order of name
   */
  snapshot(): MetricRecord[];
  /**
   * Writes everything measured so far as text.
   * @param format - JSON, or what Prometheus reads, where a histogram is a summary
   * @returns The text
   */
  export(format?: 'json' | 'prometheus'): string;
};

/** Follows what happens in a run as spans, each inside of another. */
declare const Trace: {
  /**
   * Runs a function inside a span; what it starts has the span as its parent.
   * @param name - What the span is called
   * @param fn - Called with the span's names, as `current` gives them
   * @param options - What the span says from the start
   * @returns What the function returned; its error is raised as it is
   */
  span(name: string, fn: (...args: any[]) => any, options?: (TraceOptions | null) & Cancellable): Promise<any>;
  /**
   * Tells which span lasts now; outside of every span it is the run's own.
   * @returns Its names
   */
  current(): TraceContext;
  /**
   * Sets a value of the span that lasts now.
   * @param name - Name of the value
   * @param value - Text, a number, a boolean or a list of those; another value becomes JSON
   */
  setAttribute(name: string, value: any): void;
  /**
   * Sets values of the span that lasts now.
   * @param attributes - The values by name
   */
  setAttributes(attributes: Record<string, any>): void;
  /**
   * Notes in the span that lasts now that something happened.
   * @param name - What happened
   * @param attributes - Values by name
   */
  addEvent(name: string, attributes?: Record<string, any> | null): void;
  /**
   * Returns the spans of the run that have ended, the last 2,000 of them.
   * @returns The spans, in the order in which they ended
   */
  spans(): TraceSpan[];
};

/** Tells about the spell that runs, and runs others. */
declare const Spell: {
  /**
   * Returns what is known of this spell.
   * @returns Its name, file, language and parameters
   */
  info(): SpellRecord;
  /**
   * Runs another spell, in any language, under no more than this spell's grants and budget.
   * @param path - Its file, relative to this spell's folder or else to the working directory
   * @param params - Its parameters
   * @returns The value it returns
   */
  run(path: string, params?: Record<string, any> | null, options?: Cancellable): Promise<any>;
  /**
   * Writes text to standard output, as it is; printing adds a line end.
   * @param text - What to write
   */
  write(text: string): void;
  /**
   * Writes text to standard error, as it is.
   * @param text - What to write; no line end is added
   */
  writeError(text: string): void;
};

/**
 * Tells what happens in the run, and of what spells tell each other.
 *
 * In patterns `*` stands for any characters within one word, `**` for any number of words.
 */
declare const Event: {
  /**
   * Has a function called for every event that matches, one event after the other.
   * @param pattern - Names: `model.ended`, `model.*` for two words of which the first is model, `**` for every event
   * @param fn - Gets the event; what it returns is ignored, and its failure is logged
   * @param options - Which events, and how they are handed over
   * @returns The handler
   */
  on(pattern: string, fn: (...args: any[]) => any, options?: EventOptions | null): EventHandler;
  /**
   * Has a function called for the first event that matches.
   * @param pattern - Names, as for `on`
   * @param fn - Gets the event
   * @param options - Which events, and how they are handed over
   * @returns The handler
   */
  once(pattern: string, fn: (...args: any[]) => any, options?: EventOptions | null): EventHandler;
  /**
   * Takes handlers off.
   * @param handler - What `on` gave, or the pattern of all to take off
   * @returns How many there were
   */
  off(handler: EventHandler | string): number;
  /** Takes every handler of the spell off. */
  clear(): void;
  /**
   * Tells of an event, and waits until its handlers have run.
   *
   * A handler that emits does not wait: what it emits comes after the event it handles.
   * @param name - Lower-case words joined by dots; the first is none of the built-in events'
   * @param data - More about it: text, numbers, lists, maps
   * @param options - More about the event
   */
  emit(name: string, data?: any, options?: (EventEmitOptions | null) & Cancellable): Promise<void>;
  /**
   * Waits for the next event that matches.
   * @param pattern - Names, as for `on`
   * @param options - Which event, and how long to wait
   * @returns The event
   */
  waitFor(pattern: string, options?: (EventWaitOptions | null) & Cancellable): Promise<EventRecord>;
  /**
   * Gives the events that match from now on; it has to be closed where nothing ends it.
   * @param pattern - Names, as for `on`
   * @param options - Which events, as what, and how many
   * @returns The events, or what `map` makes of them; its result is what `reduce` made of all, or how many there were
   */
  stream(pattern: string, options?: EventStreamOptions | null): Stream<any, any>;
  /**
   * Gives the events that match from now on; it has to be closed where nothing ends it.
   * @param pattern - Names, as for `on`
   * @param options - Which events, as what, and how many
   * @returns The events, or what `map` makes of them; its result is what `reduce` made of all, or how many there were
   */
  stream(pattern: string, receive: (piece: any) => any): Promise<any>;
  stream(pattern: string, options: EventStreamOptions | null, receive: (piece: any) => any): Promise<any>;
  /**
   * Runs a function; the events of what it does have a correlation id in common.
   * @param id - The id
   * @param fn - The function
   * @returns What it returned
   */
  correlate(id: string, fn: (...args: any[]) => any, options?: Cancellable): Promise<any>;
  /**
   * Returns the last events of the run, oldest first; 1000 are remembered.
   * @param options - Which of them
   * @returns The events
   */
  history(options?: EventHistoryOptions | null): EventRecord[];
  /**
   * Hands recorded events to handlers and streams once more, marked as `replayed`.
   * @param events - What `history` gave, or text with one event as JSON in each line
   * @param options - How fast
   * @returns How many there were
   */
  replay(events: Array<Record<string, any>> | string, options?: (EventReplayOptions | null) & Cancellable): Promise<number>;
  /**
   * Returns what became of the events of the run.
   * @returns How many there were, and how many handlers were told
   */
  stats(): EventStats;
};

/** A function, or one of the ready hooks, that is asked. */
declare class Hook {
  private constructor();
  /**
   * Has a function asked before something begins.
   * @param point - What it is asked about; `run` is a spell that this one runs, `*` is everything
   * @param fn - Returns nothing; or a map with `request` (parts of it changed), `deny` (why not) or `result` (instead of doing it)
   * @param options - About which of them, and in which order
   * @returns The hook
   */
  static before(point: 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff' | 'run' | '*', fn: (...args: any[]) => any, options?: HookOptions | null): Hook;
  /**
   * Has a function asked when something has ended well.
   * @param point - What it is asked about; `run` is a spell that this one runs, `*` is everything
   * @param fn - Returns nothing; or a map with `result` (instead of the one there is), `retry` (true: once more, 10 times at most) or `deny` (why not)
   * @param options - About which of them, and in which order
   * @returns The hook
   */
  static after(point: 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff' | 'run' | '*', fn: (...args: any[]) => any, options?: HookOptions | null): Hook;
  /**
   * Has a function asked when something has failed.
   * @param point - What it is asked about; `run` is a spell that this one runs, `*` is everything
   * @param fn - Returns nothing; or a map with `result` (instead of the failure), `retry` (true: once more, 10 times at most) or `deny` (another reason)
   * @param options - About which of them, and in which order
   * @returns The hook
   */
  static onError(point: 'model' | 'tool' | 'agent' | 'workflow' | 'step' | 'state' | 'handoff' | 'run' | '*', fn: (...args: any[]) => any, options?: HookOptions | null): Hook;
  /**
   * Writes a line to the log when something has ended or failed.
   * @param options - What, and how
   * @returns The hook
   */
  static logging(options?: HookLoggingOptions | null): Hook;
  /**
   * Counts what ends and fails, and how long it takes; `stats` tells.
   * @param options - What
   * @returns The hook
   */
  static metrics(options?: HookMetricsOptions | null): Hook;
  /**
   * Denies requests to models when a limit is reached; those under way go on.
   * @param options - The limit
   * @returns The hook
   */
  static cost(options: HookCostOptions): Hook;
  /**
   * Lets only so many begin within a time.
   * @param options - The limit
   * @returns The hook
   */
  static rateLimit(options: HookRateOptions): Hook;
  /**
   * Gives the result of an equal request again instead of making it.
   * @param options - Of what, and how long
   * @returns The hook
   */
  static cache(options?: HookCacheOptions | null): Hook;
  /**
   * Takes words and patterns out of requests and results.
   * @param options - What is taken out of what
   * @returns The hook
   */
  static redact(options: HookRedactOptions): Hook;
  /**
   * Takes a hook away.
   * @param hook - The hook
   * @returns Whether it was still there
   */
  static remove(hook: Hook): boolean;
  /** Takes every hook of the spell away. */
  static clear(): void;
  /**
   * Returns the hooks there are, in the order in which they are asked before.
   * @returns What each is
   */
  static list(): HookInfo[];
  /**
   * Takes the hook away.
   * @returns Whether it was still there
   */
  remove(): boolean;
  /**
   * Returns what the hook is.
   * @returns What it is asked about
   */
  info(): HookInfo;
  /**
   * Returns what the hook did so far.
   * @returns How often it was asked, and what a ready hook counts besides
   */
  stats(): HookStats;
}

/** A named group of runs, and of what they keep. */
declare class Session {
  private constructor();
  /**
   * Returns the session that this run has joined.
   * @returns The session; nothing where it has joined none
   */
  static current(options?: Cancellable): Promise<Session | null>;
  /**
   * Joins a session of this spell's; it is made where there is none.
   *
   * What the run keeps from now on is kept in it, unless something else is said.
   * @param name - Its name
   * @param options - What is said of it
   * @returns The session; one that is complete is an error with code invalid_argument
   */
  static start(name: string, options?: (SessionOptions | null) & Cancellable): Promise<Session>;
  /**
   * Joins a session that there is, and opens it again where it is complete.
   * @param name - Its name
   * @returns The session; an unknown name is an error with code not_found
   */
  static resume(name: string, options?: Cancellable): Promise<Session>;
  /**
   * Returns a session without joining it.
   * @param name - Its name
   * @returns The session; an unknown name is an error with code not_found
   */
  static get(name: string, options?: Cancellable): Promise<Session>;
  /**
   * Returns the sessions of this spell, and the one it was run in, the latest first.
   * @returns What is known of each
   */
  static list(options?: Cancellable): Promise<SessionInfo[]>;
  /**
   * Removes a session with all that is kept in it; one that a run is in is not removed.
   * @param name - Its name
   */
  static remove(name: string, options?: Cancellable): Promise<void>;
  /**
   * Returns what is known of it now.
   * @returns Name, status, and what was said of it
   */
  info(options?: Cancellable): Promise<SessionInfo>;
  /**
   * Returns the runs that joined it, oldest first.
   * @returns How each of them went; the latest 10,000
   */
  runs(options?: Cancellable): Promise<SessionRun[]>;
  /**
   * Returns something from its metadata.
   * @param key - What it is called
   * @param fallback - Returned when there is no such key
   * @returns The value
   */
  get(key: string, fallback?: any, options?: Cancellable): Promise<any>;
  /**
   * Changes its metadata.
   * @param key - What it is called
   * @param value - The value; nothing takes the key away
   */
  set(key: string, value: any, options?: Cancellable): Promise<void>;
  /**
   * Notes what this run has used so far, so that it is known even if the run is killed.
   *
   * All else that a session holds is saved as it is made.
   */
  save(options?: Cancellable): Promise<void>;
  /** Marks it as complete: runs join it only where they resume it. */
  complete(options?: Cancellable): Promise<void>;
  /**
   * Returns the states of the scope session that are kept in it.
   * @returns What is known of each, by name
   */
  states(options?: Cancellable): Promise<StateInfo[]>;
  /**
   * Returns the artifacts that are kept in it.
   * @returns What is known of every version, by name
   */
  artifacts(options?: Cancellable): Promise<ArtifactInfo[]>;
  /**
   * Returns the conversations that are kept in it.
   * @returns What is known of each, the latest first
   */
  conversations(options?: Cancellable): Promise<ConversationTitle[]>;
  /**
   * Returns it as JSON: runs, states, conversations, and what is known of artifacts.
   * @returns The text of the document
   */
  export(options?: Cancellable): Promise<string>;
  /** Removes it with all that is kept in it; one that a run is in is not removed. */
  remove(options?: Cancellable): Promise<void>;
}

/** What was said so far, and an agent that answers. */
declare class Conversation {
  /** Begins a conversation; no model is asked before something is said. */
  constructor(options?: ConversationOptions | null);
  /**
   * Begins a conversation; no model is asked before something is said.
   * @param options - What it is
   * @returns The conversation
   */
  static new(options?: ConversationOptions | null): Conversation;
  /**
   * Begins a conversation with what a document holds.
   * @param text - The document, as `export` writes it
   * @param options - What it is
   * @returns The conversation
   */
  static import(text: string, options?: ImportOptions | null): Conversation;
  /**
   * Goes on with a conversation that was saved.
   * @param name - Its name
   * @param options - Which is meant, and what answers
   * @returns The conversation; an unknown name is an error with code not_found
   */
  static load(name: string, options?: (LoadOptions | null) & Cancellable): Promise<Conversation>;
  /**
   * Returns the conversations that were saved, the latest first.
   * @param options - Where; the spell's and the session's unless given
   * @returns What is known of each
   */
  static list(options?: (SaveOptions | null) & Cancellable): Promise<ConversationTitle[]>;
  /**
   * Removes a conversation that was saved.
   * @param name - Its name
   * @param options - Which is meant; looked for in the session first
   */
  static remove(name: string, options?: (SaveOptions | null) & Cancellable): Promise<void>;
  /**
   * Says something and returns the answer; both are part of the conversation then.
   *
   * What is said while an answer is awaited waits its turn. An answer that fails leaves the
   * conversation as it was.
   * @param input - Text, an answer of an agent, or data
   * @param options - How this answer differs from the agent's settings
   * @returns The answer
   */
  say(input: any, options?: (SayOptions | null) & Cancellable): Promise<AgentResult>;
  /**
   * Says something and gives the answer as it arrives.
   *
   * Until the stream has ended, or is closed, whatever else is said waits.
   * @param input - Text, an answer of an agent, or data
   * @param options - How this answer differs from the agent's settings
   * @returns The pieces of text; its result is the answer
   */
  stream(input: any, options?: SayOptions | null): Stream<string, AgentResult>;
  /**
   * Says something and gives the answer as it arrives.
   *
   * Until the stream has ended, or is closed, whatever else is said waits.
   * @param input - Text, an answer of an agent, or data
   * @param options - How this answer differs from the agent's settings
   * @returns The pieces of text; its result is the answer
   */
  stream(input: any, receive: (piece: string) => any): Promise<AgentResult>;
  stream(input: any, options: SayOptions | null, receive: (piece: string) => any): Promise<AgentResult>;
  /**
   * Returns what was said so far.
   * @returns The messages, oldest first
   */
  messages(): AgentMessage[];
  /**
   * Adds a message that nobody answers.
   * @param role - Who speaks
   * @param content - What is said: text, or data
   */
  add(role: 'system' | 'user' | 'assistant', content: any, options?: Cancellable): Promise<void>;
  /**
   * Takes the oldest turns away; instructions stay, and a tool's call and answer together.
   * @param options - How much stays
   * @returns How many messages went
   */
  truncate(options: TruncateOptions & Cancellable): Promise<number>;
  /**
   * Puts a model's summary in the place of all turns but the last.
   * @param options - How the summary is made; as the conversation does unless given
   * @returns The summary; nothing where there was too little to summarize
   */
  summarize(options?: (ConversationSummary | null) & Cancellable): Promise<string | null>;
  /**
   * Makes a conversation that begins like this one and goes its own way.
   * @param at - With how many of the messages it begins; all unless given
   * @returns The new conversation, with the same agent and limits
   */
  branch(at?: number | null): Conversation;
  /**
   * Takes over what another conversation has; what both begin with stays there once.
   * @param other - The other conversation, which stays as it is
   * @param options - How
   */
  merge(other: Conversation, options?: (MergeOptions | null) & Cancellable): Promise<void>;
  /**
   * Returns what the conversation used, and how long it is.
   * @returns Numbers since its beginning, runs before this one included
   */
  usage(): ConversationUsage;
  /**
   * Returns the conversation as a document.
   * @param options - How it is written
   * @returns The text of the document
   */
  export(options?: ExportOptions | null): string;
  /**
   * Keeps the conversation for later runs, in the place of what is kept under the name.
   *
   * One that another run has saved since it was loaded, or saved, here is not replaced: that is
   * an error with code invalid_argument.
   * @param name - Under what name; the conversation's own unless given
   * @param options - Where
   * @returns The name
   */
  save(name?: string | null, options?: (SaveOptions | null) & Cancellable): Promise<string>;
}

/** One version of an artifact. */
declare class Artifact {
  private constructor();
  /**
   * Stores a content; under a name that there is, it becomes the next version.
   * @param content - Text, or bytes
   * @param options - What it is
   * @returns The artifact
   */
  static store(content: string | Uint8Array, options: ArtifactOptions & Cancellable): Promise<Artifact>;
  /**
   * Stores what a file holds; it does not pass the spell, however large it is.
   * @param path - File to read
   * @param options - What it is
   * @returns The artifact
   */
  static fromFile(path: string, options?: (ArtifactFileOptions | null) & Cancellable): Promise<Artifact>;
  /**
   * Returns an artifact.
   * @param name - Its name, or the id of a version
   * @param options - Which version is meant
   * @returns The artifact; an unknown name is an error with code not_found
   */
  static get(name: string, options?: (ArtifactChoice | null) & Cancellable): Promise<Artifact>;
  /**
   * Returns the latest version of every artifact, the latest first; 1,000 at most.
   * @returns What is known of each
   */
  static list(options?: Cancellable): Promise<ArtifactInfo[]>;
  /**
   * Returns the artifacts that are wanted, the latest first.
   * @param options - Which
   * @returns What is known of each
   */
  static query(options: ArtifactQuery & Cancellable): Promise<ArtifactInfo[]>;
  /**
   * Removes an artifact, all versions of it unless one is said.
   * @param name - Its name
   * @param options - Which is meant
   * @returns How many versions were removed
   */
  static remove(name: string, options?: (ArtifactChoice | null) & Cancellable): Promise<number>;
  /**
   * Returns what is known of it.
   * @returns Name, version, type, size and what was said of it
   */
  info(): ArtifactInfo;
  /**
   * Returns the content as text.
   * @returns The whole content, which must be UTF-8
   */
  text(options?: Cancellable): Promise<string>;
  /**
   * Returns the content.
   * @returns The whole content
   */
  bytes(options?: Cancellable): Promise<Uint8Array>;
  /**
   * Gives the content line by line, without line ends.
   * @returns The lines; its result is how many they are
   */
  lines(): Stream<string, number>;
  /**
   * Gives the content line by line, without line ends.
   * @returns The lines; its result is how many they are
   */
  lines(receive: (piece: string) => any): Promise<number>;
  /**
   * Gives the content in pieces.
   * @param options - How it is cut
   * @returns The pieces; its result is how many they are
   */
  stream(options?: ArtifactPieces | null): Stream<Uint8Array, number>;
  /**
   * Gives the content in pieces.
   * @param options - How it is cut
   * @returns The pieces; its result is how many they are
   */
  stream(receive: (piece: Uint8Array) => any): Promise<number>;
  stream(options: ArtifactPieces | null, receive: (piece: Uint8Array) => any): Promise<number>;
  /**
   * Writes the content to a file, as a whole or not at all; it does not pass the spell.
   * @param path - File to write; its folder must exist
   * @returns How many bytes were written
   */
  writeTo(path: string, options?: Cancellable): Promise<number>;
  /**
   * Returns every version there is of it.
   * @returns What is known of each, the latest first
   */
  versions(options?: Cancellable): Promise<ArtifactInfo[]>;
  /**
   * Stores the same content, by the same name, in another scope; nothing is copied.
   * @param scope - session, for every run in the session this run has joined; global, for every spell that is granted it; or spell, to keep for this spell alone what a session has
   * @returns The artifact there
   */
  share(scope: 'spell' | 'session' | 'global', options?: Cancellable): Promise<Artifact>;
  /** Removes this version; what is being read of it can be read to its end. */
  remove(options?: Cancellable): Promise<void>;
}

/** Several models under one name; `pool:NAME` names it wherever a model is named. */
declare class ModelPool {
  private constructor();
  /**
   * Returns what the pool is.
   * @returns Its name, its strategy, its members
   */
  info(): ModelPoolInfo;
  /**
   * Tells how well the members have answered, in this pool or in another.
   * @returns One record a member, in order
   */
  health(): ModelHealth[];
  /** Has members that were left alone be asked again. */
  reset(): void;
}

/** A workflow in the making: each call adds a step, and `build` makes it. */
declare class WorkflowBuilder {
  private constructor();
  /**
   * Adds a step.
   * @param step - What it is
   * @returns The builder
   */
  step(step: WorkflowStep): WorkflowBuilder;
  /**
   * Adds a step that is a sequential workflow, and is called as that is.
   * @param options - What the workflow is
   * @returns The builder
   */
  sequential(options: WorkflowOptions): WorkflowBuilder;
  /**
   * Adds a step that is a pipeline, and is called as that is.
   * @param options - What the pipeline is
   * @returns The builder
   */
  pipeline(options: WorkflowOptions): WorkflowBuilder;
  /**
   * Adds a step that is a parallel workflow, and is called as that is.
   * @param options - What the workflow is
   * @returns The builder
   */
  parallel(options: WorkflowOptions): WorkflowBuilder;
  /**
   * Adds a step that is a conditional workflow, and is called as that is.
   * @param options - What the workflow is
   * @returns The builder
   */
  conditional(options: WorkflowOptions): WorkflowBuilder;
  /**
   * Adds a step that is a loop, and is called as that is.
   * @param options - What the loop is
   * @returns The builder
   */
  loop(options: WorkflowOptions): WorkflowBuilder;
  /**
   * Adds a step that is a map_reduce workflow, and is called as that is.
   * @param options - What the workflow is
   * @returns The builder
   */
  mapReduce(options: WorkflowOptions): WorkflowBuilder;
  /**
   * Makes the workflow; the builder can go on.
   * @returns The workflow
   */
  build(): Workflow;
}

/** A policy that goes around any function; `llmspell.resilience` makes functions of it. */
declare class Policy {
  private constructor();
  /**
   * Runs a function under the policy.
   * @param fn - The function; it may be called once, several times or not at all
   * @param arguments_ - What it is called with
   * @returns What it returned, or what the policy gives instead
   */
  run(fn: (...args: any[]) => any, arguments_?: any[] | null, options?: Cancellable): Promise<any>;
  /**
   * Tells how often the policy was run and how that ended.
   * @returns The counts and the present state
   */
  stats(): PolicyStats;
  /** Sets the counts to zero and closes a circuit breaker; what is at work goes on. */
  reset(): void;
}

/** Counts what only grows. */
declare class Counter {
  private constructor();
  /**
   * Counts on.
   * @param amount - How much, 0 or more
   * @param labels - What it is counted under
   */
  add(amount?: number, labels?: Record<string, string | boolean | number | number> | null): void;
}

/** Holds a value that goes up and down. */
declare class Gauge {
  private constructor();
  /**
   * Sets the value.
   * @param value - The value
   * @param labels - What it is held under
   */
  set(value: number, labels?: Record<string, string | boolean | number | number> | null): void;
  /**
   * Changes the value.
   * @param amount - How much is added; less than 0 takes away
   * @param labels - What it is held under
   */
  add(amount: number, labels?: Record<string, string | boolean | number | number> | null): void;
}

/** Tells how values are distributed. */
declare class Histogram {
  private constructor();
  /**
   * Counts one value.
   * @param value - The value
   * @param labels - What it is counted under
   */
  record(value: number, labels?: Record<string, string | boolean | number | number> | null): void;
}

/** A function that is told of events. */
declare class EventHandler {
  private constructor();
  /**
   * Takes the handler off; events that a batch has gathered are handed over first.
   * @returns Whether it was still there
   */
  off(): boolean;
}
