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

declare class Event {
  constructor(type: string, options?: { cancelable?: boolean });
  readonly type: string;
  readonly target: EventTarget | null;
  readonly defaultPrevented: boolean;
  preventDefault(): void;
}
declare class EventTarget {
  addEventListener(type: string, listener: (event: Event) => void, options?: { once?: boolean }): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
  dispatchEvent(event: Event): boolean;
}
declare class AbortSignal extends EventTarget {
  private constructor();
  static abort(reason?: any): AbortSignal;
  static timeout(milliseconds: number): AbortSignal;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((event: Event) => void) | null;
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
  /** Returns the text without the white space around it. */
  export function trim(text: string): string;
  /** Returns the parts between separators; the separator is plain text. */
  export function split(text: string, separator: string): string[];
  /** Returns the lines, without their line ends. */
  export function lines(text: string): string[];
  /** Returns the text cut to at most `size` characters; cut text ends in "…", which counts. */
  export function truncate(text: string, size: number): string;
  /** Returns the text in pieces of at most `size` characters, ended at blank lines, lines or words where it can be. */
  export function chunk(text: string, size: number, overlap?: number): string[];
  /** Returns the text with its lines broken at spaces so that none is wider than `width`. */
  export function wrap(text: string, width: number): string;
  /** Returns the text without the indentation that all its lines share. */
  export function dedent(text: string): string;
}

declare module 'llmspell/retry' {
  export interface RetryOptions {
    /** How often to try in all; 3 unless given. */
    times?: number;
    /** Seconds before the second attempt; 0.5 unless given. */
    delay?: number;
    /** What each further delay is multiplied by; 2 unless given. */
    factor?: number;
    /** Decides whether to try again after an error; by default unless it says it is not retryable. */
    retryable?: (error: any) => boolean | Promise<boolean>;
  }
  /** Calls fn until it succeeds and returns what it returned. */
  export function retry<T>(fn: () => T | Promise<T>, options?: RetryOptions): Promise<T>;
  export default retry;
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
