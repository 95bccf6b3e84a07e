// Chains of `&&` and `||` about one license: what another operand asks already is left out.
import { tested } from "./checks.js";
import { REASONS } from "./meaning.js";
import { contextKey } from "./names.js";

/**
 * Marks uses: `check.dropped = [start, end]` is taken out of the source, and Standard that stands
 * alone is left to a person.
 */
export function chainsOf(syntax, uses) {
  const byOperand = new Map();
  for (const use of uses) {
    const node = use.check.guard ?? use.check.node;
    if (node) {
      byOperand.set(syntax.outer(node), use);
    }
  }
  const chains = new Set(syntax.nodes.filter((node) => node.type === "LogicalExpression" && node.operator !== "??").map((node) => topOf(syntax, node)));
  for (const chain of chains) {
    const operands = operandsOf(syntax, chain);
    const found = operands.map((operand) => byOperand.get(operand) ?? guardOfContext(syntax, operand));
    if (!found.some((use) => use.check)) {
      continue;
    }
    bothNames(syntax, operands, found);
    alternatives(syntax, chain, operands, found);
    conjunction(syntax, chain, operands, found, uses);
    absences(syntax, chain, operands, found);
  }
  for (const { check, value } of uses) {
    const alone = check.asks === "capability" && check.capability === "capabilityStandard" && !check.both && !check.dropped;
    if (alone && !afterAdvanced(syntax, check.node, contextKey(syntax, value.context), uses)) {
      const { node } = check;
      for (const name of Object.keys(check)) {
        delete check[name];
      }
      Object.assign(check, { node, left: REASONS.standard_alone });
    }
  }
}

const topOf = (syntax, node) => {
  const parent = syntax.parent(node);
  return parent.type === "LogicalExpression" && parent.operator === node.operator ? topOf(syntax, parent) : node;
};

const operandsOf = (syntax, node, operator = node.operator) =>
  node.type === "LogicalExpression" && node.operator === operator
    ? [...operandsOf(syntax, node.left, operator), ...operandsOf(syntax, node.right, operator)]
    : [node];

/** `context && …`: a reader takes a context that is not there. */
function guardOfContext(syntax, operand) {
  const inner = syntax.inner(operand);
  return { contextNode: inner };
}

const isAsked = (use, asks) => use?.check?.asks === asks && !use.check.left && !use.check.dropped;

/** `license.active || license.isActive`, and so on: one question, asked by both of the platform's names. */
function bothNames(syntax, operands, found) {
  const key = (use) => contextKey(syntax, use.value.context) ?? use.via;
  found.forEach((use, n) => {
    const because =
      isAsked(use, "active") &&
      found.slice(0, n).find((one) => isAsked(one, "active") && one.check.negated === use.check.negated && key(one) === key(use));
    const dropped = because && rangeOf(syntax, operands, n);
    if (dropped) {
      Object.assign(use.check, { dropped, because });
    }
  });
}

/** Standard or Advanced, which is Standard; and neither. */
function alternatives(syntax, chain, operands, found) {
  const negated = chain.operator === "&&";
  const key = (use) => contextKey(syntax, use.value.context) ?? use.via;
  found.forEach((standard, n) => {
    if (!isAsked(standard, "capability") || standard.check.capability !== "capabilityStandard" || standard.check.negated !== negated) {
      return;
    }
    const other = found.findIndex(
      (use) => isAsked(use, "capability") && use.check.capability === "capabilityAdvanced" && use.check.negated === negated && key(use) === key(standard),
    );
    if (other >= 0) {
      const dropped = rangeOf(syntax, operands, other);
      if (dropped) {
        found[other].check.dropped = dropped;
        found[other].check.because = standard;
        standard.check.both = true;
        standard.check.until = operands[Math.max(n, other)];
      }
    }
  });
}

