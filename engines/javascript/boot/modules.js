// `require`: the host finds the file, Python compiles it, this runs it once.
const required = new Map();
const PARSE_JSON = JSON.parse;

function requireFrom(base) {
  return function require(name) {
    if (typeof name !== 'string') throw new TypeError('require needs the name of a module');
    const found = rawGift(name, REQUIRE, base);
    const { kind, id } = found.status;
    if (kind === 'error') throw errorFrom(found.status.error, siteOf(require));
    const known = mapGet(required, id);
    if (known !== undefined) return known.exports;
    if (kind === 'namespace' && found.value === undefined) {
      throw new SpellError(`module '${id}' uses await at its top level`, { hint: `use: await import('${name}')` });
    }
    const module = { id, exports: {} };
    mapSet(required, id, module);
    try {
      runModule(kind, found.value, module, found.status.text);
      hide(module, 'isLoaded', true);
    } catch (error) {
      mapDelete(required, id);
      throw error;
    }
    return module.exports;
  };
}

function runModule(kind, value, module, source) {
  if (kind === 'thrown') throw value;
  if (kind === 'json') module.exports = PARSE_JSON(source);
  else if (kind === 'namespace') module.exports = value;
  else apply(value, module.exports, [module.exports, requireFrom(module.id), module, module.id, folderOf(module.id)]);
}

function folderOf(id) {
  let end = id.length - 1;
  while (end >= 0 && id[end] !== '/') end--;
  return end < 0 ? '.' : slice(id, 0, end);
}
