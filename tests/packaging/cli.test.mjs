// The packages of the command line, as they are packed: its own tests, in empty projects.
import assert from "node:assert/strict";
import { test } from "node:test";

import { HERE, testsOf } from "./harness.mjs";

const skip = !process.env.NPM_CLI && "NPM_CLI names no folder of tarballs: `cargo xtask npm-cli` makes them";

test("the packages of the command line, installed", { skip }, () => {
  assert.ok(testsOf("", `${HERE}../../npm/cli/test/installed.test.js`) >= 8);
});
