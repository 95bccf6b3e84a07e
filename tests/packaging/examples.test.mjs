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
    const project = existsSync(`${folder}/tsconfig.json`) ? ["-p", folder] : plain(folder);
    node("", program("typescript-7/bin/tsc"), ...project, "--strict", "--noEmit");
  });
}

/** How an example in plain JavaScript is checked: what it calls has types, what it writes need not. */
function plain(folder) {
  const files = readdirSync(`${folder}/src`, { recursive: true }).filter((name) => /\.[cm]?js$/.test(name));
  assert.ok(files.length, "it has sources");
  return [
    ...["--ignoreConfig", "--allowJs", "--checkJs", "--noImplicitAny", "false", "--skipLibCheck"],
    ...["--module", "nodenext", "--target", "es2022", "--types", "node"],
    ...["--typeRoots", `${HERE}node_modules/@types`],
    ...files.map((name) => `${folder}/src/${name}`),
  ];
}

test("no lock file names a registry", () => {
  for (const folder of ["tests/packaging", "tests/packaging/runtimes", "tests/peers", "tests/lab", "tests/doctor", "wasm/js"]) {
    lockFile(`${HERE}../../${folder}`);
  }
});

function lockFile(folder) {
  const lock = JSON.parse(readFileSync(`${folder}/package-lock.json`, "utf8"));
  for (const { resolved } of Object.values(lock.packages)) {
    assert.match(resolved ?? "file:", /^file:|^\.\./, folder);
  }
}
