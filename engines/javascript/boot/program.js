// The run: the program's start, its end, and the inbox's switch.

/** Sends the program's value; the host gets it when everything else the program started has ended too. */
function finishRun(value) {
  let payload;
  try {
    payload = encode(value, "the spell's value", false);
  } catch (error) {
    failRun(error);
    return;
  }
  raw(payload, DONE);
}

/** A script file's last expression is its value; one that is no value at the border was not meant as one. */
function finishScript(value) {
  let payload = 'null';
  try {
    payload = encode(value, 'the value', false);
  } catch {
    // Nothing: scripts end in calls for their effect.
  }
  raw(payload, DONE);
}

function startProgram(isMarked, values) {
  const start = valueOf(isMarked, values);
  hide(global, 'params', start.params);
  hide(global, 'ARGS', start.args);
  core.spell = start.spell;
  hide(global, 'require', requireFrom(''));
  const program = rawGift('', PROGRAM);
  const { kind, id } = program.status;
  if (kind === 'session') {
    part(id);
    return;
  }
  const finish = kind === 'script' ? finishScript : finishRun;
  if (kind === 'module') {
    then(import(id), (namespace) => finishModule(namespace.default), failRun);
  } else if (kind === 'thrown') {
    failRun(program.value);
  } else if (kind === 'function') {
    then(apply(program.value, undefined, []), finishRun, failRun);
  } else {
    // The engine wraps a script's completion value, so that a promise there is not awaited unseen.
    then(program.value, (completion) => then(resolved(completion.value), finish, failRun), failRun);
  }
}

/** A module's value is its default export, or what that gives when it is a function. */
function finishModule(value) {
  if (typeof value !== 'function') {
    then(resolved(value), finishRun, failRun);
    return;
  }
  then(newPromise((resolve) => resolve(value(global.params))), finishRun, failRun);
}

/** What Python calls: `kind` and the meaning of the rest are in operations.py. */
function receive(kind, id, isMarked, status, value) {
  switch (kind) {
    case RESULT:
      return receiveResult(id, status, isMarked, value);
    case CALLBACK:
      return receiveCallback(id, isMarked, value);
    case TIMER_DUE:
      return receiveTimer(id);
    case START:
      return startProgram(isMarked, value);
    case ABANDON:
      return abandon(id);
    case REJECTED:
      return failRun(rawGift('', REASON).value);
    case DEBUGGED:
      return part('debugger');
    case COMMAND:
      return core.command(id, value);
    default:
      return raw(waitingStack(), TRACE);
  }
}

hide(global, 'exit', function exit(code = 0) {
  if (typeof code !== 'number' || code % 1 !== 0 || code < 0 || code > 255) {
    throw wrongArgument('exit: the code must be a whole number from 0 to 255');
  }
  raw('', EXIT, code);
});
