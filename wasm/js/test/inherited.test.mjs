// What a library put into `Object.prototype` is no setting: every one that there is, put there, changes nothing.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";

import Database from "better-sqlite3";

import { requireCapability, verified } from "@app-license/sdk/express";
import { ConnectApp, ForgeRemote, HookRunner, MemoryStore, SqliteStore } from "@app-license/sdk/fetch";
import {
  ConnectLicenseApi,
  FeatureMap,
  ForgeKeys,
  ForgeLicenseApi,
  InstallKeys,
  LifecycleReducer,
  check,
  fromConnectApi,
  fromForgeApi,
  fromFunctionContext,
  installKeyOf,
  openLicense,
  sealLicense,
  verifyContext,
  verifyInstall,
  verifyInvocation,
  verifyRequest,
} from "@app-license/sdk/server";
import { FakeConnect, FakeForge } from "@app-license/sdk/testing";

/** Runs with fields that everything inherits. */
async function polluted(fields, run) {
  const names = Object.keys(fields);
  for (const name of names) {
    // as an assignment of a library makes it, but for the runner of tests, which lists fields
    Object.defineProperty(Object.prototype, name, { value: fields[name], configurable: true, writable: true, enumerable: false });
  }
  try {
    return await run();
  } finally {
    names.forEach((name) => delete Object.prototype[name]);
  }
}

const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const appId = "ari:cloud:ecosystem::app/8db33309-8e1c-4b5f-8e60-3b3c8b2b2b2b";
const at = 1_800_000_000;
const clock = () => new Date(at * 1000);
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("test keys that nobody allowed count for nothing", async () => {
  const site = new FakeConnect({ appKey, baseUrl });
  const install = async (more) => {
    const app = new ConnectApp({ appKey, baseUrl, store: new MemoryStore(), fetch: site.keyServer, ...more });
    return (await app.handle(new Request(...site.lifecycle("installed").fetchArguments))).status;
  };
  assert.equal(await install({ allowTestKeys: true }), 204);
  assert.equal(await install(), 401);
  assert.equal(await polluted({ allowTestKeys: true }, install), 401);
  const installed = site.lifecycle("installed");
  const pem = () => new InstallKeys({ fetch: site.keyServer }).pemOf(installed).catch(({ code }) => code);
  assert.equal(await polluted({ allowTestKeys: true }, pem), "test_key");
});

/** What a value would do that a setting may have; of each name one that is another than what is left out. */
const app = () => new ConnectApp({ appKey, baseUrl, store: new MemoryStore(), clock });
const CALLED = [];
const told = (name) => () => {
  CALLED.push(name);
  return new Date(0);
};
const INHERITED = {
  policy: { whenAbsent: "advanced" },
  whenAbsent: "advanced",
  whenAbsentOutsideProduction: "advanced",
  sellsNothing: true,
  productionOnly: true,
  ignoreUserAccess: true,
  confirmedOnly: true,
  maxAge: 1,
  features: new FeatureMap({ features: { export: "capabilityFree" } }),
  feature: "export",
  requires: "capabilityFree",
  kind: "context",
  leeway: 60,
  fetch: told("fetch"),
  timeout: 1,
  allowTestKeys: true,
  clock: told("clock"),
  onRejected: told("onRejected"),
  onDenied: told("onDenied"),
  logger: { warn: told("warn"), error: told("error") },
  cloud: "staging",
  sites: ["example.com"],
  keyHosts: ["https://example.com"],
  name: "staging",
  keys: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
  licenseApi: true,
  storedFor: 86_400,
  grace: 86_400,
  tenantCache: 86_400,
  proxyStripsBasePath: true,
  mountPath: "/other",
  paths: { installed: "/other" },
  installed: "/other",
  descriptor: { enableLicensing: true },
  enableLicensing: true,
  editionsEnabled: true,
  regionBaseUrls: { EU: "https://example.com" },
  apiMigrations: { gdpr: true },
  clientAddressHeader: "x-forwarded-for",
  isolatedCloud: "example",
  lifecyclePath: "/other",
  store: new MemoryStore(),
  tries: 0,
  timeLimit: 1,
  plainText: true,
  refusePlainText: true,
  refusedFor: 1,
  backOff: 1,
  keysKept: 1,
  unknownPerCaller: 1,
  freshFor: 1,
  keepThroughOutage: 1,
  tenantsKept: 1,
  attempts: { count: 1, first: 1, longest: 1 },
  url: "https://example.com",
  origin: "https://example.com",
  wait: 1,
  asOf: new Date(0),
  environmentType: "STAGING",
  appId: "ari:cloud:ecosystem::app/00000000-0000-0000-0000-000000000000",
  appKey: "com.example.other",
  now: new Date(0),
  userMayAccess: false,
  installedAt: new Date(),
  newer: true,
};

