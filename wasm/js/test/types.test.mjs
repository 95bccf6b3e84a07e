// What the compiler must refuse, and what it must take: the files of test/types.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

test("types refuse what is misspelled", () => {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "test/types"];
  const { status, stdout } = spawnSync(process.execPath, tsc, { cwd: root, encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