/** `license && license.isActive && Advanced`: the last says all of it. */
function conjunction(syntax, chain, operands, found, uses) {
  if (chain.operator !== "&&" || !tested(syntax, chain) && !endsInCheck(found)) {
    return;
  }
  const key = (use) => contextKey(syntax, use.value.context) ?? use.via;
  const positive = (use) => use?.check && !use.check.negated && !use.check.dropped && !use.check.left;
  const asked = found.filter((use) => positive(use) && use.check.asks);
  found.forEach((use, n) => {
    if (use.contextNode) {
      // a guard of the context that a later operand reads
      const later = found.slice(n + 1).find((one) => positive(one) && one.check?.asks && one.value.context.root);
      const text = later && syntax.slice(syntax.inner(later.value.context.root));
      const same = later && later.value.context.path.length === 0 && syntax.slice(use.contextNode) === text && use.contextNode.type === "Identifier";
      const dropped = same && rangeOf(syntax, operands, n);
      if (dropped) {
        uses.push({ at: use.contextNode, value: later.value, via: null, check: { dropped, because: later } });
      }
      return;
    }
    const guarded = use.check.guard && asked.find((one) => key(one) === key(use) && found.indexOf(one) > n);
    const repeated =
      isAsked(use, "active") && !use.check.negated && asked.find((one) => isAsked(one, "capability") && key(one) === key(use));
    const because = guarded || repeated;
    const dropped = because && rangeOf(syntax, operands, n);
    if (dropped) {
      Object.assign(use.check, { dropped, because });
    }
  });
}

/** `!license || !license.isActive`: the last says all of it. */
function absences(syntax, chain, operands, found) {
  if (chain.operator !== "||") {
    return;
  }
  const key = (use) => contextKey(syntax, use.value.context) ?? use.via;
  found.forEach((use, n) => {
    const because =
      use.check?.absent && found.slice(n + 1).find((one) => one.check?.asks && one.check.negated && !one.check.left && key(one) === key(use));
    const dropped = because && rangeOf(syntax, operands, n);
    if (dropped) {
      Object.assign(use.check, { dropped, because });
    }
  });
}

/** Whether a chain's value is that of a check: a boolean. */
const endsInCheck = (found) => {
  const last = found.at(-1);
  return last?.check?.asks === "capability" || (last?.check?.asks === "active" && last.check.negated);
};

/** An operand with its operator, unless a comment stands there. */
function rangeOf(syntax, operands, n) {
  const range = n + 1 < operands.length ? [operands[n].start, operands[n + 1].start] : [operands[n - 1].end, operands[n].end];
  return syntax.hasComment(...range) ? null : range;
}

/** Whether Advanced was asked before, and did not come here: then Standard alone is all that is left. */
function afterAdvanced(syntax, node, key, uses) {
  const isAdvanced = (test) => {
    const asked = uses.find(({ check }) => check.node && syntax.inner(check.node) === syntax.inner(test));
    return (
      asked?.check.asks === "capability" &&
      !asked.check.negated &&
      asked.check.capability === "capabilityAdvanced" &&
      contextKey(syntax, asked.value.context) === key &&
      key !== null
    );
  };
  let at = syntax.outer(node);
  const branch = syntax.parent(at);
  if ((branch.type !== "IfStatement" && branch.type !== "ConditionalExpression") || branch.test !== at) {
    return false;
  }
  for (at = syntax.outer(branch); ; at = syntax.outer(syntax.parent(at))) {
    const above = syntax.parent(at);
    const isElse = (above?.type === "IfStatement" || above?.type === "ConditionalExpression") && above.alternate === at;
    if (!isElse) {
      break;
    }
    if (isAdvanced(above.test)) {
      return true;
    }
  }
  const block = syntax.parent(at);
  const before = Array.isArray(block?.body) ? block.body.slice(0, block.body.indexOf(at)) : [];
  return before.some((one) => one.type === "IfStatement" && isAdvanced(one.test) && leaves(one.consequent));
}

/** Whether a statement ends the function, so that nothing after it runs. */
function leaves(statement) {
  const last = statement.type === "BlockStatement" ? statement.body.at(-1) : statement;
  return last?.type === "ReturnStatement" || last?.type === "ThrowStatement";
}
