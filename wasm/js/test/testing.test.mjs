import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { License } from "@app-license/sdk";
import { ConnectApp, MemoryStore } from "@app-license/sdk/fetch";
import * as server from "@app-license/sdk/server";
import * as fake from "@app-license/sdk/testing";
import * as browser from "@app-license/sdk/testing/browser";

const appKey = "com.example.app";
const baseUrl = "https://app.example.com/base";
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";

/** State, edition, trial: what each scenario must read as, on every license source that tells it. */
const TRUTH = {
  standard: ["active", "standard", false],
  advanced: ["active", "advanced", false],
  active: ["active", "standard", false],
  "trial-of-standard": ["active", "standard", true],
  "trial-of-advanced": ["active", "advanced", true],
  expired: ["inactive", null, false],
  "trial-ended": ["inactive", null, true],
  absent: ["absent", null, null],
  "override-active": ["active", "standard", null],
  "override-inactive": ["inactive", null, null],
  "override-trial": ["active", "standard", true],
  "override-standard": ["active", "standard", null],
  "override-advanced": ["active", "advanced", null],
};

test("every state reads as what it is, wherever it is said", () => {
  assert.deepEqual([...fake.SCENARIOS].sort(), Object.keys(TRUTH).sort());
  const site = new fake.FakeConnect({ appKey, baseUrl });
  const forge = new fake.FakeForge({ appId });
  for (const scenario of fake.SCENARIOS) {
    const [state, edition, trial] = TRUTH[scenario];
    const page = site.page("/panel?x=1", scenario);
    const token = { method: "GET", target: "/base/api", authorization: `JWT ${site.contextToken(scenario)}` };
    const readings = {
      ui: License.fromForgeContext(fake.uiContext(scenario)),
      function: server.fromFunctionContext(fake.functionContext(scenario)),
      invocation: server.verifyInvocation(forge.authorization(scenario), forge.jwks, { appId }).license,
      forgeApi: server.fromForgeApi(fake.forgeApiAnswer(scenario, appId)),
      connect: License.fromConnectContext(fake.connectContext(scenario)),
      connectApi: server.fromConnectApi(fake.connectApiAnswer(scenario, appKey)),
      page: server.verifyRequest(page, site.tenant, { baseUrl }).license,
      context: server.verifyContext(token, site.tenant, { baseUrl }).license,
    };
    for (const [source, license] of Object.entries(readings)) {
      assert.deepEqual([license.state, license.edition], [state, edition], `${scenario}, ${source}`);
      if (source !== "page" && trial !== null) {
        assert.equal(license.isEvaluation, trial, `${scenario}, ${source}`);
      }
      assert.equal(license.trust, ["ui", "connect"].includes(source) ? "hint" : "verified");
    }
  }
});

