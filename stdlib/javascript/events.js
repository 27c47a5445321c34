// Events within a spell: who wants to know of something registers a function for its name.
//
//     import events from 'llmspell/events';
//     const bus = events.new();
//     bus.on('report.*', (event, page) => console.log(event, page));
//     await bus.emit('report.written', 3);
//
// Names are words joined by dots. In a pattern `*` stands for any characters within one word, `**` as a word for any
// number of words. For events of the program itself there is `Event`.

function wordsOf(name) {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError("events: a name must be text such as 'report.written'");
  }
  return name.split('.');
}

// Tells whether `*` in a pattern's word can stand for what is missing.
function wordFits(pattern, word) {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === word;
  const first = parts.shift();
  const last = parts.pop();
  if (word.length < first.length + last.length || !word.startsWith(first) || !word.endsWith(last)) return false;
  let rest = word.slice(first.length, word.length - last.length);
  for (const part of parts) {
    const at = rest.indexOf(part);
    if (at < 0) return false;
    rest = rest.slice(at + part.length);
  }
  return true;
}

/** Tells whether a pattern matches a name. */
export function matches(pattern, name) {
  const words = wordsOf(name);
  // For each word of the pattern, how many words what came before can have matched.
  let row = [true];
  for (const part of wordsOf(pattern)) {
    const next = [];
    let begun = false;
    for (let n = 0; n <= words.length; n++) {
      begun = begun || row[n] === true;
      if (part === '**') next[n] = begun;
      else next[n] = n > 0 && row[n - 1] === true && wordFits(part, words[n - 1]);
    }
    row = next;
  }
  return row[words.length] === true;
}

class Emitter {
  #handlers = [];

  /**
   * Has fn called with the name and what was emitted, for every event that the pattern matches; returns what ends
   * that.
   */
  on(pattern, fn) {
    return this.#add(pattern, fn, false);
  }

  /** As `on`, for the next such event only. */
  once(pattern, fn) {
    return this.#add(pattern, fn, true);
  }

  #add(pattern, fn, once) {
    wordsOf(pattern);
    if (typeof fn !== 'function') throw new TypeError(`events: the handler must be a function, got a ${typeof fn}`);
    const entry = { pattern, fn, once, gone: false };
    this.#handlers.push(entry);
    return () => this.#drop((one) => one === entry);
  }

  #drop(is) {
    this.#handlers = this.#handlers.filter((entry) => {
      entry.gone ||= is(entry);
      return !entry.gone;
    });
  }

  /** Takes away the handlers of a pattern, or one of them. */
  off(pattern, fn) {
    this.#drop((entry) => entry.pattern === pattern && (!fn || entry.fn === fn));
  }

  /**
   * Calls the handlers of an event one after the other, and returns how many there were. Where one fails the others are
   * called all the same; then the first failure is thrown.
   */
  async emit(name, ...values) {
    wordsOf(name);
    let count = 0;
    const failures = [];
    for (const entry of [...this.#handlers]) {
      if (entry.gone || !matches(entry.pattern, name)) continue;
      if (entry.once) this.#drop((one) => one === entry);
      count += 1;
      try {
        await entry.fn(name, ...values);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return count;
  }

  /** Returns how many handlers an event of this name would reach. */
  listeners(name) {
    return this.#handlers.filter((entry) => matches(entry.pattern, name)).length;
  }
}

function make() {
  return new Emitter();
}

export { make as new };
export default { matches, new: make };