/** What records, events and questions about them have. */
const INHERITED_FIELDS = {
  asOf: true,
  environment: "STAGING",
  half: {},
  call: "request",
  stage: 1,
  issuedAt: "2026-01-01T00:00:00Z",
  storedFor: "x",
  uninstalledAt: "x",
  issued: { installed: "x" },
  forgeInstalled: "x",
  uninstalled: "x",
  evaluation: true,
  license: { evaluation: true },
};

const license = fromFunctionContext({ license: { active: true } }, { environmentType: "PRODUCTION", asOf: clock() });
const key = Buffer.alloc(32, 1);
const times = { statusSince: "2026-01-01T00:00:00Z", firstInstalledAt: "2026-01-01T00:00:00Z", installedAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" };
const code = (run) => {
  try {
    return run();
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
};
const shownLicense = (of) => ({ ...of.toJSON(), asOf: of.asOf && Math.abs(of.asOf - Date.now()) < 60_000 ? "now" : of.asOf });

/** A site that has the app, and a page of it: of Standard. */
function opened() {
  const query = "/export?lic=active";
  const hash = createHash("sha256").update("GET&/export&lic=active").digest("hex");
  const claims = { iss: "acme", exp: at + 60, iat: at, qsh: hash };
  const unsigned = `${base64url({ typ: "JWT", alg: "HS256" })}.${base64url(claims)}`;
  const secret = "0123456789abcdef0123456789abcdef";
  const jwt = `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
  const of = app();
  const record = { key: { connect: "acme" }, status: "enabled", ...times, baseUrl: "https://acme.atlassian.net", appKey, entitlement: {} };
  const installation = { record, secrets: { current: secret, previous: null } };
  of.options.store.deliver("acme", null, () => ({ repeated: false, installation, mark: null, entries: [] }), clock());
  return { of, url: baseUrl + query, authorization: `JWT ${jwt}` };
}

/** What a gate of Express makes of a request: the license, or the status and the answer. */
function passed(gate, url, authorization) {
  const request = { method: "GET", originalUrl: url.slice(baseUrl.length), rawHeaders: ["Authorization", authorization], socket: { remoteAddress: "::1" } };
  return new Promise((resolve, reject) => {
    const response = { locals: {}, statusCode: 200, headersSent: false, writableEnded: false, destroyed: false, once: () => {}, setHeader: () => {} };
    response.status = (status) => (response.statusCode = status);
    response.end = (body) => resolve({ status: response.statusCode, body });
    gate(request, response, (error) => (error ? reject(error) : resolve({ status: response.locals.license.state })));
  });
}

/** What can be seen of apps, gates, readers and stores that are made of few settings. */
const SEEN = {
  "a descriptor": () => JSON.stringify(app().descriptor),
  "whose routes a Connect app answers": async () => {
    const of = app();
    const answers = [];
    for (const path of ["/atlassian-connect.json", "/installed", "/other", "/other/installed"]) {
      answers.push((await of.handle(new Request(baseUrl + path))).status);
    }
    return answers;
  },
  "whose routes a remote answers": async () => {
    const of = new ForgeRemote({ appId, clock });
    return [(await of.handle(new Request(`${baseUrl}/forge/lifecycle`))).status, (await of.handle(new Request(`${baseUrl}/other`))).status];
  },
  "a gate": async () => {
    const { of, url, authorization } = opened();
    const answers = [];
    for (const needs of [{}, { requires: "capabilityAdvanced" }, { requires: "capabilityStandard" }]) {
      const guard = of.guard(needs, (_, { license }) => Response.json({ license: license === null ? null : license.state }));
      const response = await guard(new Request(url, { headers: { authorization } }));
      answers.push([response.status, await response.text()]);
    }
    return answers;
  },
  "gates of Express": async () => {
    const { of, url, authorization } = opened();
    const answers = [];
    for (const gate of [verified(of), requireCapability(of, "capabilityStandard"), requireCapability(of, "capabilityAdvanced", {})]) {
      answers.push(await passed(gate, url, authorization));
    }
    assert.deepEqual(answers.map(({ status }) => status), ["active", "active", 402]);
    return answers;
  },
  "decisions on absent licenses": () => {
    const absent = fromFunctionContext({}, { environmentType: "STAGING", asOf: clock() });
    const { age, ...decision } = check(absent, { requires: "capabilityAdvanced", confirmedOnly: false, now: clock() });
    return decision;
  },
  "a read license": () => shownLicense(fromFunctionContext({ license: { active: true } })),
  "a License API's answer": () => {
    const body = JSON.stringify({ key: appKey, license: { active: true } });
    const results = JSON.stringify({ results: [{ appId, data: { active: true } }] });
    const read = [fromConnectApi({ status: 200, body }), fromForgeApi({ status: 200, body: results })];
    assert.deepEqual(read.map(({ state }) => state), ["active", "active"]);
    return read.map(shownLicense);
  },
  "a sealed license": () => {
    const sealed = sealLicense(license, { key, tenant: "acme" });
    return [openLicense(sealed, { key, tenant: "acme", maxAge: 60 }).state, code(() => openLicense(sealed, { key, tenant: "acme" }))];
  },
  "where keys are": () => {
    const authorization = `JWT ${base64url({ alg: "RS256", kid: "abc", typ: "JWT" })}.${base64url({ iss: "a", aud: baseUrl, iat: at, exp: at + 60, qsh: "x" })}.AA`;
    const cloud = { keyHosts: ["https://keys.example.org"], sites: ["example.org"] };
    return [code(() => installKeyOf({ authorization })), code(() => installKeyOf({ authorization }, cloud))];
  },
  "what is asked of the platform": async () => {
    const asked = [];
    const fetch = async (url, { signal }) => {
      asked.push([String(url), signal.aborted]);
      return new Response("{}", { status: 404 });
    };
    const signer = { appKey, clientKey: "acme", secret: "0123456789abcdef0123456789abcdef", baseUrl: "https://acme.atlassian.net" };
    const attempts = { count: 1, first: 0, longest: 0 };
    await new ConnectLicenseApi({ fetch, attempts, clock: () => at * 1000 }).license(signer).catch(() => {});
    await new ForgeLicenseApi({ fetch, clock: () => at * 1000 }).license("ari:cloud:ecosystem::installation/1", "token", {}).catch(() => {});
    const token = `${base64url({ alg: "RS256", kid: "abc", typ: "JWT" })}.${base64url({})}.AA`;
    await new ForgeKeys({ fetch, clock: () => at * 1000 }).verify(`Bearer ${token}`, { appId }).catch(() => {});
    return asked;
  },
  "what tokens are held to": () => {
    const site = new FakeConnect({ appKey, baseUrl: `${baseUrl}/app` });
    const forge = new FakeForge({ appId });
    // of each token, a few seconds after it ended
    const late = [940, 940, 220, 60];
    const shown = (run) => `${code(() => Boolean(run()))}`.split(":")[0];
    const after = (seconds) => new Date((at + seconds) * 1000);
    return [[`${baseUrl}/app`, [0, 0, 0, 0]], [baseUrl, [0, 0, 0, 0]], [`${baseUrl}/app`, late]].map(([base, [page, context, event, call]]) => [
      shown(() => verifyRequest(site.page("/x", "advanced", clock()), site.tenant, { baseUrl: base, now: after(page) })),
      shown(() => verifyContext({ authorization: `JWT ${site.contextToken("advanced", clock())}`, method: "GET", target: "/app/x" }, site.tenant, { baseUrl: base, now: after(context) })),
      shown(() => verifyInstall(site.lifecycle("installed", { now: clock() }), site.pem, { event: "installed", appKey, baseUrl: base, now: after(event) })),
      shown(() => verifyInvocation(forge.authorization("advanced", { now: clock() }), forge.jwks, { appId, now: after(call) })),
    ]);
  },
  "the grace of a secret": () => {
    const record = { key: { connect: "acme" }, status: "enabled", ...times, entitlement: {} };
    const secrets = { current: "a".repeat(32), previous: { secret: "b".repeat(32), replacedAt: new Date((at - 1000) * 1000) } };
    return code(() => new LifecycleReducer().secrets({ record, secrets }, clock()));
  },
  "a store without keys": () => code(() => new SqliteStore(new Database(":memory:"), {})).slice(0, 20),
  "a runner of hooks": async () => {
    const store = new MemoryStore();
    const record = { key: { connect: "acme" }, status: "enabled", ...times, entitlement: {} };
    const entries = [{ event: "installed", changes: [{ change: "installed" }] }];
    store.deliver("acme", null, () => ({ repeated: false, installation: { record, secrets: { current: null, previous: null } }, mark: null, entries }), clock());
    await new HookRunner(store, "mail", () => {
      throw new Error("no");
    }).runOnce().catch(() => {});
    const [{ retryAt, tries }] = store.stopped("mail");
    return [tries, Math.abs(retryAt - Date.now()) < 60_000];
  },
};

for (const [what, see] of Object.entries(SEEN)) {
  test(`inherited settings change nothing: ${what}`, async () => {
    const before = await see();
    for (const [name, value] of Object.entries(INHERITED)) {
      const after = await polluted({ [name]: value }, see);
      assert.deepEqual(after, before, name);
      assert.deepEqual(CALLED.splice(0), [], name);
    }
  });
}

test("inherited fields of records and events change nothing", async () => {
  const site = new FakeConnect({ appKey, baseUrl });
  const forge = new FakeForge({ appId });
  const after = (seconds) => new Date((at + seconds) * 1000);
  const events = ["installed", "enabled", "disabled", "uninstalled"].map((event, place) => [after(place), site.lifecycle(event, { now: after(place) })]);
  const { url } = site.page("/panel", "standard", after(1));
  const authorization = forge.authorization("standard", { now: after(1) });
  const see = async () => {
    let now = after(0);
    const store = new MemoryStore();
    const common = { store, allowTestKeys: true, clock: () => now };
    const app = new ConnectApp({ ...common, appKey, baseUrl, fetch: site.keyServer });
    const remote = new ForgeRemote({ ...common, appId, fetch: forge.keyServer });
    const statuses = [];
    const served = (of, needs, request) => of.guard(needs, () => new Response())(request);
    for (const [time, { fetchArguments }] of events) {
      now = time;
      statuses.push((await app.handle(new Request(...fetchArguments))).status);
      for (const requires of ["capabilityStandard", "capabilityAdvanced"]) {
        statuses.push((await served(app, { requires }, new Request(url))).status);
        statuses.push((await served(remote, { requires }, new Request(baseUrl, { headers: { authorization } }))).status);
      }
    }
    return [statuses, store.list().map(({ record }) => JSON.stringify(record)), store.historyAfter(0, 99).map(({ event }) => event)];
  };
  const before = await see();
  assert.deepEqual(before[0].filter((status, place) => place % 5 === 0), [204, 204, 204, 204]);
  for (const [name, value] of Object.entries(INHERITED_FIELDS)) {
    assert.deepEqual(await polluted({ [name]: value }, see), before, name);
  }
});
