// What the package promises is counted in nineteen points; a test's name begins with those that it shows.
// Run after all others: every point was shown by a test of what was packed.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { BUILD } from "./harness.mjs";

const POINTS = {
  1: "nothing but a License passes for one",
  2: "licenses are not made, and trust is not raised",
  3: "invalid times throw, unknown ages never count",
  4: "what would read as absent is refused",
  5: "feature maps are as strict as the library's",
  6: "an unlimited limit survives JSON",
  7: "the environment is an input",
  8: "settings that cannot be meant throw",
  9: "types are found, by the Forge bundler too",
  10: "runtimes",
  11: "maps, names and what logs show",
  12: "why a request is refused, and types of it",
  13: "typed features",
  14: "licenses in JSON",
  15: "functions of Forge",
  16: "React and UI Kit",
  17: "fixtures",
  18: "the command line",
  19: "the codemod",
};

const ran = readdirSync(`${BUILD}names`).flatMap((file) => readFileSync(`${BUILD}names/${file}`, "utf8").trim().split("\n"));
const shown = new Map(Object.keys(POINTS).map((point) => [point, []]));
for (const name of ran) {
  for (const point of /^(\d+(?:, \d+)*): /.exec(name)?.[1].split(", ") ?? []) {
    (shown.get(point) ?? assert.fail(`there is no point ${point}: ${name}`)).push(name);
  }
}

for (const [point, what] of Object.entries(POINTS)) {
  const skip = point === "18" && !process.env.NPM_CLI && "NPM_CLI names no folder of tarballs: `cargo xtask npm-cli` makes them";
  test(`${point}: ${what}: a test of it ran`, { skip }, (t) => {
    assert.notDeepEqual(shown.get(point), [], `no test of point ${point} passed`);
    t.diagnostic(shown.get(point).join("; "));
  });
}
