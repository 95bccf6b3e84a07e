// What a developer sees of the packed package in logs, stack traces and editors.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { BUILD, node } from "./harness.mjs";

const SDK = `${BUILD}node_modules/@app-license/sdk/`;
const run = (code, ...options) => node("node", ...options, "--input-type=module", "-e", code);

test("11: licenses, decisions and errors are readable in logs", () => {
  const said = run(`
    import * as sdk from "@app-license/sdk";
    import * as server from "@app-license/sdk/server";
    const license = server.fromFunctionContext({ license: { active: true, capabilitySet: "capabilityAdvanced" } });
    console.log(license, server.check(license, { requires: "capabilityAdvanced" }));
    console.log([sdk.FeatureMap, sdk.LicenseError, server.VerifyError, server.DeniedError].map(({ name }) => name).join());
    try { sdk.check({}, { requires: "capabilityAdvanced" }); } catch (error) { console.log(error); }
  `);
  assert.match(said, /^License \{\n  source: 'forge_function_context',\n  trust: 'verified',\n  state: 'active',\n  edition: 'advanced',/);
  assert.match(said, /\{\n  allowed: true,\n  reason: 'granted',/);
  assert.match(said, /^FeatureMap,LicenseError,VerifyError,DeniedError$/m);
  assert.match(said, /^LicenseError: expected a License, found none: write [\s\S]* \{\n  code: 'not_a_license'\n\}/m);
});

test("11: stack traces name the sources, which are in the package", () => {
  const stack = run(
    `import { check } from "@app-license/sdk";
     try { check({}, { requires: "capabilityAdvanced" }); } catch ({ stack }) { console.log(stack); }`,
    "--enable-source-maps",
  );
  assert.match(stack, /at known \(.*\/@app-license\/sdk\/src\/registry\.ts:\d+:\d+\)/);
  const [, file, line] = /at known \((?:file:\/\/)?(.*):(\d+):\d+\)/.exec(stack);
  assert.match(readFileSync(file, "utf8").split("\n")[line - 1], /throw expected\("a License"/);
});

test("11: every file has its map, and every source of a map is there", () => {
  const files = readdirSync(`${SDK}dist`, { recursive: true }).map((name) => `${SDK}dist/${name}`);
  const mapped = files.filter((name) => /\.(js|cjs|d\.ts|d\.cts)$/.test(name));
  assert.ok(mapped.length > 50, `${mapped.length}`);
  for (const file of mapped) {
    const [, name] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(file, "utf8")) ?? assert.fail(file);
    const folder = file.slice(0, file.lastIndexOf("/") + 1);
    const { sources } = JSON.parse(readFileSync(`${folder}${name}`, "utf8"));
    const lost = sources.filter((source) => !existsSync(`${folder}${source}`) && !source.includes("/build/"));
    assert.deepEqual(lost, [], file);
  }
});
