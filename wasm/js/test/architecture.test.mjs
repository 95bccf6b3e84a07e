// ARCHITECTURE's table "What TypeScript decides" names every file of the sources, each once, and no other; and files
// that decide nothing hold no numbers that are rules.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const text = readFileSync(new URL("../../../ARCHITECTURE.md", import.meta.url), "utf8");
const [, table] = /\*\*What TypeScript decides\.\*\*[\s\S]*?\n((?: *\|.*\n)+)/.exec(text);
const rows = table.trim().split("\n").slice(2).map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
const namesIn = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

const source = new URL("../src/", import.meta.url);
const files = readdirSync(source, { recursive: true })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.replaceAll("\\", "/").slice(0, -3));

test("every file of the sources has its row in ARCHITECTURE", () => {
  const named = rows.flatMap(([cell]) => namesIn(cell));
  const folders = named.filter((name) => name.endsWith("/*")).map((name) => name.slice(0, -1));
  const expected = files.filter((name) => !folders.some((folder) => name.startsWith(folder)));
  assert.deepEqual(named.filter((name) => !name.endsWith("/*")).sort(), expected.sort());
  for (const folder of folders) {
    assert.ok(files.some((name) => name.startsWith(folder)), folder);
  }
});

test("a file decides nothing, is of the twin, or decides what Rust does not have", () => {
  for (const row of rows) {
    assert.equal(row.length, 4, `${row}`);
    const [cell, decides, carries, heldBy] = row;
    assert.match(decides, /^nothing$|^its own: .|: (?:of )?the twin$/, cell);
    assert.ok(decides !== "nothing" || carries, `${cell}: what does it carry?`);
    assert.ok(heldBy || cell === "`fetch`", `${cell}: what holds it?`);
  }
});

test("the tests that hold a row are there", () => {
  const missing = rows.flatMap(([, , , heldBy]) => namesIn(heldBy))
    .filter((name) => name.endsWith(".mjs") && !existsSync(new URL(name, import.meta.url)));
  assert.deepEqual(missing, []);
});

/** Numbers that no rule of Rust is behind: by their file. */
const OWN = {
  "server/core": ["1_398_000"], // memory that the module would keep
  "server/sealed": ["65_536", "300_000"], // the package's own form
  "server/settings": ["366 * 86_400", "86_400", "600_000", "10_000_000"], // what cannot be meant
  "server/install-keys": ["10_000_000", "10_000_000"], // as above
  "server/connect-license-api": ["600_000"],
  "server/forge-license-api": ["600_000"],
  "fetch/connect-app": ["86_400", "86_400"],
  "fetch/hooks": ["1_000_000", "86_400", "60_000"],
  "fetch/sealer": ["10_000"], // secrets that were opened, in memory
};

/** A source without its comments and texts. */
const codeOf = (name) =>
  readFileSync(new URL(`${name}.ts`, source), "utf8")
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .replace(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '""');

test("numbers that are rules are the constants of the Rust crates", () => {
  const found = {};
  for (const name of files.filter((name) => /^(?:server|fetch)\//.test(name) && !/^(?:server\/limits|fetch\/schema)$/.test(name))) {
    const numbers = codeOf(name).match(/(?<![\w.])\d[\d_]*(?:\.\d+)?(?:e\d+)?/g) ?? [];
    const large = numbers.filter((number) => Number(number.replaceAll("_", "")) > 1000);
    const products = codeOf(name).match(/\b\d[\d_]*\s*\*\s*\d[\d_]*/g) ?? [];
    if (large.length || products.length) {
      found[name] = [...products, ...large];
    }
  }
  assert.deepEqual(found, OWN);
});
