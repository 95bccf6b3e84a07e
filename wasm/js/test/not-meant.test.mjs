// What cannot be meant is refused by a code: licenses in contexts that are none, hints on a server, options that
// there are not, arguments that are not there; and what was configured cannot be changed afterwards.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as sdk from "@app-license/sdk";
import { ConnectApp, ForgeRemote, MemoryStore } from "@app-license/sdk/fetch";
import { LicenseServerProvider, LicenseWebProvider } from "@app-license/sdk/openfeature";
import * as server from "@app-license/sdk/server";
import { FakeConnect, FakeForge } from "@app-license/sdk/testing";
import { loadCore } from "@app-license/sdk/wasm";

const { License } = sdk;
const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const appId = "8db33309-2f3e-4a4f-8e2b-4f8c7f4b2b2b";
const requires = "capabilityAdvanced";
const object = { active: true, capabilitySet: requires };
const hint = License.fromForgeContext({ license: object });
const verified = server.fromFunctionContext({ license: object });
const code = (run) => {
  try {
    return [run()] && "taken";
  } catch (error) {
    assert.ok(error instanceof sdk.LicenseError, `${error?.stack}`);
    return error.code;
  }
};
class Mine {
  active = true;
}

test("7: a license in a context is a plain object, or there is none", async () => {
  const core = await loadCore();
  const readers = {
    fromForgeContext: (license) => License.fromForgeContext({ license }),
    fromConnectContext: (license) => License.fromConnectContext({ license }),
    fromFunctionContext: (license) => License.fromFunctionContext({ license }),
    fromConnectApi: (license) => License.fromConnectApi({ key: "a", license }),
    fromForgeApi: (data) => License.fromForgeApi({ results: [{ data }] }),
    "fromFunctionContext of the server": (license) => server.fromFunctionContext({ license }),
    "fromFunctionContext of the core": (license) => core.fromFunctionContext({ license }),
    "fromForgeApi of the core": (data) => core.fromForgeApi({ results: [{ appId, data }] }),
  };
  const none = { "a License": hint, "a promise": Promise.resolve(object), "a Map": new Map([["active", true]]), "an instance": new Mine(), "what inherits": Object.create(object), "a Date": new Date() };
  for (const [reader, read] of Object.entries(readers)) {
    for (const [name, license] of Object.entries(none)) {
      assert.equal(code(() => read(license)), "misuse", `${reader}, ${name}`);
    }
    for (const license of ["x", 5, true, [object]]) {
      assert.equal(code(() => read(license)), "field_type", `${reader}, ${license}`);
    }
    assert.equal(read(Object.assign(Object.create(null), object)).state, "active", reader);
    assert.equal(read(null).state, "absent", reader);
  }
  assert.equal(code(() => server.fromFunctionContext({ license: { ...hint } })), "misuse");
});

test("8: a map of the server entry answers verified licenses only", () => {
  const written = { features: { export: "advanced" }, limits: { rows: { none: 1, advanced: 9 } }, "service-levels": { help: { advanced: "4 h" } } };
  const [page, map] = [new sdk.FeatureMap(written), new server.FeatureMap(written)];
  for (const one of [page, map]) {
    assert.deepEqual([one.check("export", verified).allowed, one.limit("rows", verified), one.serviceLevel("help", verified)], [true, 9, "4 h"]);
    assert.equal(server.check(verified, { features: one, feature: "export" }).allowed, true);
    assert.equal(one.requirement("export"), requires);
  }
  assert.deepEqual([page.check("export", hint).allowed, page.limit("rows", hint), page.serviceLevel("help", hint)], [true, 9, "4 h"]);
  for (const call of [() => map.check("export", hint), () => map.limit("rows", hint), () => map.serviceLevel("help", hint)]) {
    assert.equal(code(call), "not_verified");
  }
  assert.equal(code(() => map.limit("rows", { ...verified })), "not_a_license");
});

