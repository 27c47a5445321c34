// Values as text for people, in the manner of Node: what the console, the REPL and the debugger show.
// Nothing of the script's runs on the way, neither getters nor proxies nor methods: only data properties are read.
(core) => {
  'use strict';
  const {
    apply, charCodeAt, dateNumber, dateText, getOwnPropertyDescriptor, handles, hasOwn, indexOf, isArray, isObject, join,
    keysOf, look, mapEntries, mapSize, matches, nextEntry, nextItem, ownKeys, patternText, push, repeat, setSize,
    setValues, slice, stringify, toWellFormed, typedArrayName, weakGet, OPS,
  } = core;
  const { Function, String } = core.classes;
  const values = core.part('values');
  const { accessorText, className, isClass, isProxy, kindOf, prototypeOf, shownKeys, textOf } = values;
  const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
  const OWN_FRAME = /<dukpy>|<llmspell>|^ +at call_python \(native\)$/;
  const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
  const MAX_STRING = 10000;
  const MAX_HOLES = 10000;
  const DEEPEST = 20;

  // -- words

  /** Escapes what a terminal would obey; line ends stay. */
  function clean(text) {
    if (!matches(CONTROL, text)) return toWellFormed(text);
    let out = '';
    for (let i = 0; i < text.length; i++) out += matches(CONTROL, text[i]) ? escaped(charCodeAt(text, i)) : text[i];
    return toWellFormed(out);
  }

  function escaped(code) {
    const DIGITS = '0123456789abcdef';
    let out = '';
    for (let rest = code; rest > 0; rest = (rest - (rest % 16)) / 16) out = DIGITS[rest % 16] + out;
    return code < 256 ? `\\x${slice(`0${out}`, -2)}` : `\\u${slice(`000${out}`, -4)}`;
  }

  function quote(text) {
    const quoted = clean(stringify(text));
    if (indexOf(quoted, "'") >= 0) return quoted;
    if (indexOf(quoted, '\\"') < 0) return `'${slice(quoted, 1, -1)}'`;
    let out = '';
    for (let i = 1; i < quoted.length - 1; i++) {
      if (quoted[i] === '\\' && quoted[++i] !== '"') out += '\\';
      out += quoted[i];
    }
    return `'${out}'`;
  }

  function quoteStart(text, most) {
    if (text.length <= most) return quote(text);
    return `${quote(slice(text, 0, most))}… ${text.length - most} more characters`;
  }

  function primitive(value) {
    switch (typeof value) {
      case 'bigint':
        return `${value}n`;
      case 'number':
        return value === 0 && 1 / value < 0 ? '-0' : `${value}`;
      default:
        return clean(String(value));
    }
  }

  const keyText = (key) => {
    if (typeof key === 'symbol') return `[${clean(String(key))}]`;
    return matches(IDENTIFIER, key) ? key : quoteStart(key, 200);
  };

  function functionLabel(fn) {
    const name = clean(textOf(fn, 'name'));
    if (isClass(fn)) {
      const above = prototypeOf(fn);
      const parent = typeof above === 'function' && above !== Function.prototype ? textOf(above, 'name') : '';
      return `[class ${name || '(anonymous)'}${parent && ` extends ${clean(parent)}`}]`;
    }
    return name ? `[Function: ${name}]` : '[Function (anonymous)]';
  }

  function errorText(error) {
    const stack = textOf(error, 'stack');
    const name = textOf(error, 'name');
    const message = textOf(error, 'message');
    let text = name && message ? `${name}: ${message}` : name || message || 'Error';
    for (let from = 0; from < stack.length; ) {
      const end = indexOf(stack, '\n', from) < 0 ? stack.length : indexOf(stack, '\n', from);
      const frame = slice(stack, from, end);
      if (frame !== '' && !matches(OWN_FRAME, frame)) text += `\n${frame}`;
      from = end + 1;
    }
    return clean(text);
  }

  // -- layout. A state is where in the text a value stands: {indent, depth, seen, limits, left: {characters}}

  const deeperThan = (state) => ({ __proto__: state, depth: state.depth + 1, indent: state.indent + 2 });

  /** Lays parts out on one line, or on one each when that is too long; short ones of a list share lines. */
  function layOut(parts, brackets, prefix, state, isList) {
    const open = brackets[0];
    const close = brackets[1];
    if (parts.length === 0) return `${prefix}${open}${close}`;
    let length = prefix.length + state.indent + 2;
    let longest = 0;
    let lines = false;
    for (let i = 0; i < parts.length; i++) {
      length += parts[i].length + 2;
      if (parts[i].length > longest) longest = parts[i].length;
      lines = lines || indexOf(parts[i], '\n') >= 0;
    }
    if (length <= state.limits.width && !lines) return `${prefix}${open} ${join(parts, ', ')} ${close}`;
    const inner = `\n${repeat(' ', state.indent + 2)}`;
    const rows = isList && !lines && longest <= 16 ? shareLines(parts, state) : parts;
    return `${prefix}${open}${inner}${join(rows, `,${inner}`)}\n${repeat(' ', state.indent)}${close}`;
  }

  function shareLines(parts, state) {
    const rows = [];
    let row = parts[0];
    for (let i = 1; i < parts.length; i++) {
      if (state.indent + 2 + row.length + parts[i].length + 3 > state.limits.width) {
        push(rows, row);
        row = parts[i];
      } else {
        row += `, ${parts[i]}`;
      }
    }
    push(rows, row);
    return rows;
  }

  /** Adds parts made by `make(index)` until `count`, the limit, or the end of the room; then how many are missing. */
  function addSome(parts, count, state, make) {
    let i = 0;
    for (; i < count && i < state.limits.items && state.left.characters > 0; i++) push(parts, make(i));
    if (i < count) push(parts, `… ${count - i} more`);
  }

  function memberText(object, key, state) {
    let found;
    try {
      found = getOwnPropertyDescriptor(object, key);
    } catch {
      return '<not yet initialized>'; // an export of a module that has not run
    }
    if (found === undefined) return 'undefined';
    return hasOwn(found, 'value') ? show(found.value, state) : accessorText(found);
  }

  function addMembers(parts, object, state, isList) {
    const keys = shownKeys(object, isList);
    addSome(parts, keys.length, state, (i) => `${keyText(keys[i])}: ${memberText(object, keys[i], state)}`);
  }

  function addItems(parts, list, state) {
    const { length } = list;
    let at = 0;
    let shown = 0;
    for (; at < length && shown < state.limits.items && state.left.characters > 0; shown++) {
      const from = at;
      while (at < length && at - from < MAX_HOLES && !hasOwn(list, at)) at++;
      if (at > from) push(parts, `<${at - from} empty item${at - from > 1 ? 's' : ''}>`);
      else push(parts, memberText(list, at++, state));
      if (at - from === MAX_HOLES) break;
    }
    if (at < length) push(parts, `… ${length - at} more`);
  }

  // -- values

  /** Objects that are one word or line; undefined for the rest. */
  function simple(value, kind) {
    switch (kind) {
      case 'RegExp':
        return clean(patternText(value));
      case 'Date':
        return dateNumber(value) - dateNumber(value) === 0 ? dateText(value) : 'Invalid Date';
      case 'WeakMap':
      case 'WeakSet':
      case 'WeakRef':
        return `${kind} { <items unknown> }`;
      case 'String':
      case 'Number':
      case 'Boolean':
        return boxed(value, kind);
      default:
        return undefined;
    }
  }

  function boxed(value, kind) {
    try {
      const found = apply(core.classes[kind].prototype.valueOf, value, []);
      return `[${kind}: ${typeof found === 'string' ? quote(found) : primitive(found)}]`;
    } catch {
      return `${kind} {}`;
    }
  }

  function promiseParts(value, state) {
    const { status, value: settled } = look(value);
    if (status === OPS.LOOK_PENDING) return ['<pending>'];
    return [`${status === OPS.LOOK_REJECTED ? '<rejected> ' : ''}${show(settled, state)}`];
  }

  function collectionText(value, kind, state, deeper) {
    const parts = [];
    const isMap = kind === 'Map';
    const count = isMap ? mapSize(value) : setSize(value);
    const walk = isMap ? mapEntries(value) : setValues(value);
    addSome(parts, count, state, () => {
      if (!isMap) return show(nextItem(walk).value, deeper);
      const pair = nextEntry(walk).value;
      return `${show(pair[0], deeper)} => ${show(pair[1], deeper)}`;
    });
    addMembers(parts, value, deeper, false);
    return layOut(parts, '{}', `${className(value)}(${count}) `, state, false);
  }

  function listText(value, state, deeper) {
    const parts = [];
    addItems(parts, value, deeper);
    addMembers(parts, value, deeper, true);
    const name = typedArrayName(value) || className(value);
    return layOut(parts, '[]', name === 'Array' ? '' : `${name}(${value.length}) `, state, true);
  }

  /** An error with what it was given beyond a message; what a SpellError has without being told is left out. */
  function errorWithMembers(value, state, deeper) {
    const parts = [];
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const found = getOwnPropertyDescriptor(value, keys[i]);
      const isOwn = keys[i] === 'cause' || (found.enumerable && keys[i] !== 'message' && keys[i] !== 'name');
      if (isOwn && !isEmpty(found.value)) push(parts, `${keyText(keys[i])}: ${memberText(value, keys[i], deeper)}`);
    }
    const text = errorText(value);
    return parts.length ? layOut(parts, '{}', `${text} `, state, false) : text;
  }

  const isEmpty = (value) =>
    value === '' || value === false || value === undefined || value === 'spell_error' ||
    (isObject(value) && !isProxy(value) && className(value) === 'Object' && keysOf(value).length === 0);

  function compound(value, state) {
    const deeper = deeperThan(state);
    if (isArray(value) || typedArrayName(value) !== undefined) return listText(value, state, deeper);
    const kind = kindOf(value);
    if (kind === 'Error') return errorWithMembers(value, state, deeper);
    if (kind === 'Map' || kind === 'Set') return collectionText(value, kind, state, deeper);
    const parts = kind === 'Promise' ? promiseParts(value, deeper) : [];
    addMembers(parts, value, deeper, false);
    const name = className(value);
    const prefix = name === 'Object' ? '' : name === '' ? '[Object: null prototype] ' : `${clean(name)} `;
    return layOut(parts, '{}', prefix, state, false);
  }

  function showObject(value, state) {
    if (isProxy(value)) {
      const deeper = deeperThan(state);
      return state.depth >= state.limits.depth ? '[Proxy]' : `Proxy(${show(look(value).value, deeper)})`;
    }
    if (typeof value === 'function') return functionLabel(value);
    const handle = weakGet(handles, value);
    const found = handle === undefined ? simple(value, kindOf(value)) : `${handle.noun} {}`;
    if (found !== undefined) return found;
    for (let i = 0; i < state.seen.length; i++) if (state.seen[i] === value) return state.limits.cycle;
    if (state.depth >= state.limits.depth) return isArray(value) ? '[Array]' : `[${clean(className(value)) || 'Object'}]`;
    push(state.seen, value);
    const text = compound(value, state);
    state.seen.length--;
    return text;
  }

  function show(value, state) {
    const { left } = state;
    const before = left.characters;
    let text;
    if (typeof value === 'string') text = quoteStart(value, before < MAX_STRING ? (before < 0 ? 0 : before) : MAX_STRING);
    else text = isObject(value) ? showObject(value, state) : primitive(value);
    // What its parts have taken is taken already.
    if (before - left.characters < text.length) left.characters = before - text.length;
    return text;
  }

  /**
   * Writes a value as the language would.
   * depth: levels; width: columns of a line, roughly; items: of one object; size: characters in all; cycle: what stands
   * for an object inside itself
   */
  function text(value, { depth = 4, width = 80, items = 100, size = 20000, cycle = '<cycle>' }) {
    const limits = { depth: depth < DEEPEST ? depth : DEEPEST, width, items, cycle };
    let found;
    try {
      found = show(value, { depth: 0, indent: 0, seen: [], limits, left: { characters: size } });
    } catch {
      return '<a value that cannot be shown>'; // no room left on the stack or heap
    }
    return found.length <= size ? found : `${toWellFormed(slice(found, 0, size))}…`;
  }

  return { __proto__: values, clean, quote, text };
};
