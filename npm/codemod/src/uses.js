// Where a license, or a field of it, is read: each place once, with what is asked there.
import { checkOf, looksLikeCapability, tested } from "./checks.js";
import { REASONS } from "./meaning.js";
import { literal, propertyName } from "./syntax.js";

/**
 * All uses of known licenses. A use is `{ at, value, via, check }`: the expression that reads, what it
 * is, the variable of this file that it goes through (null: the context itself), and what is asked.
 * The check of a bare license is `{ guard }`, `{ binds }` or `{ left }`.
 */
export function usesOf(syntax, values) {
  const uses = [];
  for (const node of syntax.nodes) {
    if (node.type !== "MemberExpression" && !isRead(syntax, node)) {
      continue;
    }
    const value = values.of(node);
    if (value?.is !== "field" && value?.is !== "license") {
      continue;
    }
    const [user, whole] = syntax.user(node);
    const further = user.type === "MemberExpression" && user.object === whole ? values.of(user) : null;
    if (further?.is === "field") {
      continue; // read further: the longest one counts
    }
    const via = throughVariable(syntax, node);
    uses.push({ at: node, value, via, check: check(syntax, values, node, value, user, whole) });
  }
  return uses;
}

const isRead = (syntax, node) => node.type === "Identifier" && syntax.references.get(node)?.isRead() && syntax.variable(node) !== undefined;

/** The variable that holds the license or the field which is read, if one does. */
function throughVariable(syntax, node) {
  const inner = syntax.inner(node);
  if (inner.type === "Identifier") {
    return syntax.variable(inner);
  }
  // license.capabilitySet, but not context.license
  const object = syntax.inner(inner.object);
  return object.type === "Identifier" && propertyName(inner) !== "license" ? syntax.variable(object) : null;
}

function check(syntax, values, node, value, user, whole) {
  const binds = user.type === "VariableDeclarator" && user.init === whole;
  if (binds && (user.id.type === "Identifier" || user.id.type === "ObjectPattern")) {
    return { binds: user };
  }
  if (value.is === "field") {
    return checkOf(syntax, values, node, value);
  }
  if (user.type === "MemberExpression" && user.object === whole) {
    return { other: true }; // another field: none of ours, but the license is needed for it
  }
  if (user.type === "LogicalExpression" && user.operator === "&&" && user.left === whole) {
    return { guard: whole };
  }
  if (user.type === "LogicalExpression" && user.operator === "&&" && user.right === whole) {
    const [above, chain] = syntax.user(user);
    if (above.type === "LogicalExpression" && above.operator === "&&" && above.left === chain) {
      return { guard: whole };
    }
  }
  if (user.type === "UnaryExpression" && user.operator === "!") {
    return { node: user, left: REASONS.absence, absent: true };
  }
  const compared = user.type === "BinaryExpression";
  return { node: whole, left: tested(syntax, whole) || compared ? REASONS.absence : REASONS.passed_on };
}

/**
 * Places that look like checks of a license whose origin is not known: `{ node, left }`.
 */
export function suspects(syntax, values, covered) {
  const found = [];
  // others have capability sets too
  const licensed = syntax.forge || syntax.nodes.some((node) => node.type === "Identifier" && /^licen[cs]e$/i.test(node.name));
  const add = (node, left) => {
    if (!covered.some((one) => one.start <= node.start && node.end <= one.end)) {
      covered.push(node);
      found.push({ node, left });
    }
  };
  for (const node of syntax.nodes) {
    if (isDecision(syntax, values, node) && tested(syntax, node) && syntax.user(node)[0].type !== "ExpressionStatement") {
      add(node, REASONS.decision);
    }
    if (node.type === "BinaryExpression" && [node.left, node.right].some((one) => looksLikeCapability(syntax.inner(one)))) {
      const other = looksLikeCapability(syntax.inner(node.left)) ? node.right : node.left;
      if (!isSdk(syntax, values, other)) {
        add(node, REASONS.unknown_context(syntax.slice(rootOf(syntax, other))));
      }
    }
    if (node.type === "SwitchCase" && looksLikeCapability(node.test)) {
      const { discriminant } = syntax.parent(node);
      if (!isSdk(syntax, values, discriminant)) {
        add(discriminant, REASONS.switch);
      }
    }
  }
  for (const node of syntax.nodes) {
    if (licensed && node.type === "MemberExpression" && looksLikeField(syntax, node) && values.of(node) === null) {
      if (!isSdk(syntax, values, node.object)) {
        add(node, REASONS.unknown_context(syntax.slice(rootOf(syntax, node))));
      }
    }
    if (licensed && node.type === "Property" && syntax.parent(node).type === "ObjectPattern" && isLicensePattern(syntax, node)) {
      const names = syntax.nodes.filter((one) => one.type === "Identifier" && contains(node.value, one) && syntax.variable(one));
      if (!names.some((one) => isLicense(values.ofVariable(syntax.variable(one))))) {
        add(node, REASONS.unknown_context(syntax.slice(node)));
      }
    }
  }
  return found;
}

/** `check(…)` of the package: an object, whatever it says. */
function isDecision(syntax, values, node) {
  const callee = node.type === "CallExpression" ? values.of(node.callee) : null;
  return callee?.is === "import" && callee.name === "check" && /^@app-license\/sdk(\/|$)/.test(callee.module);
}

const isLicense = (value) => value?.is === "license" || value?.is === "field" || value?.is === "sdk";

const isSdk = (syntax, values, node) => {
  for (let inner = syntax.inner(node); inner; inner = syntax.inner(inner.object)) {
    if (values.of(inner)?.is === "sdk") {
      return true;
    }
  }
  return false;
};

/** `….capabilitySet`, and `….license.isActive`. */
function looksLikeField(syntax, node) {
  const name = propertyName(node);
  const object = syntax.inner(node.object);
  const owner = object.type === "MemberExpression" ? propertyName(object) : object.name;
  return name === "capabilitySet" || ((name === "isActive" || name === "active") && (syntax.forge ? /licen[cs]e$/i : /^licen[cs]e$/i).test(owner ?? ""));
}

/** `{ capabilitySet }`, and `{ license: { isActive } }`. */
function isLicensePattern(syntax, node) {
  const name = propertyName(node);
  const holder = syntax.parent(syntax.parent(node));
  const around = holder?.type === "AssignmentPattern" ? syntax.parent(holder) : holder;
  const isOfLicense = around?.type === "Property" && propertyName(around) === "license";
  return name === "capabilitySet" || ((name === "isActive" || name === "active") && isOfLicense);
}

function rootOf(syntax, node) {
  let root = syntax.inner(node);
  for (;;) {
    const next = root.type === "MemberExpression" ? root.object : root.type === "CallExpression" ? root.callee : null;
    if (!next) {
      return root;
    }
    root = syntax.inner(next);
  }
}

const contains = (node, part) => node.start <= part.start && part.end <= node.end;
export { contains, literal, rootOf };
