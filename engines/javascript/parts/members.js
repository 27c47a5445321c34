// What names there are to complete: globals, and the members of a value. Runs neither getters nor proxies.
(core) => {
  'use strict';
  const {
    apply, getOwnPropertyDescriptor, global, hasOwn, indexOf, isArray, isObject, lazy, mapGet, matches, ownKeys, push,
    setAdd, setHas, typedArrayName,
  } = core;
  const { Set } = core.classes;
  const { dataOf, isClass, isProxy, prototypeOf, targetOf } = core.part('values');
  const MAX_MEMBERS = 1000;
  const MAX_LISTED = 10000;
  const MAX_PROTOTYPES = 20;
  const INTERNAL = /^(?:dukpy|call_python|\$debug_.*)$/;

  function kindOf(value) {
    if (value === null) return 'null';
    if (typeof value !== 'function') return typeof value;
    return !isProxy(value) && isClass(value) ? 'class' : 'function';
  }

  /** The value of a global as {value}; undefined where a getter of the user's stands. */
  function globalNamed(name) {
    const found = getOwnPropertyDescriptor(global, name);
    if (found === undefined || hasOwn(found, 'value')) return found;
    const make = mapGet(lazy, name);
    return make !== undefined && make === found.get ? { value: apply(make, global, []) } : undefined;
  }

  /** Follows the names of a path from the value of its first. */
  function follow(first, path) {
    let value = first;
    for (let i = 1; i < path.length; i++) value = dataOf(isObject(value) ? value : prototypeOfPrimitive(value), path[i]);
    return value;
  }

  const prototypeOfPrimitive = (value) =>
    value === undefined || value === null ? undefined : prototypeOf(core.classes.Object(value));

  function ownNames(object) {
    const isList = isArray(object) || typedArrayName(object) !== undefined;
    const names = [];
    const keys = isList && object.length > MAX_LISTED ? ['length'] : ownKeys(object);
    for (let i = 0; i < keys.length; i++) {
      if (typeof keys[i] !== 'string' || indexOf(keys[i], '__') === 0) continue;
      if (!isList || keys[i] < '0' || keys[i] > '9~') push(names, keys[i]);
    }
    return names;
  }

  function globalMembers() {
    const members = [];
    const names = ownKeys(global);
    for (let i = 0; i < names.length && members.length < MAX_MEMBERS; i++) {
      if (typeof names[i] !== 'string' || matches(INTERNAL, names[i])) continue;
      const found = globalNamed(names[i]);
      push(members, { name: names[i], kind: found === undefined ? 'accessor' : kindOf(found.value) });
    }
    return members;
  }

  /** Returns the members of the value at a path that begins with a global; of the globals for an empty one. */
  function members(path) {
    if (path.length === 0) return globalMembers();
    const found = globalNamed(path[0]);
    return membersOf(follow(found && found.value, path));
  }

  /** Returns the members of a value and what it inherits. */
  function membersOf(value) {
    const found = [];
    const seen = new Set();
    let holder = isObject(value) ? targetOf(value) : prototypeOfPrimitive(value);
    for (let i = 0; isObject(holder) && i < MAX_PROTOTYPES; i++) {
      const names = ownNames(holder);
      for (let j = 0; j < names.length && found.length < MAX_MEMBERS; j++) {
        if (setHas(seen, names[j])) continue;
        setAdd(seen, names[j]);
        push(found, { name: names[j], kind: memberKind(holder, names[j]) });
      }
      holder = prototypeOf(holder);
    }
    return found;
  }

  function memberKind(holder, name) {
    try {
      const found = getOwnPropertyDescriptor(holder, name);
      return found !== undefined && hasOwn(found, 'value') ? kindOf(found.value) : 'accessor';
    } catch {
      return 'accessor'; // an export of a module that has not run
    }
  }

  return { follow, globalMembers, globalNamed, kindOf, members, membersOf };
};
