// The rules in TypeScript are those of the core: its module and they answer alike, case by case, and a
// difference in one of their lines is found.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as page from "../build/page.js";
import module from "../build/page-module.js";
import { SECTIONS, compare, core, twin } from "./equality.mjs";
import { loadTwin } from "./twin.mjs";

page.initSync({ module: await module() });
const loaded = await loadTwin();
const [typescript, rust] = [twin(loaded), core(page)];

const LEAST = { fields: 160_000, table: 3_000_000, ages: 17_000, spellings: 100_000, queries: 100_000, documents: 100_000 };

for (const section of Object.keys(SECTIONS)) {
  test(`the twin and the module answer alike: ${section}`, (t) => {
    const cases = compare(section, typescript, rust);
    assert.ok(cases > LEAST[section], `${cases}`);
    t.diagnostic(`${cases} cases`);
  });
}

/** A line of the sources, and what it is made; each differs from the core in few cases. */
const DIFFERENCES = [
  ["table", "age > maxAge", "age >= maxAge"],
  ["table", "deployment === 1 && policy & 64", "policy & 64"],
  ["table", "meaning === DENY || policy & 8", "meaning === DENY"],
  ["table", "license & 512 && !(policy & 1024)", "license & 512"],
  ["table", "!sellsNothing && state === 1", "state === 1"],
  ["ages", "seconds >= -300", "seconds > -300"],
  ["ages", "Math.max(seconds, 0)", "Math.abs(seconds)"],
  ["spellings", "fold(has) === fold(needs)", "has === needs"],
  ["fields", "(active ?? true) === true", "true"],
  ["fields", "evaluation !== (other ?? one)", "false"],
  ["fields", "enabled === true && hasAccess", "hasAccess"],
  ["fields", "/^(production|development|staging)$/i", "/^/"],
  ["fields", "/^production$/i", "/^production$/"],
  ["queries", "active !== false", "true"],
  ["queries", "other.length < one.length", "other.length > one.length"],
  ["queries", "access !== false", "true"],
  ["documents", 'value !== "NULL"', "true"],
  ["documents", "userAccess != null && !allows", "userAccess && !allows"],
];

for (const [section, from, to] of DIFFERENCES) {
  test(`a planted difference is found: ${from}`, async () => {
    const planted = twin(await loadTwin(from, to));
    assert.throws(() => compare(section, planted, rust), /expected .*, found /);
  });
}
