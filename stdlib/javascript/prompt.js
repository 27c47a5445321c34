// Prompts from templates: strict names, parts to include, examples, messages.
//
//     import { render } from 'llmspell/prompt';
//     console.log(render('Translate to {{language}}: {{text}}', { language: 'German', text: 'cat' }));
//
// `{{name}}` and `{{a.b}}` stand for values, `{{> part}}` for another template, `\{{` for two braces. What is put in is
// never read as a template.

const MAX_DEPTH = 10;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const PART = /^>\s*([A-Za-z_][A-Za-z0-9_]*)$/;

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (map, key) => Object.hasOwn(map, key) && map[key] !== undefined;

function sorted(map) {
  return Object.keys(map).sort().join(', ') || 'none';
}

// JSON with its keys in order, as it is in every language.
function json(value) {
  return JSON.stringify(value, (_key, part) => (isMap(part) ? Object.fromEntries(Object.entries(part).sort()) : part));
}

function shown(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const isAnswer = typeof value?.text === 'string' && value.toString !== Object.prototype.toString;
  return isAnswer ? value.text : json(value);
}

function checkText(text, name) {
  if (typeof text !== 'string') throw new TypeError(`prompt.${name}: the template must be text, got a ${typeof text}`);
}

// Goes through a template: calls plain(text), value(name) and part(name) for what it is made of.
function walk(text, plain, value, part) {
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open < 0) return plain(text.slice(at));
    const isPlain = open > at && text[open - 1] === '\\';
    plain(text.slice(at, isPlain ? open - 1 : open));
    at = open + 2;
    if (isPlain) {
      plain('{{');
      continue;
    }
    const close = text.indexOf('}}', at);
    if (close < 0) throw new TypeError("prompt: '{{' without '}}' in the template; '\\{{' stands for two braces");
    const inside = text.slice(at, close).trim();
    const included = PART.exec(inside);
    if (included) part(included[1]);
    else if (NAME.test(inside)) value(inside);
    else throw new TypeError(`prompt: '{{${inside}}}' is not a name; '\\{{' stands for two braces`);
    at = close + 2;
  }
}

function lookUp(values, name) {
  let found = values;
  let path = '';
  for (const key of name.split('.')) {
    if (!isMap(found) || !has(found, key)) {
      const known = isMap(found) ? sorted(found) : 'none';
      throw new TypeError(`prompt: there is no value '${name}'; known${path && ` in '${path}'`}: ${known}`);
    }
    found = found[key];
    path = path ? `${path}.${key}` : key;
  }
  return found;
}

function rendered(text, values, parts, depth) {
  let out = '';
  const put = (piece) => {
    out += piece;
  };
  walk(text, put, (name) => put(shown(lookUp(values, name))), (name) => {
    if (!has(parts, name) || typeof parts[name] !== 'string') {
      throw new TypeError(`prompt: there is no part '${name}'; known: ${sorted(parts)}`);
    }
    if (depth >= MAX_DEPTH) throw new TypeError(`prompt: parts include one another more than ${MAX_DEPTH} deep`);
    put(rendered(parts[name], values, parts, depth + 1));
  });
  return out;
}

/** Returns the template with its names replaced; a name without a value is an error. */
export function render(text, values = {}, parts = {}) {
  checkText(text, 'render');
  return rendered(text, values, parts, 0);
}

/** Returns the names in a template, each once, in order. */
export function names(text) {
  checkText(text, 'names');
  const found = new Set();
  const skip = () => {};
  walk(text, skip, (name) => found.add(name), skip);
  return [...found];
}

/** Returns a text as it has to stand in a template to mean itself. */
export function escape(text) {
  return text.replaceAll('{{', '\\{{');
}

/** Returns examples as text, one after the other. */
export function fewShot(examples, labels = {}) {
  const { input = 'Input: ', output = 'Output: ' } = labels;
  return examples
    .map((example) => `${input}${shown(example.input)}\n${output}${shown(example.output)}`)
    .join('\n\n');
}

const KNOWN = ['text', 'system', 'examples', 'parts', 'defaults'];

class Prompt {
  #options;

  constructor(options) {
    this.#options = options;
  }

  /** Returns what the user says. */
  render(values = {}) {
    return render(this.#options.text, { ...this.#options.defaults, ...values }, this.#options.parts);
  }

  /** Returns the messages: the instructions, the examples, and what the user says. */
  messages(values = {}) {
    const { system, examples = [], parts, defaults } = this.#options;
    const all = { ...defaults, ...values };
    return [
      ...(system === undefined ? [] : [{ role: 'system', content: render(system, all, parts) }]),
      ...examples.flatMap((example) => [
        { role: 'user', content: shown(example.input) },
        { role: 'assistant', content: shown(example.output) },
      ]),
      { role: 'user', content: this.render(values) },
    ];
  }
}

function make(options) {
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key)) throw new TypeError(`prompt.new: '${key}' is not an option`);
  }
  checkText(options.text, 'new');
  return new Prompt(options);
}

export { make as new };
export default { render, names, escape, fewShot, new: make };
