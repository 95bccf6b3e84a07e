// The React entry, rendered for real: on a server here, in Chromium in test/packaging.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { createElement as h } from "react";
import { renderToStaticMarkup as render } from "react-dom/server";

import { FeatureMap, License, LicenseError } from "@app-license/sdk";
import { Gate, LicenseProvider, useLicense, useLimit } from "@app-license/sdk/react";

const license = (fields, environmentType = "PRODUCTION") =>
  License.fromForgeContext({ environmentType, license: fields });
const advanced = license({ active: true, capabilitySet: "capabilityAdvanced" });
const standard = license({ active: true, capabilitySet: "capabilityStandard" });
const features = new FeatureMap({
  features: { "bulk-export": "advanced" },
  limits: { projects: { none: 1, standard: 10, advanced: "unlimited" } },
  "service-levels": { support: { advanced: "4 h" } },
});

const tree = (provider, ...children) => render(h(LicenseProvider, provider, ...children));
const gate = (props) => h(Gate, { fallback: "upgrade", loading: "wait", ...props }, "shown");

test("a gate shows its children to those who may use them", () => {
  const requires = "capabilityAdvanced";
  assert.equal(tree({ license: advanced }, gate({ requires })), "shown");
  assert.equal(tree({ license: standard }, gate({ requires })), "upgrade");
  assert.equal(tree({ license: license({ active: false }) }, gate({ requires })), "upgrade");
  assert.equal(tree({ license: license(null) }, gate({ requires })), "upgrade");
  assert.equal(tree({ license: null }, gate({ requires })), "wait");
  assert.equal(tree({ license: undefined }, gate({ requires, loading: undefined })), "");
});

test("what tools put on a component is no setting, and a misspelled one is", () => {
  const requires = "capabilityAdvanced";
  assert.equal(tree({ license: advanced }, gate({ requires, "data-testid": "x" })), "shown");
  assert.throws(() => tree({ license: advanced }, gate({ requires, whenAbsnt: "deny" })), { code: "misuse" });
});

test("a fallback hears why", () => {
  const fallback = (decision) => `${decision.reason}: has ${decision.has}`;
  assert.equal(
    tree({ license: standard }, gate({ requires: "capabilityAdvanced", fallback })),
    "capability_missing: has capabilityStandard",
  );
});

test("features go by the provider's map, and without one or with a typing mistake it throws", () => {
  const feature = "bulk-export";
  assert.equal(tree({ license: advanced, features }, gate({ feature })), "shown");
  assert.equal(tree({ license: standard, features }, gate({ feature })), "upgrade");
  assert.throws(() => tree({ license: standard }, gate({ feature })), /given no features/);
  assert.throws(() => tree({ license: standard, features }, gate({ feature: "bulk_export" })), {
    code: "unknown_feature",
  });
});

test("the policy is the provider's, unless a gate says otherwise", () => {
  const absent = { license: license(null), policy: { whenAbsent: "advanced" } };
  const requires = "capabilityAdvanced";
  assert.equal(tree(absent, gate({ requires })), "shown");
  assert.equal(tree(absent, gate({ requires, whenAbsent: "deny" })), "upgrade");
  const staging = license({ active: true, capabilitySet: "capabilityAdvanced" }, "STAGING");
  assert.equal(tree({ license: staging, policy: { productionOnly: true } }, gate({ requires })), "upgrade");
});

test("a context is read as it arrives; one that cannot be read is a failure, not absent", () => {
  const requires = "capabilityAdvanced";
  const context = { environmentType: "PRODUCTION", license: { active: true, capabilitySet: requires } };
  assert.equal(tree({ context }, gate({ requires })), "shown");
  assert.equal(tree({ context: undefined }, gate({ requires })), "wait");
  let seen;
  const Probe = () => void (seen = useLicense());
  const broken = { context: { license: true }, policy: { whenAbsent: "advanced" } };
  assert.equal(tree(broken, gate({ requires, fallback: (d) => `${d}` }), h(Probe)), "null");
  assert.equal(seen.status, "failed");
  assert.ok(seen.error instanceof LicenseError);
  assert.equal(seen.hasCapability(requires), false);
});

