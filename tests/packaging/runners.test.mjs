// The package in the test runners of its users: a Forge app's functions with the platform's own
// packages, and a page.
import assert from "node:assert/strict";
import { test } from "node:test";

import { node, program } from "./harness.mjs";

test("10, 17: jest, in Node and in jsdom", () => {
  const said = JSON.parse(node("runners", program("jest/bin/jest.js"), "--config", "jest.config.json", "--json", "--silent"));
  assert.deepEqual([said.numPassedTests, said.numTotalTests, said.numTotalTestSuites], [6, 6, 2]);
});

test("10, 17: vitest", () => {
  const said = JSON.parse(node("runners", program("vitest/vitest.mjs"), "run", "--reporter=json"));
  assert.deepEqual([said.numPassedTests, said.numTotalTests], [7, 7]);
});
