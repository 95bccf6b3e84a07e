// Feature maps are read in TypeScript as the core's module reads them: refused or not, with the same code, and
// with the same answers to customers of every edition; a difference in one of their lines is found.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as glue from "../build/maps.js";
import { core, maps, twin } from "./maps.mjs";
import { loadTwin } from "./twin.mjs";

const bytes = readFileSync(new URL("../build/maps.wasm", import.meta.url));
glue.initSync({ module: new WebAssembly.Module(bytes) });
const rust = core(glue);
const { cases } = JSON.parse(readFileSync(new URL("../../../tests/vectors/feature-maps.json", import.meta.url), "utf8"));
const vectors = cases.map(({ map }) => map);
const MADE = 20_000;

/** The first map that the two sides read in two ways, and how. */
function difference(typescript, made) {
  const answers = { read: 0, refused: 0 };
  for (const map of maps(vectors, made)) {
    const text = JSON.stringify(map);
    const [found, expected] = [typescript(text), rust(text)];
    if (found !== expected) {
      return { text: text.slice(0, 500), found, expected };
    }
    answers[expected.startsWith("[") ? "read" : "refused"] += 1;
  }
  return answers;
}

test("5: the twin and the module read feature maps alike", async (t) => {
  assert.ok(vectors.length >= 97, `${vectors.length}`);
  const { read, refused, ...differs } = difference(twin(await loadTwin()), MADE);
  assert.deepEqual(differs, {});
  assert.ok(read > 4_000 && refused > 4_000, `${read} read, ${refused} refused`);
  t.diagnostic(`${read} maps are read, ${refused} refused`);
});

test("5: what a vector expects, the module says", () => {
  for (const { id, map, expect } of cases) {
    const said = rust(JSON.stringify(map));
    assert.equal(said === "feature_map" ? "reject" : "accept", expect, `${id}: ${said}`);
  }
});

for (const [from, to] of [
  ["Number.isSafeInteger(value)", "Number.isFinite(value)"],
  ["name.length > MAX_NAME", "name.length > MAX_NAME + 1"],
  ['name !== "none"', "name"],
  ["seen.size < columns.length", "false"],
  ["bytes <= MAX_TEXT;", "bytes <= MAX_TEXT + 1;"],
]) {
  test(`5: a planted difference is found: ${from}`, async () => {
    const found = difference(twin(await loadTwin(from, to)), MADE);
    assert.ok("expected" in found, JSON.stringify(found));
  });
}
