// The debugger inside a spell's context: what instrumented sources call (see instrument.js), and when to stop.
// A frame is one activation of a function: {fn, l: its point, parent: who called or awaits it, state, e0, e1 …: closures
// that reach its variables}, and when it has waited {back: what was at the top when it went on, waits: what it awaits}.
// Python calls `enter` and blocks in `raw(…, DEBUG, DEBUG_STOPPED)` while the spell is stopped.
(core) => {
  'use strict';
  const {
    apply, defineProperty, errorMap, execPattern, functionText, hide, isObject, keysOf, mapGet, mapSet, matches, push, raw,
    resolved, setAdd, setDelete, slice, stringify, weakGet, weakHas, weakSet, wrongArgument, OPS,
  } = core;
  const { Map, Promise, Set, Symbol, Uint8Array, WeakMap } = core.classes;
  const { DEBUG, DEBUG_ANSWER, DEBUG_EVENT, DEBUG_FAILED, DEBUG_GUARD, DEBUG_STOPPED } = OPS;
  const { fill } = Uint8Array.prototype;
  const { asyncIterator } = Symbol;
  const DONE = 1;
  const WAITING = 2;
  const HANDLER = 4;
  const WAITED = 8;
  const MOST_FRAMES = 200;

  const files = [];
  const fileNumbers = new Map();
  /** Every point by its number: [line, column, scope, file]; every function: {file, index: its place there}. */
  const places = [];
  const owners = [];
  const waiting = new Set();
  const thrownAt = new WeakMap();
  const passedBy = new Map();
  const filters = { __proto__: null, raised: false, uncaught: false };
  let marks = new Uint8Array(1 << 14);
  let top = null;
  let busy = false;
  let goal = -1;
  let lastPrimitive = null;
  let lastTask = 0;
  let action;
  let outcome;
  let asked = null;

  // -- what instrumented sources call

  // Every call of the script's pays for these two.
  const begin = (fn) => (top = { fn, l: -1, parent: top, state: 0, e0: undefined });

  const end = (frame, slots) => {
    frame.e0 = undefined;
    if (frame.state === 0) top = frame.parent;
    else if ((frame.state & WAITING) === 0) top = backOf(frame);
    else setDelete(waiting, frame);
    frame.state |= DONE;
    for (let i = 1; i <= slots; i++) frame[`e${i}`] = undefined;
  };

  const backOf = (frame) => ((frame.state & WAITED) === 0 ? frame.parent : frame.back);

  function suspend(frame, awaited) {
    top = backOf(frame);
    frame.state |= WAITING;
    // What it awaits leads to the suspended function: promises.js says why that has to stay reachable.
    frame.waits = isObject(awaited) && !(awaited instanceof Promise) ? resolved(awaited) : awaited;
    setAdd(waiting, frame);
    return frame.waits;
  }

  function resume(frame, value) {
    if ((frame.state & WAITING) === 0) return value;
    frame.state = (frame.state & ~WAITING) | WAITED;
    setDelete(waiting, frame);
    frame.waits = undefined;
    frame.parent = liveParent(frame);
    frame.back = top;
    top = frame;
    return value;
  }

  /** A generator gives up its closures while it waits: the engine's collector would take it for garbage. */
  function giveWay(frame, value) {
    top = backOf(frame);
    frame.state |= WAITING;
    const names = keysOf(frame);
    for (let i = 0; i < names.length; i++) if (names[i][0] === 'e') frame[names[i]] = undefined;
    return value;
  }

  function takeTurn(frame, value, slot, closure) {
    for (let i = 0; i <= slot; i++) frame[`e${i}`] = closure;
    if (top !== null) frame.parent = top;
    return resume(frame, value);
  }

  /** Tells the waits of `for await`; what is no asynchronous iterable is the language's to handle. */
  function iterate(frame, iterable) {
    const make = iterable === null || iterable === undefined ? undefined : iterable[asyncIterator];
    if (typeof make !== 'function') return iterable;
    const begun = () => {
      const iterator = apply(make, iterable, []);
      if (!isObject(iterator)) return iterator;
      const { next } = iterator;
      if (typeof next !== 'function') return iterator;
      return {
        __proto__: null,
        next: () => suspend(frame, apply(next, iterator, [])),
        get return() {
          const close = iterator.return;
          return close === undefined || close === null ? undefined : () => suspend(frame, apply(close, iterator, []));
        },
      };
    };
    return { __proto__: null, [asyncIterator]: begun };
  }

  function passThrough(frame, error) {
    if ((frame.state & WAITING) !== 0) resume(frame);
    top = frame;
    if ((filters.raised || filters.uncaught) && !busy && !isKnown(error, frame)) {
      if (isObject(error)) weakSet(thrownAt, error, filters.uncaught ? snapshot(frame) : true);
      if (filters.raised) stop('exception', frame, undefined, { error: errorMap(error) });
    }
    return error;
  }

  function reach(frame, closure) {
    if (busy) return;
    top = frame;
    const id = frame.l;
    const hits = breakpoints.hitsAt(id, frame, closure);
    if (hits !== undefined) stop('breakpoint', frame, closure, hits);
    else if (id === goal) stop('goto', frame, closure, {});
    else if (steps.end(frame, id)) stop(steps.reason(), frame, closure, steps.more());
  }

  // -- errors

  /** Whether an error has been seen on its way already; one that is no object is known by its place. */
  function isKnown(error, frame) {
    if (isObject(error)) return weakHas(thrownAt, error);
    const last = lastPrimitive;
    lastPrimitive = { error, frame };
    return last !== null && last.error === error && (last.frame === frame || liveParent(last.frame) === frame);
  }

  /** Copies a stack with what reaches its variables: the frames themselves let go of it when they end. */
  function snapshot(frame) {
    taskOf(frame);
    const copy = (of) => ({ ...of, of });
    const first = copy(frame);
    for (let at = first, i = 0; at.parent !== null && i < MOST_FRAMES; i++) at = at.parent = copy(at.parent);
    return first;
  }

  /** An error ends the run: nobody has caught it. */
  function fail(error) {
    if (busy) return;
    const seen = isObject(error) ? weakGet(thrownAt, error) : undefined;
    const frame = isObject(seen) ? seen : top;
    // What fails before anything has run, as a source that cannot be read, has nothing to show.
    if (frame === null || (!filters.uncaught && (!filters.raised || seen !== undefined))) return;
    stop('exception', frame, undefined, { error: errorMap(error) });
  }

  // -- stopping

  /** Marks the points that are of interest: where to look, or all of them during a step. */
  function arm() {
    apply(fill, marks, [steps.isUnderWay() ? 1 : 0]);
    breakpoints.mark(marks);
    if (goal >= 0) marks[goal] = 1;
  }

  function stop(reason, frame, closure, more) {
    const before = top;
    busy = true;
    steps.clear();
    goal = -1;
    asked = null;
    try {
      inspector.begin(frame, closure);
      const event = { event: 'stopped', reason, task: frame === null ? 0 : taskOf(frame), ...more };
      raw(stringify(event), DEBUG, DEBUG_STOPPED);
    } finally {
      inspector.finish();
      top = before;
      busy = false;
      arm();
    }
    // What was asked for meanwhile: another stop, with the frame that made a call.
    if (asked !== null) stopNow();
  }

  /** A task is known by its outermost frame, or where several share one by its own. */
  function taskOf(frame, isOwn = false) {
    const root = isOwn ? frame : rootOf(frame);
    if (root.task === undefined) root.task = ++lastTask;
    return root.task;
  }

  /** Runs something of the user's so that Python can end it; returns {value} or {error}. */
  function guarded(work) {
    const outer = { action, busy, top };
    action = work;
    outcome = undefined;
    busy = true;
    try {
      raw('', DEBUG, DEBUG_GUARD);
    } finally {
      action = outer.action;
      busy = outer.busy;
      top = outer.top;
    }
    return outcome ?? { error: wrongArgument('it was stopped: it ran too long') };
  }

  function runAction() {
    try {
      outcome = { value: action() };
    } catch (error) {
      outcome = { error };
    }
  }

  const tell = (event) => raw(stringify(event), DEBUG, DEBUG_EVENT);

  const evaluate = (frame, closure, source) => inspector.evaluateIn(frame, closure, source);
  const steps = core.part('steps')({ arm, places, DONE, HANDLER });
  const { liveParent, rootOf } = steps;
  const breakpoints = core.part('breakpoints')({ arm, files, fileNumbers, guarded, places, tell, evaluate });
  const inspector = core.part('inspect')({ liveParent, owners, places, taskOf, waiting, WAITING });

  // -- commands

  const frameOfCall = (call) => {
    const found = call === undefined ? undefined : mapGet(core.calls, call);
    return found === undefined || found.frame === undefined ? null : found.frame;
  };

  /** Stops where the spell computes, or with the stacks of what it waits for. */
  function stopNow() {
    if (asked === null || busy) return;
    const { call, reason, more } = asked;
    stop(reason, frameOfCall(call) ?? top ?? inspector.firstWaiting(), undefined, more);
  }

  const COMMANDS = {
    __proto__: null,
    breakpoints: ({ file, breakpoints: list }) => breakpoints.set(file, list),
    exceptions(command) {
      filters.raised = filters.uncaught = false;
      for (let i = 0; i < command.filters.length; i++) filters[command.filters[i]] = true;
      return {};
    },
    pause({ call, reason = 'pause', text }) {
      const more = text === undefined ? {} : { text };
      asked = { call, reason, more };
      if (!inspector.isStopped() && frameOfCall(call) === null) steps.start('any', null, reason, more);
      arm();
      return {};
    },
    stop_evaluating: () => ({}),
    tasks: () => ({ tasks: inspector.tasks() }),
    evaluate: (command) => inspector.evaluate(command),
  };

  /** What can be asked only while the spell is stopped. */
  const WHILE_STOPPED = {
    __proto__: null,
    continue: () => ({}),
    step({ how }) {
      steps.start(how, inspector.stoppedAt());
      return {};
    },
    run_to({ file, line }) {
      goal = breakpoints.pointAt(file, line);
      return {};
    },
    assign: (command) => inspector.assign(command),
    members: (command) => inspector.members(command),
    scopes: (command) => ({ scopes: inspector.scopes(command.frame) }),
    stack: (command) => ({ frames: inspector.stack(command.task) }),
    variables: (command) => ({ variables: inspector.variables(command) }),
  };
  const GOES_ON = { __proto__: null, continue: true, step: true, run_to: true };

  function obey(command) {
    const { op } = command;
    let answer;
    try {
      let run = COMMANDS[op];
      if (run === undefined) {
        run = WHILE_STOPPED[op];
        if (run === undefined) throw wrongArgument(`the debugger knows no '${op}'`);
        if (!inspector.isStopped()) throw wrongArgument('the spell is running');
      }
      answer = run(command);
    } catch (error) {
      raw(stringify(errorMap(error)), DEBUG, DEBUG_FAILED);
      return;
    }
    raw(stringify(answer), DEBUG, DEBUG_ANSWER, GOES_ON[op] === true);
  }

  // -- files

  /** Takes what instrument.js tells of a file: {name, text, number, base, first, points, functions, …}. */
  function load(told) {
    const { base, first, functions, points } = told;
    const file = { ...told, size: points.length, points: undefined };
    files[told.number] = file;
    mapSet(fileNumbers, told.name, told.number);
    for (let i = 0; i < points.length; i++) {
      push(points[i], file);
      places[base + i] = points[i];
    }
    for (let i = 0; i < functions.length; i++) owners[first + i] = { file, index: i };
    if (places.length > marks.length) {
      marks = new Uint8Array(2 * places.length);
      provide('B', marks);
    }
    tell({ event: 'loaded', file: told.name });
    breakpoints.loaded(file);
    arm();
  }

  function configure({ stop_on_entry, exceptions = [], breakpoints: byFile = {} }) {
    COMMANDS.exceptions({ filters: exceptions });
    const names = keysOf(byFile);
    for (let i = 0; i < names.length; i++) breakpoints.set(names[i], byFile[names[i]]);
    delete core.global.enterDebugger;
    if (stop_on_entry) steps.start('entry', null, 'entry');
    arm();
  }

  const ENTRIES = [obey, runAction, load, stopNow, configure];
  const PREFIX = '$debug_';

  const provide = (name, value) =>
    defineProperty(core.global, PREFIX + name, { __proto__: null, value, enumerable: false, configurable: true });

  const called = {
    B: marks, C: passThrough, D: reach, E: begin, G: takeTurn, I: iterate, L: end, R: resume, W: suspend, Y: giveWay,
  };
  const letters = keysOf(called);
  for (let i = 0; i < letters.length; i++) provide(letters[i], called[letters[i]]);
  hide(core.global, `${PREFIX}v`, undefined);
  hide(core.global, 'enterDebugger', (kind, body) => ENTRIES[kind](body));

  // -- what scripts see of their own text

  const CLASS = /^class\b/;
  const MADE = /\$debug_E\((\d+)\)/;

  /** Returns the text that a function had before it was instrumented. */
  function writtenText(text) {
    let least = -1;
    for (let rest = text, found = execPattern(MADE, rest); found !== null; found = execPattern(MADE, rest)) {
      if (least < 0 || +found[1] < least) least = +found[1];
      rest = slice(rest, found.index + 1);
    }
    if (least < 0) return text;
    const { file, index } = owners[least];
    let range = [file.functions[index][3], file.functions[index][4]];
    if (matches(CLASS, text)) {
      const start = range[0];
      const end = range[1];
      for (let i = 0; i < file.classes.length; i++) {
        if (file.classes[i][0] <= start && file.classes[i][1] >= end) range = file.classes[i];
      }
    }
    return slice(file.text, range[0], range[1]);
  }

  const { toString } = {
    toString() {
      return writtenText(functionText(this));
    },
  };
  hide(core.classes.Function.prototype, 'toString', toString);

  const hooks = core.debug;
  hooks.failing = fail;
  hooks.where = () => (top === null ? undefined : top);
  hooks.passing = (number) => {
    if (top !== null) mapSet(passedBy, number, top);
  };
  /** A function that the host calls belongs to the task that gave it away. */
  hooks.entering = (number) => {
    const giver = mapGet(passedBy, number);
    const above = giver === undefined ? null : (giver.state & DONE) !== 0 ? liveParent(giver) : giver;
    // What stands between them is no frame: it tells a step that the host has called.
    top = above === null ? null : { fn: -1, l: -1, parent: above, state: DONE | HANDLER };
  };
  hooks.left = () => {
    top = null;
  };
  return {};
};
