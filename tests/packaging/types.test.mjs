// TypeScript finds the types, by both compilers, in strict projects that check libraries too.
import { copyFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { BUILD, HERE, node, program } from "./harness.mjs";

const RESOLUTIONS = {
  nodenext: { module: "nodenext", files: ["all.mts", "all.cts"] },
  bundler: { module: "esnext", moduleResolution: "bundler", files: ["all.ts"] },
};

/** What the compiler must refuse of a typed map, and what it must take. */
for (const name of ["features.ts", "editions.json"]) {
  copyFileSync(`${HERE}../../wasm/js/test/types/${name}`, `${BUILD}types/${name}`);
}

for (const compiler of ["typescript", "typescript-7"]) {
  for (const [name, { files, ...options }] of Object.entries(RESOLUTIONS)) {
    test(`9, 13: ${compiler}, ${name}`, () => {
      const config = {
        compilerOptions: {
          ...options,
          target: "es2022",
          lib: ["es2022", "dom"],
          types: ["node"],
          strict: true,
          exactOptionalPropertyTypes: true,
          resolveJsonModule: true,
          noEmit: true,
        },
        files: [...files, "features.ts"],
      };
      writeFileSync(`${BUILD}types/${compiler}.${name}.json`, JSON.stringify(config));
      node("types", program(`${compiler}/bin/tsc`), "-p", `${compiler}.${name}.json`);
    });
  }
}
