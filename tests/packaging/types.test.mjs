// TypeScript finds the types, by both compilers, in strict projects that check libraries too.
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import ts from "typescript";

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

test("13: an editor offers the names of a map where one is written", () => {
  const text = `import { FeatureMap, License, check } from "@app-license/sdk";
const license = License.absent("forge_ui_context");
const map = new FeatureMap({ features: { export: "standard", "bulk-export": "advanced" }, limits: { rows: { none: 1 } } });
map.check("/*1*/", license);
map.requirement("/*2*/");
map.limit("/*3*/", license);
check(license, { features: map, feature: "/*4*/" });
`;
  const file = `${BUILD}types/offered.ts`;
  writeFileSync(file, text);
  const options = { ...ts.getDefaultCompilerOptions(), strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) => (ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(ts.sys.readFile(name)) : undefined),
    getCurrentDirectory: () => BUILD,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
  });
  const offered = (mark) => service.getCompletionsAtPosition(file, text.indexOf(`/*${mark}*/`), {})?.entries.map(({ name }) => name).sort();
  assert.deepEqual(offered(1), ["bulk-export", "export"]);
  assert.deepEqual(offered(2), ["bulk-export", "export"]);
  assert.deepEqual(offered(3), ["rows"]);
  assert.deepEqual(offered(4), ["bulk-export", "export"]);
});
