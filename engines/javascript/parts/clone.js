// structuredClone: a deep copy that knows cycles and the language's own containers.
(core) => {
  'use strict';
  const { construct, handles, hide, isArray, isObject, keysOf, mapForEach, mapGet, mapSet, plainBytes, put } = core;
  const { setAdd, setForEach, typedArrayName, weakHas } = core;
  const { Map, Set, Date, RegExp, Error, ArrayBuffer, Object, DOMException, Boolean, Number, String } = core.classes;

  function structuredClone(value) {
    const seen = new Map();
    const refuse = (what) => {
      throw new DOMException(`${what} cannot be cloned`, 'DataCloneError');
    };

    function copyMembers(from, to) {
      mapSet(seen, from, to);
      const names = keysOf(from);
      for (let i = 0; i < names.length; i++) put(to, names[i], copy(from[names[i]]));
      return to;
    }

    function copyContainer(source) {
      if (source instanceof Map) {
        const map = new Map();
        mapSet(seen, source, map);
        mapForEach(source, (item, key) => mapSet(map, copy(key), copy(item)));
        return map;
      }
      const set = new Set();
      mapSet(seen, source, set);
      setForEach(source, (item) => setAdd(set, copy(item)));
      return set;
    }

    function copyBuffer(source) {
      const bytes = plainBytes(source);
      const buffer = new ArrayBuffer(bytes.length);
      plainBytes(buffer).set(bytes);
      return buffer;
    }

    function copyBytes(source) {
      const Class = core.classes[typedArrayName(source)];
      return construct(Class, [copyBuffer(source)]);
    }

    function copyError(source) {
      const error = new Error(source.message);
      hide(error, 'name', source.name);
      hide(error, 'stack', source.stack);
      return copyMembers(source, error);
    }

    function copyInstance(source) {
      if (isArray(source)) {
        const list = [];
        list.length = source.length;
        return copyMembers(source, list);
      }
      if (source instanceof Map || source instanceof Set) return copyContainer(source);
      if (source instanceof Date) return new Date(source - 0);
      if (source instanceof RegExp) return new RegExp(source.source, source.flags);
      if (source instanceof Error) return copyError(source);
      if (source instanceof ArrayBuffer) return copyBuffer(source);
      if (typedArrayName(source) !== undefined) return copyBytes(source);
      if (source instanceof Boolean || source instanceof Number || source instanceof String) {
        return Object(source.valueOf());
      }
      if (weakHas(handles, source)) refuse('a host object');
      return copyMembers(source, {});
    }

    function copy(source) {
      if (typeof source === 'symbol' || typeof source === 'function') refuse(String(source));
      if (!isObject(source)) return source;
      const known = mapGet(seen, source);
      if (known !== undefined) return known;
      const made = copyInstance(source);
      mapSet(seen, source, made);
      return made;
    }

    return copy(value);
  }

  return { structuredClone };
};
