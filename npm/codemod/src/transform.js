// One source file: its checks of `context.license` rewritten to @app-license/sdk where that is certain,
// and the places listed where it is not.
import MagicString from "magic-string";

import { chainsOf } from "./chains.js";
import { Importer } from "./imports.js";
import { MEANING, REASONS } from "./meaning.js";
import { bindingOf, contextPattern, contextText, nameableAt, namesOf } from "./names.js";
import { removeBinding } from "./removal.js";
import { parse } from "./syntax.js";
import { suspects, usesOf } from "./uses.js";
import { Values } from "./values.js";

/**
 * @param {string} text the source
 * @param {{ name: string, roles?: Map<string, string>, commonjs?: boolean }} options the file's name;
 *   what its exports are called with, see `roles.js`; whether `.js` is CommonJS here
 * @returns {{ code: string, changes: object[], left: object[] }} `changes` and `left` have `line`,
 *   `column` and `before`; changes have `after` and `meaning`, what is left has `reason`
 */
export function transform(text, { name, roles = new Map(), commonjs = false }) {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const source = text.slice(mark.length);
  let syntax;
  try {
    syntax = parse(source, name);
  } catch (error) {
    const mentions = /capabilitySet|licen[cs]e\b/i.test(source);
    const left = { line: 1, column: 1, before: "", reason: REASONS.syntax(error.message) };
    return { code: text, changes: [], left: mentions ? [left] : [] };
  }
  const file = new File(syntax, new Values(syntax, roles), new Importer(syntax, { name, commonjs }));
  file.rewrite();
  return { code: mark + file.edits.toString(), changes: file.changes, left: file.left };
}

class File {
  constructor(syntax, values, importer) {
    this.syntax = syntax;
    this.values = values;
    this.importer = importer;
    this.edits = new MagicString(syntax.text);
    this.changes = [];
    this.left = [];
    this.uses = usesOf(syntax, values);
    this.declared = new Map();
  }

  rewrite() {
    const { syntax, uses } = this;
    for (const use of uses) {
      const { check } = use;
      if (check.node && !check.left && syntax.hasComment(check.node.start, check.node.end)) {
        use.check = { node: check.node, left: REASONS.comment };
      }
      if (check.asks && !this.importer.possible) {
        use.check = { node: check.node, left: REASONS.no_module };
      }
    }
    chainsOf(syntax, uses);
    this.#declare();
    this.#plan();
    for (const use of uses) {
      this.#apply(use);
    }
    for (const declaration of this.declared.values()) {
      this.#applyDeclaration(declaration);
    }
    this.#list();
    if (this.changes.length > 0) {
      this.importer.write(this.edits);
    }
    const byPlace = (a, b) => a.line - b.line || a.column - b.column;
    this.changes.sort(byPlace);
    this.left.sort(byPlace);
  }

