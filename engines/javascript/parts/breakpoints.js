// Breakpoints: where they are, and whether one that is reached wants a stop.
// files, fileNumbers, places: what is loaded; arm: marks the points anew; guarded, evaluate: run the user's expressions;
// tell: sends an event
(core) => (debugged) => {
  'use strict';
  const { arm, files, fileNumbers, guarded, places, tell, evaluate } = debugged;
  const { construct, errorMap, execPattern, mapDelete, mapForEach, mapGet, mapSet, push, slice, wrongArgument } = core;
  const { Boolean, Function, Map } = core.classes;
  const { text: textOf } = core.part('show');
  const HIT = /^\s*(>=|>|<=|<|==?|%)?\s*(\d+)\s*$/;
  const NO_CODE = 'there is no code at or below this line';
  const NOT_LOADED = 'the file is not loaded yet';
  const MAX_TEXT = 2000;
  /** By file: what was asked for; by point: what is there. */
  const wanted = new Map();
  const armed = new Map();

  /** Returns what a stop at these breakpoints tells, or undefined when none of them wants one. */
  function hitsAmong(list, frame, closure) {
    const ids = [];
    let text;
    for (let i = 0; i < list.length; i++) {
      const breakpoint = list[i];
      const told = wantsStop(breakpoint, frame, closure);
      if (told === false) continue;
      if (breakpoint.log !== undefined) {
        const place = { file: places[frame.l][3].name, line: places[frame.l][0] };
        tell({ event: 'log', text: logText(breakpoint.log, frame, closure), ...place });
        continue;
      }
      push(ids, breakpoint.id);
      if (told !== true) text = told;
    }
    if (ids.length === 0) return undefined;
    return text === undefined ? { breakpoints: ids } : { breakpoints: ids, text };
  }

  /** Whether a breakpoint's condition and count are met; a text says why that cannot be known. */
  function wantsStop(breakpoint, frame, closure) {
    let told = true;
    if (breakpoint.condition !== undefined) {
      const found = guarded(() => Boolean(evaluate(frame, closure, breakpoint.condition)));
      if (found.error !== undefined) told = `the condition failed: ${slice(errorMap(found.error).message, 0, MAX_TEXT)}`;
      else if (!found.value) return false;
    }
    breakpoint.count++;
    return breakpoint.hit === undefined || isHit(breakpoint.hit, breakpoint.count) ? told : false;
  }

  function isHit({ sign, number }, count) {
    switch (sign) {
      case '>=':
        return count >= number;
      case '>':
        return count > number;
      case '<=':
        return count <= number;
      case '<':
        return count < number;
      case '%':
        return number > 0 && count % number === 0;
      default:
        return count === number;
    }
  }

  /** Makes a breakpoint of what was asked for; `message` where it can never work. */
  function makeBreakpoint(asked) {
    const made = { __proto__: null, id: asked.id, line: asked.line, asked: asked.line, point: -1, count: 0 };
    if (asked.condition) {
      made.condition = asked.condition;
      made.message = faultOf('the condition', asked.condition);
    }
    if (asked.hit) {
      const found = execPattern(HIT, asked.hit);
      if (found === null) made.message = `'${asked.hit}' is no hit count; write '3', '>= 3' or '% 3'`;
      else made.hit = { sign: found[1], number: +found[2] };
    }
    if (asked.log) {
      made.log = logParts(asked.log);
      for (let i = 1; i < made.log.length; i += 2) made.message ??= faultOf(`'${made.log[i]}'`, made.log[i]);
    }
    return made;
  }

  /** Splits a log's text: what stands at odd places is an expression, which stood in braces. */
  function logParts(text) {
    const parts = [];
    let from = 0;
    for (let at = 0, depth = 0; at < text.length; at++) {
      if (text[at] === '{' && depth++ === 0) {
        push(parts, slice(text, from, at));
        from = at + 1;
      } else if (text[at] === '}' && depth > 0 && --depth === 0) {
        push(parts, slice(text, from, at));
        from = at + 1;
      }
    }
    push(parts, slice(text, from));
    return parts;
  }

  function logText(parts, frame, closure) {
    let text = parts[0];
    for (let i = 1; i < parts.length; i += 2) {
      const found = guarded(() => shown(evaluate(frame, closure, parts[i])));
      text += found.error === undefined ? found.value : `<${slice(errorMap(found.error).message, 0, MAX_TEXT)}>`;
      text += parts[i + 1] ?? '';
    }
    return text;
  }

  const shown = (value) => (typeof value === 'string' ? slice(value, 0, MAX_TEXT) : textOf(value, { depth: 2, width: 1000, size: MAX_TEXT }));

  /** What is wrong with an expression, or undefined. */
  function faultOf(what, expression) {
    try {
      construct(Function, [`return (${expression}\n)`]);
      return undefined;
    } catch (error) {
      return `${what} cannot be read: ${error.message}`;
    }
  }

  const stateOf = ({ id, line, point, message }) =>
    point >= 0 ? { id, verified: true, line } : { id, verified: false, line, message: message ?? NOT_LOADED };

  /** Finds the place of a breakpoint in a file that is loaded. */
  function place(breakpoint, file) {
    if (breakpoint.message !== undefined) return;
    breakpoint.point = file.error === undefined ? pointFor(file, breakpoint.asked) : -1;
    if (breakpoint.point >= 0) {
      breakpoint.line = places[breakpoint.point][0];
      const list = mapGet(armed, breakpoint.point) ?? [];
      push(list, breakpoint);
      mapSet(armed, breakpoint.point, list);
    } else {
      breakpoint.message = file.error ?? NO_CODE;
    }
  }

  /** The first point on a line, or on the next line with code. */
  function pointFor(file, line) {
    let found = -1;
    for (let id = file.base; id < file.base + file.size; id++) {
      if (places[id][0] >= line && (found < 0 || places[id][0] < places[found][0])) found = id;
    }
    return found;
  }

  function fileNamed(name) {
    const number = mapGet(fileNumbers, name);
    return number === undefined ? undefined : files[number];
  }

  /** Replaces a file's breakpoints and tells how they are. */
  function set(name, list) {
    const old = mapGet(wanted, name) ?? [];
    for (let i = 0; i < old.length; i++) if (old[i].point >= 0) mapDelete(armed, old[i].point);
    const made = [];
    const told = [];
    const file = fileNamed(name);
    for (let i = 0; i < list.length; i++) {
      const breakpoint = makeBreakpoint(list[i]);
      push(made, breakpoint);
      if (file !== undefined) place(breakpoint, file);
      push(told, stateOf(breakpoint));
    }
    mapSet(wanted, name, made);
    arm();
    return { breakpoints: told };
  }

  /** Places what was asked for before the file was loaded. */
  function loaded(file) {
    const list = mapGet(wanted, file.name) ?? [];
    for (let i = 0; i < list.length; i++) {
      place(list[i], file);
      tell({ event: 'breakpoint', breakpoint: stateOf(list[i]) });
    }
  }

  /** Returns the point to run to; throws where there is none. */
  function pointAt(name, line) {
    const file = fileNamed(name);
    const point = file === undefined ? -1 : pointFor(file, line);
    if (point < 0) throw wrongArgument(file === undefined ? NOT_LOADED : NO_CODE);
    return point;
  }

  function hitsAt(id, frame, closure) {
    const list = mapGet(armed, id);
    return list === undefined ? undefined : hitsAmong(list, frame, closure);
  }

  const mark = (marks) =>
    mapForEach(armed, (_list, id) => {
      marks[id] = 1;
    });

  return { hitsAt, loaded, mark, pointAt, set };
};
