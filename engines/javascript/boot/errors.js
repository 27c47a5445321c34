// Errors: the class scripts see, error maps from the host, and what goes back to it.
const CODE = /^[a-z][a-z_]{0,40}$/;
const textOr = (value, fallback) => (typeof value === 'string' ? value : fallback);

/**
 * An error with a stable code.
 * message: what happened
 * options: code, hint, retryable, details, cause
 */
class SpellError extends Error {
  constructor(message, options) {
    super(message, options);
    const given = isObject(options) ? options : {};
    put(this, 'code', textOr(given.code, 'spell_error'));
    put(this, 'hint', textOr(given.hint, ''));
    put(this, 'retryable', given.retryable === true);
    put(this, 'details', isObject(given.details) ? given.details : {});
  }
}
hide(SpellError.prototype, 'name', 'SpellError');
hide(global, 'SpellError', SpellError);

const wrongArgument = (message, hint) => new SpellError(message, { code: 'invalid_argument', hint });

/** Returns the stack of the script line that is calling, without `above` and what it called. */
function siteOf(above) {
  const site = create(null);
  captureStack(site, above);
  return site.stack;
}

/** Makes the error of a host's error map; its stack is where a function failed inside the call, then where that was made. */
function errorFrom(map, stack) {
  const error = new SpellError(textOr(map.message, ''), map);
  hide(error, 'stack', framesText(map.traceback) + textOr(stack, ''));
  return error;
}

/** Writes frames as the engine writes its own. */
function framesText(frames) {
  let text = '';
  for (let i = 0; isArray(frames) && i < frames.length; i++) {
    const { file, line, function: name } = frames[i];
    const place = typeof line === 'number' ? `${file}:${line}` : `${file}`;
    text += typeof name === 'string' && name !== '' && name !== '?' ? `    at ${name} (${place})\n` : `    at ${place}\n`;
  }
  return text;
}

const ABORTS = { __proto__: null, AbortError: 'cancelled', TimeoutError: 'timeout' };

/** Describes anything thrown as an error map with its stack, which Python turns into a traceback. */
function errorMap(error) {
  try {
    if (error instanceof Error || error instanceof DOMException) return describeError(error);
    const message = error === null || error === undefined ? `${error} was thrown` : thrownText(error);
    return { code: 'spell_error', name: 'Error', message, empty: error === null };
  } catch (fault) {
    // null and InternalError are what the engine throws without memory: Python knows whether there was none.
    const empty = fault === null || fault instanceof InternalError;
    return { code: 'spell_error', name: 'Error', message: 'an error that cannot be described', empty };
  }
}

function describeError(error) {
  const map = {
    code: 'spell_error',
    name: toWellFormed(`${error.name}`),
    message: toWellFormed(`${error.message}`),
    stack: toWellFormed(textOr(error.stack, '')),
  };
  if (error instanceof DOMException) map.code = ABORTS[map.name] || map.code;
  if (error instanceof SpellError) {
    describeSpellError(error, map);
  } else if (error instanceof AggregateError && isArray(error.errors)) {
    const list = [];
    for (let i = 0; i < error.errors.length && i < 20; i++) push(list, causeText(error.errors[i]));
    map.details = { errors: list };
  } else if (error.cause !== undefined && error.cause !== null) {
    map.details = { cause: causeText(error.cause) };
  }
  return map;
}

function describeSpellError(error, map) {
  if (typeof error.code === 'string' && matches(CODE, error.code)) map.code = error.code;
  if (typeof error.hint === 'string' && error.hint) map.hint = toWellFormed(error.hint);
  map.retryable = error.retryable === true;
  try {
    map.encodedDetails = encode(error.details, 'details', false);
  } catch {
    map.details = {};
  }
}

const causeText = (cause) =>
  cause instanceof Error ? toWellFormed(`${cause.name}: ${cause.message}`) : thrownText(cause);

function thrownText(value) {
  if (typeof value === 'string') return toWellFormed(value);
  if (!isObject(value)) return String(value);
  const found = stringify(value);
  return typeof found === 'string' ? toWellFormed(found) : functionText(value);
}

/** What parts/debugger.js wants to hear of; undefined without it. */
const debug = {
  __proto__: null, failing: undefined, where: undefined, passing: undefined, entering: undefined, left: undefined,
};

/** Ends the run with an error that nobody can catch any more. */
const failRun = (error) => {
  if (debug.failing !== undefined) debug.failing(error);
  raw(stringify(errorMap(error)), FAIL);
};
