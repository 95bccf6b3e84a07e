// One source as a syntax tree in which every node knows its parent and every name its variable.
import { analyze } from "@typescript-eslint/scope-manager";
import { parseSync, visitorKeys } from "oxc-parser";

const LANGUAGES = { js: "jsx", mjs: "jsx", cjs: "jsx", jsx: "jsx", ts: "ts", mts: "ts", cts: "ts", tsx: "tsx" };

/** What stands around an expression without changing its value. */
const WRAPPERS = new Set([
  "ParenthesizedExpression",
  "ChainExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);

/** What the parser makes of a text: it throws nothing, but a deep text ends the process. */
export const parseText = (text, name) => parseSync(name, text, { lang: LANGUAGES[name.split(".").at(-1)], range: true, astType: "ts" });

/** @returns {Syntax} Throws an Error with the parser's message for what is no program. */
export function parse(text, name) {
  const { program, comments, errors } = parseText(text, name);
  const [error] = errors.filter(({ severity }) => severity === "Error");
  if (error) {
    throw new Error(error.message);
  }
  return new Syntax(text, program, comments);
}

export class Syntax {
  constructor(text, program, comments) {
    this.text = text;
    this.program = program;
    this.comments = comments;
    this.parents = new Map();
    this.nodes = [];
    this.takenIn = new Map();
    this.testedAlone = new Map();
    this.#visit(program, null);
    /** Whether it is the source of a Forge app beyond doubt. */
    this.forge = /["']@forge\//.test(text);
    this.module = program.body.some(({ type }) => /^(Import|Export|TSExport)/.test(type));
    // hoisted names and closures are the same in modules and in what `require` loads
    this.scopes = analyze(program, { sourceType: "module", lib: [], jsxPragma: null });
    this.variables = new Map();
    this.references = new Map();
    for (const scope of this.scopes.scopes) {
      for (const reference of scope.references) {
        this.references.set(reference.identifier, reference);
        if (reference.resolved?.defs.length) {
          this.variables.set(reference.identifier, reference.resolved);
        }
      }
      for (const variable of scope.variables) {
        for (const identifier of variable.identifiers) {
          this.variables.set(identifier, variable);
        }
      }
    }
  }

  #visit(node, parent) {
    this.parents.set(node, parent);
    this.nodes.push(node);
    for (const key of visitorKeys[node.type] ?? []) {
      for (const child of [node[key]].flat()) {
        if (child && typeof child.type === "string") {
          this.#visit(child, node);
        }
      }
    }
  }

  parent(node) {
    return this.parents.get(node) ?? null;
  }

  /** The expression without parentheses, `!`, `as` and the like around it. */
  inner(node) {
    let found = node;
    while (found && WRAPPERS.has(found.type)) {
      found = found.expression;
    }
    return found;
  }

  /** The expression with all that stands around it without changing its value. */
  outer(node) {
    let found = node;
    while (WRAPPERS.has(this.parent(found)?.type)) {
      found = this.parent(found);
    }
    return found;
  }

  /** What uses the value of an expression, and the expression as it stands there. */
  user(node) {
    const whole = this.outer(node);
    return [this.parent(whole), whole];
  }

  slice({ start, end }) {
    return this.text.slice(start, end);
  }

  variable(identifier) {
    return this.variables.get(identifier);
  }

  /** The variable that a name stands for at a node. */
  visible(name, node) {
    for (let at = node; at; at = this.parent(at)) {
      let scope = this.scopes.acquire(at, true);
      if (scope) {
        for (; scope; scope = scope.upper) {
          const found = scope.set.get(name);
          if (found) {
            return found;
          }
        }
        return undefined;
      }
    }
    return undefined;
  }

  hasComment(start, end) {
    return this.comments.some((comment) => comment.start < end && comment.end > start);
  }

  /** @returns {[line: number, column: number]} both from 1 */
  place(offset) {
    const before = this.text.slice(0, offset);
    return [before.split("\n").length, offset - before.lastIndexOf("\n")];
  }

  /** A name that means nothing in the function around a node, or in the file; it is taken then. */
  fresh(node, ...wanted) {
    let around = node;
    while (this.parent(around) && !isFunction(around)) {
      around = this.parent(around);
    }
    const taken = this.#taken(around);
    const names = [...wanted, ...Array.from({ length: 99 }, (_, n) => `${wanted.at(-1)}${n + 2}`)];
    const found = names.find((name) => !taken.has(name) && !this.visible(name, around));
    taken.add(found);
    return found;
  }

  /** The names that mean something inside a node. */
  #taken(node) {
    if (!this.takenIn.has(node)) {
      const inside = this.nodes.filter((one) => {
        const isName = this.variables.has(one) || this.references.has(one);
        return isName && node.start <= one.start && one.end <= node.end;
      });
      this.takenIn.set(node, new Set(inside.map(({ name }) => name)));
    }
    return this.takenIn.get(node);
  }
}

/** The text of a string literal, or of a template without holes. */
export function literal(node) {
  if (node?.type === "Literal" && typeof node.value === "string") {
    return node.value;
  }
  if (node?.type === "TemplateLiteral" && node.expressions.length === 0) {
    return node.quasis[0].value.cooked;
  }
  return null;
}

/** The name of a property that is read, where it is written out. */
export function propertyName(node) {
  return node.computed ? literal(node.property ?? node.key) : (node.property ?? node.key).name ?? literal(node.key);
}

export const isFunction = (node) =>
  node?.type === "FunctionDeclaration" || node?.type === "FunctionExpression" || node?.type === "ArrowFunctionExpression";