test("11: what was configured decides, whatever becomes of the objects", async () => {
  const map = new sdk.FeatureMap({ features: { export: "advanced" } });
  assert.throws(() => {
    map.map = { features: { export: "free" } };
  }, TypeError);
  Object.defineProperty(map, "map", { value: { features: { export: "free" } } });
  assert.equal(map.requirement("export"), requires);
  assert.equal(JSON.parse(JSON.stringify(map)).map.features.export, "advanced");

  const policy = { whenAbsent: "deny" };
  const site = new FakeConnect({ appKey, baseUrl });
  const options = { appKey, baseUrl, store: new MemoryStore(), policy, fetch: (url) => site.keyServer(url), allowTestKeys: true };
  const app = new ConnectApp(options).route("/x", { requires: "capabilityStandard" }, () => new Response("served"));
  await app.handle(new Request(...site.lifecycle("installed").fetchArguments));
  const forge = new FakeForge({ appId });
  const appIds = [appId];
  const remote = new ForgeRemote({ appId: appIds, policy, fetch: (url) => forge.keyServer(url), allowTestKeys: true });
  remote.route("/x", { requires: "capabilityStandard" }, () => new Response("served"));
  const web = new LicenseWebProvider({ features: map, license: License.fromForgeContext({}), policy });
  await web.initialize();
  const flags = { features: map, license: () => server.fromFunctionContext({}), policy };
  const provider = new LicenseServerProvider(flags);

  policy.whenAbsent = "advanced";
  options.policy = policy;
  flags.license = () => verified;
  const other = new FakeForge({ appId: "5e176cc2-1111-4222-8333-444455556666" });
  appIds.push(other.appId);
  assert.equal((await app.handle(new Request(site.page("/x", "absent").url))).status, 403);
  const call = (of) => remote.handle(new Request(`${baseUrl}/x`, { headers: { authorization: of.authorization("absent") } }));
  assert.equal((await call(forge)).status, 403);
  assert.equal((await call(other)).status, 401);
  assert.equal(web.resolveBooleanEvaluation("export").value, false);
  assert.equal((await provider.resolveBooleanEvaluation("export", false, {})).value, false);
});

test("16: a policy alone gates nothing, so it is refused", async () => {
  const app = new ConnectApp({ appKey, baseUrl, store: new MemoryStore() });
  const remote = new ForgeRemote({ appId });
  for (const needs of [{ policy: { productionOnly: true } }, { policy: {} }, { kind: "context", policy: { maxAge: 5 } }]) {
    for (const one of [app, remote]) {
      assert.equal(code(() => one.guard(needs, () => new Response())), "misuse");
      assert.equal(code(() => one.route("/p", needs, () => new Response())), "misuse");
      await assert.rejects(one.admit(new Request(baseUrl), needs), { code: "misuse" });
    }
  }
  app.route("/a", {}, () => new Response()).route("/b", { kind: "context" }, () => new Response());
});

test("18: options that there are not are refused", async () => {
  const body = JSON.stringify({ key: appKey, license: object });
  const forgeBody = JSON.stringify({ results: [{ appId, data: object }] });
  const readers = {
    fromConnectApi: [(options) => server.fromConnectApi({ status: 200, body }, options), { appKey, asOf: new Date() }],
    fromForgeApi: [(options) => server.fromForgeApi({ status: 200, body: forgeBody }, options), { appId, environmentType: "PRODUCTION" }],
    fromFunctionContext: [(options) => server.fromFunctionContext({ license: object }, options), { environmentType: "PRODUCTION" }],
  };
  for (const [reader, [read, good]] of Object.entries(readers)) {
    assert.equal(read(good).state, "active", reader);
    assert.equal(read(undefined).state, "active", reader);
    for (const options of [{ appkey: "other" }, { appKey: 5 }, { appID: appId }, { appId: 5 }, { environmentType: 5 }, { environment: "x" }, null, "x", 5, [], new Map()]) {
      assert.equal(code(() => read(options)), "misuse", `${reader}, ${JSON.stringify(options)}`);
    }
    assert.equal(code(() => read({ asOf: new Date(NaN) })), "invalid_time", reader);
  }
  const api = new server.ForgeLicenseApi({ fetch: () => Promise.resolve(new Response(forgeBody)) });
  const ask = (options) => api.license("ari:cloud:ecosystem::installation/1", "token", options);
  assert.equal((await ask({ appId, userMayAccess: null, installedAt: new Date(0) })).state, "active");
  for (const options of [{ appID: appId }, { appId: 5 }, { userMayAccess: "no" }, { userMayAccess: 0 }, { installedAt: new Date(NaN) }, { installedAt: "2999" }, { newer: 1 }, null]) {
    await assert.rejects(ask(options), { code: "misuse" }, JSON.stringify(options));
  }
});

