// Functions under a policy.
//
//     import { wrap } from 'llmspell/resilience';
//     const fetch = wrap(Resilience.retry({ attempts: 5 }), (url) => Http.get(url));
//     const page = await fetch('https://example.org/');

/** Returns a function that runs fn under a policy (or the one of that name) with what it is given. */
export function wrap(policy, fn) {
  const found = typeof policy === 'string' ? Resilience.get(policy) : policy;
  if (typeof fn !== 'function') throw new TypeError(`resilience.wrap: fn must be a function, got ${typeof fn}`);
  return (...args) => found.run(fn, args);
}

export default { wrap };
