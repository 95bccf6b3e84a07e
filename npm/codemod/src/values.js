// What an expression is: a request of a resolver, a context of the platform, its license, a field
// of that. Followed through names, patterns and parameters of one file; what is not certain is null.
import { literal, propertyName } from "./syntax.js";

const FIELDS = new Set(["capabilitySet", "isActive", "active"]);

/** Where a context comes from, and so what reads it. */
const READERS = { ui: "fromForgeContext", function: "fromFunctionContext", connect: "fromConnectContext" };

const context = (kind, root, path = [], origin = null) => ({ is: "context", kind, reader: READERS[kind], root, path, origin });
const PROMISED = (of) => ({ is: "promise", of });

export class Values {
  #syntax;
  #roles;
  #known = new Map();
  #parameters = new Map();

  /** @param roles what the file's exports are called with, by their names; see `roles.js` */
  constructor(syntax, roles) {
    this.#syntax = syntax;
    this.#roles = roles;
  }

  /** What an export is called with by those whom the project says call it. */
  #role(name, index) {
    const role = this.#roles.get(name);
    if (role === "function" && index === 1) {
      return context("function", null);
    }
    return role === "resolver" && index === 0 ? { is: "request", root: null, path: [] } : null;
  }

  /** The functions of other modules that a resolver is defined with here. */
  resolved() {
    const found = [];
    for (const node of this.#syntax.nodes) {
      const callee = node.type === "CallExpression" ? this.#syntax.inner(node.callee) : null;
      if (callee?.type === "MemberExpression" && propertyName(callee) === "define" && this.of(callee.object)?.is === "resolver") {
        const value = this.of(node.arguments[1]);
        if (value?.is === "import" && !value.name.includes(".")) {
          found.push(value);
        }
      }
    }
    return found;
  }

  /** What an expression is, or null. */
  of(node) {
    const inner = this.#syntax.inner(node);
    if (!inner) {
      return null;
    }
    if (!this.#known.has(inner)) {
      this.#known.set(inner, null); // whatever stands for itself is nothing
      this.#known.set(inner, this.#read(inner));
    }
    return this.#known.get(inner);
  }

  #read(node) {
    switch (node.type) {
      case "Identifier":
        return this.#ofName(node);
      case "MemberExpression":
        return this.#step(this.of(node.object), propertyName(node), node);
      case "AwaitExpression": {
        const value = this.of(node.argument);
        return value?.is === "promise" ? at(value.of, node) : value?.is === "sdk" ? value : null;
      }
      case "NewExpression": {
        const callee = this.of(node.callee);
        const whole = callee?.is === "module" && callee.module === "@forge/resolver";
        return whole || isImport(callee, "@forge/resolver", "default") ? { is: "resolver" } : null;
      }
      case "CallExpression":
        return this.#ofCall(node);
      case "ImportExpression": {
        const module = literal(node.source);
        return module === null ? null : PROMISED({ is: "module", module });
      }
      default:
        return null;
    }
  }

  /** What a property of a value is. `node` is the expression, or null in a pattern. */
  #step(value, name, node) {
    if (!value || name === null || name === undefined) {
      return null;
    }
    switch (value.is) {
      case "request":
        return name === "context" ? context("function", node ?? value.root, node || !value.root ? [] : [...value.path, name], value.origin) : null;
      case "context":
        return name === "license" ? { is: "license", context: value } : null;
      case "license":
        return FIELDS.has(name) ? { is: "field", name, context: value.context } : null;
      case "module":
        return { is: "import", module: value.module, name };
      case "import":
        return name === "default" && value.name === "default"
          ? value
          : { is: "import", module: value.module, name: value.name === "default" ? name : `${value.name}.${name}` };
      case "global":
        return { is: "global", name: `${value.name}.${name}`.replace(/^(window|globalThis)\./, "") };
      case "sdk":
        return value;
      default:
        return null;
    }
  }

  #ofCall(node) {
    const callee = this.of(node.callee);
    if (this.#syntax.inner(node.callee).name === "require" && !this.#syntax.variable(this.#syntax.inner(node.callee))) {
      const module = literal(node.arguments[0]);
      return module === null ? null : { is: "module", module };
    }
    if (callee?.is === "sdk" || (callee?.is === "import" && callee.module.startsWith("@app-license/sdk"))) {
      return { is: "sdk" };
    }
    if (isImport(callee, "@forge/bridge", "view.getContext")) {
      return PROMISED(context("ui", null));
    }
    if (isImport(callee, "@forge/api", "getAppContext")) {
      return context("function", node);
    }
    if (isImport(callee, "@forge/react", "useProductContext") || isImport(callee, "@forge/ui", "useProductContext")) {
      return context("ui", node);
    }
    if (callee?.is === "global" && callee.name === "AP.context.getContext" && node.arguments.length === 0) {
      return PROMISED(context("connect", null));
    }
    return null;
  }

  #ofName(node) {
    const variable = this.#syntax.variable(node);
    if (!variable) {
      return ["AP", "window", "globalThis"].includes(node.name) ? { is: "global", name: node.name } : null;
    }
    const value = this.ofVariable(variable);
    // a context has its own name where it has one; a license is not its context
    return value?.is === "context" || value?.is === "request" ? at(value, node) : value;
  }

  /** What a variable holds all the time, or null. */
  ofVariable(variable) {
    if (!this.#known.has(variable)) {
      this.#known.set(variable, null);
      this.#known.set(variable, this.#variable(variable));
    }
    return this.#known.get(variable);
  }

  #variable(variable) {
    if (variable.defs.length !== 1) {
      return null;
    }
    const [{ type, node, name }] = variable.defs;
    if (type === "ImportBinding" && node.type === "TSImportEqualsDeclaration") {
      const module = literal(node.moduleReference.expression);
      return module === null ? null : { is: "module", module };
    }
    if (type === "ImportBinding") {
      const declaration = this.#syntax.parent(node);
      const module = declaration.source?.value;
      if (typeof module !== "string" || declaration.importKind === "type" || node.importKind === "type") {
        return null;
      }
      return node.type === "ImportNamespaceSpecifier"
        ? { is: "module", module }
        : { is: "import", module, name: node.type === "ImportSpecifier" ? (node.imported.name ?? node.imported.value) : "default" };
    }
    if (type === "Parameter") {
      return variable.references.some((one) => one.isWrite() && !one.init) ? null : this.#ofParameter(node, name);
    }
    if (type !== "Variable") {
      return null;
    }
    const writes = variable.references.filter((one) => one.isWrite());
    const state = this.#ofState(node, name);
    if (state) {
      return state;
    }
    if (node.id === name || node.id.type === "Identifier") {
      return this.#ofWrites(node, writes);
    }
    if (!node.init || writes.length > 1) {
      return null;
    }
    return this.#through(node.id, name, this.of(node.init), node.init);
  }

  /** A variable that is set once, or only to contexts of one kind and to nothing. */
  #ofWrites(declarator, writes) {
    const expressions = writes.map((one) => one.writeExpr).filter((one) => one && !isNothing(this.#syntax.inner(one)));
    const values = expressions.map((one) => this.of(one));
    const [first] = values;
    if (!first || values.some((value) => value?.is !== first.is || value.kind !== first.kind)) {
      return null;
    }
    const once = writes.length === 1 && declarator.init;
    return once || first.is === "context" ? { ...first, ...(first.is === "context" && !once ? { moving: true } : {}) } : null;
  }

  /** Follows a pattern from its root to a name in it. Answers null where a default could grant. */
  #through(pattern, name, value, root) {
    const steps = this.#path(pattern, name);
    if (!steps) {
      return null;
    }
    let found = value;
    if (found?.is === "context" || found?.is === "request") {
      found = { ...found, root: found.root ?? root, path: found.root ? found.path : [] };
    }
    for (const step of steps) {
      found = this.#step(found, step, null);
    }
    return found;
  }

  /** The property names from a pattern to a name in it. */
  #path(pattern, name) {
    const steps = [];
    for (let node = name; node !== pattern; ) {
      const parent = this.#syntax.parent(node);
      if (parent.type === "Property" && parent.value === node) {
        const step = propertyName(parent);
        if (step === null || step === undefined) {
          return null;
        }
        steps.unshift(step);
      } else if (parent.type === "AssignmentPattern" && parent.left === node) {
        if (!isHarmless(this.#syntax.inner(parent.right))) {
          return null;
        }
      } else if (parent.type !== "ObjectPattern") {
        return null;
      }
      node = parent;
    }
    return steps;
  }

  /** `const [context, setContext] = useState()`, where only contexts are set. */
  #ofState(declarator, name) {
    const { id, init } = declarator;
    const call = this.#syntax.inner(init);
    if (id.type !== "ArrayPattern" || id.elements[0] !== name || call?.type !== "CallExpression") {
      return null;
    }
    const callee = this.of(call.callee);
    const setter = id.elements[1] && this.#syntax.variable(id.elements[1]);
    if (!isImport(callee, "react", "useState") && !isImport(callee, "@forge/react", "useState")) {
      return null;
    }
    if (!setter || (call.arguments[0] && !isNothing(this.#syntax.inner(call.arguments[0])))) {
      return null;
    }
    const values = setter.references
      .filter((one) => !one.init)
      .map(({ identifier }) => {
        const [user, whole] = this.#syntax.user(identifier);
        if (user.type !== "CallExpression") {
          return null;
        }
        return user.callee === whole ? this.of(user.arguments[0]) : this.#callback(user, whole, 0);
      });
    const kinds = new Set(values.map((value) => (value?.is === "context" ? value.kind : null)));
    const [kind] = kinds;
    return kinds.size === 1 && kind ? { ...context(kind, null), moving: true } : null;
  }

  #ofParameter(fn, name) {
    const index = fn.params?.findIndex((param) => contains(param, name));
    if (index === undefined || index < 0) {
      return null;
    }
    let value = this.parameter(fn, index);
    let pattern = fn.params[index];
    if (pattern.type === "AssignmentPattern") {
      pattern = pattern.left;
    }
    if (pattern.type === "Identifier") {
      return this.#isSdkType(pattern) ? { is: "sdk" } : value;
    }
    const steps = this.#path(pattern, name);
    for (const step of steps ?? []) {
      value = this.#step(value, step, null);
    }
    return steps ? value : null;
  }

  /** `license: License`, of the package. */
  #isSdkType(identifier) {
    const type = identifier.typeAnnotation?.typeAnnotation;
    const variable = type?.typeName?.type === "Identifier" && this.#syntax.visible(type.typeName.name, identifier);
    const [definition] = (variable && variable.defs) || [];
    const source = definition?.type === "ImportBinding" && this.#syntax.parent(definition.node).source?.value;
    return typeof source === "string" && source.startsWith("@app-license/sdk");
  }

  /** What a function is called with, or null. */
  parameter(fn, index) {
    const key = fn.params[index] ?? fn;
    if (!this.#parameters.has(key)) {
      this.#parameters.set(key, null);
      this.#parameters.set(key, this.#parameter(fn, index));
    }
    return this.#parameters.get(key);
  }

  #parameter(fn, index) {
    const found = { certain: [], called: [], escapes: false };
    const look = (node) => {
      const [user, whole] = this.#syntax.user(node);
      if (user.type === "CallExpression" && user.callee === whole) {
        found.called.push(this.of(user.arguments[index]));
        return;
      }
      const value = user.type === "CallExpression" ? this.#callback(user, whole, index) : this.#method(user, whole, index);
      if (value) {
        found.certain.push(value);
        return;
      }
      const exported = this.#exported(user, whole);
      const role = exported !== undefined && this.#role(exported, index);
      if (role) {
        found.certain.push(role);
      } else if (user.type === "VariableDeclarator" && user.init === whole && user.id.type === "Identifier") {
        this.#lookAtVariable(user.id, look, found, index);
      } else {
        found.escapes = true;
      }
    };
    if (fn.type === "FunctionDeclaration") {
      if (fn.id) {
        this.#lookAtVariable(fn.id, look, found, index, fn);
      } else if (this.#role("default", index)) {
        found.certain.push(this.#role("default", index));
      }
    } else {
      look(fn);
    }
    const values = [...found.certain, ...found.called];
    const [first] = values;
    if (!first || (found.escapes && found.certain.length === 0)) {
      return null;
    }
    const same = values.every((value) => value && value.is === first.is && value.kind === first.kind);
    return same && (first.is === "context" || first.is === "request") ? { ...first, root: null, path: [], origin: `${fn.start}:${index}` } : null;
  }

  /** All places where a function is used by its name. */
  #lookAtVariable(id, look, found, index, fn) {
    const variable = this.#syntax.variable(id);
    const declaration = fn ?? this.#syntax.parent(this.#syntax.parent(id));
    const around = this.#syntax.parent(declaration);
    if (around?.type === "ExportNamedDeclaration" || around?.type === "ExportDefaultDeclaration") {
      const name = around.type === "ExportDefaultDeclaration" ? "default" : id.name;
      const role = this.#role(name, index);
      if (role) {
        found.certain.push(role);
      } else {
        found.escapes = true;
      }
    }
    for (const reference of variable?.references ?? []) {
      if (!reference.init && reference.identifier !== id) {
        if (reference.isWrite()) {
          found.escapes = true;
        } else if (reference.isValueReference !== false) {
          look(reference.identifier);
        }
      }
    }
  }

  /** What a function that is handed over is called with. */
  #callback(call, whole, index) {
    const callee = this.#syntax.inner(call.callee);
    if (index === 0 && callee.type === "MemberExpression") {
      const name = propertyName(callee);
      const object = this.of(callee.object);
      if (name === "define" && object?.is === "resolver" && call.arguments[1] === whole) {
        return { is: "request", root: null, path: [] };
      }
      if (name === "then" && object?.is === "promise" && call.arguments[0] === whole) {
        return object.of;
      }
    }
    const value = this.of(call.callee);
    const isConnect = value?.is === "global" && value.name === "AP.context.getContext";
    return index === 0 && isConnect && call.arguments[0] === whole ? context("connect", null) : null;
  }

  /** A function of `makeResolver({ … })`. */
  #method(property, whole, index) {
    const call = this.#syntax.parent(this.#syntax.parent(property));
    return index === 0 &&
      property.type === "Property" &&
      property.value === whole &&
      call?.type === "CallExpression" &&
      isImport(this.of(call.callee), "@forge/resolver", "makeResolver")
      ? { is: "request", root: null, path: [] }
      : null;
  }

  /** Under which name a value leaves the file, where it does. */
  #exported(user, whole) {
    if (user.type === "ExportSpecifier") {
      return user.exported.name ?? user.exported.value;
    }
    if (user.type === "ExportDefaultDeclaration") {
      return "default";
    }
    // exports.run = …, module.exports.run = …, module.exports = { run }
    if (user.type === "AssignmentExpression" && user.right === whole) {
      return /^(?:module\s*\.\s*)?exports\s*\.\s*(\w+)$/.exec(this.#syntax.slice(user.left))?.[1];
    }
    if (user.type === "Property" && user.value === whole) {
      const assignment = this.#syntax.parent(this.#syntax.parent(user));
      const isExports = assignment?.type === "AssignmentExpression" && this.#syntax.slice(assignment.left) === "module.exports";
      return isExports ? propertyName(user) : undefined;
    }
    return undefined;
  }
}

/** A context, or a request, as it is written at a node. */
const at = (value, node) => ({ ...value, root: node, path: [] });

const isImport = (value, module, name) => value?.is === "import" && value.module === module && matches(value.name, name);
// a default import of what `require` loads is the module itself
const matches = (found, name) => found === name || (name !== "default" && found === `default.${name}`);

const contains = (node, part) => node.start <= part.start && part.end <= node.end;

const isNothing = (node) =>
  (node.type === "Literal" && node.value === null && node.raw === "null") || (node.type === "Identifier" && node.name === "undefined");

/** A default that grants nothing. */
const isHarmless = (node) =>
  isNothing(node) ||
  (node.type === "ObjectExpression" && node.properties.length === 0) ||
  (node.type === "Literal" && (node.value === false || node.value === ""));