test("lifecycle events verify, and the reducer follows them", () => {
  const site = new fake.FakeConnect({ appKey, baseUrl });
  const reducer = new server.LifecycleReducer({ grace: 60 });
  const now = new Date("2026-11-22T00:00:00Z");
  const later = new Date(+now + 30_000);
  const verify = (event, at, more = {}) => {
    const request = site.lifecycle(event, { now: at, ...more });
    return server.verifyInstall(request, site.pem, { appKey, baseUrl, event, now: at });
  };
  const codes = ({ changes }) => changes.map(({ change }) => change);

  const first = reducer.apply(null, { connect: verify("installed", now) }, now);
  assert.deepEqual(codes(first), ["installed"]);
  assert.deepEqual(reducer.secrets(first.installation, now), [site.secret]);
  assert.deepEqual(codes(reducer.apply(first.installation, { connect: verify("installed", now) }, later)), []);

  const old = site.secret;
  site.rotateSecret();
  const fields = { capabilitySet: "capabilityAdvanced" };
  const second = reducer.apply(first.installation, { connect: verify("installed", later, { fields }) }, later);
  assert.deepEqual(codes(second).sort(), ["edition_changed", "secret_rotated"]);
  assert.deepEqual(reducer.secrets(second.installation, later), [site.secret, old]);
  assert.deepEqual(reducer.secrets(second.installation, new Date(+later + 61_000)), [site.secret]);
  assert.equal(second.installation.record.capabilitySet, "capabilityAdvanced");

  const license = server.fromConnectApi(fake.connectApiAnswer("trial-of-advanced", appKey), { asOf: later });
  const third = reducer.apply(second.installation, { license }, later);
  assert.ok(codes(third).includes("license_changed"));
  assert.equal(third.installation.record.license.evaluation, true);

  const gone = reducer.apply(third.installation, { connect: verify("uninstalled", later) }, later);
  assert.deepEqual(codes(gone), ["uninstalled"]);
  assert.deepEqual(reducer.secrets(gone.installation, new Date(+later + 61_000)), []);
  assert.deepEqual(codes(reducer.apply(gone.installation, { connect: verify("installed", later) }, later)), ["reinstalled"]);
  assert.equal(reducer.apply(null, { connect: verify("uninstalled", later) }, later).installation, null);

  const payload = { id: "fff8e466-31f4-4c73-a337-c3309dd930dc", app: { id: appId, version: "1.0.0" }, environment: { id: "e" } };
  const event = server.acceptedBefore({ kind: "avi:forge:installed:app", payload });
  const forge = reducer.apply(null, { forge: event }, now);
  assert.match(forge.installation.record.key.forge, /^ari:cloud:ecosystem::installation\/fff8e466/);
});

test("its keys prove nothing outside of tests", async () => {
  const site = new fake.FakeConnect({ appKey, baseUrl });
  const forge = new fake.FakeForge({ appId });
  const keys = new server.InstallKeys({ fetch: site.keyServer });
  await assert.rejects(keys.pemOf(site.lifecycle("installed")), { code: "test_key", status: 401 });
  const set = new server.ForgeKeys({ fetch: forge.keyServer });
  await assert.rejects(set.verify(forge.authorization("advanced"), { appId }), { code: "test_key" });
  assert.ok(site.kid.startsWith("test-"));
});

test("a flipped character never verifies", () => {
  const forge = new fake.FakeForge({ appId });
  const token = forge.invocationToken("advanced");
  for (let at = 0; at < token.length; at += 7) {
    const flipped = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
    assert.throws(() => server.verifyInvocation(`Bearer ${flipped}`, forge.jwks, { appId }), server.VerifyError, `${at}`);
  }
});

test("17: every place that a license is read in has its fixture, with and without a user", () => {
  for (const scenario of fake.SCENARIOS) {
    const [state, edition, trial] = TRUTH[scenario];
    for (const user of [true, false, undefined]) {
      const request = fake.resolverRequest(scenario, { rows: 3 }, { user });
      assert.equal(request.payload.rows, 3);
      const contexts = {
        resolver: request.context,
        event: fake.functionContext(scenario, { user }),
        consumer: fake.consumerContext(scenario, { user }),
        webTrigger: fake.webTriggerContext(scenario, { user }),
        workflow: fake.workflowArguments(scenario, { user }).context,
        app: fake.appContext(scenario, { user }),
      };
      for (const [place, context] of Object.entries(contexts)) {
        const license = server.fromFunctionContext(context);
        assert.deepEqual([license.state, license.edition, license.isEvaluation], [state, edition, trial], `${scenario}, ${place}`);
      }
      assert.equal("accountId" in contexts.resolver, user !== false);
      assert.equal("principal" in contexts.event, user !== false);
      assert.equal("principal" in contexts.consumer, user === true);
      // a scheduled trigger is told nothing, whatever was bought
      assert.equal(server.fromFunctionContext(fake.scheduledTriggerContext(scenario, { user })).state, "absent");
    }
    // the whole argument is not its context
    assert.throws(() => server.fromFunctionContext(fake.workflowArguments(scenario)), { code: "misuse" });
    assert.throws(() => server.fromFunctionContext(fake.resolverRequest(scenario)), { code: "misuse" });
  }
});