test("19: what is not there, or of another kind, is refused by a code", async () => {
  const site = new FakeConnect({ appKey, baseUrl });
  const forge = new FakeForge({ appId });
  const page = site.page("/x", "advanced");
  const context = { method: "GET", target: "/x", authorization: `JWT ${site.contextToken("advanced")}` };
  const event = (name) => [site.lifecycle(name), name === "installed" ? site.pem : site.tenant, { appKey, baseUrl, event: name }];
  const { tenant } = site;
  const signer = { appKey, clientKey: site.clientKey, secret: site.secret, baseUrl: site.siteUrl };
  const calls = {
    tenantOf: [page, "request"],
    verifyRequest: [page, tenant, { baseUrl }],
    verifyContext: [context, tenant, { baseUrl }],
    verifyInstall: event("installed"),
    verifyLifecycle: event("enabled"),
    checkUnprovedInstall: [site.lifecycle("installed"), { appKey, baseUrl, event: "installed" }],
    installKeyOf: [site.lifecycle("installed"), "commercial"],
    invocationKeyOf: [forge.authorization("advanced")],
    verifyInvocation: [forge.authorization("advanced"), forge.jwks, { appId, isolatedCloud: undefined }],
    queryHash: [{ method: "GET", target: "/" }, baseUrl],
    signRequest: [{ method: "GET", target: "/rest" }, signer],
    readLifecycleBody: [site.lifecycle("installed").body],
    acceptedBefore: [site.lifecycle("installed").body],
    fromConnectApi: [{ status: 200, body: "{}" }, { appKey }],
    fromForgeApi: [{ status: 200, body: "{}" }, { appId }],
    deliver: [{ key: "a", on: "connect", event: { block: true } }, null, null, new Date()],
    storedLicense: [null],
  };
  const junk = [undefined, null, 5, "x", {}, [], true, () => {}, new Map()];
  for (const [name, given] of Object.entries(calls)) {
    const call = (args) => code(() => server[name](...args));
    for (const at of given.keys()) {
      for (const value of junk) {
        call(given.with?.(at, value) ?? Object.assign([...given], { [at]: value }));
      }
      for (const field of Object.keys(Object(given[at]))) {
        for (const value of typeof given[at] == "string" ? [] : junk) {
          call(Object.assign([...given], { [at]: { ...given[at], [field]: value } }));
        }
      }
    }
  }
  for (const wrong of [{ baseUrl: 5 }, { baseUrl: [] }, {}, undefined, { baseUrl, lewway: 5 }]) {
    assert.equal(code(() => server.verifyRequest(page, tenant, wrong)), "misuse", JSON.stringify(wrong));
  }
  assert.equal(code(() => server.verifyRequest(page, { clientKey: site.clientKey, secrets: site.secret }, { baseUrl })), "misuse");
  assert.equal(code(() => server.verifyInvocation(forge.authorization("advanced"), forge.jwks, { appId, isolatedCloud: 5 })), "misuse");
  assert.equal(code(() => server.verifyContext({ ...context, authorization: null }, tenant, { baseUrl })), "token_missing");

  const app = new ConnectApp({ appKey, baseUrl, store: new MemoryStore() });
  const remote = new ForgeRemote({ appId });
  for (const value of junk) {
    for (const one of [app, remote]) {
      await assert.rejects(async () => one.verify(value), { code: "misuse" });
      await assert.rejects(async () => one.license(value), { code: "not_verified" });
      await assert.rejects(async () => one.decision(value, { requires }), { code: "not_verified" });
    }
    await assert.rejects(async () => app.deliver("installed", value), { code: "misuse" });
    await assert.rejects(async () => app.deliver(value, {}), { code: "misuse" });
    typeof value == "string" || (await assert.rejects(async () => app.block(value), { code: "misuse" }));
  }
});

test("21: base URLs of several paths are warned of", () => {
  const lines = [];
  const make = (more) => {
    lines.length = 0;
    new ConnectApp({ appKey, store: new MemoryStore(), logger: { warn: (line) => lines.push(line), error: assert.fail }, ...more });
    return lines.join("\n");
  };
  const two = [`${baseUrl}/one`, `${baseUrl}/two`];
  assert.match(make({ baseUrl: two }), /below `\/one\/`, and none below `https:\/\/app\.example\.com\/two`/);
  assert.match(make({ baseUrl, descriptor: { regionBaseUrls: { EU: "https://eu.example.com/eu" } } }), /eu\.example\.com\/eu/);
  assert.equal(make({ baseUrl: two, proxyStripsBasePath: true }), "");
  assert.equal(make({ baseUrl: [`${baseUrl}/one`, "https://b.example.com/one/"] }), "");
});

