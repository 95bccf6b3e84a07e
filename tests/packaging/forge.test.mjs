// The platform's own bundler packs the server entry without settings, and what it makes runs alone.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { HERE, answered, node } from "./harness.mjs";

/** Bundles a project, and answers a function that calls what came out of it. */
function bundled(t, project) {
  // away from every node_modules
  const out = mkdtempSync(join(tmpdir(), "app-license-forge-"));
  t.after(() => rmSync(out, { recursive: true }));
  node(project, `${HERE}forge-bundle.cjs`, out);
  const files = readdirSync(out);
  assert.ok(files.some((name) => name.endsWith(".cjs")), `${files}`);
  assert.ok(!files.some((name) => name.endsWith(".wasm")), `${files}`);
  const [bundle] = files.filter((name) => /^index.*\.cjs$/.test(name));
  return (license) =>
    JSON.parse(
      node(
        project,
        "-e",
        `require(${JSON.stringify(join(out, bundle))}).run({}, ${JSON.stringify({ license })})
          .then((answer) => console.log(JSON.stringify(answer)))`,
      ),
    );
}

test("9: a Forge function with @app-license/sdk/server", (t) => {
  const ask = bundled(t, "forge-function");
  const common = { trust: "verified", code: "token_malformed" };
  assert.deepEqual(ask({ active: true, capabilitySet: "capabilityAdvanced" }), { allowed: true, reason: "granted", ...common });
  assert.deepEqual(ask({ active: true }), { allowed: false, reason: "capability_missing", ...common });
  assert.deepEqual(ask(undefined), { allowed: false, reason: "absent", ...common });
});

test("9: a Forge function in TypeScript, under the bundler's own defaults and an empty tsconfig.json", (t) => {
  const ask = bundled(t, "forge-typescript");
  const common = { trust: "verified", code: "not_a_license", tested: "inactive" };
  assert.deepEqual(ask({ active: true, capabilitySet: "capabilityAdvanced" }), { allowed: true, reason: "granted", unlimited: true, ...common });
  assert.deepEqual(ask({ active: true }), { allowed: false, reason: "capability_missing", unlimited: false, ...common });
});

test("10: every entry in the platform's own bundle", (t) => {
  answered("Forge bundler, Node 20", bundled(t, "forge-entries")());
});
