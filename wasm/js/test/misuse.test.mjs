// Nothing fails open, without types: what is no License, what is no context, wrong times, wrong
// settings. Each is refused loudly, with what was found and what to write.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { createElement as h } from "react";
import { renderToStaticMarkup as render } from "react-dom/server";

import * as sdk from "@app-license/sdk";
import * as openfeature from "@app-license/sdk/openfeature";
import { Gate, LicenseProvider } from "@app-license/sdk/react";
import * as server from "@app-license/sdk/server";

const { FeatureMap, License, LicenseError, check, isUnlimited } = sdk;
const cjs = createRequire(import.meta.url)("@app-license/sdk");
const ended = { active: false, capabilitySet: "capabilityAdvanced" };
const object = { active: true, capabilitySet: "capabilityAdvanced", isEvaluation: true };
const context = { installContext: "ari:cloud:jira::site/1", license: object };
const hint = License.fromForgeContext({ environmentType: "PRODUCTION", license: object });
const verified = server.fromFunctionContext(context);
const requires = "capabilityAdvanced";
const features = new FeatureMap({
  features: { export: "advanced" },
  limits: { rows: { none: 1, advanced: "unlimited" } },
  "service-levels": { support: { advanced: "4 h" } },
});

/** The error that is thrown, or that a promise is rejected with. */
const error = (run) => {
  try {
    run();
  } catch (thrown) {
    assert.ok(thrown instanceof LicenseError || thrown instanceof cjs.LicenseError, `${thrown?.stack}`);
    return thrown;
  }
  return assert.fail("nothing was thrown");
};
const code = (run) => error(run).code;

/** What people pass in place of a License. */
const NO_LICENSES = {
  "the license of a context": object,
  "the license of a context that ended": ended,
  nothing: undefined,
  null: null,
  "an empty object": {},
  "a context": context,
  "a promise of a License": Promise.resolve(hint),
  "a copy by spread": { ...hint },
  "a copy with more trust": { ...hint, trust: "verified" },
  "a copy by clone": Object.assign(Object.create(Object.getPrototypeOf(hint)), hint),
  "a structured clone": structuredClone({ ...hint, raw: null }),
  "a copy by JSON": JSON.parse(JSON.stringify(hint)),
  "something that inherits": Object.create(hint),
  "a proxy": new Proxy(hint, {}),
  text: "capabilityAdvanced",
  true: true,
};

const at = "2026-01-01T00:00:00Z";
const times = { statusSince: at, firstInstalledAt: at, installedAt: at, updatedAt: at };
const installation = { record: { key: { connect: "a" }, status: "installed", ...times }, secrets: { current: null, previous: null } };

/** Every function that takes a License, by its name; after `, ` or ` of ` how it is called. What is packed is held
 * to these names by tests/packaging/takers.test.mjs. */
const TAKERS = {
  check: (license) => check(license, { requires }),
  "check, lenient": (license) => check(license, { requires, whenAbsent: "advanced", sellsNothing: true }),
  "check, by a feature": (license) => check(license, { features, feature: "export" }),
  "check of the CommonJS copy": (license) => cjs.check(license, { requires }),
  "check of the server": (license) => server.check(license, { requires }),
  "check of the server, confirmed": (license) => server.check(license, { requires, confirmedOnly: true }),
  "License.hasCapability": (license) => License.fromForgeContext({}).hasCapability.call(license, requires),
  "FeatureMap.check": (license) => features.check("export", license),
  "FeatureMap.limit": (license) => features.limit("rows", license),
  "FeatureMap.serviceLevel": (license) => features.serviceLevel("support", license),
  "License.toJSON": (license) => hint.toJSON.call(license),
  sealLicense: (license) => server.sealLicense(license, { key: "k".repeat(32), tenant: "a" }),
  "LifecycleReducer.apply": (license) => new server.LifecycleReducer().apply(installation, { license }),
  "LifecycleReducer.isNews": (license) => new server.LifecycleReducer().isNews(installation, license),
  deliver: (license) => server.deliver({ key: "a", on: "connect", event: { license } }, installation, null, new Date()),
  "LicenseWebProvider.setLicense": (license) =>
    new openfeature.LicenseWebProvider({ features, license: hint }).setLicense(license),
};

const tree = (license) => render(h(LicenseProvider, { license }, h(Gate, { requires }, "shown")));
const customers = new openfeature.LicenseServerProvider({ features, license: () => verified });

