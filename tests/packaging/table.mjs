// docs/npm/runtimes.md beside what ran: a tick is an entry that answered, and every other cell has its reason.
// Run after all others.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { BUILD, HERE } from "./harness.mjs";

const text = readFileSync(`${HERE}../../docs/npm/runtimes.md`, "utf8");
const [head, , ...rows] = text.split("\n").filter((line) => line.startsWith("|")).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
const columns = head.slice(1).map((cell) => (cell === "`.`" ? "." : `.${cell.slice(1, -1)}`));
const notes = [...text.matchAll(/^(\d+)\. /gm)].map(([, number]) => number);

const read = (name) => JSON.parse(readFileSync(`${BUILD}answered/${name}`, "utf8"));
const ran = new Map(readdirSync(`${BUILD}answered`).map(read).map(({ row, entries }) => [row, entries]));
/** Rows that this machine has no program for. */
const elsewhere = ({ platform, arch, versions }) => [
  ...(versions.node.startsWith("20.") ? [] : ["Node 20"]),
  ...(`${platform} ${arch}` === "linux x64" ? [] : ["Node 22", "Node 24", "Deno 2", "Bun 1", "workerd, `nodejs_compat`", "Next 16, Node runtime"]),
];

test("10: the table of runtimes has every entry and every runtime", () => {
  const { exports } = JSON.parse(readFileSync(`${BUILD}node_modules/@app-license/sdk/package.json`, "utf8"));
  assert.deepEqual(columns.toSorted(), Object.keys(exports).filter((name) => name !== "./package.json").sort());
  const known = new Set([...ran.keys(), ...elsewhere(process)]);
  assert.deepEqual(rows.map(([row]) => row).sort(), [...known].sort());
});

test("10: every cell of the table is what ran, or says why not", () => {
  const used = new Set();
  for (const [row, ...cells] of rows.filter(([row]) => ran.has(row))) {
    columns.forEach((entry, n) => {
      const expected = ran.get(row).includes(entry) ? /^✓$/ : /^no: \d+$/;
      assert.match(cells[n] ?? "", expected, `${row}, ${entry}`);
      cells[n] !== "✓" && used.add(cells[n].slice("no: ".length));
    });
  }
  assert.deepEqual([...used].sort(), notes.sort());
});
