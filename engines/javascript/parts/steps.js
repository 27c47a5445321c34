// Steps: which frame comes next, along the stack of who called or awaits whom.
// arm: marks the points anew; places, DONE, HANDLER: see debugger.js
(core) => (debugged) => {
  'use strict';
  const { arm, places, DONE, HANDLER } = debugged;
  /** {how, from: the frame it starts in, line, point: where it starts, reason, more: what the stop tells} */
  let step = null;

  function liveParent(frame) {
    let at = frame.parent;
    while (at !== null && (at.state & DONE) !== 0) at = at.parent;
    return at;
  }

  function descends(frame, from) {
    for (let at = frame; at !== null; at = at.parent) if (at === from) return true;
    return false;
  }

  function rootOf(frame) {
    let at = frame;
    for (let above = liveParent(at); above !== null; above = liveParent(at)) at = above;
    return at;
  }

  const isHandlerOf = (frame, task) => {
    for (let at = frame; at !== null; at = at.parent) if ((at.state & HANDLER) !== 0) return rootOf(at) === rootOf(task);
    return false;
  };

  /** Whether a step ends where a frame has come to a point. */
  function end(frame, id) {
    if (step === null) return false;
    const { how, line, point } = step;
    let { from } = step;
    if (how === 'entry') return places[id][3].number === 0;
    if (how === 'any') return true;
    if (frame === from) return how !== 'out' && (places[id][0] !== line || id <= point);
    if ((from.state & DONE) !== 0) {
      from = liveParent(from);
      if (from === null) {
        step = null;
        arm();
        return false;
      }
      if (descends(from, frame)) return true;
    }
    return how === 'in' && (descends(frame, from) || isHandlerOf(frame, from));
  }

  /** Starts a step from where the spell stands. how: 'in', 'over', 'out', 'any' or 'entry': the program's own begin */
  function start(how, frame, reason = 'step', more = {}) {
    const at = frame === null || frame.l < 0 ? undefined : places[frame.l];
    step = { how, from: frame, line: at === undefined ? 0 : at[0], point: frame === null ? -1 : frame.l, reason, more };
    if (frame === null && how !== 'entry') step.how = 'any';
  }

  const clear = () => {
    step = null;
  };

  return {
    clear, end, liveParent, rootOf, start,
    isUnderWay: () => step !== null,
    more: () => step.more,
    reason: () => step.reason,
  };
};