/** The same, where nothing at all is no mistake: it is loaded, or was not known before. */
const TAKERS_OR_NOTHING = {
  LicenseProvider: tree,
  "LicenseServerProvider.notify, before": (license) => customers.notify(license, hint),
  "LicenseServerProvider.notify, after": (license) => customers.notify(hint, license),
  "LicenseServerProvider.notify, after none": (license) => customers.notify(null, license),
  // it may be a function that reads one
  LicenseWebProvider: (license) => typeof license == "function" || new openfeature.LicenseWebProvider({ features, license }),
};

for (const [taker, take] of Object.entries(TAKERS)) {
  test(`1: look-alike-license: ${taker} takes nothing but a License`, () => {
    for (const [name, value] of Object.entries(NO_LICENSES)) {
      assert.equal(code(() => take(value)), "not_a_license", name);
    }
  });
}

for (const [taker, take] of Object.entries(TAKERS_OR_NOTHING)) {
  test(`1: ${taker} takes nothing but a License, or nothing`, () => {
    for (const [name, value] of Object.entries(NO_LICENSES).filter(([, value]) => value && typeof value != "function")) {
      assert.equal(code(() => take(value)), "not_a_license", name);
    }
  });
}

test("1: what reads a license for OpenFeature answers nothing but a License", async () => {
  assert.equal(tree(hint), "shown");
  for (const [name, value] of Object.entries(NO_LICENSES).filter(([, value]) => value)) {
    const web = new openfeature.LicenseWebProvider({ features, license: () => value });
    if (name !== "a promise of a License") {
      await assert.rejects(web.initialize({}), { code: "PARSE_ERROR", message: /^not_a_license: / }, name);
      const provider = new openfeature.LicenseServerProvider({ features, license: () => value });
      const answer = provider.resolveBooleanEvaluation("export", true, {});
      await assert.rejects(answer, (thrown) => thrown.code !== undefined, name);
    }
  }
});

