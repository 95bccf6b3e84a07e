// What ships, and whether every resolver finds code and types in it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

import { BUILD, node, program } from "./harness.mjs";

const packed = JSON.parse(readFileSync(`${BUILD}packed.json`, "utf8"));

test("the tarball holds what ships and nothing else", () => {
  const names = packed.files.map(({ path }) => path);
  const ships = /^(dist\/[\w/-]+\.((js|cjs)(\.map)?|d\.ts(\.map)?|d\.cts)|dist\/workerd\/core\.wasm|src\/[\w/-]+(\.d)?\.ts)$/;
  const rest = names.filter((name) => !ships.test(name));
  assert.deepEqual(rest.sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"]);
  for (const { types, default: code } of Object.values(packageJson().exports).flatMap((e) => (typeof e === "string" ? [] : Object.values(e)))) {
    assert.ok(names.includes(types.slice(2)), types);
    assert.ok(names.includes(code.slice(2)), code);
  }
});

test("9: types come first in every condition", () => {
  for (const entry of Object.values(packageJson().exports).filter((e) => typeof e === "object")) {
    for (const condition of Object.values(entry)) {
      assert.equal(Object.keys(condition)[0], "types");
    }
  }
});

test("9: publint finds nothing", async () => {
  const { messages } = await publint({ pkgDir: `${BUILD}node_modules/@app-license/sdk`, strict: true, pack: false });
  assert.deepEqual(messages.map((message) => formatMessage(message, packageJson())), []);
});

test("9: the types are right for every resolution, that of `node10` too", () => {
  const tool = program("@arethetypeswrong/cli/dist/index.js");
  node("", tool, packed.filename, "--profile", "strict", "--format", "ascii", "--no-color");
});

test("9: `node10` is told of every subpath", () => {
  const { exports, typesVersions } = packageJson();
  const subpaths = Object.keys(exports).map((name) => name.slice(2)).filter((name) => name && name !== "package.json");
  assert.deepEqual(Object.keys(typesVersions["*"]), subpaths);
  for (const name of subpaths) {
    assert.deepEqual(typesVersions["*"][name], [exports[`./${name}`].import.types]);
  }
});

function packageJson() {
  return JSON.parse(readFileSync(`${BUILD}node_modules/@app-license/sdk/package.json`, "utf8"));
}