/** Kinds that a caller without types may pass: names of events, and such as an earlier version or a typing error has. */
const NO_KINDS = ["installed", "uninstalled", "enabled", "disabled", "any", "in_use", "event", "invocation", "Context", "request ", "", null, 1, true, {}];

test("no kind but its own is verified: a blocked and an uninstalled site are served by none", async () => {
  const site = new FakeConnect({ appKey, baseUrl });
  const store = new MemoryStore();
  let now = 1_700_000_000_000;
  const app = new ConnectApp({ appKey, baseUrl, store, fetch: site.keyServer, allowTestKeys: true, clock: () => new Date(now) });
  const happens = async (event) => {
    now += 10_000;
    const { status } = await app.handle(new Request(...site.lifecycle(event, { now: new Date(now) }).fetchArguments));
    assert.equal(status, 204, event);
    now += 10_000;
  };
  const served = async (kind) => {
    const { url } = site.page("/panel", "advanced", new Date(now));
    const verifying = app.verify(new Request(url), kind);
    return verifying.then(({ clientKey }) => clientKey, (error) => error.code);
  };
  const refusedKinds = async () => {
    for (const kind of NO_KINDS) {
      assert.equal(await served(kind), "misuse", String(kind));
    }
  };
  await happens("installed");
  for (const kind of [undefined, "request"]) {
    assert.equal(await served(kind), site.clientKey);
  }
  await refusedKinds();
  assert.equal(await app.block(site.clientKey), true);
  for (const kind of [undefined, "request"]) {
    assert.equal(await served(kind), "tenant_blocked");
  }
  await refusedKinds();
  assert.equal(await app.unblock(site.clientKey), true);
  await happens("uninstalled");
  assert.equal(await served(), "unknown_tenant");
  await refusedKinds();
});

test("no kind but its own is verified by a remote, and by the gate of an app", async () => {
  const forge = new FakeForge({ appId });
  const remote = new ForgeRemote({ appId, fetch: forge.keyServer, allowTestKeys: true });
  const asked = () => new Request(`${baseUrl}/panel`, { headers: { authorization: forge.authorization("advanced") } });
  assert.equal((await remote.verify(asked())).installationId, forge.installationId);
  for (const kind of NO_KINDS) {
    await assert.rejects(remote.verify(asked(), kind), { code: "misuse" }, String(kind));
    assert.equal(code(() => remote.guard({ kind }, () => new Response())), "misuse", String(kind));
  }
});

test("the core serves what is a request, and knows of every other word that it is none", () => {
  const { about } = server.internal;
  const at = "2026-01-01T00:00:00Z";
  const times = { statusSince: at, firstInstalledAt: at, installedAt: at, updatedAt: at };
  const record = { key: { connect: "acme" }, status: "uninstalled", ...times, uninstalledAt: at, entitlement: {} };
  const secrets = { current: "a".repeat(32), previous: null };
  const issuedAt = 1_800_000_000;
  for (const call of ["request", "context"]) {
    assert.equal(about(record, { call, issuedAt }).refusesCall, "unknown_tenant", call);
    assert.deepEqual(new server.LifecycleReducer().secretsUntil({ record, secrets }, new Date(), call).secrets, [], call);
  }
  const half = { installation: "ari:cloud:ecosystem::installation/1", app: appId, cloudId: null, product: null, isProduction: true, issuedAt };
  for (const call of ["installed", "uninstalled", "enabled", "disabled", "any", "in_use", "Context", ""]) {
    assert.equal(code(() => about(record, { call, issuedAt })), "field_missing", call);
    assert.equal(code(() => about(record, { call, half, stage: 0 })), "field_missing", call);
  }
  for (const stage of [4, 99, -1, 0.5]) {
    assert.equal(code(() => about(undefined, { call: "invocation", half, stage })), "field_missing", `${stage}`);
  }
  for (const of of ["Request", "uninstalled", "use ", "", undefined]) {
    assert.equal(code(() => new server.LifecycleReducer().secretsUntil({ record, secrets }, new Date(), of)), "field_missing", of);
  }
  assert.equal(code(() => server.tenantOf(new FakeConnect({ appKey, baseUrl }).page("/panel", "advanced"), "Context")), "field_missing");
});