test("1: the message says what was found and what to write", () => {
  const message = (value) => error(() => check(value, { requires })).message;
  assert.equal(
    message(context.license),
    "expected a License, found the license of a context: write `License.fromForgeContext(context)`, in a function `License.fromFunctionContext(context)`",
  );
  assert.match(message(Promise.resolve(hint)), /found a promise: await it$/);
  assert.match(message({ ...hint }), /found a copy of a License$/);
  assert.match(message(undefined), /found none: write `License\.fromForgeContext/);
});

test("1: copies of the package share their licenses", () => {
  const other = cjs.License.fromForgeContext({ environmentType: "PRODUCTION", license: object });
  assert.notEqual(cjs.License, License);
  assert.equal(check(other, { requires }).allowed, true);
  assert.equal(cjs.check(hint, { requires }).allowed, true);
  assert.ok(License.is(other) && cjs.License.is(hint) && !License.is({ ...hint }) && !License.is(null));
});

test("2: licenses are not made", () => {
  for (const fields of [[], [new WeakMap(), "forge_ui_context", "verified", 0, "", null, null]]) {
    assert.equal(code(() => new License(...fields)), "misuse");
  }
  class Mine extends License {}
  assert.equal(code(() => new Mine()), "misuse");
});

test("2: hint-as-proof-at-run-time: trust cannot be raised", () => {
  assert.throws(() => {
    hint.trust = "verified";
  }, TypeError);
  assert.throws(() => Object.assign(hint, { trust: "verified" }), TypeError);
  assert.throws(() => Object.defineProperty(hint, "trust", { value: "verified" }), TypeError);
  assert.equal(hint.trust, "hint");
  assert.equal(code(() => server.check(hint, { requires })), "not_verified");
  assert.equal(code(() => server.check(hint, { requires, confirmedOnly: true })), "not_verified");
  assert.equal(check(hint, { requires }).trust, "hint");
  assert.equal(server.check(verified, { requires }).trust, "verified");
});

test("2: a hint is not stored, where it would count as verified later", () => {
  const reducer = new server.LifecycleReducer();
  const event = { license: hint };
  assert.equal(code(() => reducer.apply(installation, event)), "not_verified");
  assert.equal(code(() => reducer.isNews(installation, hint)), "not_verified");
  assert.equal(code(() => server.deliver({ key: "a", on: "connect", event }, installation, null, new Date())), "not_verified");
  const stored = reducer.apply(installation, { license: verified }).installation;
  assert.equal(server.check(server.storedLicense(stored), { requires }).reason, "granted");
});

test("2: what was read cannot be changed, neither it nor what it was read from", () => {
  const fields = { ...object, active: false, entitlementNumber: "E-1" };
  const body = JSON.stringify({ key: "a", license: fields });
  const asOf = new Date();
  const license = server.fromConnectApi({ status: 200, body }, { asOf });
  assert.throws(() => Object.assign(license.raw, { active: true }), TypeError);
  license.asOf.setTime(Date.now() + 1e9);
  asOf.setTime(0);
  assert.equal(server.check(license, { requires: "capabilityStandard", confirmedOnly: true }).reason, "trial_ended");
  const source = { license: { ...fields } };
  const read = License.fromConnectContext(source, { asOf: new Date(0) });
  source.license.active = true;
  read.asOf.setTime(Date.now());
  assert.equal(read.raw.active, false);
  assert.ok(check(read, { requires, maxAge: 5 }).age > 1e9);
});

test("3: invalid-time: an invalid time throws, and an unknown age never counts", () => {
  for (const time of [new Date("nonsense"), new Date(NaN), NaN, Date.now(), "2026-11-29", {}, false]) {
    for (const decide of [check, server.check]) {
      const license = decide === check ? hint : verified;
      assert.equal(code(() => decide(license, { requires, now: time })), "invalid_time", `${time}`);
      assert.equal(code(() => decide(license, { requires, now: time, maxAge: 60 })), "invalid_time", `${time}`);
      assert.equal(code(() => decide(license, { requires, now: time, confirmedOnly: true })), "invalid_time");
    }
    assert.equal(code(() => features.check("export", hint, { now: time })), "invalid_time");
    assert.equal(code(() => features.limit("rows", hint, { now: time })), "invalid_time");
    const readers = [
      () => License.fromForgeContext(context, { asOf: time }),
      () => License.fromFunctionContext(context, { asOf: time }),
      () => License.fromConnectContext(context, { asOf: time }),
      () => License.fromConnectQuery("lic=active", { asOf: time }),
      () => License.fromConnectApi({ key: "a", license: object }, { asOf: time }),
      () => License.fromForgeApi({ results: [{ data: object }] }, { asOf: time }),
      () => server.fromFunctionContext(context, { asOf: time }),
    ];
    for (const read of readers) {
      assert.equal(code(read), "invalid_time", `${read}, ${time}`);
    }
  }
  assert.equal(check(hint, { requires, maxAge: 1e9 }).reason, "stale");
  const known = License.fromForgeContext(context, { asOf: new Date() });
  assert.equal(check(known, { requires, maxAge: 60 }).reason, "granted");
});

/** What people pass in place of a context. */
const NO_CONTEXTS = {
  "a promise": Promise.resolve(context),
  "a thenable": { then() {} },
  "a function": () => context,
  "the license": object,
  "a license that says only isActive": { isActive: true },
  "a resolver's request": { payload: {}, context },
  "the argument of a workflow function": { issue: { key: "T-1" }, context },
  "the claims of a token": { app: { license: object }, context: {} },
  "a response": new Response("{}"),
  text: JSON.stringify(context),
  "a License": hint,
  "a copy of a License": { ...hint },
  "the JSON of a License": hint.toJSON(),
};

/** Every reader of a document. */
const READERS = {
  fromForgeContext: License.fromForgeContext,
  fromConnectContext: License.fromConnectContext,
  fromFunctionContext: License.fromFunctionContext,
  fromConnectApi: License.fromConnectApi,
  fromForgeApi: License.fromForgeApi,
  "fromFunctionContext of the server": server.fromFunctionContext,
};

for (const [reader, read] of Object.entries(READERS)) {
  test(`4: absent-by-mistake: ${reader} refuses what would read as absent`, () => {
    for (const [name, value] of Object.entries(NO_CONTEXTS)) {
      assert.equal(code(() => read(value)), "misuse", name);
    }
  });
}

test("4: what is no capability is not asked about in silence", () => {
  for (const misspelled of ["advanced", "Advanced", "standard", "capability", "cap"]) {
    const expected = { code: "misuse", message: new RegExp(`\`${misspelled}\``) };
    assert.throws(() => check(hint, { requires: misspelled }), expected, misspelled);
    assert.throws(() => server.check(verified, { requires: misspelled }), expected, misspelled);
  }
  assert.equal(check(hint, { requires: "capabilityUltra" }).reason, "capability_missing");
});

