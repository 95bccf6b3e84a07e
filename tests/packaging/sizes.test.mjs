// What is left of the packed package in a bundle, and the table that says so.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { IMPORTS, measure } from "../../wasm/js/scripts/measure.mjs";
import { BUILD, HERE } from "./harness.mjs";

const KB = 1024;
const LIMITS = {
  "License alone": 3 * KB,
  "LicenseError alone": KB / 4,
  "everything browser-side": 6 * KB,
  "server without verification": 8 * KB,
};
const sizes = Object.fromEntries(Object.keys(IMPORTS).map((name) => [name, measure(name, BUILD)]));

for (const [name, limit] of Object.entries(LIMITS)) {
  test(`bytes: ${name} is at most ${limit} after gzip`, () => {
    assert.ok(sizes[name].gzip <= limit, `${sizes[name].gzip}`);
  });
}

test("bytes: docs/npm/sizes.md says how much each import is", () => {
  const page = readFileSync(`${HERE}../../docs/npm/sizes.md`, "utf8");
  const rows = [...page.matchAll(/^\| ([^|]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$/gm)];
  assert.deepEqual(rows.map(([, name]) => name), Object.keys(IMPORTS));
  for (const [, name, ...written] of rows) {
    const found = Object.values(sizes[name]).map((bytes) => bytes / KB);
    // another compiler moves the last digits, and a change of the core all that hold it
    const near = found.every((size, n) => Math.abs(size - written[n]) <= 0.15 + size / (size > 100 ? 4 : 10));
    assert.ok(near, `${name}: ${found.map((size) => size.toFixed(1))}; write what \`node scripts/sizes.mjs --table\` prints in wasm/js`);
  }
});

test("10: importing only an error class pulls nothing else", () => {
  assert.ok(sizes["LicenseError alone"].minified < 300);
  assert.ok(sizes["VerifyError alone"].gzip < 2 * KB, "of the server nothing but what it sets up when it loads");
});
