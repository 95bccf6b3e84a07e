// ARCHITECTURE's table "What TypeScript decides" names every file of the sources, each once, and no other.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const text = readFileSync(new URL("../../../ARCHITECTURE.md", import.meta.url), "utf8");
const [, table] = /\*\*What TypeScript decides\.\*\*[\s\S]*?\n((?: *\|.*\n)+)/.exec(text);
const rows = table.trim().split("\n").slice(2).map((row) => row.split("|").slice(1, 4).map((cell) => cell.trim()));

const source = new URL("../src/", import.meta.url);
const files = readdirSync(source, { recursive: true })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.replaceAll("\\", "/").slice(0, -3));

test("every file of the sources has its row in ARCHITECTURE", () => {
  const named = rows.flatMap(([cell]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  const folders = named.filter((name) => name.endsWith("/*")).map((name) => name.slice(0, -1));
  const expected = files.filter((name) => !folders.some((folder) => name.startsWith(folder)));
  assert.deepEqual(named.filter((name) => !name.endsWith("/*")).sort(), expected.sort());
  for (const folder of folders) {
    assert.ok(files.some((name) => name.startsWith(folder)), folder);
  }
});

test("every row says what is decided, and by what a rule in two languages is held", () => {
  for (const row of rows) {
    assert.equal(row.length, 3);
    assert.ok(row[0] && row[1], `${row}`);
  }
});
