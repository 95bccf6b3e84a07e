// The copy of the npm package's browser entry that the command line embeds passes the shared
// vectors, as the package itself does.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import * as lib from "../../crates/app-license-lab/assets/custom-ui/app-license.js";
import { run } from "../../wasm/js/test/vectors.mjs";

const vectors = new URL("../vectors/", import.meta.url);

test("the embedded copy passes the vectors", () => {
  let passed = 0;
  for (const file of readdirSync(vectors).filter((name) => name.endsWith(".json"))) {
    const content = JSON.parse(readFileSync(new URL(file, vectors), "utf8"));
    const tally = run(lib, file, content);
    assert.deepEqual(tally.failures, [], file);
    passed += tally.passed;
  }
  assert.ok(passed > 80, `${passed} cases`);
});
