// Events and cancelling: CustomEvent (`Event` is a noun of llmspell), EventTarget, AbortSignal, AbortController.
(core) => {
  'use strict';
  const { apply, failRun, hide, isObject, mapGet, mapSet, push, put, setAdd, setDelete, setForEach, signals } = core;
  const { startTimer } = core;
  const { Map, Set, TypeError, DOMException, Symbol } = core.classes;
  const MAKER = Symbol();

  class CustomEvent {
    #cancelled = false;

    constructor(type, options) {
      put(this, 'type', `${type}`);
      put(this, 'target', null);
      put(this, 'cancelable', isObject(options) && options.cancelable === true);
      put(this, 'detail', isObject(options) && options.detail !== undefined ? options.detail : null);
    }

    get defaultPrevented() {
      return this.#cancelled;
    }

    preventDefault() {
      if (this.cancelable) this.#cancelled = true;
    }
  }

  class EventTarget {
    #listeners = new Map();

    addEventListener(type, listener, options) {
      if (!isObject(listener)) return;
      let list = mapGet(this.#listeners, type);
      if (list === undefined) mapSet(this.#listeners, type, (list = []));
      for (let i = 0; i < list.length; i++) if (list[i].listener === listener) return;
      push(list, { listener, once: isObject(options) && options.once === true });
    }

    removeEventListener(type, listener) {
      const list = mapGet(this.#listeners, type);
      if (list === undefined) return;
      const kept = [];
      for (let i = 0; i < list.length; i++) if (list[i].listener !== listener) push(kept, list[i]);
      mapSet(this.#listeners, type, kept);
    }

    dispatchEvent(event) {
      put(event, 'target', this);
      const own = this[`on${event.type}`];
      if (typeof own === 'function') report(() => apply(own, this, [event]));
      const list = mapGet(this.#listeners, event.type);
      for (let i = 0; list !== undefined && i < list.length; i++) {
        const { listener, once } = list[i];
        if (once) EventTarget.prototype.removeEventListener.call(this, event.type, listener);
        report(() => {
          if (typeof listener === 'function') apply(listener, this, [event]);
          else listener.handleEvent(event);
        });
      }
      return !event.defaultPrevented;
    }
  }

  /** A listener's error is nobody's to catch: it ends the run. */
  function report(action) {
    try {
      action();
    } catch (error) {
      failRun(error);
    }
  }

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason = undefined;
    #followers = new Set();

    constructor(maker) {
      if (maker !== MAKER) throw new TypeError('an AbortSignal comes from an AbortController');
      super();
    }

    static abort(reason) {
      const controller = new AbortController();
      controller.abort(reason);
      return controller.signal;
    }

    static timeout(milliseconds) {
      const controller = new AbortController();
      startTimer(() => controller.abort(new DOMException('the time is up', 'TimeoutError')), milliseconds, [], false);
      return controller.signal;
    }

    static any(list) {
      const controller = new AbortController();
      for (const signal of list) {
        if (signal.aborted) controller.abort(signal.reason);
        else follow(signal, () => controller.abort(signal.reason));
      }
      return controller.signal;
    }

    get aborted() {
      return this.#aborted;
    }

    get reason() {
      return this.#reason;
    }

    throwIfAborted() {
      if (this.#aborted) throw this.#reason;
    }

    static is(value) {
      return isObject(value) && #followers in value;
    }

    /** Calls `action` when `signal` aborts; returns what undoes that. */
    static follow(signal, action) {
      setAdd(signal.#followers, action);
      return () => {
        setDelete(signal.#followers, action);
      };
    }

    static abortNow(signal, reason) {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException('the operation was aborted', 'AbortError') : reason;
      setForEach(signal.#followers, (action) => action());
      signal.dispatchEvent(new CustomEvent('abort'));
    }
  }
  const { is, follow, abortNow } = AbortSignal;
  for (const name of ['is', 'follow', 'abortNow']) delete AbortSignal[name];
  signals.is = is;
  signals.follow = follow;

  class AbortController {
    #signal = new AbortSignal(MAKER);

    get signal() {
      return this.#signal;
    }

    abort(reason) {
      abortNow(this.#signal, reason);
    }
  }

  for (const Class of [CustomEvent, EventTarget, AbortSignal, AbortController]) {
    hide(Class.prototype, Symbol.toStringTag, Class.name);
  }
  return { CustomEvent, EventTarget, AbortSignal, AbortController };
};
