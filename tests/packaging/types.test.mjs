// TypeScript finds the types, by both compilers, in strict projects that check libraries too.
import { copyFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { BUILD, HERE, node, program } from "./harness.mjs";

/** What the compiler must refuse, and what it must take: of the package's own tests. */
const OWN = ["capability.tsx", "editions.json", "express.ts", "features.ts", "fixtures.ts", "openfeature.ts"];
for (const name of OWN) {
  copyFileSync(`${HERE}../../wasm/js/test/types/${name}`, `${BUILD}types/${name}`);
}
const files = ["rest.ts", ...OWN.filter((name) => !name.endsWith(".json"))];

const RESOLUTIONS = {
  nodenext: { module: "nodenext", files: ["all.mts", "all.cts", ...files] },
  bundler: { module: "esnext", moduleResolution: "bundler", files: ["all.ts", ...files] },
};
const STRICT = {
  target: "es2022",
  lib: ["es2022", "dom"],
  types: ["node"],
  jsx: "react-jsx",
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  resolveJsonModule: true,
  noEmit: true,
};

function compile(compiler, name, config) {
  const file = `${compiler}.${name}.json`;
  writeFileSync(`${BUILD}types/${file}`, JSON.stringify(config));
  node("types", program(`${compiler}/bin/tsc`), "-p", file);
}

for (const compiler of ["typescript", "typescript-7"]) {
  for (const [name, { files, ...options }] of Object.entries(RESOLUTIONS)) {
    test(`9, 12, 13, 17: ${compiler}, ${name}`, () => {
      compile(compiler, name, { compilerOptions: { ...STRICT, ...options }, files });
    });
  }

  // libraries of others are not checked: they say things that `strict` does not take
  const app = { ...STRICT, module: "esnext", moduleResolution: "bundler", skipLibCheck: true, exactOptionalPropertyTypes: false };
  test(`17: ${compiler}: fixtures and gates beside the types of @forge/api, @forge/bridge and @forge/resolver`, () => {
    compile(compiler, "platform", { compilerOptions: app, files: ["platform.ts"] });
  });
  test(`12: ${compiler}: gates beside the types of Express`, () => {
    compile(compiler, "express-app", { compilerOptions: app, files: ["express-app.ts"] });
  });
}
