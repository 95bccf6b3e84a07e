import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { BUILD, HERE, node } from "./harness.mjs";
import { expected } from "./projects/node/answers.mjs";

for (const main of ["main.mjs", "main.cjs"]) {
  test(`Node loads every entry: ${main}`, () => {
    assert.deepEqual(JSON.parse(node("node", main)), expected);
  });
}

test("no entry is forgotten here", () => {
  const { exports } = JSON.parse(readFileSync(`${BUILD}node_modules/@app-license/sdk/package.json`, "utf8"));
  for (const name of Object.keys(exports)) {
    node("node", "-e", `require(${JSON.stringify(`@app-license/sdk${name.slice(1)}`)})`);
    if (name !== "./package.json") {
      node("node", "--input-type=module", "-e", `await import(${JSON.stringify(`@app-license/sdk${name.slice(1)}`)})`);
    }
  }
});

test("the package needs nothing installed beside it for its first entry", () => {
  const packed = JSON.parse(readFileSync(`${BUILD}node_modules/@app-license/sdk/package.json`, "utf8"));
  assert.equal(packed.dependencies, undefined);
  const code = readFileSync(`${BUILD}node_modules/@app-license/sdk/dist/index.js`, "utf8");
  assert.doesNotMatch(code, /\bimport\b|\brequire\b|WebAssembly|\beval\b|new Function/);
});

/** Tests of the package that run against the tarball too, and how many there are at least. */
const AGAINST_THE_TARBALL = { misuse: 25, rejected: 6 };

for (const [name, least] of Object.entries(AGAINST_THE_TARBALL)) {
  test(`against the tarball, without types: ${name}.test.mjs`, () => {
    cpSync(`${HERE}../../wasm/js/test/${name}.test.mjs`, `${BUILD}node/${name}.test.mjs`);
    const lines = node("node", "--test", "--test-reporter=tap", `${name}.test.mjs`);
    assert.match(lines, /^# fail 0$/m);
    assert.ok(Number(/^# pass (\d+)$/m.exec(lines)[1]) >= least, lines);
  });
}