test("17: overrides are as they were recorded", () => {
  const now = new Date("2026-11-29T00:00:00Z");
  const recorded = { active: true, billingPeriod: "MONTHLY", supportEntitlementNumber: null, type: "commercial" };
  assert.deepEqual(fake.forgeLicense("override-active", now), { ...recorded, state: "active" });
  assert.deepEqual(fake.forgeLicense("override-advanced", now), { ...recorded, state: "advanced", capabilitySet: "capabilityAdvanced" });
  const trial = fake.forgeLicense("override-trial", now);
  assert.deepEqual(trial, { ...recorded, state: "trial", trialEndDate: trial.trialEndDate });
});

test("17: a fake bridge answers as the product does, and leaves what was there", async () => {
  globalThis.__bridge = "before";
  const bridge = browser.installFakeBridge("trial-of-advanced", { extension: { type: "jira:issuePanel" } });
  const call = (...all) => globalThis.__bridge.callBridge(...all);
  assert.equal(License.fromForgeContext(await call("getContext")).isEvaluation, true);
  assert.equal((await call("getContext")).extension.type, "jira:issuePanel");
  bridge.set("expired");
  assert.equal(License.fromForgeContext(await call("getContext")).state, "inactive");
  assert.equal(await call("enableTheming"), undefined);
  await assert.rejects(call("invoke", { functionKey: "toString" }), /no function/);
  const { callBridge } = globalThis.__bridge;
  bridge.uninstall();
  assert.equal(globalThis.__bridge, "before");
  await assert.rejects(callBridge("getContext"), /taken away/);
  delete globalThis.__bridge;
});

test("a user without access is one in a page, in a resolver and behind the bridge", async () => {
  const userAccess = { enabled: true, hasAccess: false };
  const { check } = await import("@app-license/sdk");
  const denied = (context) => check(License.fromForgeContext(context), { requires: "capabilityStandard" }).reason;
  assert.equal(denied(fake.uiContext("advanced", { userAccess })), "no_user_access");
  assert.equal(denied(fake.uiContext("advanced")), "granted");
  const handler = ({ context }, backend) => ({ ...context, license: backend.license });
  const request = await fake.invokeResolver(handler, "export", "advanced", {}, { userAccess });
  assert.equal(server.check(server.fromFunctionContext(request), { requires: "capabilityStandard" }).reason, "no_user_access");
  const before = globalThis.__bridge;
  const bridge = browser.installFakeBridge("advanced");
  const context = () => globalThis.__bridge.callBridge("getContext");
  assert.equal(denied(await context()), "granted");
  bridge.set("advanced", { userAccess });
  assert.equal(denied(await context()), "no_user_access");
  bridge.set("advanced");
  assert.equal(denied(await context()), "granted");
  bridge.uninstall();
  assert.equal(globalThis.__bridge, before);
});

test("a user without access is one in every context of a function", () => {
  const userAccess = { enabled: true, hasAccess: false };
  const reason = (context) => server.check(server.fromFunctionContext(context), { requires: "capabilityStandard" }).reason;
  for (const make of [fake.functionContext, fake.consumerContext, fake.webTriggerContext, (...all) => fake.workflowArguments(...all).context]) {
    assert.equal(reason(make("advanced", { userAccess })), "no_user_access", make.name);
    assert.equal(reason(make("advanced", { userAccess: { enabled: false, hasAccess: false } })), "granted", make.name);
    assert.equal(reason(make("advanced")), "granted", make.name);
  }
  const place = globalThis.__forge_runtime__;
  assert.throws(() => browser.installFakeForge("advanced", { userAccess }), { code: "misuse", message: /userAccess.*functionContext/ });
  assert.equal(globalThis.__forge_runtime__, place);
});

