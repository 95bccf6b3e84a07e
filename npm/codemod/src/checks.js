// Which expressions check a license by hand, and what each asks.
import { literal, propertyName } from "./syntax.js";
import { REASONS } from "./meaning.js";

const RANKED = { capabilityadvanced: "capabilityAdvanced", capabilitystandard: "capabilityStandard" };
const EQUAL = new Set(["===", "=="]);
const UNEQUAL = new Set(["!==", "!="]);
const COMPARED = new Set([...EQUAL, ...UNEQUAL, "<", ">", "<=", ">=", "in", "instanceof"]);

/** The platform's spellings: without case and `_`. */
const folded = (text) => text.replaceAll("_", "").toLowerCase();

/**
 * What is done with a field of a license. Answers one of
 * `{ node, asks: "capability", capability, written, negated }`, `{ node, asks: "active", negated }`,
 * `{ node, left: reason }`.
 */
export function checkOf(syntax, values, node, field) {
  return field.name === "capabilitySet" ? ofSet(syntax, values, node) : ofActive(syntax, node);
}

function ofSet(syntax, values, node) {
  let [user, whole] = syntax.user(node);
  // license.capabilitySet?.toLowerCase()
  if (user.type === "MemberExpression" && user.object === whole && /^to(Locale)?(Lower|Upper)Case$/.test(propertyName(user))) {
    const [call, member] = syntax.user(user);
    if (call.type === "CallExpression" && call.callee === member) {
      [user, whole] = syntax.user(call);
    }
  }
  if (user.type === "BinaryExpression" && (EQUAL.has(user.operator) || UNEQUAL.has(user.operator))) {
    const other = syntax.inner(user.left === whole ? user.right : user.left);
    const negated = UNEQUAL.has(user.operator);
    if (isNullish(other)) {
      return { node: user, left: REASONS.absence };
    }
    const asked = capabilityOf(syntax, other);
    return asked.left ? { node: user, ...asked } : { node: user, asks: "capability", negated, ...asked };
  }
  // ["capabilityStandard", "capabilityAdvanced"].includes(license.capabilitySet)
  if (user.type === "CallExpression" && user.arguments.length === 1 && user.arguments[0] === whole) {
    const callee = syntax.inner(user.callee);
    const list = callee.type === "MemberExpression" && propertyName(callee) === "includes" && constant(syntax, callee.object);
    if (list?.type === "ArrayExpression") {
      const all = list.elements.map((one) => capabilityOf(syntax, syntax.inner(one)));
      const names = new Set(all.map(({ capability }) => capability));
      const wrong = all.find(({ left }) => left);
      if (wrong || names.size === 0) {
        return { node: user, left: wrong?.left ?? REASONS.unknown_capability };
      }
      const capability = names.has("capabilityStandard") ? "capabilityStandard" : "capabilityAdvanced";
      const both = names.size === 2;
      return { node: user, asks: "capability", negated: false, capability, both, written: all[0].written };
    }
  }
  if (user.type === "SwitchStatement") {
    return { node: syntax.outer(node), left: REASONS.switch };
  }
  return { node: syntax.outer(node), left: tested(syntax, whole) ? REASONS.absence : REASONS.raw_set };
}

/** The capability that a compared expression stands for. */
function capabilityOf(syntax, node) {
  const found = node && constant(syntax, node);
  const text = literal(found);
  if (text === null) {
    return { left: REASONS.unknown_capability };
  }
  const capability = RANKED[folded(text)];
  if (capability) {
    // a constant keeps its name where it holds the very word
    const named = node.type === "Identifier" && text === capability;
    return { capability, written: named ? node.name : null, quote: node.type === "Literal" ? node.raw[0] : null };
  }
  return { left: folded(text).startsWith("capability") ? REASONS.unknown_capability : REASONS.not_a_capability };
}

/** What a constant of this file holds. */
function constant(syntax, node) {
  const inner = syntax.inner(node);
  if (inner?.type === "Identifier") {
    const [definition, more] = syntax.variable(inner)?.defs ?? [];
    const declarator = definition?.type === "Variable" && !more && definition.node;
    const isConst = declarator && declarator.id.type === "Identifier" && syntax.parent(declarator).kind === "const";
    return isConst && declarator.init ? constant(syntax, declarator.init) : inner;
  }
  if (inner?.type === "MemberExpression") {
    const object = constant(syntax, inner.object);
    const name = propertyName(inner);
    const found = object?.type === "ObjectExpression" && object.properties.find((one) => one.type === "Property" && propertyName(one) === name);
    return found ? syntax.inner(found.value) : inner;
  }
  return inner;
}

