import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

import * as lib from "@app-license/sdk";
import * as server from "@app-license/sdk/server";
import { serverCase } from "./server-vectors.mjs";
import { NOT_YET, run } from "./vectors.mjs";

const { License, FeatureMap, LicenseError, check } = lib;
const folder = new URL("../../../tests/vectors/", import.meta.url);
const vectors = readdirSync(folder).filter((name) => name.endsWith(".json"));

for (const file of vectors) {
  const content = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  const tally = run(lib, file, content, (...all) => serverCase(server, ...all));
  test(`vectors: ${file}`, () => {
    assert.deepEqual(tally.failures, []);
    // what is said not to be run is not, and everything else is
    assert.equal(tally.passed === 0, NOT_YET.has(content.kind));
    assert.equal(tally.notYet !== undefined, NOT_YET.has(content.kind));
  });
}

test("vectors: a file of no known kind fails", () => {
  for (const content of [{ cases: [{ query: "lic=active" }] }, { kind: "colors", cases: [] }]) {
    assert.equal(run(lib, "x.json", content, null).failed, 1);
  }
});

test("CommonJS sees the same", () => {
  const cjs = createRequire(import.meta.url)("@app-license/sdk");
  assert.deepEqual(Object.keys(cjs).sort(), Object.keys(lib).sort());
  assert.equal(cjs.License.fromConnectQuery("lic=active").edition, "standard");
});

const license = (fields, environmentType = "PRODUCTION") =>
  License.fromForgeContext({ environmentType, license: fields });

test("decisions say why", () => {
  const advanced = license({ active: true, capabilitySet: "capabilityAdvanced" });
  const needs = { requires: "capabilityAdvanced" };
  const reason = (l, more) => check(l, { ...needs, ...more }).reason;
  assert.equal(reason(advanced), "granted");
  assert.equal(reason(license({ active: true })), "capability_missing");
  assert.equal(reason(license({ active: false })), "inactive");
  assert.equal(reason(license({ active: false, isEvaluation: true })), "trial_ended");
  assert.equal(reason(license(null)), "absent");
  assert.equal(reason(license(null), { whenAbsent: "advanced" }), "granted");
  assert.equal(reason(license(null), { whenAbsent: "standard" }), "capability_missing");
  assert.equal(reason(license({ active: true, capabilitySet: "capabilityAdvanced" }, "STAGING"), { productionOnly: true }), "not_production");
  assert.equal(reason(advanced, { productionOnly: true }), "granted");
  assert.equal(reason(advanced, { confirmedOnly: true }), "unconfirmed");
  assert.equal(reason(advanced, { maxAge: 10 }), "stale");
  const asOf = new Date("2026-11-22T00:00:00Z");
  const known = License.fromConnectContext({ license: { active: true, capabilitySet: "capabilityAdvanced" } }, { asOf });
  const at = (seconds) => ({ maxAge: 10, now: new Date(+asOf + seconds * 1000) });
  assert.equal(reason(known, at(10)), "granted");
  assert.equal(reason(known, at(11)), "stale");
  assert.equal(reason(known, { ...at(11), maxAge: -1 }), "stale");
  assert.equal(check(known, { ...needs, ...at(11) }).age, 11);
  assert.deepEqual(check(license({ active: true }), { requires: "CAPABILITY_ADVANCED" }), {
    allowed: false,
    reason: "capability_missing",
    needs: "capabilityAdvanced",
    has: "capabilityStandard",
    source: "forge_ui_context",
    trust: "hint",
    age: null,
  });
});

test("an unknown capability includes only itself", () => {
  const ultra = license({ active: true, capabilitySet: "capabilityÜltra" });
  assert.ok(ultra.hasCapability("CAPABILITY_Ültra"));
  assert.ok(!ultra.hasCapability("capabilityStandard"));
  assert.equal(ultra.edition, null);
  const odd = license({ active: true, capabilitySet: ["capabilityAdvanced"] });
  assert.ok(!odd.hasCapability("capabilityStandard"));
  assert.equal(odd.capabilitySet, '["capabilityAdvanced"]');
});

test("only booleans count, and two spellings must agree", () => {
  for (const active of ["true", 1, "NULL", {}, []]) {
    assert.equal(license({ active }).state, "inactive");
  }
  assert.equal(license({ active: true, isActive: false }).state, "inactive");
  assert.equal(license({ isActive: true }).state, "active");
  assert.equal(license({ active: null }).state, "absent");
});

