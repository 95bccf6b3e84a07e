// Takes a name out of a declaration that nothing uses any more.

/** Removes the binding of a variable; leaves it where a `...rest` beside it would change. */
export function removeBinding(syntax, edits, { declarator, name }) {
  let node = name;
  while (node !== declarator.id) {
    const parent = syntax.parent(node);
    if (parent.type === "ObjectPattern") {
      const rest = parent.properties.some(({ type }) => type === "RestElement");
      const kept = parent.properties.filter((one) => !one.removed);
      if (rest) {
        return;
      }
      node.removed = true;
      if (kept.length > 1) {
        removeFrom(edits, parent.properties, node);
        return;
      }
    }
    node = parent;
  }
  const declaration = syntax.parent(declarator);
  declarator.removed = true;
  if (declaration.declarations.some((one) => !one.removed)) {
    removeFrom(edits, declaration.declarations, declarator);
    return;
  }
  const [start, end] = lines(syntax, declaration);
  edits.remove(start, end);
}

/** An element of a list, with the comma on one of its sides. */
function removeFrom(edits, list, node) {
  const n = list.indexOf(node);
  const next = list[n + 1];
  if (next && !next.removed) {
    edits.remove(node.start, next.start);
  } else {
    const previous = list.slice(0, n).findLast((one) => !one.removed);
    edits.remove(previous ? previous.end : node.start, node.end);
  }
}

/** A statement with its line, where it stands alone on it. */
function lines(syntax, { start, end }) {
  const { text } = syntax;
  let from = start;
  while (from > 0 && " \t".includes(text[from - 1])) {
    from -= 1;
  }
  const rest = /^[ \t]*(\r?\n|$)/.exec(text.slice(end));
  const alone = rest && (from === 0 || text[from - 1] === "\n");
  return alone ? [from, end + rest[0].length] : [start, end];
}
