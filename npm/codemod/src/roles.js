// Who calls the exports of a source, where another file says so: the platform, for functions that a
// manifest names, with an event and a context; a resolver that is defined in another file, with a request.
import { posix } from "node:path";
import { parse as parseYaml } from "yaml";

import { parse } from "./syntax.js";
import { Values } from "./values.js";

const ENDS = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];

/** @typedef {Map<string, Map<string, "function" | "resolver">>} Roles by source, then by export */

const add = (roles, source, name, role) => roles.set(source, (roles.get(source) ?? new Map()).set(name, role));

/**
 * The handlers of a manifest: from the path of a source (beside the manifest's own) to the names of
 * its exports.
 *
 * Platform page: https://developer.atlassian.com/platform/forge/manifest-reference/modules/function/
 *
 * @param {string} text the manifest
 * @param {string} path where it is
 * @param {Roles} roles is added to
 */
export function addHandlers(text, path, roles) {
  let functions;
  try {
    functions = parseYaml(text, { logLevel: "silent" })?.modules?.function;
  } catch {
    return; // the platform's own tools say what is wrong with it
  }
  for (const one of Array.isArray(functions) ? functions : []) {
    const handler = /^(.+)\.([\w$]+)$/.exec(typeof one?.handler === "string" ? one.handler : "");
    if (!handler) {
      continue;
    }
    for (const end of ENDS) {
      add(roles, posix.join(posix.dirname(path), "src", `${handler[1]}.${end}`), handler[2], "function");
    }
  }
}

/**
 * The functions of other files that a source defines a resolver with.
 *
 * @param {string} text the source
 * @param {string} path where it is
 * @param {Roles} roles is added to
 */
export function addResolved(text, path, roles) {
  let syntax;
  try {
    syntax = parse(text, path);
  } catch {
    return; // it is told when the file itself is read
  }
  for (const { module, name } of new Values(syntax, new Map()).resolved()) {
    if (!/^\.\.?\//.test(module)) {
      continue;
    }
    const stem = posix.join(posix.dirname(path), module);
    for (const source of [stem, stem.replace(/\.[cm]?jsx?$/, ""), `${stem}/index`]) {
      for (const end of ENDS) {
        add(roles, source === stem && /\.[cm]?[jt]sx?$/.test(stem) ? stem : `${source}.${end}`, name, "resolver");
      }
    }
  }
}
