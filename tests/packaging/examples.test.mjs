// Every example that is an npm package says what it is, and is free of type errors under `strict`.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { HERE, node, program } from "./harness.mjs";

const EXAMPLES = `${HERE}../../examples/`;

for (const name of readdirSync(EXAMPLES).filter((one) => existsSync(`${EXAMPLES}${one}/package.json`))) {
  test(`examples/${name}`, () => {
    const folder = `${EXAMPLES}${name}`;
    assert.ok(existsSync(`${folder}/README.md`), "it has a README");
    const lock = readFileSync(`${folder}/package-lock.json`, "utf8");
    assert.doesNotMatch(lock, /"resolved": "http/, "its lock file names no registry");
    node("", program("typescript-7/bin/tsc"), "-p", folder, "--strict", "--noEmit");
  });
}

test("no lock file names a registry", () => {
  for (const folder of ["tests/packaging", "tests/peers", "wasm/js"]) {
    const lock = readFileSync(`${HERE}../../${folder}/package-lock.json`, "utf8");
    assert.doesNotMatch(lock, /"resolved": "http/, folder);
  }
});