test("4: the message says what it looks like and what to pass", () => {
  const message = (value) => error(() => License.fromFunctionContext(value)).message;
  assert.equal(message(Promise.resolve()), "expected a context, found a promise: await it");
  assert.equal(message({ payload: {}, context }), "expected a context, found what holds a context: pass its `context`");
  assert.match(message(object), /found the license of a context: /);
  assert.match(message(JSON.stringify(context)), /found text: parse it/);
});

test("4: a query is a query, not a URL", () => {
  const query = "?xdm_e=https%3A%2F%2Fexample.atlassian.net&lic=active&capSet=capabilityAdvanced";
  for (const good of [query, query.slice(1), new URLSearchParams(query), new URL(`https://a.example/b${query}`).searchParams, ""]) {
    assert.equal(License.fromConnectQuery(good).state, `${good}` ? "active" : "absent");
  }
  const wrong = [
    `https://app.example.com/panel${query}`,
    "https://app.example.com/panel?lic=active",
    "https://app.example.com/",
    `/panel${query}`,
    `panel${query}`,
    new URL(`https://app.example.com/panel${query}`),
    { href: "https://app.example.com/?lic=active", toString: () => "https://app.example.com/?lic=active" },
    Promise.resolve(query),
    { lic: "active" },
    undefined,
    null,
    hint,
    JSON.stringify(context),
  ];
  for (const value of wrong) {
    assert.equal(code(() => License.fromConnectQuery(value)), "misuse", `${value}`);
  }
  assert.match(error(() => License.fromConnectQuery(wrong[0])).message, /found no query: write `new URL\(url\)\.search`/);
});

test("5: a feature map is what it was when it was checked", () => {
  const given = { features: { export: { requires: "advanced" } }, limits: { rows: { standard: 1 } } };
  const map = new FeatureMap(given);
  given.features.export.requires = "free";
  given.limits.rows.standard = 1e9;
  assert.equal(map.requirement("export"), "capabilityAdvanced");
  assert.throws(() => {
    map.map.features.export.requires = "free";
  }, TypeError);
  assert.equal(map.limit("rows", License.fromConnectQuery("lic=active")), 1);
  for (const wrong of [{ limits: "many" }, { limits: { rows: { standard: -1 } } }, { feature: {} }, { service_levels: {} }, { features: { export: "premium" } }]) {
    assert.equal(code(() => new FeatureMap(wrong)), "feature_map", JSON.stringify(wrong));
  }
  assert.equal(code(() => new FeatureMap()), "feature_map");
});

test("6: an unlimited limit survives JSON", () => {
  const limit = features.limit("rows", hint);
  assert.equal(limit, Number.MAX_SAFE_INTEGER);
  const sent = JSON.parse(JSON.stringify({ limit })).limit;
  assert.ok(isUnlimited(sent) && sent > 1e12 && Number.isFinite(sent));
  assert.ok(!isUnlimited(features.limit("rows", License.fromForgeContext({}))));
  const provider = new openfeature.LicenseWebProvider({ features, license: hint });
  provider.setLicense(hint);
  const { value, variant } = provider.resolveNumberEvaluation("rows");
  assert.deepEqual([value, variant], [Number.MAX_SAFE_INTEGER, "unlimited"]);
});

test("7: the environment is an input of what does not name it", () => {
  const reason = (environmentType, policy = { productionOnly: true }) =>
    server.check(server.fromFunctionContext(context, { environmentType }), { requires, ...policy }).reason;
  assert.equal(reason("PRODUCTION"), "granted");
  assert.equal(reason("DEVELOPMENT"), "not_production");
  assert.equal(reason(undefined), "not_production");
  assert.equal(check(License.fromFunctionContext(context, { environmentType: "PRODUCTION" }), { requires, productionOnly: true }).reason, "granted");
  const absent = (environmentType) => License.fromFunctionContext({}, { environmentType });
  const policy = { requires, whenAbsentOutsideProduction: "advanced" };
  assert.equal(check(absent("DEVELOPMENT"), policy).reason, "granted");
  assert.equal(check(absent("PRODUCTION"), policy).reason, "absent");
  assert.equal(check(absent("staging"), policy).reason, "granted");
  // what is none of the platform's may be a misspelled production
  for (const unknown of [undefined, "", "PROD", "production ", "qa", "development\n", "null"]) {
    assert.equal(check(absent(unknown), policy).reason, "absent", unknown);
  }
  // a document that names its environment is not overruled
  const staging = License.fromForgeContext({ environmentType: "STAGING", license: object }, { environmentType: "PRODUCTION" });
  assert.equal(check(staging, { requires, productionOnly: true }).reason, "not_production");
});

