// The package in the test runners of its users: a Forge app's functions with the platform's own
// packages, and a page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { build } from "esbuild";

import { BUILD, answered, node, program } from "./harness.mjs";

const RUNNERS = `${BUILD}runners/`;
const said = (name) => JSON.parse(readFileSync(`${RUNNERS}answered-${name}.json`, "utf8"));

before(async () => {
  // jest takes CommonJS
  const options = { bundle: true, platform: "node", format: "cjs", packages: "external" };
  await build({ entryPoints: [`${BUILD}node/entries.mjs`], outfile: `${RUNNERS}entries.cjs`, ...options });
});

test("10, 17: jest, in Node and in jsdom", () => {
  const ran = JSON.parse(node("runners", program("jest/bin/jest.js"), "--config", "jest.config.json", "--json", "--silent"));
  assert.deepEqual([ran.numPassedTests, ran.numTotalTests, ran.numTotalTestSuites], [8, 8, 4]);
  answered("jest 30, Node", said("jest-node"));
  const page = Object.entries(said("jest-jsdom"));
  answered("jest 30, jsdom", page.filter(([, answer]) => answer === "ok").map(([name]) => name));
  for (const [name, answer] of page.filter(([, answer]) => answer !== "ok")) {
    assert.match(answer, /Request is not defined|Response is not defined|WebAssembly/, name);
  }
});

test("10, 17: vitest", () => {
  const ran = JSON.parse(node("runners", program("vitest/vitest.mjs"), "run", "--reporter=json"));
  assert.deepEqual([ran.numPassedTests, ran.numTotalTests], [8, 8]);
  answered("vitest 4", said("vitest"));
});
