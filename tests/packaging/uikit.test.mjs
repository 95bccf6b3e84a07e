// The React entry where there is no DOM: UI Kit renders through a reconciler of its own, on React 18.
import assert from "node:assert/strict";
import { build } from "esbuild";
import { test } from "node:test";

import { BUILD, node, program } from "./harness.mjs";

test("UI Kit: the provider, the hook and the gate", async () => {
  await build({
    entryPoints: [`${BUILD}uikit/main.mjs`],
    outfile: `${BUILD}uikit/bundle.cjs`,
    bundle: true,
    platform: "node",
    alias: { react: program("react-18") },
    logLevel: "warning",
  });
  const drawn = node("uikit", "bundle.cjs").trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(drawn, [
    ["loading false", "wait"],
    ["ready true", "Export"],
    ["ready false", "capability_missing"],
  ]);
});