test("7: what confirmedOnly needs", () => {
  const data = { ...object, type: "commercial", ccpEntitlementId: "e-1" };
  const answer = { status: 200, body: JSON.stringify({ results: [{ appId: "35559c21-6120-406b-b7cd-d87f468f6d32", data }] }) };
  const reason = (options, decide = server.check) =>
    decide(server.fromForgeApi(answer, options), { requires, confirmedOnly: true }).reason;
  assert.equal(reason({ environmentType: "PRODUCTION" }), "granted");
  assert.equal(reason({ environmentType: "DEVELOPMENT" }), "not_production");
  assert.equal(reason({}), "not_production");
  assert.equal(reason({ environmentType: "PRODUCTION" }, check), "unconfirmed");
  const read = server.fromFunctionContext(context, { environmentType: "PRODUCTION" });
  assert.equal(server.check(read, { requires, confirmedOnly: true }).reason, "unconfirmed");
});

test("8: settings that cannot be meant throw", () => {
  const wrong = [
    { requires: undefined },
    { requires: "" },
    { requires: ["capabilityStandard"] },
    { feature: "export" },
    { features },
    { requires, features, feature: "export" },
    { features: features.map, feature: "export" },
    { requires, whenAbsent: "premium" },
    { requires, whenAbsent: null },
    { requires, whenAbsentOutsideProduction: "capabilityAdvanced" },
    { requires, productionOnly: "true" },
    { requires, sellsNothing: "false" },
    { requires, ignoreUserAccess: 1 },
    { requires, confirmedOnly: {} },
    { requires, maxAge: "60" },
    { requires, maxAge: NaN },
    { requires, maxAge: Infinity },
    requires,
    undefined,
  ];
  for (const what of wrong) {
    const expected = what?.features === features && what.feature === undefined ? "unknown_feature" : "misuse";
    assert.equal(code(() => check(hint, what)), expected, JSON.stringify(what));
    assert.equal(code(() => server.check(verified, what)), expected, JSON.stringify(what));
  }
  for (const capability of [undefined, null, "", 1, {}]) {
    assert.equal(code(() => hint.hasCapability(capability)), "misuse", `${capability}`);
  }
  const { LicenseServerProvider, LicenseWebProvider } = openfeature;
  assert.equal(code(() => new LicenseWebProvider({ license: hint })), "misuse");
  assert.equal(code(() => new LicenseWebProvider({ features: features.map, license: hint })), "misuse");
  assert.equal(code(() => new LicenseServerProvider({ license: () => null })), "misuse");
  assert.equal(code(() => new LicenseServerProvider({ features, license: verified })), "misuse");
});

test("JSON of a license is a hint that says the same", () => {
  const read = [
    verified,
    hint,
    License.fromConnectQuery("lic=active&capSet=capabilityAdvanced"),
    License.fromConnectQuery("lic=none&userAccess=false"),
    License.fromForgeContext({ environmentType: "DEVELOPMENT" }),
    License.fromForgeContext({ license: { ...object, trialEndDate: "2026-12-08" }, userAccess: { enabled: true, hasAccess: false } }),
    License.fromFunctionContext(context, { asOf: new Date(1.7e12), environmentType: "PRODUCTION" }),
    License.fromForgeContext({ license: { active: true, capabilitySet: ["odd"] } }),
    License.fromForgeContext({ license: ended }),
  ];
  for (const license of read) {
    const again = License.fromJSON(JSON.parse(JSON.stringify(license)));
    assert.deepEqual({ ...again }, { ...license, trust: "hint" });
    assert.deepEqual(again.toJSON(), license.toJSON());
    for (const what of [{ requires }, { requires, productionOnly: true }, { requires, maxAge: 5 }, { requires, whenAbsentOutsideProduction: "advanced" }]) {
      assert.deepEqual(check(again, what), { ...check(license, what), trust: "hint" });
    }
    assert.equal(code(() => server.check(again, { requires })), "not_verified");
  }
  for (const wrong of [null, undefined, "{}", JSON.stringify(hint), {}, object, context, { source: 1, state: "active" }, { source: "forge_ui_context", state: "on" }]) {
    assert.equal(code(() => License.fromJSON(wrong)), "misuse", JSON.stringify(wrong));
  }
  assert.equal(code(() => License.fromJSON({ ...hint.toJSON(), asOf: "never" })), "invalid_time");
});
