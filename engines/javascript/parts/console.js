// `console`, and values as text for people, in the manner of Node.
(core) => {
  'use strict';
  const {
    charCodeAt, create, dateText, encode, functionText, getOwnPropertyDescriptor, getPrototypeOf, handles, hasOwn, hide,
    indexOf, isArray, isObject, join, keysOf, mapForEach, matches, patternText, push, raw, records, repeat, setForEach,
    setup, slice, stringify, toWellFormed, typedArrayName, weakGet, weakHas, OPS,
  } = core;
  const {
    ArrayBuffer, Boolean, Date, Error, Map, Number, Object, Promise, RegExp, Set, String, Symbol, WeakMap, WeakSet,
  } = core.classes;
  const MAX_ITEMS = 100;
  const MAX_DEPTH = 2;
  const WIDTH = 72;
  const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
  const CLASS = /^class\b/;
  const OWN_FRAME = /<dukpy>|<llmspell>|^ +at call_python \(native\)$/;

  const quote = (value) => {
    const quoted = stringify(value);
    if (indexOf(value, "'") >= 0) return quoted;
    if (indexOf(value, '"') < 0) return `'${slice(quoted, 1, -1)}'`;
    let text = '';
    for (let i = 1; i < quoted.length - 1; i++) {
      if (quoted[i] === '\\' && quoted[++i] !== '"') text += '\\';
      text += quoted[i];
    }
    return `'${text}'`;
  };

  const nameOf = (value) => {
    const found = getPrototypeOf(value);
    if (found === null) return 'null';
    const maker = getOwnPropertyDescriptor(found, 'constructor');
    if (maker === undefined || typeof maker.value !== 'function') return 'Object';
    const name = getOwnPropertyDescriptor(maker.value, 'name');
    return name !== undefined && typeof name.value === 'string' ? name.value : 'Object';
  };

  function primitive(value, nested) {
    switch (typeof value) {
      case 'string':
        return nested ? quote(value) : value;
      case 'bigint':
        return `${value}n`;
      case 'number':
        return value === 0 && 1 / value < 0 ? '-0' : `${value}`;
      default:
        return String(value);
    }
  }

  function functionLabel(value) {
    const found = getOwnPropertyDescriptor(value, 'name');
    const name = found !== undefined && typeof found.value === 'string' ? found.value : '';
    const kind = matches(CLASS, functionText(value)) ? 'class' : 'Function';
    if (kind === 'class') return `[class ${name || '(anonymous)'}]`;
    return name ? `[Function: ${name}]` : '[Function (anonymous)]';
  }

  function errorText(error) {
    const stack = typeof error.stack === 'string' ? error.stack : '';
    let text = `${error.name}: ${error.message}`;
    for (let from = 0; from < stack.length; ) {
      const end = indexOf(stack, '\n', from) < 0 ? stack.length : indexOf(stack, '\n', from);
      const frame = slice(stack, from, end);
      if (!matches(OWN_FRAME, frame)) text += `\n${frame}`;
      from = end + 1;
    }
    return text;
  }

  /** Lays parts out on one line, or on one each when that is too long. */
  function layOut(parts, open, close, prefix, indent) {
    if (parts.length === 0) return `${prefix}${open}${close}`;
    let length = prefix.length + indent;
    let lines = false;
    for (let i = 0; i < parts.length; i++) {
      length += parts[i].length + 2;
      lines = lines || indexOf(parts[i], '\n') >= 0;
    }
    if (length <= WIDTH && !lines) return `${prefix}${open} ${join(parts, ', ')} ${close}`;
    const inner = `\n${repeat(' ', indent + 2)}`;
    return `${prefix}${open}${inner}${join(parts, `,${inner}`)}\n${repeat(' ', indent)}${close}`;
  }

  function member(object, key, state) {
    const found = getOwnPropertyDescriptor(object, key);
    if (found === undefined) return 'undefined';
    if (hasOwn(found, 'value')) return show(found.value, state, true);
    if (found.get !== undefined) return found.set === undefined ? '[Getter]' : '[Getter/Setter]';
    return '[Setter]';
  }

  const keyText = (key) => {
    if (typeof key === 'symbol') return `[${String(key)}]`;
    return matches(IDENTIFIER, key) ? key : quote(key);
  };

  function addMembers(parts, object, state, skipIndexes) {
    const keys = keysOf(object);
    for (let i = 0; i < keys.length; i++) {
      if (skipIndexes && charCodeAt(keys[i], 0) < 58 && charCodeAt(keys[i], 0) > 47) continue;
      push(parts, `${keyText(keys[i])}: ${member(object, keys[i], state)}`);
    }
  }

  function addItems(parts, list, state) {
    const { length } = list;
    let holes = 0;
    const endHoles = () => {
      if (holes) push(parts, `<${holes} empty item${holes > 1 ? 's' : ''}>`);
      holes = 0;
    };
    for (let i = 0; i < length && i < MAX_ITEMS; i++) {
      if (!hasOwn(list, i)) {
        holes++;
        continue;
      }
      endHoles();
      push(parts, member(list, i, state));
    }
    endHoles();
    if (length > MAX_ITEMS) push(parts, `... ${length - MAX_ITEMS} more items`);
  }

  function collection(value, state, deeper) {
    const parts = [];
    const size = { count: 0 };
    const add = (item) => {
      if (size.count++ < MAX_ITEMS) push(parts, item());
    };
    if (value instanceof Map) {
      mapForEach(value, (item, key) => add(() => `${show(key, deeper, true)} => ${show(item, deeper, true)}`));
    } else {
      setForEach(value, (item) => add(() => show(item, deeper, true)));
    }
    if (size.count > MAX_ITEMS) push(parts, `... ${size.count - MAX_ITEMS} more items`);
    return layOut(parts, '{', '}', `${value instanceof Map ? 'Map' : 'Set'}(${size.count}) `, state.indent);
  }

  /** Objects that are one word or line; undefined for the rest. */
  function simple(value) {
    if (value instanceof Error) return errorText(value);
    if (value instanceof RegExp) return patternText(value);
    if (value instanceof Date) return value - value === 0 ? dateText(value) : 'Invalid Date';
    if (value instanceof Promise) return 'Promise { … }';
    if (value instanceof WeakMap || value instanceof WeakSet) return `${nameOf(value)} { <items unknown> }`;
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return `[${nameOf(value)}: ${primitive(value.valueOf(), true)}]`;
    }
    const handle = weakGet(handles, value);
    return handle === undefined ? undefined : `${handle.noun} {}`;
  }

  function compound(value, state) {
    const deeper = { seen: state.seen, depth: state.depth + 1, indent: state.indent + 2 };
    if (value instanceof Map || value instanceof Set) return collection(value, state, deeper);
    const parts = [];
    const kind = typedArrayName(value);
    if (isArray(value) || kind !== undefined) {
      addItems(parts, value, deeper);
      addMembers(parts, value, deeper, true);
      const name = kind === undefined ? nameOf(value) : kind;
      const prefix = name === 'Array' ? '' : `${name}(${value.length}) `;
      return layOut(parts, '[', ']', prefix, state.indent);
    }
    addMembers(parts, value, deeper, false);
    const name = value instanceof ArrayBuffer ? 'ArrayBuffer' : nameOf(value);
    const prefix = name === 'Object' ? '' : name === 'null' ? '[Object: null prototype] ' : `${name} `;
    return layOut(parts, '{', '}', prefix, state.indent);
  }

  function show(value, state, nested) {
    if (!isObject(value)) return primitive(value, nested);
    if (typeof value === 'function') return functionLabel(value);
    if (!nested && weakHas(records, value)) return String(value);
    const found = simple(value);
    if (found !== undefined) return found;
    for (let i = 0; i < state.seen.length; i++) if (state.seen[i] === value) return '[Circular]';
    if (state.depth > MAX_DEPTH) return isArray(value) ? '[Array]' : `[${nameOf(value)}]`;
    push(state.seen, value);
    const text = compound(value, state);
    state.seen.length--;
    return text;
  }

  function inspect(value, nested) {
    try {
      return show(value, { seen: [], depth: 0, indent: 0 }, nested);
    } catch {
      return '[an object that cannot be shown]';
    }
  }

  function directive(letter, value) {
    switch (letter) {
      case 's':
        return typeof value === 'string' ? value : inspect(value, false);
      case 'd':
        return typeof value === 'object' ? 'NaN' : `${Number(value)}`;
      case 'i':
        return `${Number(value) - (Number(value) % 1)}`;
      case 'f':
        return `${Number(value)}`;
      case 'j':
        return stringify(value);
      default:
        return inspect(value, true);
    }
  }

  /** Puts console arguments together: `%s %d %i %f %j %o %O %%` in a first text, then the rest. */
  function format(args) {
    let text = '';
    let next = 0;
    if (args.length > 1 && typeof args[0] === 'string' && indexOf(args[0], '%') >= 0) {
      next = 1;
      const source = args[0];
      for (let i = 0; i < source.length; i++) {
        const letter = source[i] === '%' ? source[i + 1] : undefined;
        if (letter === '%') {
          text += '%';
          i++;
        } else if (letter !== undefined && indexOf('sdifjoO', letter) >= 0 && next < args.length) {
          text += directive(letter, args[next++]);
          i++;
        } else {
          text += source[i];
        }
      }
    }
    for (; next < args.length; next++) text += `${next ? ' ' : ''}${inspect(args[next], false)}`;
    return toWellFormed(text);
  }

  const print = (text) => {
    // The fast way ends at a NUL.
    if (indexOf(text, '\u0000') < 0) raw(text, OPS.PRINT);
    else raw('', OPS.PRINT, text);
  };
  const printError = (text) => {
    if (setup.writeError === null) print(text);
    else raw(encode([setup.writeError, [text]], 'console', false), OPS.CALL_NOTE);
  };

  const state = { indent: '' };
  const line = (args) => {
    const text = args.length === 1 && typeof args[0] === 'string' ? toWellFormed(args[0]) : format(args);
    if (state.indent === '') return `${text}\n`;
    let out = state.indent;
    for (let i = 0; i < text.length; i++) out += text[i] === '\n' ? `\n${state.indent}` : text[i];
    return `${out}\n`;
  };

  const console = create(Object.prototype);
  const define = (name, method) => hide(console, name, method);
  for (const name of ['log', 'info', 'debug']) {
    define(name, { [name](...args) { print(line(args)); } }[name]);
  }
  for (const name of ['warn', 'error', 'trace']) {
    define(name, { [name](...args) { printError(line(args)); } }[name]);
  }
  define('dir', (value) => print(line([inspect(value, true)])));
  define('assert', (condition, ...args) => {
    if (!condition) printError(`Assertion failed${args.length ? `: ${format(args)}` : ''}\n`);
  });
  define('group', (...args) => {
    if (args.length) print(line(args));
    state.indent += '  ';
  });
  define('groupEnd', () => {
    state.indent = slice(state.indent, 2);
  });
  hide(console, Symbol.toStringTag, 'console');
  return { console };
};
