// Every exported function that takes a License is among those that misuse.test.mjs hands everything else to.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import ts from "typescript";

import { HERE } from "./harness.mjs";
import { functions } from "./surface.mjs";

/** What takes no License of a caller, and why the compiler thinks that it does. */
const NONE = {
  "ConnectApp.findLicense": "protected: it takes a request that was verified, which holds its license",
  "ForgeRemote.findLicense": "the same",
  verifyForgeEvent: "it takes an invocation that was verified, which holds its license",
};
/** What is tried, and is no function that takes one by its declaration. */
const MORE = {
  "License.hasCapability": "a method, called on something else",
  "License.toJSON": "the same",
  deliver: "an event holds the license",
};
/** Two functions of one name. */
const named = (name, file) => (name === "check" && file.endsWith("server/decide.d.ts") ? "check of the server" : name);

/** The names of an object's fields, as they are written. */
function fieldsOf(source, object) {
  const names = [];
  const visit = (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText(source) === object) {
      names.push(...node.initializer.properties.map(({ name }) => name.text));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  assert.ok(names.length > 0, object);
  return names;
}

test("1: no function that takes a License is forgotten, and none is tried that there is not", () => {
  const path = `${HERE}../../wasm/js/test/misuse.test.mjs`;
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const keys = ["TAKERS", "TAKERS_OR_NOTHING"].flatMap((object) => fieldsOf(source, object));
  const tried = new Set(keys.map((key) => key.replace(/, .*$/, "").replace(/^(?!check of the server$)(\S+) of .*$/, "$1")));
  const takers = new Set(functions.flatMap(({ takers, file }) => takers.map((name) => named(name, file))));
  assert.ok(takers.size > 10, `${[...takers]}`);
  assert.deepEqual([...tried, ...Object.keys(NONE)].sort(), [...takers, ...Object.keys(MORE)].sort());
});
