// Which exports a Forge manifest names as functions: they are called with an event and a context.
import { posix } from "node:path";
import { parse } from "yaml";

const ENDS = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];

/**
 * The handlers of a manifest: from the path of a source (beside the manifest's own) to the names of
 * its exports.
 *
 * Platform page: https://developer.atlassian.com/platform/forge/manifest-reference/modules/function/
 *
 * @param {string} text the manifest
 * @param {string} path where it is
 * @param {Map<string, Set<string>>} found is added to
 */
export function addHandlers(text, path, found) {
  let functions;
  try {
    functions = parse(text, { logLevel: "silent" })?.modules?.function;
  } catch {
    return; // the platform's own tools say what is wrong with it
  }
  for (const one of Array.isArray(functions) ? functions : []) {
    const handler = /^(.+)\.([\w$]+)$/.exec(typeof one?.handler === "string" ? one.handler : "");
    if (!handler) {
      continue;
    }
    for (const end of ENDS) {
      const source = posix.join(posix.dirname(path), "src", `${handler[1]}.${end}`);
      found.set(source, (found.get(source) ?? new Set()).add(handler[2]));
    }
  }
}
