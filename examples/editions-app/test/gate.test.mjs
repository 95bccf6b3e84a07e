// The page's gate asks editions.toml: moving a feature there moves it here.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { FeatureMap, License } from "@app-license/sdk";

import { Feature, editions } from "../dist/editions.js";
import { buttons, may, savedReports } from "../dist/gate.js";

const of = (set) => License.fromConnectQuery(`lic=active&capSet=${set}`);
const standard = of("capabilityStandard");
const advanced = of("capabilityAdvanced");

test("each edition shows its features", () => {
  assert.deepEqual(buttons(standard), { export: true, bulkExport: false });
  assert.deepEqual(buttons(advanced), { export: true, bulkExport: true });
  assert.equal(savedReports(standard), 10);
  assert.equal(savedReports(advanced), Number.MAX_SAFE_INTEGER);
});

test("a feature that moves in the file moves on the page", () => {
  const bulk = editions.features["bulk-export"];
  const moved = {
    ...editions,
    features: { ...editions.features, "bulk-export": { ...bulk, requires: "standard" } },
  };
  assert.equal(may(Feature.BulkExport, standard).allowed, false);
  assert.equal(may(Feature.BulkExport, standard, moved).allowed, true);
});

test("the generated JSON says the same", () => {
  const json = JSON.parse(readFileSync(new URL("../editions.json", import.meta.url), "utf8"));
  assert.deepEqual(json, editions);
  assert.equal(new FeatureMap(json).requirement("bulk-export"), "capabilityAdvanced");
});
