// What no type keeps out: settings that are none, look-alikes, polluted prototypes, times that are none, and
// what cannot be a context. Nothing of it is granted, and each refusal is an error of the package.
import assert from "node:assert/strict";
import { createRequire, register } from "node:module";
import { test } from "node:test";
import { createElement as h } from "react";
import { renderToStaticMarkup as render } from "react-dom/server";

import * as sdk from "@app-license/sdk";
import { ConnectApp, MemoryStore } from "@app-license/sdk/fetch";
import { LicenseWebProvider } from "@app-license/sdk/openfeature";
import { Gate, LicenseProvider } from "@app-license/sdk/react";
import * as server from "@app-license/sdk/server";
import { FakeConnect } from "@app-license/sdk/testing";

const { FeatureMap, License } = sdk;
const cjs = createRequire(import.meta.url)("@app-license/sdk");
const requires = "capabilityAdvanced";
const advanced = { active: true, capabilitySet: requires };
const ended = { active: false, capabilitySet: requires };
const hint = License.fromForgeContext({ license: advanced });
const verified = server.fromFunctionContext({ license: advanced });
const map = new FeatureMap({ features: { export: "advanced" } });
const checks = [
  [sdk.check, hint],
  [server.check, verified],
];

/** Runs something while `Object.prototype` has a property that a library put there. */
async function polluted(name, value, run) {
  Object.prototype[name] = value;
  try {
    return await run();
  } finally {
    delete Object.prototype[name];
  }
}

test("a setting that is none is refused by its name", () => {
  for (const name of ["productiononly", "confirmedonly", "maxage", "ProductionOnly", "whenabsent", "toString"]) {
    const refused = { code: "misuse", message: `\`${name}\` is no setting` };
    for (const [check, license] of checks) {
      assert.throws(() => check(license, { requires, [name]: true }), refused);
      assert.throws(() => check(license, { features: map, feature: "export", [name]: undefined }), refused);
    }
    assert.throws(() => map.check("export", hint, { [name]: true }), refused);
    const tree = (policy, more) => render(h(LicenseProvider, { license: hint, policy }, h(Gate, { requires, ...more }, "shown")));
    assert.equal(tree({ maxAge: undefined }), "shown");
    assert.throws(() => tree({ [name]: true }), refused);
    assert.throws(() => tree(undefined, { [name]: true }), refused);
    assert.throws(() => render(h(LicenseProvider, { license: null, policy: { [name]: true } })), refused);
  }
});

test("settings are a plain object: what is inherited or hidden would be left out in silence", () => {
  class Settings {
    requires = requires;
    get productionOnly() {
      return true;
    }
  }
  const hidden = Object.defineProperty({ requires }, "productionOnly", { value: true });
  for (const what of [new Settings(), hidden, Object.create({ requires, productionOnly: true })]) {
    for (const [check, license] of checks) {
      assert.throws(() => check(license, what), { code: "misuse" });
    }
  }
  for (const policy of [null, true, 5, "productionOnly", [], new Map([["productionOnly", true]]), () => true]) {
    assert.throws(() => map.check("export", hint, policy), { code: "misuse" }, String(policy));
    assert.throws(() => render(h(LicenseProvider, { license: hint, policy })), { code: "misuse" }, String(policy));
  }
});

