// Every reason why a check is left to a person has its recipe in docs/migrating-checks.md.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { REASONS } from "../src/meaning.js";

const page = readFileSync(new URL("../../../docs/migrating-checks.md", import.meta.url), "utf8");
const heads = [...page.matchAll(/^## (.*)$/gm)].map(([, head]) => head);

/** Which recipe is for which reasons. */
const RECIPES = {
  "It is not certain where the context comes from": ["unknown_context"],
  "The context has no name there": ["no_name", "other_uses"],
  "What it is compared with is not known": ["unknown_capability"],
  "It holds for Standard alone": ["standard_alone"],
  "It treats a license that is absent apart": ["absence", "fails_open"],
  "The value is handed on, or the capability set itself is used": ["value", "raw_set"],
  "The license itself is handed on": ["passed_on"],
  "A `switch` over the capability set": ["switch"],
  "It never held": ["not_a_capability"],
  "A decision is used as a condition": ["decision"],
  "A comment stands inside the check": ["comment"],
  "A file that neither imports nor requires": ["no_module"],
  "A file that cannot be read": ["syntax", "too_large", "too_deep", "too_slow", "encoding"],
};

test("19: every reason has its recipe, and every recipe a reason", () => {
  assert.deepEqual(Object.values(RECIPES).flat().sort(), Object.keys(REASONS).sort());
  assert.deepEqual(Object.keys(RECIPES), heads);
});
