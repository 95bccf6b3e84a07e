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

test("13: gates and hooks take the names of the map that an app registers", () => {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "test/types/registered"];
  const { status, stdout } = spawnSync(process.execPath, tsc, { cwd: root, encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

test("13: what the compiler says of a map that cannot be meant names what can", () => {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "test/types/shown", "--pretty", "false"];
  const { stdout } = spawnSync(process.execPath, tsc, { cwd: root, encoding: "utf8" });
  const said = stdout.split(/^test\/types\/shown\/features\.ts/m).slice(1);
  const expected = [
    /"premium".*"free, standard, advanced, or a capability set"/,
    /"Advanced".*"free, standard, advanced, or a capability set"/,
    /"no edition is called premium"/,
    /"many".*"a whole number, or unlimited"/,
    /"no table is called pricings"/,
    /'number' is not assignable to type 'string'/,
    /"bulk-exprot".*"bulk-export"/,
    /"the map has no limits"/,
  ];
  assert.equal(said.length, expected.length, stdout);
  said.forEach((message, n) => assert.match(message.replaceAll("\n", " "), expected[n]));
  assert.doesNotMatch(stdout, /'never'/);
});
