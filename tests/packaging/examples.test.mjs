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
    lockFile(folder);
    node("", program("typescript-7/bin/tsc"), "-p", folder, "--strict", "--noEmit");
  });
}

test("no lock file names a registry", () => {
  for (const folder of ["tests/packaging", "tests/peers", "wasm/js"]) {
    lockFile(`${HERE}../../${folder}`);
  }
});

function lockFile(folder) {
  const lock = JSON.parse(readFileSync(`${folder}/package-lock.json`, "utf8"));
  for (const { resolved } of Object.values(lock.packages)) {
    assert.match(resolved ?? "file:", /^file:|^\.\./, folder);
  }
}
