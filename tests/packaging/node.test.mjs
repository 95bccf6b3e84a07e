import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { BUILD, HERE, answered, node, npm, testsOf, worker } from "./harness.mjs";
import { expected } from "./projects/node/answers.mjs";

for (const main of ["main.mjs", "main.cjs"]) {
  test(`10: Node loads every entry: ${main}`, () => {
    assert.deepEqual(JSON.parse(node("node", main)), expected);
  });
}

test("10: every entry answers on this Node", () => {
  const { exports } = JSON.parse(readFileSync(`${BUILD}node_modules/@app-license/sdk/package.json`, "utf8"));
  const names = Object.keys(exports).filter((name) => name !== "./package.json");
  const said = JSON.parse(node("node", "all.mjs"));
  assert.deepEqual(Object.keys(said).sort(), names.sort());
  answered(`Node ${process.versions.node.split(".")[0]}`, said);
});

test("10: in workers every entry answers, with the core as a module beside the code", async () => {
  const folder = `${BUILD}workerd/`;
  await worker(`${folder}bundle.mjs`);
  const code = readFileSync(`${folder}bundle.mjs`, "utf8");
  assert.match(code, /import core from "\.\/core\.wasm"/);
  assert.doesNotMatch(code, /new WebAssembly\.Module/, "workers make no module of bytes");
  const module = 'new WebAssembly.Module(readFileSync(new URL("../node_modules/@app-license/sdk/dist/workerd/core.wasm", import.meta.url)))';
  writeFileSync(
    `${folder}on-node.mjs`,
    `import { readFileSync } from "node:fs";\n${code.replace('import core from "./core.wasm"', `const core = ${module}`)}\nworker_default.test();`,
  );
  const said = JSON.parse(node("workerd", "on-node.mjs").replace(/^ENTRIES /, ""));
  assert.deepEqual([...new Set(Object.values(said))], ["ok"]);
  assert.equal(Object.keys(said).length, 8);
});

test("10: no entry is forgotten here", () => {
  const { exports } = JSON.parse(readFileSync(`${BUILD}node_modules/@app-license/sdk/package.json`, "utf8"));
  for (const name of Object.keys(exports)) {
    node("node", "-e", `require(${JSON.stringify(`@app-license/sdk${name.slice(1)}`)})`);
    if (name !== "./package.json") {
      node("node", "--input-type=module", "-e", `await import(${JSON.stringify(`@app-license/sdk${name.slice(1)}`)})`);
    }
  }
});

test("10: the package needs nothing installed beside it for its first entry", () => {
  const packed = JSON.parse(readFileSync(`${BUILD}node_modules/@app-license/sdk/package.json`, "utf8"));
  assert.equal(packed.dependencies, undefined);
  const code = readFileSync(`${BUILD}node_modules/@app-license/sdk/dist/index.js`, "utf8");
  assert.doesNotMatch(code, /\bimport\b|\brequire\b|WebAssembly|\beval\b|new Function/);
});

test("1: two installed copies of the package share their licenses, and nothing else passes for one", () => {
  const other = `${BUILD}node/nested`;
  mkdirSync(other, { recursive: true });
  const { filename } = JSON.parse(readFileSync(`${BUILD}packed.json`, "utf8"));
  writeFileSync(`${other}/package.json`, JSON.stringify({ private: true, dependencies: { "@app-license/sdk": `file:../../${filename}` } }));
  npm(other, "install", "--offline", "--no-audit", "--no-fund", "--no-package-lock");
  assert.equal(node("node", "copies.mjs"), "shared\n");
});

/** Tests of the package that run against the tarball too, and how many there are at least. */
const AGAINST_THE_TARBALL = {
  carried: 6,
  misuse: 25,
  react: 11,
  "refused-settings": 24,
  rejected: 6,
  "stored-records": 12,
  testing: 12,
};
/** What they share. */
const SHARED = ["installed.mjs"];

for (const [name, least] of Object.entries(AGAINST_THE_TARBALL)) {
  test(`against the tarball, without types: ${name}.test.mjs`, () => {
    for (const file of [...SHARED, `${name}.test.mjs`]) {
      cpSync(`${HERE}../../wasm/js/test/${file}`, `${BUILD}node/${file}`);
    }
    const passed = testsOf("node", `${name}.test.mjs`);
    assert.ok(passed >= least, `${passed}`);
  });
}
