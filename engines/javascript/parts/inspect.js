// A stopped spell looked at: stacks, scopes, variables, and expressions in any frame.
// owners, places, waiting: see debugger.js; frames and references count from 1 and are good until the spell goes on
(core) => (debugged) => {
  'use strict';
  const { liveParent, owners, places, taskOf, waiting, WAITING } = debugged;
  const {
    construct, getOwnPropertyDescriptor, hasOwn, isObject, keysOf, mapForEach, mapGet, mapHas, mapSet, matches, ownKeys,
    push, setAdd, setForEach, setHas, slice, then, wrongArgument,
  } = core;
  const { Function, Map, Promise, Set } = core.classes;
  const { set: assignTo, get: read } = core.classes.Reflect;
  const evaluateGlobally = core.classes.eval;
  const show = core.part('show');
  const completion = core.part('members');
  const LOOK = { depth: 1, width: 1000, items: 10, size: 300 };
  const ANSWER = { depth: 2, width: 80, items: 100, size: 4000 };
  const MOST = 1000;
  const OWN_NAME = /^(?:\$debug_|spell_value_\d)/;
  const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
  const OBJECT = /^\s*\{/;
  const noop = () => {};

  const known = new Set();
  for (const name of ownKeys(core.global)) setAdd(known, name);
  let stopped = null;
  let frames = [];
  let refs = [];
  let tasksById = new Map();

  const begin = (frame, closure) => {
    stopped = { frame, closure };
    frames = [];
    refs = [];
    tasksById = new Map();
    tasks();
  };
  const finish = () => {
    stopped = null;
    frames = refs = [];
  };

  // -- frames and tasks

  const fileOf = (frame) => owners[frame.fn].file;
  const indexOf = (frame) => owners[frame.fn].index;
  const lineOf = (frame) => (frame.l >= 0 ? places[frame.l][0] : fileOf(frame).functions[indexOf(frame)][1]);

  function nameOf(frame) {
    if (indexOf(frame) === 0) return 'top level';
    return fileOf(frame).functions[indexOf(frame)][0] || '(anonymous)';
  }

  /** The frames that wait and of which no other is a part, as far as the engine still needs them. */
  function leaves() {
    const inner = new Set();
    const found = [];
    setForEach(waiting, (frame) => {
      for (let at = liveParent(frame); at !== null; at = liveParent(at)) setAdd(inner, at);
    });
    if (stopped !== null) for (let at = stopped.frame; at !== null; at = liveParent(at)) setAdd(inner, at.of ?? at);
    setForEach(waiting, (frame) => {
      if (!setHas(inner, frame)) push(found, frame);
    });
    return found;
  }

  const firstWaiting = () => leaves()[0] ?? null;

  function tasks() {
    const list = [];
    const add = (leaf) => {
      let root = leaf;
      for (let above = liveParent(root); above !== null; above = liveParent(root)) root = above;
      let id = taskOf(leaf);
      let name = indexOf(root) === 0 ? fileOf(root).name : nameOf(root);
      if (mapGet(tasksById, id) !== undefined && mapGet(tasksById, id) !== leaf) {
        id = taskOf(leaf, true);
        name = `${name}: ${nameOf(leaf)}`;
      }
      mapSet(tasksById, id, leaf);
      push(list, { id, name });
    };
    if (stopped !== null && stopped.frame !== null) add(stopped.frame);
    const others = leaves();
    for (let i = 0; i < others.length; i++) add(others[i]);
    return list;
  }

  function stack(task) {
    const leaf = mapGet(tasksById, task);
    if (leaf === undefined) throw wrongArgument(`there is no task ${task}`);
    const list = [];
    for (let at = leaf; at !== null; at = liveParent(at)) {
      push(frames, at);
      const found = { id: frames.length, name: nameOf(at), file: fileOf(at).name, line: lineOf(at) };
      if (at.l >= 0) found.column = places[at.l][1];
      if (at !== leaf && (at.state & WAITING) !== 0) found.async = true;
      push(list, found);
    }
    return list;
  }

  function frameNumbered(id) {
    const found = frames[id - 1];
    if (found === undefined) throw wrongArgument(`there is no frame ${id}`);
    return found;
  }

  // -- scopes

  /** The scopes around a frame's place, innermost first. */
  function scopesAround(frame) {
    const { scopes } = fileOf(frame);
    let index = frame.l >= 0 ? places[frame.l][2] : -1;
    for (let i = 0; index < 0 && i < scopes.length; i++) {
      if (scopes[i].fn === indexOf(frame) && scopes[i].kind !== 'block') index = i;
    }
    const found = [];
    for (; index >= 0; index = scopes[index].parent) push(found, scopes[index]);
    return found;
  }

  /** Returns the function through which a frame's variables are reached; undefined where there is none. */
  function closureOf(frame) {
    if (stopped !== null && frame === stopped.frame && stopped.closure !== undefined) return stopped.closure;
    const around = scopesAround(frame);
    for (let i = 0; i < around.length && around[i].fn === indexOf(frame); i++) {
      const closure = around[i].eager ? frame[`e${around[i].slot}`] : undefined;
      if (closure !== undefined) return closure;
    }
    return undefined;
  }

  /** Returns {Locals, Closure, File}: the names of each, without those that one further in hides. */
  function namesOf(frame) {
    const found = { __proto__: null, Locals: [], Closure: [], File: [] };
    const seen = new Set();
    const around = scopesAround(frame);
    for (let i = 0; i < around.length; i++) {
      const { fn, names } = around[i];
      const kind = fn === indexOf(frame) ? 'Locals' : fn === 0 ? 'File' : 'Closure';
      for (let j = 0; j < names.length; j++) {
        if (setHas(seen, names[j]) || matches(OWN_NAME, names[j])) continue;
        setAdd(seen, names[j]);
        push(found[kind], names[j]);
      }
    }
    return found;
  }

  function hasThis(closure) {
    try {
      return closure !== undefined && closure('this') !== undefined;
    } catch {
      return false; // a constructor that has not called `super` yet
    }
  }

  const refer = (target) => {
    push(refs, target);
    return refs.length;
  };

  function scopes(id) {
    const frame = frameNumbered(id);
    const closure = closureOf(frame);
    const names = namesOf(frame);
    const list = [];
    const kinds = keysOf(names);
    for (let i = 0; i < kinds.length; i++) {
      const found = closure === undefined ? [] : names[kinds[i]];
      const all = i === 0 && hasThis(closure) ? concat(['this'], found) : found;
      if (i > 0 && all.length === 0) continue;
      push(list, { name: kinds[i], ref: refer({ closure, frame, names: all }), expensive: false });
    }
    push(list, { name: 'Globals', ref: refer({ closure: evaluateGlobally, frame, names: globalNames() }), expensive: true });
    return list;
  }

  function concat(first, second) {
    for (let i = 0; i < second.length; i++) push(first, second[i]);
    return first;
  }

  /** The user's own globals, and what the spell was given. */
  function globalNames() {
    const list = [];
    const names = ownKeys(core.global);
    for (let i = 0; i < names.length; i++) {
      if (typeof names[i] !== 'string' || setHas(known, names[i]) || matches(OWN_NAME, names[i])) continue;
      if (hasOwn(getOwnPropertyDescriptor(core.global, names[i]), 'value')) push(list, names[i]);
    }
    return list;
  }

  // -- variables

  const MAX_NAME = 1000;

  const described = (key, value, frame) => {
    const name = key.length > MAX_NAME ? `${slice(key, 0, MAX_NAME)}…` : key;
    const size = isObject(value) ? show.size(value) : 0;
    const found = { name, text: show.text(value, LOOK), type: show.type(value), ref: size > 0 ? refer({ value, frame }) : 0 };
    const indexed = size > 0 ? show.count(value) : 0;
    return indexed > 0 ? { ...found, indexed, named: size - indexed } : found;
  };

  function variable(closure, name, frame) {
    try {
      return described(name, closure(name), frame);
    } catch {
      return { name, text: '<not yet initialized>', type: '', ref: 0 };
    }
  }

  function variables({ ref, start = 0, count = MOST }) {
    const target = refs[ref - 1];
    if (target === undefined) throw wrongArgument(`there is no reference ${ref}`);
    const { closure, frame, names } = target;
    const most = count > 0 && count < MOST ? count : MOST;
    const list = [];
    if (names !== undefined) {
      for (let i = start; i < names.length && i < start + most; i++) push(list, variable(closure, names[i], frame));
    } else if (target.accessor !== undefined) {
      push(list, described('value', read(target.value, target.accessor), frame));
    } else {
      const parts = show.children(target.value, start, most);
      for (let i = 0; i < parts.length; i++) push(list, part(parts[i], target));
    }
    return list;
  }

  /** A getter is not run: what it gives is its only child. */
  function part(found, { value, frame }) {
    if (found.accessor === undefined) return described(found.name, found.value, frame);
    const ref = refer({ value, frame, accessor: found.name });
    return { name: found.name, text: found.accessor, type: 'accessor', ref };
  }

  // -- expressions

  /** Whether a text that begins with a brace is an object and no block. */
  function isObjectText(source) {
    if (!matches(OBJECT, source)) return false;
    try {
      construct(Function, [`return (${source}\n)`]);
      return true;
    } catch {
      return false;
    }
  }

  const NOWHERE = 'variables cannot be reached here';

  /** Runs the user's text where a frame stands, without awaiting what it gives; in no frame among the globals. */
  function evaluateIn(frame, closure, source) {
    const run = frame === null ? evaluateGlobally : closure ?? closureOf(frame);
    if (run === undefined) throw wrongArgument(NOWHERE);
    return run(isObjectText(source) ? `(${source}\n)` : source);
  }

  function evaluate({ frame: id, source }) {
    const frame = id === undefined || id === null ? null : frameNumbered(id);
    const value = evaluateIn(frame, undefined, source);
    // An evaluation's failed promise is the user's to see and not the spell's end.
    if (value instanceof Promise) then(value, noop, noop);
    return answered(value, frame);
  }

  function answered(value, frame) {
    const { ref, type } = described('', value, frame);
    return { text: show.text(value, ANSWER), type, ref };
  }

  function assign({ ref, name, source }) {
    const target = refs[ref - 1];
    if (target === undefined) throw wrongArgument(`there is no reference ${ref}`);
    const { closure, frame, names } = target;
    if (names !== undefined) {
      if (!matches(IDENTIFIER, name) || name === 'this') throw wrongArgument(`'${name}' cannot be assigned`);
      return answered(closure(`${name} = (${source}\n)`), frame);
    }
    const kind = show.kindOf(target.value);
    if (kind === 'Map' || kind === 'Set') throw wrongArgument(`a ${kind} is changed with its methods`);
    const value = evaluateIn(frame, undefined, `(${source}\n)`);
    if (!assignTo(target.value, target.accessor ?? name, value)) throw wrongArgument(`'${name}' cannot be assigned`);
    return answered(value, frame);
  }

  // -- completion

  function members({ frame: id, path }) {
    const frame = id === undefined || id === null ? null : frameNumbered(id);
    const closure = frame === null ? undefined : closureOf(frame);
    if (closure === undefined) return { members: completion.members(path) };
    const values = valuesIn(frame, closure);
    if (path.length === 0) return { members: variableMembers(values) };
    if (!mapHas(values, path[0])) return { members: completion.members(path) };
    return { members: completion.membersOf(completion.follow(mapGet(values, path[0]), path)) };
  }

  /** The variables that a frame can reach, by name; what is not yet initialized is undefined. */
  function valuesIn(frame, closure) {
    const values = new Map();
    const names = namesOf(frame);
    const groups = keysOf(names);
    for (let i = 0; i < groups.length; i++) {
      const group = names[groups[i]];
      for (let j = 0; j < group.length; j++) {
        let value;
        try {
          value = closure(group[j]);
        } catch {
          // It stands further down.
        }
        mapSet(values, group[j], value);
      }
    }
    return values;
  }

  function variableMembers(values) {
    const list = [];
    mapForEach(values, (value, name) => push(list, { name, kind: completion.kindOf(value) }));
    const globals = completion.globalMembers();
    for (let i = 0; i < globals.length && list.length < MOST; i++) {
      if (!mapHas(values, globals[i].name)) push(list, globals[i]);
    }
    return list;
  }

  return {
    assign, begin, evaluate, evaluateIn, finish, firstWaiting, members, scopes, stack, tasks, variables,
    isStopped: () => stopped !== null,
    stoppedAt: () => stopped.frame,
  };
};
