// The line that brings `License` into a file, in the file's own style.
import { literal } from "./syntax.js";

const PACKAGE = "@app-license/sdk";
const ENDED = new Set(["ImportDeclaration", "VariableDeclaration", "ExpressionStatement", "ReturnStatement", "ThrowStatement"]);

export class Importer {
  #syntax;
  #name = null;
  #present = null;
  #commonjs;

  constructor(syntax, { name, commonjs }) {
    this.#syntax = syntax;
    const { body } = syntax.program;
    const requires = syntax.nodes.some((node) => node.type === "CallExpression" && isRequire(syntax, node));
    const exports = /\b(module\.)?exports\b/.test(syntax.text);
    const script = /\.c?js$|\.jsx$/.test(name);
    this.#commonjs = !syntax.module && script && (requires || exports || name.endsWith(".cjs") || commonjs);
    /** Whether it is known how the file gets at a package. */
    this.possible = syntax.module || this.#commonjs || /\.(mjs|[cm]?tsx?)$/.test(name);
    const imports = body.filter(({ type }) => type === "ImportDeclaration");
    const strings = syntax.nodes.filter((node) => literal(node) !== null && node.type === "Literal");
    const single = strings.filter((node) => node.raw.startsWith("'")).length;
    const first = imports[0]?.source ?? strings.find((node) => isRequire(syntax, syntax.parent(node)));
    this.quote = first ? first.raw[0] : single * 2 > strings.length ? "'" : '"';
    this.#present = this.#find(imports);
  }

  /** `License` of the package, where the file has it already. */
  #find(imports) {
    for (const declaration of imports) {
      if (declaration.source.value !== PACKAGE || declaration.importKind === "type") {
        continue;
      }
      const found = declaration.specifiers.find((one) => one.imported?.name === "License" && one.importKind !== "type");
      if (found) {
        return { name: found.local.name };
      }
      const named = declaration.specifiers.filter(({ type }) => type === "ImportSpecifier");
      if (named.length > 0) {
        return { name: null, after: named.at(-1) };
      }
    }
    for (const node of this.#syntax.nodes) {
      const isOurs = node.type === "VariableDeclarator" && isRequire(this.#syntax, node.init) && literal(node.init.arguments[0]) === PACKAGE;
      if (isOurs && node.id.type === "ObjectPattern" && this.#syntax.parent(this.#syntax.parent(node)).type === "Program") {
        const found = node.id.properties.find((one) => one.key?.name === "License");
        return found ? { name: found.value.name } : { name: null, after: node.id.properties.at(-1), pattern: true };
      }
    }
    return null;
  }

  /** The name of `License` in this file. */
  license() {
    this.#name ??= this.#present?.name ?? this.#syntax.fresh(this.#syntax.program, "License", "AppLicense", "SdkLicense");
    return this.#name;
  }

  /** Writes the line, unless the file has it. */
  write(edits) {
    const present = this.#present;
    if (present?.name) {
      return;
    }
    const { text, program } = this.#syntax;
    const as = this.#name === "License" ? "" : this.#commonjs || present?.pattern ? `: ${this.#name}` : ` as ${this.#name}`;
    const specifier = `License${as}`;
    if (present?.after) {
      edits.appendLeft(present.after.end, `, ${specifier}`);
      return;
    }
    const line = text.includes("\r\n") ? "\r\n" : "\n";
    const { quote } = this;
    const last = program.body.findLast((one) => this.#brings(one));
    const first = program.body.find((one) => !one.directive);
    const end = this.#semicolons() ? ";" : "";
    const statement = this.#commonjs
      ? `const { ${specifier} } = require(${quote}${PACKAGE}${quote})${end}`
      : `import { ${specifier} } from ${quote}${PACKAGE}${quote}${end}`;
    if (last) {
      edits.appendLeft(last.end, line + statement);
      return;
    }
    const directive = program.body.findLast((one) => one.directive);
    if (directive) {
      edits.appendLeft(directive.end, line + statement);
    } else {
      edits.prependRight(first?.start ?? 0, `${statement}${line}${line}`);
    }
  }

  /** Whether the file ends its statements with them. */
  #semicolons() {
    const ended = this.#syntax.nodes.filter(({ type }) => ENDED.has(type));
    const marked = ended.filter((node) => this.#syntax.slice(node).endsWith(";"));
    return marked.length * 2 >= ended.length;
  }

  #brings(statement) {
    if (statement.type === "ImportDeclaration" || statement.type === "TSImportEqualsDeclaration") {
      return true;
    }
    return statement.type === "VariableDeclaration" && statement.declarations.every(({ init }) => bringsAll(this.#syntax, init));
  }
}

const isRequire = (syntax, node) =>
  node?.type === "CallExpression" && node.callee.name === "require" && !syntax.variable(node.callee) && literal(node.arguments[0]) !== null;

/** `require("x")`, `require("x").default` */
function bringsAll(syntax, init) {
  let node = syntax.inner(init);
  while (node?.type === "MemberExpression") {
    node = syntax.inner(node.object);
  }
  return isRequire(syntax, node);
}
