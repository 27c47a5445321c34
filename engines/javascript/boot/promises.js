// A Promise that stays alive while it is pending.
// The engine's cycle collector frees a suspended async function that only a captured local leads to
// (CVE-2023-48184); as long as every pending promise is reachable, ordinary code never gets there.
const pending = new Set();
const nativeThen = NativePromise.prototype.then;
const then = (promise, onValue, onError) => apply(nativeThen, promise, [onValue, onError]);
const resolved = (value) => apply(NativePromise.resolve, NativePromise, [value]);
const rejected = (error) => apply(NativePromise.reject, NativePromise, [error]);

function TrackedPromise(executor) {
  if (new.target === undefined) throw new TypeErrorClass("Promise must be called with 'new'");
  if (typeof executor !== 'function') throw new TypeErrorClass('Promise needs a function');
  let promise;
  let settled = false;
  const settle = (how, value) => {
    if (promise) setDelete(pending, promise);
    settled = true;
    how(value);
  };
  const start = (resolve, reject) => {
    try {
      executor((value) => settle(resolve, value), (error) => settle(reject, error));
    } catch (error) {
      settle(reject, error);
    }
  };
  promise = construct(NativePromise, [start], new.target === TrackedPromise ? NativePromise : new.target);
  if (!settled) setAdd(pending, promise);
  return promise;
}

const newPromise = (executor) => construct(TrackedPromise, [executor]);

/** Makes a promise with its two ends. */
function deferred(Class) {
  const ends = {};
  put(ends, 'promise', construct(Class, [(resolve, reject) => {
    put(ends, 'resolve', resolve);
    put(ends, 'reject', reject);
  }]));
  return ends;
}

{
  const names = ownKeys(NativePromise);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (name === 'length' || name === 'name') continue;
    if (name === 'prototype') {
      TrackedPromise.prototype = NativePromise.prototype;
      continue;
    }
    const found = getOwnPropertyDescriptor(NativePromise, name);
    const method = found.value;
    if (name === 'withResolvers') {
      found.value = named(name, function () { return deferred(this); });
    } else if (typeof method === 'function') {
      found.value = named(name, function () {
        return apply(method, this === TrackedPromise ? NativePromise : this, arguments);
      });
    }
    defineProperty(TrackedPromise, name, found);
  }
  named('Promise', TrackedPromise);
  hide(global, 'Promise', TrackedPromise);
}