test("only a FeatureMap of the package is asked, and only of a License", () => {
  const asked = [];
  const fake = { map: {} };
  for (const name of ["check", "requirement", "limit"]) {
    fake[name] = () => asked.push(name) && { allowed: true, reason: "granted" };
  }
  for (const features of [fake, Object.create(map), new Proxy(map, {}), Object.assign(Object.create(FeatureMap.prototype), map), hint]) {
    for (const [check, license] of checks) {
      assert.throws(() => check(license, { features, feature: "export" }), { code: "misuse" });
      assert.throws(() => check({ trust: "verified" }, { features, feature: "export" }), { code: "not_a_license" });
      assert.throws(() => check(null, { features, feature: "export" }), { code: "not_a_license" });
    }
    const app = { appKey: "a.b", baseUrl: "https://a.example", store: new MemoryStore(), features };
    assert.throws(() => new ConnectApp(app), { code: "misuse", message: /`features`/ });
    assert.throws(() => new LicenseWebProvider({ features, license: hint }), { code: "misuse", message: /`features`/ });
  }
  assert.deepEqual(asked, []);
  // one of another copy of the package is one
  const other = new cjs.FeatureMap({ features: { export: "advanced" } });
  assert.equal(server.check(verified, { features: other, feature: "export" }).reason, "granted");
  assert.ok(!License.is(map) && !cjs.License.is(map));
  assert.throws(() => sdk.check(map, { requires }), { code: "not_a_license" });
});

test("what a library put into Object.prototype grants nothing", async () => {
  const inactive = server.fromFunctionContext({ license: ended });
  const shut = server.fromFunctionContext({ license: advanced, userAccess: { enabled: true, hasAccess: false } });
  const reason = (name, value, license) => polluted(name, value, () => server.check(license(), { requires }).reason);
  assert.equal(await reason("sellsNothing", true, () => inactive), "inactive");
  assert.equal(await reason("whenAbsent", "advanced", () => server.fromFunctionContext({})), "absent");
  assert.equal(await reason("ignoreUserAccess", true, () => shut), "no_user_access");
  assert.equal(await reason("features", { check: () => ({ allowed: true }) }, () => inactive), "inactive");
  const read = () => server.fromFunctionContext({ installContext: "ari:cloud:jira::site/1" });
  await polluted("license", advanced, () => assert.throws(read, { code: "misuse" }));
  const confirmed = { requires, confirmedOnly: true };
  assert.equal(await polluted("sellsNothing", true, () => server.check(inactive, confirmed).reason), "inactive");

  const site = new FakeConnect({ appKey: "a.b", baseUrl: "https://a.example" });
  const app = new ConnectApp({ ...site.app, store: new MemoryStore(), fetch: site.keyServer, allowTestKeys: true });
  app.route("/x", { requires }, () => new Response("ok"));
  await app.handle(new Request(...site.lifecycle("installed").fetchArguments));
  const page = async () => (await app.handle(new Request(site.page("/x", "expired").url))).status;
  assert.equal(await page(), 402);
  assert.equal(await polluted("sellsNothing", true, page), 402);
});

test("what a library put into Object.prototype was not said of a license", async () => {
  const core = await (await import("@app-license/sdk/wasm")).loadCore();
  const readers = { License, core, server: { fromForgeContext: server.fromFunctionContext } };
  const body = { results: [{ appId: "35559c21-6120-406b-b7cd-d87f468f6d32", error: { type: "NOT_FOUND" } }] };
  for (const [who, { fromForgeContext, fromForgeApi }] of Object.entries(readers)) {
    const inactive = (name, value) => polluted(name, value, () => fromForgeContext({ license: { isActive: false } }).state);
    assert.equal(await inactive("active", true), "inactive", who);
    const empty = (name, value) => polluted(name, value, () => fromForgeContext({ license: {} }).state);
    assert.equal(await empty("active", true), "absent", who);
    assert.equal(await empty("isActive", true), "absent", who);
    const standard = () => fromForgeContext({ license: { active: true } }).hasCapability("capabilityAdvanced");
    assert.equal(await polluted("capabilitySet", "capabilityAdvanced", standard), false, who);
    const shut = () => sdk.check(fromForgeContext({ license: { active: true }, userAccess: {} }), { requires: "capabilityFree" }).reason;
    assert.equal(await polluted("hasAccess", true, shut), "no_user_access", who);
    if (fromForgeApi) {
      assert.notEqual(await polluted("data", advanced, () => sdk.License.is(readOrNull(() => fromForgeApi(body))) && fromForgeApi(body).state), "active", who);
    }
  }
});

