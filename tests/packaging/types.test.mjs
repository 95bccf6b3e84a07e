// TypeScript finds the types, by both compilers, in strict projects that check libraries too.
import { writeFileSync } from "node:fs";
import { test } from "node:test";

import { BUILD, node, program } from "./harness.mjs";

const RESOLUTIONS = {
  nodenext: { module: "nodenext", files: ["all.mts", "all.cts"] },
  bundler: { module: "esnext", moduleResolution: "bundler", files: ["all.ts"] },
};

for (const compiler of ["typescript", "typescript-7"]) {
  for (const [name, { files, ...options }] of Object.entries(RESOLUTIONS)) {
    test(`${compiler}, ${name}`, () => {
      const config = {
        compilerOptions: {
          ...options,
          target: "es2022",
          lib: ["es2022", "dom"],
          types: ["node"],
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
        },
        files,
      };
      writeFileSync(`${BUILD}types/${compiler}.${name}.json`, JSON.stringify(config));
      node("types", program(`${compiler}/bin/tsc`), "-p", `${compiler}.${name}.json`);
    });
  }
}