test("the hook answers what the license allows", () => {
  let seen;
  const Probe = () => void (seen = useLicense());
  tree({ license: advanced, features }, h(Probe));
  assert.equal(seen.status, "ready");
  assert.equal(seen.license, advanced);
  assert.ok(seen.hasCapability("capabilityStandard"));
  assert.equal(seen.decide({ feature: "bulk-export" }).reason, "granted");
  assert.equal(seen.limit("projects"), Number.MAX_SAFE_INTEGER);
  assert.equal(seen.serviceLevel("support"), "4 h");
  tree({ license: null, features }, h(Probe));
  assert.deepEqual(
    [seen.status, seen.license, seen.hasCapability("capabilityFree"), seen.decide({ requires: "capabilityFree" })],
    ["loading", null, false, null],
  );
  assert.deepEqual([seen.limit("projects"), seen.serviceLevel("support")], [null, null]);
  assert.throws(() => render(h(Probe)), /needs a LicenseProvider/);
});

test("16: a license that cannot be read is neither loading nor a fallback", () => {
  const requires = "capabilityAdvanced";
  const broken = { context: { license: true } };
  assert.equal(tree(broken, gate({ requires, failed: "reload" })), "reload");
  assert.equal(tree(broken, gate({ requires, failed: (error) => error.code })), "field_type");
  assert.equal(tree(broken, gate({ requires })), "upgrade");
  assert.equal(tree({ license: standard }, gate({ requires, failed: "reload" })), "upgrade");
  assert.equal(tree({ license: null }, gate({ requires, failed: "reload" })), "wait");
  // an await that was forgotten
  assert.equal(tree({ context: Promise.resolve({}) }, gate({ requires, failed: (error) => error.code })), "misuse");
});

test("16: a hook for limits", () => {
  let seen;
  const Probe = ({ name = "projects" }) => void (seen = useLimit(name));
  const said = () => [seen.limit, seen.isUnlimited, seen.allows(1), seen.allows(11)];
  tree({ license: advanced, features }, h(Probe));
  assert.deepEqual(said(), [Number.MAX_SAFE_INTEGER, true, true, true]);
  tree({ license: standard, features }, h(Probe));
  assert.deepEqual(said(), [10, false, true, false]);
  for (const provider of [{ license: null }, { context: { license: true } }]) {
    tree({ ...provider, features }, h(Probe));
    assert.deepEqual(said(), [null, false, false, false]);
    assert.throws(() => tree({ ...provider, features }, h(Probe, { name: "project" })), { code: "unknown_limit" });
  }
});

test("16: the entry is for clients", () => {
  const entry = "@app-license/sdk/react";
  const files = [new URL(import.meta.resolve(entry)), createRequire(import.meta.url).resolve(entry)];
  assert.deepEqual(files.map((file) => /\w+$/.exec(`${file}`)[0]), ["js", "cjs"]);
  for (const file of files) {
    assert.match(readFileSync(file, "utf8"), /^"use client";/);
  }
});

test("what is loaded is not there at first", () => {
  const load = async () => advanced;
  assert.equal(tree({ load }, gate({ requires: "capabilityAdvanced" })), "wait");
});

test("CommonJS shares the licenses of the first entry", () => {
  const require = createRequire(import.meta.url);
  const cjs = require("@app-license/sdk/react");
  const { License } = require("@app-license/sdk");
  const context = { license: { active: true } };
  assert.equal(
    render(h(cjs.LicenseProvider, { license: License.fromForgeContext(context) }, h(cjs.Gate, { requires: "capabilityStandard" }, "shown"))),
    "shown",
  );
});
