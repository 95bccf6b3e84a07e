// The platform's own bundler packs the server entry without settings, and what it makes runs alone.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { BUILD, HERE, answered, node } from "./harness.mjs";

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

test("15: the manifest of docs/npm/forge.md passes the platform's validation", async (t) => {
  const { validate } = createRequire(import.meta.url)("@forge/manifest");
  const page = readFileSync(`${HERE}../../docs/npm/forge.md`, "utf8");
  const [shown, ...more] = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml]) => yaml);
  assert.deepEqual(more, []);
  const own = "app:\n  id: ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000\n  runtime:\n    name: nodejs22.x\n";
  const modules = "modules:\n  scheduledTrigger:\n    - key: nightly\n      function: run\n      interval: day\n  function:\n    - key: run\n      handler: index.run\n";
  const manifest = shown.replace("app:\n", own) + modules;
  // it looks for the files that the manifest names in the current folder
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(`${BUILD}forge-function`);
  for (const [text, errors] of [[manifest, false], [manifest.replace("editionsEnabled", "editions"), true]]) {
    writeFileSync("manifest.yml", text);
    const said = await validate(false, "manifest.yml");
    assert.equal(said.errors.length > 0, errors, JSON.stringify(said.errors));
  }
});
