// The React entry where there is no DOM: UI Kit renders through a reconciler of its own, on React 18.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { build } from "esbuild";
import { test } from "node:test";

import { BUILD, answered, node, program, unpack } from "./harness.mjs";

test("16: UI Kit: the provider, the hook and the gate", async () => {
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
  answered("UI Kit's renderer, React 18", [".", "./react"]);
});

test("16: the types of @forge/react: its hook, its components, its React", () => {
  unpack("uikit-types");
  const react = program("@types/react-18");
  const compilerOptions = {
    target: "es2022",
    lib: ["es2022", "dom"],
    module: "esnext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    types: ["node"],
    strict: true,
    skipLibCheck: true, // what the unpacked packages depend on is not there
    noEmit: true,
    paths: { react: [`${react}/index.d.ts`], "react/jsx-runtime": [`${react}/jsx-runtime.d.ts`] },
  };
  writeFileSync(`${BUILD}uikit-types/tsconfig.json`, JSON.stringify({ compilerOptions, files: ["app.tsx"] }));
  for (const compiler of ["typescript", "typescript-7"]) {
    node("uikit-types", program(`${compiler}/bin/tsc`), "-p", ".");
  }
});
