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

const license = fromFunctionContext({ license: { active: true } }, { environmentType: "PRODUCTION", asOf: clock() });
const key = Buffer.alloc(32, 1);
const code = (run) => {
  try {
    return run();
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
};
const shownLicense = (of) => ({ ...of.toJSON(), asOf: of.asOf && Math.abs(of.asOf - Date.now()) < 60_000 ? "now" : of.asOf });

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
    const claims = { iss: "acme", exp: at + 60, iat: at };
    const query = `/export?lic=active`;
    const hash = createHash("sha256").update("GET&/export&lic=active").digest("hex");
    const unsigned = `${base64url({ typ: "JWT", alg: "HS256" })}.${base64url({ ...claims, qsh: hash })}`;
    const secret = "0123456789abcdef0123456789abcdef";
    const jwt = `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
    const of = app();
    const store = of.options.store;
    const times = { statusSince: "2026-01-01T00:00:00Z", firstInstalledAt: "2026-01-01T00:00:00Z", installedAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" };
    const record = { key: { connect: "acme" }, status: "enabled", ...times, baseUrl: "https://acme.atlassian.net", appKey, entitlement: {} };
    store.deliver("acme", null, () => ({ repeated: false, installation: { record, secrets: { current: secret, previous: null } }, mark: null, entries: [] }), clock());
    const answers = [];
    for (const needs of [{}, { requires: "capabilityAdvanced" }, { requires: "capabilityStandard" }]) {
      const guard = of.guard(needs, (_, { license }) => Response.json({ license: license === null ? null : license.state }));
      const response = await guard(new Request(`${baseUrl}${query}`, { headers: { authorization: `JWT ${jwt}` } }));
      answers.push([response.status, await response.text()]);
    }
    return answers;
  },
  "gates of Express": () => [code(() => typeof verified(app())), code(() => typeof requireCapability(app(), "capabilityAdvanced", { kind: "request" }))],
  "decisions on absent licenses": () => {
    const absent = fromFunctionContext({}, { environmentType: "STAGING", asOf: clock() });
    const { age, ...decision } = check(absent, { requires: "capabilityAdvanced", confirmedOnly: false, now: clock() });
    return decision;
  },
  "a read license": () => shownLicense(fromFunctionContext({ license: { active: true } })),
  "a License API's answer": () => [
    code(() => shownLicense(fromConnectApi(200, '{"key":"com.example.app","license":{"active":true}}'))),
    code(() => shownLicense(fromForgeApi(200, "{}"))),
  ],
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
    const times = { statusSince: "2026-01-01T00:00:00Z", firstInstalledAt: "2026-01-01T00:00:00Z", installedAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" };
    const record = { key: { connect: "acme" }, status: "enabled", ...times, entitlement: {} };
    const secrets = { current: "a".repeat(32), previous: { secret: "b".repeat(32), replacedAt: new Date((at - 1000) * 1000) } };
    return code(() => new LifecycleReducer().secrets({ record, secrets }, clock()));
  },
  "a store without keys": () => code(() => new SqliteStore(new Database(":memory:"), {})).slice(0, 20),
  "a runner of hooks": async () => {
    const store = new MemoryStore();
    const times = { statusSince: "2026-01-01T00:00:00Z", firstInstalledAt: "2026-01-01T00:00:00Z", installedAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" };
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
