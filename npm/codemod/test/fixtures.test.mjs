// The fixtures: what each becomes, what is left of it, and that a second run changes nothing.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { run } from "../src/run.js";

const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "codemod-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const read = (path) => readFileSync(path, "utf8");
const filesIn = (path) => readdirSync(path, { recursive: true }).filter((name) => /\.\w+$/.test(name)).sort();
const listed = ({ left }) => `${left.map((one) => `${one.file}:${one.line}:${one.column} ${one.before}\n    ${one.reason}`).join("\n")}\n`;

cpSync(`${FIXTURES}before`, folder, { recursive: true });
const first = run(folder, { write: true });

// UPDATE=1 writes what comes out: look at the difference before it is committed
if (process.env.UPDATE) {
  rmSync(`${FIXTURES}after`, { recursive: true, force: true });
  cpSync(folder, `${FIXTURES}after`, { recursive: true });
  writeFileSync(`${FIXTURES}left.txt`, listed(first));
}

test("19: the fixtures become what is written down", () => {
  assert.deepEqual(filesIn(folder), filesIn(`${FIXTURES}after`));
  for (const file of filesIn(folder)) {
    assert.equal(read(join(folder, file)), read(`${FIXTURES}after/${file}`), file);
  }
});

test("19: what is not certain stays as it is, and is listed with its place and reason", () => {
  assert.equal(listed(first), read(`${FIXTURES}left.txt`));
  assert.equal(read(join(folder, "src/uncertain.js")), read(`${FIXTURES}before/src/uncertain.js`));
});

test("19: running it twice changes nothing, and lists the same", () => {
  const before = filesIn(folder).map((file) => read(join(folder, file)));
  const second = run(folder, { write: true });
  assert.deepEqual(second.files, []);
  assert.deepEqual(second.changes, []);
  assert.deepEqual(filesIn(folder).map((file) => read(join(folder, file))), before);
  const places = ({ left }) => left.map(({ file, before: text, reason }) => `${file} ${text} ${reason}`);
  assert.deepEqual(places(second), places(first));
});

test("19: JavaScript, TypeScript, JSX, TSX and CommonJS are rewritten", () => {
  const ends = new Set(first.files.map(({ file }) => file.split(".").at(-1)));
  assert.deepEqual([...ends].sort(), ["cjs", "cts", "js", "jsx", "ts", "tsx"]);
});
