// The platform's own bundler packs the server entry without settings, and what it makes runs alone.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { HERE, node } from "./harness.mjs";

test("a Forge function with @app-license/sdk/server", (t) => {
  // away from every node_modules
  const out = mkdtempSync(join(tmpdir(), "app-license-forge-"));
  t.after(() => rmSync(out, { recursive: true }));
  node("forge-function", `${HERE}forge-bundle.cjs`, out);
  const files = readdirSync(out);
  assert.ok(files.some((name) => name.endsWith(".cjs")), `${files}`);
  assert.ok(!files.some((name) => name.endsWith(".wasm")), `${files}`);
  const [bundle] = files.filter((name) => /^index.*\.cjs$/.test(name));
  const ask = (license) =>
    JSON.parse(
      node(
        "forge-function",
        "-e",
        `require(${JSON.stringify(join(out, bundle))}).run({}, ${JSON.stringify({ license })})
          .then((answer) => console.log(JSON.stringify(answer)))`,
      ),
    );
  const common = { trust: "verified", code: "token_malformed" };
  assert.deepEqual(ask({ active: true, capabilitySet: "capabilityAdvanced" }), { allowed: true, reason: "granted", ...common });
  assert.deepEqual(ask({ active: true }), { allowed: false, reason: "capability_missing", ...common });
  assert.deepEqual(ask(undefined), { allowed: false, reason: "absent", ...common });
});
