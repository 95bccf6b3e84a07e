// Every exported function that takes a License is among those that misuse.test.mjs hands everything else to.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { HERE } from "./harness.mjs";
import { functions } from "./surface.mjs";

const tests = readFileSync(`${HERE}../../wasm/js/test/misuse.test.mjs`, "utf8");

/** What takes no License of a caller, and why the compiler thinks that it does. */
const NONE = {
  "ConnectApp.findLicense": "protected: it takes a request that was verified, which holds its license",
  "ForgeRemote.findLicense": "the same",
};

test("1: no function that takes a License is forgotten", () => {
  const takers = [...new Set(functions.flatMap(({ takers }) => takers))];
  assert.ok(takers.length > 10, `${takers}`);
  const tried = (name) => name.split(".").every((part) => new RegExp(`\\b${part}\\b`).test(tests));
  assert.deepEqual(takers.filter((name) => !tried(name) && !(name in NONE)), []);
  assert.deepEqual(Object.keys(NONE).filter((name) => !takers.includes(name)), []);
});