const readOrNull = (read) => {
  try {
    return read();
  } catch {
    return null;
  }
};

test("a time is a Date, and an age a finite number", () => {
  const old = server.fromFunctionContext({ license: advanced }, { asOf: new Date(0) });
  for (const time of [-Infinity, Infinity, 0]) {
    const fake = { getTime: () => time, valueOf: () => time };
    for (const now of [fake, Object.assign(Object.create(Date.prototype), fake)]) {
      assert.throws(() => server.check(old, { requires, maxAge: 60, now }), { code: "invalid_time" });
      assert.throws(() => License.fromForgeContext({}, { asOf: now }), { code: "invalid_time" });
    }
  }
  const lying = Object.assign(new Date(1e12), { valueOf: () => 0, getTime: () => 0 });
  assert.equal(sdk.check(License.fromForgeContext({}, { asOf: new Date(0) }), { requires, now: lying }).age, 1e9);
  for (const maxAge of [Infinity, -Infinity, NaN]) {
    for (const [check, license] of checks) {
      for (const more of [{}, { confirmedOnly: true }]) {
        assert.throws(() => check(license, { requires, maxAge, ...more }), { code: "misuse", message: /`maxAge`/ });
      }
    }
  }
});

test("what cannot be a context is not read as absent", () => {
  const none = {
    "a URL": new URL("http://x/?lic=none"),
    "a query": new URLSearchParams("lic=none"),
    "a Map": new Map([["license", ended]]),
    "a Date": new Date(),
    "an Error": new Error("x"),
    "a Buffer": Buffer.from("{}"),
    "a text object": new String("{}"),
    "a web trigger's request": { method: "GET", headers: {}, body: "", path: "/", queryParameters: {} },
    "a request of Node": { method: "GET", url: "/?lic=none", headers: {} },
    "a resolver's request without its context": { payload: {}, context: undefined },
    "a body that holds it": { data: { license: ended } },
    "an answer that holds it": { body: JSON.stringify({ license: ended }) },
    "the event of a trigger": { eventType: "avi:jira:created:issue", issue: {} },
  };
  for (const [name, value] of Object.entries(none)) {
    assert.throws(() => server.fromFunctionContext(value), { code: "misuse", message: /^expected a context, found / }, name);
  }
  const site = { installContext: "ari:cloud:jira::site/1" };
  const recorded = [undefined, null, {}, site, { principal: { accountId: "1" }, ...site }, { license: null }, { ...site, payload: {} }, Object.assign(Object.create(null), site)];
  for (const context of recorded) {
    assert.equal(server.fromFunctionContext(context).state, "absent", JSON.stringify(context));
  }
});

test("a capability set that JSON cannot say is refused by a code", () => {
  const loop = {};
  loop.loop = loop;
  for (const capabilitySet of [1n, () => requires, Symbol(requires), { toJSON() {} }, loop]) {
    const context = { license: { active: true, capabilitySet } };
    assert.throws(() => License.fromForgeContext(context), (error) => error instanceof sdk.LicenseError);
    assert.throws(() => server.fromFunctionContext(context), (error) => error instanceof sdk.LicenseError);
  }
});

test("options of requires that are none are refused by a code", async () => {
  const platform = "export const getAppContext = () => null, kvs = {}, asApp = () => {}, route = () => {};";
  const hook = `export const resolve = (name, context, next) =>
    name.startsWith("@forge/") ? { url: ${JSON.stringify(`data:text/javascript,${platform}`)}, shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  const forge = await import("@app-license/sdk/forge");
  assert.equal(typeof forge.requires(requires, () => 1), "function");
  for (const options of [null, 5, "x", [], new Map(), { productiononly: true }]) {
    assert.throws(() => forge.requires(requires, () => 1, options), { code: "misuse" }, String(options));
  }
});