test("dates in the platform's spellings", () => {
  const read = (trialEndDate) => license({ trialEndDate }).trialEndDate?.toISOString() ?? null;
  const noon = "2026-12-08T00:00:00.000Z";
  for (const text of [noon, "2026-12-08", "2026-12-08T01:00:00+01:00", "2026-12-08t00:00z", "2026-12-07T23:00:00,9-0100", 1796688000999, "1796688000000"]) {
    assert.equal(read(text), noon, `${text}`);
  }
  for (const text of ["", "NULL", null, true, "2026-02-30", "2026-13-01", "2026-12-08T24:00:00Z", "2026-12-08T00:00:00", "-1", "1e12", "1969-12-31", "9999999999999999", "0070-01-01", "253402300800000"]) {
    assert.equal(read(text), null, `${text}`);
  }
  assert.equal(read("1969-12-31T23:30:00-01:00"), "1970-01-01T00:30:00.000Z");
});

test("what is no such document is refused, with the codes of Rust", () => {
  const code = (f) => {
    try {
      f();
    } catch (error) {
      assert.ok(error instanceof LicenseError);
      return error.code;
    }
  };
  assert.equal(code(() => License.fromForgeContext({ license: true })), "field_type");
  assert.equal(code(() => License.fromForgeContext({ license: [] })), "field_type");
  assert.equal(code(() => License.fromForgeContext(5)), "field_type");
  assert.equal(code(() => License.fromConnectApi({})), "field_missing");
  assert.equal(code(() => License.fromForgeApi({})), "field_missing");
  assert.equal(code(() => License.fromConnectQuery("a".repeat(70_000))), "too_large");
  assert.equal(License.fromForgeContext(undefined).state, "absent");
});

test("feature maps", () => {
  const map = new FeatureMap({
    features: { export: "standard", "bulk-export": { requires: "advanced" }, beta: "capabilityUltra" },
    limits: { projects: { none: 3, standard: 10, capabilityAdvanced: "unlimited" }, rows: { advanced: 5 } },
    "service-levels": { support: { advanced: "4 h" } },
  });
  const [none, standard, advanced] = [null, { active: true }, { active: true, capabilitySet: "capabilityAdvanced" }].map((l) => license(l));
  assert.ok(map.check("export", standard).allowed);
  assert.equal(map.check("bulk-export", standard).reason, "capability_missing");
  assert.ok(check(advanced, { feature: "bulk-export", features: map }).allowed);
  assert.deepEqual([none, standard, advanced].map((l) => map.limit("projects", l)), [3, 10, Number.MAX_SAFE_INTEGER]);
  assert.deepEqual([none, standard, advanced].map((l) => map.limit("rows", l)), [0, 0, 5]);
  assert.equal(map.serviceLevel("support", advanced), "4 h");
  assert.equal(map.serviceLevel("support", standard), null);
  assert.throws(() => map.check("Export", standard), { code: "unknown_feature" });
  assert.throws(() => map.check("constructor", standard), { code: "unknown_feature" });
  assert.throws(() => map.limit("x", standard), { code: "unknown_limit" });
  assert.throws(() => new FeatureMap({ features: { a: "Advanced" } }), { code: "feature_map" });
  assert.throws(() => new FeatureMap({ limits: { a: { standrd: 1 } } }), { code: "feature_map" });
});

test("the Forge License API", () => {
  const results = [
    { appId: "a", data: { active: true } },
    { appId: "b", error: { type: "NOT_FOUND" } },
    { appId: "c", error: { type: "BROKEN" } },
  ];
  assert.equal(License.fromForgeApi({ results }, { appId: "a" }).state, "active");
  assert.equal(License.fromForgeApi({ results }, { appId: "b" }).state, "absent");
  assert.throws(() => License.fromForgeApi({ results: [] }), { code: "license_api" });
  assert.throws(() => License.fromForgeApi({ results }, { appId: "d" }), { code: "license_api" });
  assert.throws(() => License.fromForgeApi({ results }), { code: "license_api" });
  assert.throws(() => License.fromForgeApi({ results }, { appId: "c" }), { code: "license_api" });
});
