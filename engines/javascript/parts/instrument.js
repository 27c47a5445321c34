// Runs in a context of its own with acorn: writes a debugger's questions into a source.
// dukpy.source: the file; dukpy.shape: 'script', 'module', 'body' (of an async function) or 'function' (its plain
// body); dukpy.base, dukpy.first: the numbers of its first point and function
// The text of every line stays on its line. What is inserted calls the functions that parts/debugger.js defines:
//   E(fn)     makes the frame `$f` of a function that begins        L(frame)      it has ended
//   B, D      whether a point is of interest, and what to do there  C(frame, e)   an error passes a function's or try's end
//   W, R      the frame begins to wait, goes on                     Y, G          the same for `yield`
//   I         an iterable for `for await`, whose waits it tells
((request) => {
  'use strict';
  const { source, shape, base, first } = request;
  const PREFIX = '$debug_';
  const FRAME = `${PREFIX}f`;
  const LEXICAL = new Set(['let', 'const', 'using']);
  const KNOWN = new Set(['undefined', 'NaN', 'Infinity', 'arguments']);
  // What can neither call, throw nor wait: a block of nothing else needs no closure before it is asked for one.
  const QUIET = new Set([
    'AssignmentExpression', 'BinaryExpression', 'BlockStatement', 'BreakStatement', 'ConditionalExpression',
    'ContinueStatement', 'DoWhileStatement', 'EmptyStatement', 'ExpressionStatement', 'ForStatement', 'Identifier',
    'IfStatement', 'LabeledStatement', 'Literal', 'LogicalExpression', 'Program', 'ReturnStatement', 'SequenceExpression',
    'SwitchCase', 'SwitchStatement', 'UnaryExpression', 'UpdateExpression', 'VariableDeclaration', 'VariableDeclarator',
    'WhileStatement',
  ]);
  const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
  const [opened, closed, points, functions, scopes, classes] = [[], [], [], [], [], []];
  let scope = null;
  let owner = null;

  const open = (at, text) => {
    const insertion = { at, text };
    opened.push(insertion);
    return insertion;
  };
  const close = (at, text) => closed.push({ at, text });

  // -- what a source declares

  function patternNames(pattern, names) {
    if (!pattern) return names;
    const { type, properties, elements } = pattern;
    if (type === 'Identifier') names.add(pattern.name);
    else if (type === 'ObjectPattern') for (const part of properties) patternNames(part.value ?? part, names);
    else if (type === 'ArrayPattern') for (const part of elements) patternNames(part, names);
    else patternNames(pattern.left ?? pattern.argument, names);
    return names;
  }

  /** Names that a list of statements declares for its own block. */
  function lexicalNames(body, names = new Set()) {
    for (const statement of body) {
      const node = statement.declaration ?? statement;
      if (node.type === 'VariableDeclaration' && LEXICAL.has(node.kind)) {
        for (const part of node.declarations) patternNames(part.id, names);
      } else if ((node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') && node.id) {
        names.add(node.id.name);
      } else if (node.type === 'ImportDeclaration') {
        for (const part of node.specifiers) names.add(part.local.name);
      }
    }
    return names;
  }

  /** Names that `var` declares anywhere in a function. */
  function varNames(node, names = new Set()) {
    if (Array.isArray(node)) {
      for (const item of node) varNames(item, names);
    } else if (node && /Statement$|Declaration$|^SwitchCase$|^CatchClause$/.test(node.type)) {
      if (node.type === 'VariableDeclaration' && node.kind === 'var') {
        for (const part of node.declarations) patternNames(part.id, names);
      }
      if (FUNCTIONS.has(node.type)) return names;
      for (const key of ['body', 'consequent', 'alternate', 'init', 'left', 'block', 'handler', 'finalizer', 'cases', 'declaration']) {
        if (node[key]) varNames(node[key], names);
      }
    }
    return names;
  }

  /** Whether a function's body would mean something else inside a block: its functions have names that clash. */
  function clashes(body) {
    const seen = varNames(body);
    for (const statement of body) {
      if (statement.type !== 'FunctionDeclaration') continue;
      if (seen.has(statement.id.name)) return true;
      seen.add(statement.id.name);
    }
    return false;
  }

  // -- scopes: blocks that declare something; each gives its frame a closure through which its names can be reached

  /** Runs `inside` in a new scope, whose closure is made by the text that `entrance` returns for it. */
  function inScope(kind, names, at, inside) {
    const before = scope;
    const slot = kind === 'block' ? before.slot + 1 : 0;
    scope = { id: scopes.length, slot, names, parent: before, noisy: kind !== 'function' && kind !== 'block', lazy: [] };
    scopes.push({ kind, slot, fn: owner.id, parent: before ? before.id : -1, names: [...names] });
    const entrance = open(at, '');
    inside();
    const { noisy, lazy } = scope;
    scopes[scope.id].eager = noisy;
    if (noisy && slot > owner.slots) owner.slots = slot;
    if (noisy) entrance.text = say(`${FRAME}.e${slot}=${closure}`);
    else for (const point of lazy) point.text = point.text.replace(`(${FRAME})`, `(${FRAME},${closure})`);
    scope = before;
    if (noisy && kind === 'block') before.noisy = true;
  }
  const closure = `${PREFIX}x=>eval(${PREFIX}x)`;

  /** Runs `inside` in a scope of its own if there are names for one. */
  const inBlock = (names, at, inside) => (names.size === 0 ? inside() : inScope('block', names, at, inside));

  function isDeclared(name) {
    for (let at = scope; at !== null; at = at.parent) if (at.names.has(name)) return true;
    return KNOWN.has(name);
  }

  // -- points

  function point(node, at = node.start) {
    const id = base + points.length;
    points.push([node.loc.start.line, node.loc.start.column + 1, scope.id]);
    const test = `${PREFIX}B[${FRAME}.l=${id}]&&${PREFIX}D(${FRAME})`;
    // A script's completion value is its own: declarations have none.
    scope.lazy.push(open(at, owner.declares ? `var ${PREFIX}v=${test};` : `${test};`));
  }

  const HAS_NO_POINT = /^(?:Block|Empty|Try)Statement$|^(?:ExportAll|Function|Import)Declaration$/;

  function hasPoint(node) {
    if (HAS_NO_POINT.test(node.type) || node.directive !== undefined) return false;
    if (node.type === 'ExportNamedDeclaration') return Boolean(node.declaration) && hasPoint(node.declaration);
    return node.type !== 'ExportDefaultDeclaration' || node.declaration.type !== 'FunctionDeclaration';
  }

  const statements = (body) => body.forEach(statement);

  function statement(node) {
    if (hasPoint(node)) point(node);
    visit(node);
    let inner = node;
    while (inner.type === 'LabeledStatement') inner = inner.body;
    if (inner.type === 'ForOfStatement' && inner.await) close(node.end, `;${say(`${PREFIX}R(${FRAME})`)}`);
  }

  const say = (call) => (owner.declares ? `var ${PREFIX}v=${call};` : `${call};`);

  /** A statement that may stand without braces: it gets them. names: what a loop's head declares for it */
  function single(node, names = new Set(), first = '') {
    if (!node) return;
    if (node.type === 'BlockStatement') {
      block(node, names, first);
    } else if (node.type === 'FunctionDeclaration') {
      visit(node);
    } else {
      open(node.start, `{${first}`);
      inBlock(names, node.start, () => statement(node));
      close(node.end, '}');
    }
  }

  function block(node, names = new Set(), first = '') {
    if (first) open(node.start + 1, first);
    inBlock(lexicalNames(node.body, new Set(names)), node.start + 1, () => statements(node.body));
  }

  // -- functions

  /** The frame's end; it gives up the closures that it has beside the first. */
  const leave = () => `${PREFIX}L(${FRAME}${owner.slots > 0 ? `,${owner.slots}` : ''})`;

  /** The name that the engine gives a function without one. */
  const hints = new Map();
  /** Where the text of a method begins: with its name. */
  const methods = new Map();
  const hint = (node, name) => {
    if (node && typeof name === 'string') hints.set(node, name);
  };
  const keyName = ({ key, computed }) => (computed ? undefined : key.type === 'Identifier' ? key.name : `${key.value ?? key.name ?? ''}`);

  function functionNode(node) {
    const isBlock = node.body.type === 'BlockStatement';
    const body = isBlock ? node.body.body : [];
    if (clashes(body)) return;
    const name = node.id ? node.id.name : hints.get(node) ?? '';
    const id = functions.push([name, node.loc.start.line, node.loc.end.line, methods.get(node) ?? node.start, node.end]) - 1;
    for (const parameter of node.params) visit(parameter);
    const names = new Set();
    for (const parameter of node.params) patternNames(parameter, names);
    varNames(body, names);
    lexicalNames(body, names);
    const before = owner;
    owner = { id, declares: false, slots: 0 };
    const start = `const ${FRAME}=${PREFIX}E(${first + owner.id});try{`;
    const end = () => `}catch(${PREFIX}x){throw ${PREFIX}C(${FRAME},${PREFIX}x)}finally{${leave()}}`;
    if (isBlock) {
      const directives = body.filter((one) => one.directive !== undefined);
      const from = directives.length ? directives[directives.length - 1].end : node.body.start + 1;
      // With nothing between them, what closes would stand before what opens.
      if (from === node.body.end - 1) {
        open(from, `;${start}${end()}`);
      } else {
        open(from, `;${start}`);
        inScope('function', names, from, () => statements(body));
        close(node.body.end - 1, end());
      }
    } else {
      const from = arrowEnd(node);
      open(from, `{${start}`);
      inScope('function', names, from, () => {
        point(node.body, from);
        open(from, 'return(');
        visit(node.body);
      });
      close(node.end, `)${end()}}`);
    }
    owner = before;
  }

  /** Where the body of an arrow function begins, with the parentheses around it. */
  function arrowEnd(node) {
    let at = node.params.length ? node.params[node.params.length - 1].end : node.start;
    for (;;) {
      if (source.startsWith('/*', at)) at = source.indexOf('*/', at) + 2;
      else if (source.startsWith('//', at)) at = source.slice(at).search(/[\n\r\u2028\u2029]/) + at;
      else if (source.startsWith('=>', at)) return at + 2;
      else at++;
    }
  }

  // -- what is inserted elsewhere

  function suspension(node, keyword, before, after) {
    open(node.start, `${PREFIX}${after}(${FRAME},`);
    const at = node.start + keyword.length;
    if (node.argument === null) {
      close(at, ` ${PREFIX}${before}(${FRAME})`);
    } else {
      open(at + (node.delegate ? source.slice(at).indexOf('*') + 1 : 0), ` ${PREFIX}${before}(${FRAME},`);
      visit(node.argument);
      close(node.end, ')');
    }
    close(node.end, keyword === 'yield' ? `,${scope.slot},${closure})` : ')');
  }

  function tryStatement(node) {
    // Whoever catches, the debugger sees the error first.
    open(node.block.start, '{try');
    block(node.block);
    close(node.block.end, `catch(${PREFIX}x){throw ${PREFIX}C(${FRAME},${PREFIX}x)}}`);
    if (node.handler) block(node.handler.body, patternNames(node.handler.param, new Set()));
    if (node.handler) visit(node.handler.param);
    if (node.finalizer) block(node.finalizer);
  }

  function loop(node) {
    const head = node.init ?? node.left;
    const names = new Set();
    if (head && head.type === 'VariableDeclaration' && LEXICAL.has(head.kind)) {
      for (const part of head.declarations) patternNames(part.id, names);
    }
    let first = '';
    if (node.await) {
      open(node.right.start, `${PREFIX}I(${FRAME},(`);
      first = say(`${PREFIX}R(${FRAME})`);
    }
    // The head's own names are declared where its parts are looked at.
    const before = scope;
    scope = { ...scope, names: new Set([...scope.names, ...names]) };
    for (const part of [node.init, node.left, node.test, node.update, node.right]) visit(part);
    before.noisy ||= scope.noisy;
    scope = before;
    if (node.await) close(node.right.end, '))');
    single(node.body, names, first);
  }

  function whileLoop(node) {
    visit(node.test);
    single(node.body);
  }

  function switchStatement(node) {
    visit(node.discriminant);
    const names = new Set();
    for (const one of node.cases) lexicalNames(one.consequent, names);
    for (const one of node.cases) {
      visit(one.test);
      if (one.consequent.length) inBlock(names, one.consequent[0].start, () => statements(one.consequent));
    }
  }

  const VISITORS = {
    AwaitExpression: (node) => suspension(node, 'await', 'W', 'R'),
    BlockStatement: (node) => block(node),
    DoWhileStatement: whileLoop,
    ForInStatement: loop,
    ForOfStatement: loop,
    ForStatement: loop,
    IfStatement(node) {
      visit(node.test);
      single(node.consequent);
      single(node.alternate);
    },
    StaticBlock: (node) => inBlock(lexicalNames(node.body, varNames(node.body)), source.indexOf('{', node.start) + 1, () => statements(node.body)),
    SwitchStatement: switchStatement,
    TryStatement: tryStatement,
    WhileStatement: whileLoop,
    YieldExpression: (node) => suspension(node, 'yield', 'Y', 'G'),
  };
  for (const type of FUNCTIONS) VISITORS[type] = functionNode;

  const startOf = (node) => node.start + (node.static ? /^static\s+/.exec(source.slice(node.start))[0].length : 0);

  function nameFunctions(node) {
    if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier') hint(node.init, node.id.name);
    else if (node.type === 'AssignmentExpression' && node.left.type === 'Identifier') hint(node.right, node.left.name);
    else if (node.type === 'AssignmentPattern' && node.left.type === 'Identifier') hint(node.right, node.left.name);
    else if (node.type === 'MethodDefinition' || node.type === 'Property' || node.type === 'PropertyDefinition') hint(node.value, keyName(node));
    else if (node.type === 'ExportDefaultDeclaration') hint(node.declaration, 'default');
  }

  function visit(node) {
    if (!node) return;
    if (node.type === 'Identifier') {
      if (!isDeclared(node.name)) scope.noisy = true;
      return;
    }
    if (!QUIET.has(node.type) && !FUNCTIONS.has(node.type)) scope.noisy = true;
    if (node.operator === 'in' || node.operator === 'instanceof') scope.noisy = true;
    nameFunctions(node);
    if (node.body && node.body.type === 'ClassBody') classes.push([node.start, node.end]);
    if (node.method || /^(?:get|set|method|constructor)$/.test(node.kind)) methods.set(node.value, startOf(node));
    const visitor = VISITORS[node.type];
    if (visitor) visitor(node);
    else children(node);
  }

  function children(node) {
    for (const key of Object.keys(node)) {
      const value = node[key];
      if (key === 'loc' || value === null || typeof value !== 'object') continue;
      if (Array.isArray(value)) for (const item of value) visit(item);
      else if (typeof value.type === 'string') visit(value);
    }
  }

  // -- the whole

  function program(body) {
    owner = { id: 0, declares: shape === 'script', slots: 0 };
    functions.push(['', 1, Infinity, 0, source.length]);
    const directives = body.filter((node) => node.directive !== undefined);
    const from = directives.length ? directives[directives.length - 1].end : 0;
    const names = lexicalNames(body, varNames(body));
    const isFunction = shape === 'body' || shape === 'function';
    open(from, `;const ${FRAME}=${PREFIX}E(${first});${isFunction ? 'try{' : ''}`);
    inScope(isFunction ? 'function' : 'file', names, from, () => statements(body));
    const last = isFunction
      ? `}catch(${PREFIX}x){throw ${PREFIX}C(${FRAME},${PREFIX}x)}finally{${leave()}}`
      : `;${say(leave())}`;
    // Where nothing stands between them, what closes would come first.
    (from === source.length ? open : close)(source.length, `\n${last}`);
  }

  function write() {
    const byPlace = (a, b) => a.at - b.at;
    opened.sort(byPlace);
    closed.sort(byPlace);
    const parts = [];
    let at = 0;
    for (let i = 0, j = 0; i < opened.length || j < closed.length; ) {
      const next = j < closed.length && (i === opened.length || closed[j].at <= opened[i].at) ? closed[j++] : opened[i++];
      parts.push(source.slice(at, next.at), next.text);
      at = next.at;
    }
    parts.push(source.slice(at));
    return parts.join('');
  }

  if (source.includes(PREFIX)) return { error: `the file uses names that begin with '${PREFIX}'` };
  const isModule = shape === 'module';
  const options = {
    ecmaVersion: 'latest',
    sourceType: isModule ? 'module' : 'script',
    locations: true,
    allowAwaitOutsideFunction: shape !== 'function',
    allowReturnOutsideFunction: !isModule && shape !== 'script',
  };
  let tree;
  try {
    tree = acorn.parse(source, options);
  } catch (error) {
    return { error: `the debugger cannot read the file: ${error.message}` };
  }
  if ((shape === 'body' || shape === 'function') && clashes(tree.body)) {
    return { error: 'the file declares the same name as a function and a variable' };
  }
  program(tree.body);
  return { source: write(), points, functions, scopes, classes };
})(dukpy);