function ofActive(syntax, node) {
  const [user, whole] = syntax.user(node);
  if (user.type === "BinaryExpression" && (EQUAL.has(user.operator) || UNEQUAL.has(user.operator))) {
    const other = syntax.inner(user.left === whole ? user.right : user.left);
    if (other.type === "Literal" && other.value === true) {
      return { node: user, asks: "active", negated: UNEQUAL.has(user.operator) };
    }
    return { node: user, left: REASONS.absence };
  }
  if (user.type === "LogicalExpression" && user.operator === "??" && user.left === whole) {
    const other = syntax.inner(user.right);
    if (other.type === "Literal" && other.value === false) {
      return { node: user, asks: "active", negated: false };
    }
    return { node: user, left: REASONS.fails_open };
  }
  if (user.type === "UnaryExpression" && user.operator === "!") {
    const [again] = syntax.user(user);
    return again.type === "UnaryExpression" && again.operator === "!"
      ? { node: again, asks: "active", negated: false }
      : { node: user, asks: "active", negated: true };
  }
  if (user.type === "CallExpression" && user.callee.type === "Identifier" && user.callee.name === "Boolean" && user.arguments.length === 1) {
    return { node: user, asks: "active", negated: false };
  }
  if (tested(syntax, whole)) {
    return { node: whole, asks: "active", negated: false };
  }
  return { node: whole, left: REASONS.value };
}

/** Whether only the truth of an expression counts where it stands. */
export function tested(syntax, node) {
  const [user, whole] = syntax.user(node);
  switch (user?.type) {
    case "IfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
    case "ForStatement":
    case "ConditionalExpression":
      return user.test === whole;
    case "UnaryExpression":
      return user.operator === "!";
    case "ExpressionStatement":
      return true;
    case "JSXExpressionContainer":
      return !syntax.parent(user).type.endsWith("Attribute"); // a child: what is false renders nothing
    case "CallExpression":
      return user.callee.name === "Boolean" && user.arguments[0] === whole;
    case "VariableDeclarator":
      return user.init === whole && user.id.type === "Identifier" && isTestedAlone(syntax, user);
    case "LogicalExpression":
      if (user.left === whole && user.operator === "||") {
        return true;
      }
      return user.operator !== "??" && (tested(syntax, user) || (user.left === whole && isBoolean(syntax, user.right)));
    default:
      return false;
  }
}

/** Whether only the truth of a constant counts, wherever it is read. */
function isTestedAlone(syntax, declarator) {
  const known = syntax.testedAlone;
  if (!known.has(declarator)) {
    known.set(declarator, false); // what is read to make itself is no test
    known.set(declarator, allReadsTest(syntax, declarator));
  }
  return known.get(declarator);
}

function allReadsTest(syntax, declarator) {
  const { references } = syntax.variable(declarator.id);
  const reads = references.filter((one) => !one.init);
  const declaration = syntax.parent(declarator);
  const stays = !syntax.parent(declaration).type.startsWith("Export");
  return stays && reads.every((one) => one.isRead() && !one.isWrite() && !one.isTypeReference && tested(syntax, one.identifier));
}

/** Whether an expression can only be true or false. */
function isBoolean(syntax, node) {
  const inner = syntax.inner(node);
  switch (inner.type) {
    case "UnaryExpression":
      return inner.operator === "!";
    case "BinaryExpression":
      return COMPARED.has(inner.operator);
    case "LogicalExpression":
      return inner.operator !== "??" && isBoolean(syntax, inner.left) && isBoolean(syntax, inner.right);
    case "Literal":
      return typeof inner.value === "boolean";
    default:
      return false;
  }
}

const isNullish = (node) => (node.type === "Literal" && node.raw === "null") || (node.type === "Identifier" && node.name === "undefined");

/** Whether a comparison is with a word that looks like a capability set. */
export const looksLikeCapability = (node) => /^capability_?(free|standard|advanced)$/i.test(literal(node) ?? "");
