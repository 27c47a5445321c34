// Tries again when something fails.
//
//     import { retry } from 'llmspell/retry';
//     const page = await retry(() => Http.get(url), { attempts: 5 });

const KNOWN = ['attempts', 'backoff', 'delay', 'retryable'];

/**
 * Calls fn until it succeeds and returns what it returned. An error that says it is not retryable is thrown at once,
 * the last attempt's error after that.
 *
 * attempts: how often to try in all
 * delay: seconds before the second attempt
 * backoff: what each further delay is multiplied by
 * retryable: decides whether to try again after an error
 */
export async function retry(fn, options = {}) {
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key)) throw new TypeError(`retry: '${key}' is not an option; there are ${KNOWN.join(', ')}`);
  }
  const { attempts = 3, delay = 0.5, backoff = 2, retryable = (error) => error?.retryable !== false } = options;
  if (!(attempts >= 1)) throw new TypeError('retry: attempts must be at least 1');
  for (let attempt = 1, wait = delay; ; attempt++, wait *= backoff) {
    try {
      return await fn();
    } catch (error) {
      if (attempt >= attempts || !(await retryable(error))) throw error;
    }
    await Async.sleep(wait);
  }
}

export default retry;
