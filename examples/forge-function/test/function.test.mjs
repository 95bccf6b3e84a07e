import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import { functionContext } from "@app-license/sdk/testing";
import { exportRows } from "../src/exports.mjs";

const { default: Resolver } = createRequire(import.meta.url)("@forge/resolver");
const resolver = new Resolver();
resolver.define("export", exportRows);
const handler = resolver.getDefinitions();

/** As the platform calls it: the browser's half of the context, and the platform's own. */
const call = (scenario, payload, context = {}) =>
  handler({ call: { functionKey: "export", payload }, context }, functionContext(scenario));

test("the function decides by the license that the platform fills in", async () => {
  assert.deepEqual(await call("standard", { rows: 50 }), { exported: 50 });
  assert.deepEqual(await call("standard", { rows: 5000 }), { exported: 1000 });
  assert.deepEqual(await call("advanced", { rows: 5000 }), { exported: 5000 });
  assert.deepEqual(await call("standard", { everything: true }), { refused: "capability_missing" });
  assert.deepEqual(await call("trial-of-advanced", { everything: true, rows: 7 }), { exported: 7 });
  assert.deepEqual(await call("expired", { rows: 5 }), { refused: "inactive" });
  assert.deepEqual(await call("absent", { rows: 5 }), { refused: "absent" });
});

test("what a browser sends does not count", async () => {
  const forged = { license: { active: true, capabilitySet: "capabilityAdvanced" } };
  const answer = await call("standard", { everything: true }, forged);
  assert.deepEqual(answer, { refused: "capability_missing" });
});