  /** The variables that hold licenses and fields, with what is done with them. */
  #declare() {
    const { syntax, values, uses } = this;
    const variables = new Set(uses.map(({ via }) => via).filter(Boolean));
    for (const variable of variables) {
      const value = values.ofVariable(variable);
      if (value?.is === "license" || value?.is === "field") {
        const own = uses.filter(({ via }) => via === variable);
        this.declared.set(variable, { variable, value, uses: own, ...bindingOf(syntax, variable) });
      }
    }
    for (const declaration of this.declared.values()) {
      // a declaration that reads another variable's license goes as that one does
      declaration.source = uses.find(({ check, via }) => check.binds && check.binds === declaration.declarator && via)?.via ?? null;
      const reads = declaration.variable.references.filter((one) => one.isRead() && !one.isTypeReference).length;
      declaration.whole = reads === declaration.uses.length;
    }
  }

  /** Whether a use is rewritten, or needs nothing of the name that it goes through. */
  #isDone(use) {
    const { check } = use;
    if (check.binds) {
      const all = [...this.declared.values()].filter(({ declarator }) => declarator === check.binds);
      const names = namesOf(this.syntax, check.binds.id);
      return all.length === names.length && all.every((one) => one.plan === "forward" || one.plan === "local");
    }
    return Boolean(check.dropped || (check.asks && !check.left));
  }

  /** How each variable's license is named. Undone until nothing changes. */
  #plan() {
    const all = [...this.declared.values()];
    for (const one of all) {
      one.plan = one.source ? "forward" : "local";
    }
    for (let changed = true; changed; ) {
      changed = false;
      for (const one of all) {
        const next = this.#planOf(one);
        if (next !== one.plan) {
          one.plan = next;
          changed = true;
        }
      }
    }
    for (const one of all.filter(({ plan }) => plan === "none")) {
      for (const use of one.uses.filter(({ check }) => check.asks && !check.left)) {
        const named = one.value.context.root !== null;
        use.check = { node: use.check.node, left: named ? REASONS.other_uses(one.name.name) : REASONS.no_name };
      }
    }
  }

  #planOf(one) {
    if (one.plan === "none" || one.plan === "inline" || one.plan === "named") {
      return one.plan;
    }
    const done = one.whole && one.uses.length > 0 && one.uses.every((use) => this.#isDone(use)) && !isExported(this.syntax, one.declarator);
    if (one.source) {
      const source = this.declared.get(one.source);
      return done && source && source.plan !== "none" ? "forward" : this.#inlineOrNone(one);
    }
    if (one.fn) {
      return done && contextPattern(this.syntax, one.name) && !one.value.context.root ? "local" : this.#inlineOrNone(one);
    }
    const group = [...this.declared.values()].filter(({ declarator }) => declarator === one.declarator);
    const alone = namesOf(this.syntax, one.pattern).length === group.length && !hasRest(this.syntax, one.pattern);
    const each = group.every((other) => other.plan === "local");
    return done && alone && each && contextText(this.syntax, one.value.context) !== null ? "local" : this.#inlineOrNone(one);
  }

  #inlineOrNone(one) {
    const asked = one.uses.filter(({ check }) => check.asks && !check.left);
    const named = asked.every((use) => nameableAt(this.syntax, one.value.context, use.at));
    if (asked.length === 0) {
      return "none";
    }
    return named ? "inline" : this.#canName(one) ? "named" : "none";
  }

  /** Whether the context that a declaration reads can get a name of its own in a line before. */
  #canName({ declarator, source, value }) {
    const { syntax } = this;
    const { root, moving } = value.context;
    const declaration = declarator && syntax.parent(declarator);
    const isFresh = root && !moving && (root.type === "AwaitExpression" || root.type === "CallExpression");
    const isStatement = declaration && Array.isArray(syntax.parent(declaration).body) && declaration.declarations.length === 1;
    return !source && isFresh && isStatement && declarator.start <= root.start && root.end <= declarator.end;
  }

  #contextName({ declarator }) {
    declarator.contextName ??= this.syntax.fresh(declarator, "context", "forgeContext");
    return declarator.contextName;
  }

  /** The expression for the license that a use reads. */
  #license(use) {
    const declaration = use.via && this.declared.get(use.via);
    return declaration ? this.#nameOf(declaration) : this.#read(use.value.context);
  }

  #nameOf(declaration) {
    if (declaration.plan === "forward") {
      return this.#nameOf(this.declared.get(declaration.source));
    }
    if (declaration.plan === "inline") {
      return this.#read(declaration.value.context);
    }
    if (declaration.plan === "named") {
      return this.#read({ ...declaration.value.context, text: this.#contextName(declaration) });
    }
    if (declaration.fn) {
      return this.#read({ ...declaration.value.context, text: this.#parameterName(declaration) });
    }
    const group = [...this.declared.values()].filter(({ declarator }) => declarator === declaration.declarator);
    const named = group.find(({ localName }) => localName);
    declaration.localName ??= named?.localName ?? this.#ownName(group) ?? this.syntax.fresh(declaration.declarator, "license", "appLicense");
    return declaration.localName;
  }

  /** The name of a license that is there already. */
  #ownName(group) {
    return group.find(({ value }) => value.is === "license")?.name.name;
  }

  #parameterName(declaration) {
    const pattern = contextPattern(this.syntax, declaration.name);
    const others = [...this.declared.values()].filter(({ fn }) => fn === declaration.fn);
    const same = others.find((other) => other.localName && contextPattern(this.syntax, other.name) === pattern);
    declaration.localName ??= same?.localName ?? this.syntax.fresh(declaration.fn, "context", "forgeContext");
    return declaration.localName;
  }

  #read(context) {
    const text = context.text ?? contextText(this.syntax, context);
    return `${this.importer.license()}.${context.reader}(${text})`;
  }

  #apply(use) {
    const { check } = use;
    if (check.dropped) {
      if (isRewritten(check.because)) {
        this.edits.remove(...check.dropped);
      }
      return;
    }
    if (!check.asks || check.left) {
      return;
    }
    const license = this.#license(use);
    const { quote } = this.importer;
    const mark = check.quote ?? quote;
    const not = check.negated ? "!" : "";
    const after =
      check.asks === "active"
        ? `${license}.state ${not || "="}== ${quote}active${quote}`
        : `${not}${license}.hasCapability(${check.written ?? `${mark}${check.capability}${mark}`})`;
    this.edits.overwrite(check.node.start, check.node.end, after);
    const meaning = check.asks === "active" ? [] : check.capability === "capabilityAdvanced" ? ["active_required"] : Object.keys(MEANING);
    const until = check.until ?? check.node;
    this.changes.push({ ...this.#place(check.node), before: oneLine(this.syntax.text.slice(check.node.start, until.end)), after, meaning });
  }

  #applyDeclaration(one) {
    if (one.plan === "local" && one.fn) {
      const pattern = contextPattern(this.syntax, one.name);
      if (!pattern.replaced) {
        pattern.replaced = true;
        this.#replaceParameter(pattern, this.#parameterName(one));
      }
    } else if (one.plan === "local" && !one.declarator.replaced) {
      one.declarator.replaced = true;
      const { id, init } = one.declarator;
      this.edits.overwrite(id.start, init.end, `${this.#nameOf(one)} = ${this.#read(one.value.context)}`);
    } else if (one.plan === "forward" || ((one.plan === "inline" || one.plan === "named") && this.#isUnused(one))) {
      removeBinding(this.syntax, this.edits, one);
    }
    if (one.plan === "named" && !one.declarator.named) {
      one.declarator.named = true;
      this.#nameContext(one);
    }
  }

  /** `const { license } = await view.getContext();` becomes two lines, of which the first has a name. */
  #nameContext(one) {
    const { text } = this.syntax;
    const root = this.syntax.outer(one.value.context.root);
    const declaration = this.syntax.parent(one.declarator);
    const name = this.#contextName(one);
    const lineStart = text.lastIndexOf("\n", declaration.start - 1) + 1;
    const [indent] = /^[ \t]*/.exec(text.slice(lineStart));
    const line = text.includes("\r\n") ? "\r\n" : "\n";
    const end = this.syntax.slice(declaration).endsWith(";") ? ";" : "";
    const statement = `const ${name} = ${this.syntax.slice(this.syntax.inner(root))}${end}${line}${indent}`;
    this.edits.overwrite(root.start, root.end, name);
    this.edits.prependRight(declaration.start, statement);
  }

  #isUnused(one) {
    return one.whole && one.declarator && one.uses.every((use) => this.#isDone(use)) && !isExported(this.syntax, one.declarator);
  }

  /** `{ license }` in place of a context becomes its name. */
  #replaceParameter(pattern, name) {
    const property = this.syntax.parent(pattern);
    const short = property.type === "Property" && !property.computed && property.key.name === name;
    const end = pattern.typeAnnotation?.start ?? pattern.end;
    this.edits.overwrite(short ? property.start : pattern.start, end, name);
  }

  /** What is left for a person. */
  #list() {
    const covered = [];
    const list = (node, reason) => this.left.push({ ...this.#place(node), before: oneLine(this.syntax.slice(node)), reason });
    for (const { at, check } of this.uses) {
      covered.push(check.node ?? check.binds ?? at);
      if (check.dropped) {
        if (check.node && !isRewritten(check.because)) {
          list(check.node, check.left ?? check.because.check.left);
        }
        continue;
      }
      if (check.left && check.left !== REASONS.passed_on) {
        list(check.node, check.left);
      } else if (check.left) {
        list(at, check.left);
      }
    }
    for (const { node, left } of suspects(this.syntax, this.values, covered)) {
      list(node, left);
    }
  }

  #place({ start }) {
    const [line, column] = this.syntax.place(start);
    return { line, column };
  }
}

/** Whether what says all of a dropped operand is there, in its turn. */
const isRewritten = ({ check }) => Boolean(check.asks && !check.left && (!check.dropped || isRewritten(check.because)));

const oneLine = (text) => text.replaceAll(/\s+/g, " ");

function isExported(syntax, declarator) {
  return declarator ? syntax.parent(syntax.parent(declarator))?.type === "ExportNamedDeclaration" : false;
}

const hasRest = (syntax, pattern) => syntax.nodes.some((one) => one.type === "RestElement" && pattern.start <= one.start && one.end <= pattern.end);