test("a backend asks the lab by the names of the platform's hosts", async () => {
  const asked = [];
  const { createServer } = await import("node:http");
  const lab = createServer(async (request, response) => {
    const chunks = await request.toArray();
    asked.push([request.method, request.headers.host, request.url, request.headers.authorization, `${Buffer.concat(chunks)}`]);
    response.writeHead(request.url === "/none" ? 204 : 201, { "x-lab": "yes" }).end(request.url === "/none" ? undefined : "answer");
  });
  await new Promise((listening) => lab.listen(0, "127.0.0.1", listening));
  const address = `127.0.0.1:${lab.address().port}`;
  for (const fetch of [fake.labFetch(address), fake.labFetch(`http://${address}`)]) {
    const headers = { authorization: "Bearer x" };
    const answer = await fetch("https://api.atlassian.com/a?b=%20c", { method: "POST", headers, body: "text" });
    assert.deepEqual([answer.status, answer.headers.get("x-lab"), await answer.text()], [201, "yes", "answer"]);
  }
  assert.equal((await fake.labFetch(address)("https://acme.atlassian.net/none")).status, 204);
  assert.deepEqual(asked.slice(1), [
    ["POST", "api.atlassian.com", "/a?b=%20c", "Bearer x", "text"],
    ["GET", "acme.atlassian.net", "/none", undefined, ""],
  ]);
  const ended = AbortSignal.abort(new Error("in time"));
  await assert.rejects(fake.labFetch(address)("https://acme.atlassian.net/", { signal: ended }));
  lab.close();
  await assert.rejects(fake.labFetch(address)("https://acme.atlassian.net/"));
  for (const elsewhere of ["lab.example.com:4687", "https://127.0.0.1:1", "127.0.0.1.example.com"]) {
    assert.throws(() => fake.labFetch(elsewhere), TypeError, elsewhere);
  }
});

test("17: the fixtures for browsers need no Node", () => {
  const code = readFileSync(new URL(import.meta.resolve("@app-license/sdk/testing/browser")), "utf8");
  const shared = 'import { LicenseError } from "./index.js";';
  assert.ok(code.includes(shared));
  assert.doesNotMatch(code.replace(shared, ""), /\bimport\b|\brequire\b|Buffer|process\./);
  for (const name of Object.keys(browser)) {
    assert.ok(name in fake, name);
  }
});

test("a scenario that there is not makes no fixture", () => {
  for (const make of [fake.functionContext, fake.resolverContext, fake.iframeQuery]) {
    assert.throws(() => make("advancd"), { name: "LicenseError", code: "misuse", message: /`advancd`.*trial-of-advanced/ });
  }
});

test("no override is of production", () => {
  const forge = fake.installFakeForge("advanced");
  const makers = [fake.functionContext, fake.resolverContext, fake.resolverRequest, fake.consumerContext, fake.webTriggerContext, fake.workflowArguments];
  try {
    for (const make of makers) {
      assert.throws(() => make("override-advanced"), { code: "misuse", message: /installFakeForge\("override-advanced"\)/ }, make.name);
      make("advanced");
    }
    forge.set("override-standard"); // of development
    makers.forEach((make) => make("override-advanced"));
  } finally {
    forge.uninstall();
  }
  makers.forEach((make) => make("override-advanced"));
  assert.deepEqual(fake.scheduledTriggerContext(), fake.scheduledTriggerContext("advanced"));
});

test("events of one second are events, and none is one that is sent again", async () => {
  const site = new fake.FakeConnect({ appKey, baseUrl });
  const store = new MemoryStore();
  const app = new ConnectApp({ appKey, baseUrl, store, fetch: site.keyServer, allowTestKeys: true, licenseApi: false });
  app.route("/export", { requires: "capabilityStandard" }, () => new Response("served"));
  const now = new Date();
  const send = async (event) => {
    const answer = await app.handle(new Request(...site.lifecycle(event, { now }).fetchArguments));
    assert.equal(answer.status, 204, event);
  };
  const tokens = Array.from({ length: 3 }, () => site.lifecycle("installed", { now }).authorization);
  assert.equal(new Set(tokens).size, 3);
  await send("installed");
  await send("uninstalled");
  site.rotateSecret();
  await send("installed");
  const page = site.page("/export", "advanced", now);
  assert.equal((await app.handle(new Request(page.url))).status, 200, "it came back");
});

