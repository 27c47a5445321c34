// Runs in a context of its own with acorn: what is wrong with a source, and how it ends.
// dukpy.source: the program; dukpy.module: whether it is a module
((request) => {
  'use strict';
  const { source, module } = request;
  const options = {
    ecmaVersion: 'latest',
    sourceType: module ? 'module' : 'script',
    allowAwaitOutsideFunction: true,
    allowReturnOutsideFunction: !module,
  };
  let body;
  try {
    ({ body } = acorn.parse(module ? source : `"use strict";${source}`, options));
  } catch (error) {
    if (!error.loc) return { error: { message: error.message, line: 1, column: 1 } };
    const { line, column } = error.loc;
    const shift = !module && line === 1 ? '"use strict";'.length : 0;
    const message = error.message.replace(/ \(\d+:\d+\)$/, '');
    return { error: { message, line, column: column - shift + 1 } };
  }
  const last = body[body.length - 1];
  if (last === undefined || last.type !== 'ExpressionStatement') return { expression: false };
  if (!module) return { expression: body.length > 1 };
  // An assignment and not `export default (…)`, whose errors the engine places on the module's first line.
  const { start, end } = last.expression;
  const value = `spell_value_${source.length}`;
  const before = `${source.slice(0, start)}${value} = (`;
  const after = `${source.slice(end)}\nvar ${value}; export { ${value} as default };`;
  return { expression: true, rewritten: `${before}${source.slice(start, end)})${after}` };
})(dukpy);
