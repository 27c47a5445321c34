// Runs in a context of its own with acorn: whether a piece of a REPL's input is whole, and the same piece with what it
// declares at its top level turned into session variables: `let x = 1` assigns the property x of the global object.
// Whatever is moved or replaced keeps its line.
((request) => {
  'use strict';
  const OPTIONS = { ecmaVersion: 'latest', sourceType: 'module' };

  // -- parsing

  /** Returns {source, body}; what starts with a brace is an object where it can be one. */
  function parse(source) {
    if (/^\s*\{/.test(source)) {
      const wrapped = `(${source}\n)`;
      try {
        const { body } = acorn.parse(wrapped, OPTIONS);
        if (body.length === 1) return { source: wrapped, body };
      } catch (error) {
        if (isAtEnd(error, wrapped, 2)) return incompleteUnlessBlock(source);
      }
    }
    return { source, body: acorn.parse(source, OPTIONS).body };
  }

  /** An object that is not whole may be a block that is. */
  function incompleteUnlessBlock(source) {
    try {
      return { source, body: acorn.parse(source, OPTIONS).body };
    } catch (error) {
      error.isIncomplete = true;
      throw error;
    }
  }

  /** Whether an error is one that more text may cure. */
  function isAtEnd(error, source, closing = 0) {
    const { pos, message } = error;
    if (pos === undefined) return false;
    const rest = source.slice(pos, source.length - closing);
    if (/^Unterminated (template|comment)/.test(message)) return true;
    if (message.startsWith('Unterminated string')) return /\\\n?$/.test(source);
    if (message.startsWith('Missing catch or finally')) return /\}\s*$/.test(source);
    return rest.trim() === '';
  }

  function describe(error, source) {
    if (error.loc === undefined) return { message: error.message, line: 1, column: 1 };
    const message = error.message.replace(/ \(\d+:\d+\)$/, '');
    return {
      message, line: error.loc.line, column: error.loc.column + 1, incomplete: error.isIncomplete || isAtEnd(error, source),
    };
  }

  // -- names

  function patternNames(pattern, add) {
    if (pattern === null) return;
    switch (pattern.type) {
      case 'Identifier':
        add(pattern.name);
        break;
      case 'ObjectPattern':
        for (const item of pattern.properties) patternNames(item.type === 'Property' ? item.value : item.argument, add);
        break;
      case 'ArrayPattern':
        for (const item of pattern.elements) patternNames(item, add);
        break;
      case 'AssignmentPattern':
        patternNames(pattern.left, add);
        break;
      case 'RestElement':
        patternNames(pattern.argument, add);
    }
  }

  /** Finds the `var`s of a statement, which belong to the whole piece wherever they stand. */
  function varNames(node, add) {
    if (/Function|^Class/.test(node.type)) return;
    if (node.type === 'VariableDeclaration' && node.kind === 'var') {
      for (const { id } of node.declarations) patternNames(id, add);
    }
    for (const key of Object.keys(node)) {
      const child = node[key];
      for (const item of Array.isArray(child) ? child : [child]) {
        if (item !== null && typeof item === 'object' && typeof item.type === 'string') varNames(item, add);
      }
    }
  }

  // -- rewriting

  const blank = (text) => text.replace(/[^\n\r\u2028\u2029]/g, ' ');
  const lineEnds = (text) => text.replace(/[^\n\r\u2028\u2029]/g, '');

  class Rewriter {
    constructor(source) {
      this.source = source;
      this.names = new Map();
      this.edits = [];
      this.functions = '';
      this.functionsEnd = 0;
    }

    replace(start, end, text) {
      this.edits.push({ start, end, text });
    }

    blank(start, end) {
      this.replace(start, end, blank(this.source.slice(start, end)));
    }

    declare(kind) {
      return (name) => this.names.set(name, kind);
    }

    /** A list under an empty pattern: a declaration, so that it leaves no value behind, which declares nothing. */
    statement(node) {
      switch (node.type) {
        case 'VariableDeclaration':
          if (node.kind === 'let' || node.kind === 'const') this.variables(node);
          break;
        case 'ClassDeclaration':
          this.declare('class')(node.id.name);
          this.replace(node.start, node.start, `let {} = [${node.id.name} = `);
          this.replace(node.end, node.end, '];');
          break;
        case 'FunctionDeclaration':
          this.hoist(node);
          break;
        case 'ImportDeclaration':
          this.import(node);
          break;
        case 'ExportNamedDeclaration':
          this.blank(node.start, node.declaration ? node.declaration.start : node.end);
          if (node.declaration) this.statement(node.declaration);
          break;
        case 'ExportAllDeclaration':
          this.blank(node.start, node.end);
          break;
        case 'ExportDefaultDeclaration':
          this.exportDefault(node);
      }
      varNames(node, (name) => this.names.has(name) || this.names.set(name, 'var'));
    }

    variables({ kind, start, declarations }) {
      this.replace(start, start + kind.length, 'let {} = [');
      for (const { id, init, end } of declarations) {
        patternNames(id, this.declare(kind));
        if (init === null) this.replace(end, end, ' = void 0');
      }
      const { end } = declarations[declarations.length - 1];
      this.replace(end, end, '];');
    }

    /** Functions are there before anything runs: they go, each at its place, into a script that runs first. */
    hoist({ id, start, end }) {
      const { source } = this;
      this.declare('function')(id.name);
      this.functions += blank(source.slice(this.functionsEnd, start));
      this.functions += `${id.name} = ${source.slice(start, id.start)}${blank(id.name)}${source.slice(id.end, end)};`;
      this.functionsEnd = end;
      this.blank(start, end);
    }

    import({ start, end, specifiers, source }) {
      const add = this.declare('const');
      const name = JSON.stringify(source.value);
      const bound = [];
      const wanted = [];
      let namespace = `await import(${name})`;
      for (const { type, imported, local } of specifiers) {
        add(local.name);
        if (type === 'ImportNamespaceSpecifier') {
          namespace = `${local.name} = ${namespace}`;
          continue;
        }
        const key = type === 'ImportDefaultSpecifier' ? 'default' : imported.name ?? imported.value;
        bound.push(`${JSON.stringify(key)}: ${local.name}`);
        wanted.push(key);
      }
      let text = namespace;
      if (bound.length) {
        const missing = `"Could not find export '" + key + "' in module " + ${JSON.stringify(`'${source.value}'`)}`;
        const check = `for (const key of ${JSON.stringify(wanted)}) if (!(key in found)) throw new SyntaxError(${missing});`;
        text = `{${bound.join(', ')}} = ((found) => { ${check} return found; })(${namespace})`;
      }
      this.replace(start, end, `let {} = [${text}];${lineEnds(this.source.slice(start, end))}`);
    }

    exportDefault({ start, declaration }) {
      this.blank(start, declaration.start);
      if (declaration.id) {
        this.statement(declaration);
        return;
      }
      this.replace(declaration.start, declaration.start, ';(');
      this.replace(declaration.end, declaration.end, ')');
    }

    finish() {
      let text = '';
      let at = 0;
      // Edits at one place keep their order.
      for (const { start, end, text: put } of this.edits.sort((a, b) => a.start - b.start)) {
        text += this.source.slice(at, start) + put;
        at = end;
      }
      return { source: text + this.source.slice(at), functions: this.functions, names: [...this.names] };
    }
  }

  function rewrite({ source, body }) {
    const rewriter = new Rewriter(source);
    for (const node of body) rewriter.statement(node);
    const last = body.findLast((node) => node.type !== 'EmptyStatement');
    const isExpression = last !== undefined && /^(ExpressionStatement|ExportDefaultDeclaration)$/.test(last.type);
    return { ...rewriter.finish(), isExpression };
  }

  try {
    const found = parse(request.source);
    return request.rewrite ? rewrite(found) : {};
  } catch (error) {
    return { error: describe(error, request.source) };
  }
})(dukpy);
