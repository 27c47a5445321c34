// `console`.
(core) => {
  'use strict';
  const {
    create, encode, hide, indexOf, isObject, raw, records, setup, slice, stringify, toWellFormed, weakHas, OPS,
  } = core;
  const { Number, Object, String, Symbol } = core.classes;
  const LIMITS = { __proto__: null, depth: 3, width: 72, items: 100, size: 1e6, cycle: '[Circular]' };

  function inspect(value, nested) {
    if (!nested && typeof value === 'string') return value;
    if (!nested && isObject(value) && weakHas(records, value)) return String(value);
    return core.part('show').text(value, LIMITS);
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