test("17: a misspelled option is none, and is named", async () => {
  const misuse = (name) => ({ code: "misuse", message: new RegExp(`\\\`${name}\\\``) });
  const contexts = ["uiContext", "functionContext", "resolverContext", "scheduledTriggerContext", "consumerContext", "webTriggerContext", "workflowArguments", "appContext"];
  for (const name of contexts) {
    assert.throws(() => fake[name]("standard", { userAcces: { enabled: true, hasAccess: false } }), misuse("userAcces"), name);
    assert.throws(() => fake[name]("standard", { userAccess: { enabled: true, hasAcces: false } }), misuse("userAccess"), name);
    assert.throws(() => fake[name]("standard", { user: "no" }), misuse("user"), name);
    assert.throws(() => fake[name]("standard", { now: new Date(NaN) }), misuse("now"), name);
    fake[name]("standard", { now: new Date(), user: true, userAccess: { enabled: true, hasAccess: true }, extension: {} });
    fake[name]("standard", new Date());
  }
  assert.throws(() => fake.resolverRequest("standard", {}, { users: false }), misuse("users"));
  await assert.rejects(fake.invokeResolver(() => 1, "f", "standard", {}, { users: false }), misuse("users"));
  assert.throws(() => fake.installFakeBridge("standard", { invokes: {} }), misuse("invokes"));
  assert.throws(() => fake.installFakeBridge("standard", { invoke: { f: 1 } }), misuse("invoke"));
  assert.throws(() => fake.installFakeForge("standard", { environment: "PRODUCTION" }), misuse("environment"));
  assert.throws(() => fake.installFakeForge("standard", { environmentType: "production" }), misuse("environmentType"));
  const bridge = fake.installFakeBridge("standard");
  assert.throws(() => bridge.set("expired", { usr: false }), misuse("usr"));
  bridge.uninstall();
  assert.throws(() => new fake.FakeConnect({ appKey, baseURL: baseUrl }), misuse("baseURL"));
  assert.throws(() => new fake.FakeConnect({ appKey }), misuse("baseUrl"));
  assert.throws(() => new fake.FakeForge({ appid: appId }), misuse("appid"));
  const site = new fake.FakeConnect({ appKey, baseUrl });
  assert.throws(() => site.lifecycle("installed", { field: {} }), misuse("field"));
  const message = "lifecycle: `event` must be `installed`, `uninstalled`, `enabled`, `disabled`, found `instaled`";
  assert.throws(() => site.lifecycle("instaled"), { code: "misuse", message });
  assert.throws(() => site.lifecycle("installed", { path: "installed" }), misuse("path"));
  assert.throws(() => site.page(undefined, "standard"), misuse("path"));
  for (const scenario of fake.SCENARIOS ?? ["standard", "absent"]) {
    for (const make of [(now) => site.page("/x", scenario, now), (now) => site.contextToken(scenario, now)]) {
      assert.throws(() => make(new Date(NaN)), { code: "misuse", message: /`now` must be a valid Date, found Invalid Date/ });
      assert.throws(() => make("today"), { code: "misuse", message: /`now` must be a valid Date, found `today`/ });
    }
  }
  assert.throws(() => new fake.FakeForge({ appId }).invocationToken("standard", { claim: {} }), misuse("claim"));
});

test("17: tokens live as long as the platform's: Jira's pages and contexts a quarter of an hour, events three minutes", () => {
  const site = new fake.FakeConnect({ appKey, baseUrl });
  const lifetime = (token) => {
    const { iat, exp } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    return exp - iat;
  };
  assert.equal(lifetime(new URL(site.page("/p", "standard").url).searchParams.get("jwt")), 900);
  assert.equal(lifetime(site.contextToken("standard")), 900);
  for (const event of ["installed", "uninstalled", "enabled", "disabled"]) {
    assert.equal(lifetime(site.lifecycle(event).authorization), 180, event);
  }
});
