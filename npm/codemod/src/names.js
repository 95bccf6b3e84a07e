// How a license is named where it is asked: read again from its context, or once, by a name.
import { contains, rootOf } from "./uses.js";
import { propertyName } from "./syntax.js";

/** The source of the expression that a context is read from, where it has one. */
export function contextText(syntax, { root, path }) {
  if (!root) {
    return null;
  }
  const inner = syntax.inner(root);
  return [syntax.slice(inner), ...path].join(".");
}

/** What two contexts have in common that are the same one. */
export function contextKey(syntax, context) {
  const { root, path, origin } = context;
  if (!root) {
    return origin ? `parameter ${origin}` : null;
  }
  const base = rootOf(syntax, root);
  const variable = base.type === "Identifier" && syntax.variable(base);
  const text = syntax.slice(syntax.inner(root)).replaceAll(/\?\.|!/g, (mark) => (mark === "!" ? "" : "."));
  return variable ? `${variable.$id}:${[text, ...path].join(".")}` : `${root.start}`;
}

/** Whether the same context can be read again at a node: by names that mean the same there. */
export function nameableAt(syntax, context, node) {
  const { root, path, moving } = context;
  if (!root || moving) {
    return false;
  }
  let inner = syntax.inner(root);
  while (inner.type === "MemberExpression") {
    if (inner.computed && inner.property.type !== "Literal") {
      return false;
    }
    inner = syntax.inner(inner.object);
  }
  const variable = inner.type === "Identifier" && syntax.variable(inner);
  if (!variable || path === null) {
    return false;
  }
  const once = variable.references.filter((one) => one.isWrite()).length <= 1;
  return once && syntax.visible(inner.name, node) === variable;
}

/** The pattern of a parameter, or of a declaration, in which a variable stands, and where it is. */
export function bindingOf(syntax, variable) {
  const [{ type, node, name }] = variable.defs;
  if (type === "Variable") {
    return { declarator: node, name, pattern: node.id };
  }
  return { fn: node, name, pattern: node.params.find((param) => contains(param, name)) };
}

/** The names that a pattern declares. */
export function namesOf(syntax, pattern) {
  return syntax.nodes.filter((one) => {
    if (one.type !== "Identifier" || !contains(pattern, one)) {
      return false;
    }
    return syntax.variable(one)?.identifiers.includes(one) ?? false;
  });
}

/**
 * The part of a parameter's pattern that takes a context apart: the pattern beside whose `license`
 * nothing stands. Null where something does.
 */
export function contextPattern(syntax, name) {
  for (let node = name; node; node = syntax.parent(node)) {
    const parent = syntax.parent(node);
    if (parent?.type === "Property" && propertyName(parent) === "license" && parent.value === node) {
      const pattern = syntax.parent(parent);
      return pattern.type === "ObjectPattern" && pattern.properties.length === 1 ? pattern : null;
    }
  }
  return null;
}
