// Nothing is served by a mistake of the app: gates that ask nothing, settings that cannot be meant,
// functions of the app that fail, answers that count no more. One file, although long: every app, gate and framework
// is held to the same tables of settings, which stand here once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "node:test";
import { inspect } from "node:util";

import Database from "better-sqlite3";
import express5 from "express";
import express4 from "express4";

import { FeatureMap } from "@app-license/sdk";
import { openLicense, sealLicense, storedLicense } from "@app-license/sdk/server";
import {
  ConnectApp,
  ForgeRemote,
  HookRunner,
  MemoryStore,
  SqliteStore,
  lifecycle,
  requireCapability,
  requireFeature,
  verified,
} from "@app-license/sdk/express";
import { ConnectLicenseApi, ForgeKeys, ForgeLicenseApi, InstallKeys } from "@app-license/sdk/server";
import { FakeConnect, FakeForge } from "@app-license/sdk/testing";

const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const appId = "8db33309-2f3e-4a4f-8e2b-4f8c7f4b2b2b";
const features = new FeatureMap({ features: { export: "advanced" } });
const served = () => new Response("served");
const connectApp = (more) => new ConnectApp({ appKey, baseUrl, store: new MemoryStore(), features, ...more });
const misuse = (run, what) => assert.throws(run, { code: "misuse" }, what);

const NO_NEEDS = {
  nothing: undefined,
  null: null,
  text: "capabilityAdvanced",
  list: ["capabilityAdvanced"],
  "an undefined capability": { requires: undefined },
  "no capability": { requires: null },
  "an empty capability": { requires: "" },
  "an edition": { requires: "advanced" },
  "a number": { requires: 5 },
  "a list of capabilities": { requires: ["capabilityAdvanced"] },
  "an object": { requires: {} },
  "a misspelled name": { require: "capabilityAdvanced" },
  "another misspelled name": { features: "export" },
  "an undefined feature": { feature: undefined },
  "no feature": { feature: null },
  "an empty feature": { feature: "" },
  both: { feature: "export", requires: "capabilityStandard" },
  "a misspelled kind": { kind: "contxt", requires: "capabilityAdvanced" },
  "no kind": { kind: null, requires: "capabilityAdvanced" },
  "a policy that is text": { requires: "capabilityAdvanced", policy: "x" },
  "a policy of another edition": { requires: "capabilityAdvanced", policy: { whenAbsent: "premium" } },
  "a misspelled policy": { requires: "capabilityAdvanced", policy: { whenAbsnt: "standard" } },
  "a policy of text": { requires: "capabilityAdvanced", policy: { confirmedOnly: "true" } },
  "a policy that asks for something": { policy: { requires: "capabilityAdvanced" } },
  "a policy of a feature": { requires: "capabilityStandard", policy: { feature: "export" } },
  "a policy of features": { requires: "capabilityStandard", policy: { features: {} } },
  "a policy with a time": { requires: "capabilityStandard", policy: { now: new Date() } },
  "an age that is none": { requires: "capabilityAdvanced", policy: { maxAge: NaN } },
};

test("8: a gate asks for something that there is, or nothing at all", async () => {
  const app = connectApp();
  for (const [name, needs] of Object.entries(NO_NEEDS)) {
    misuse(() => app.route("/x", needs, served), name);
    misuse(() => app.guard(needs, served), name);
    await assert.rejects(app.admit(new Request(`${baseUrl}/x`), needs), { code: "misuse" }, name);
  }
  for (const capability of [undefined, null, "", "advanced", 5, {}, ["capabilityAdvanced"]]) {
    misuse(() => requireCapability(app, capability), `${capability}`);
  }
  for (const feature of [undefined, null, "", 5, {}]) {
    misuse(() => requireFeature(app, feature), `${feature}`);
  }
  assert.throws(() => requireFeature(app, "__proto__"), { code: "unknown_feature" });
  for (const options of [null, "x", { kind: "contxt" }, { onDenied: "x" }, { policy: { whenAbsent: "x" } }, { onDenid: served }]) {
    misuse(() => requireCapability(app, "capabilityAdvanced", options), JSON.stringify(options));
  }
  misuse(() => verified(app, { requires: "capabilityAdvanced" }));
  for (const none of [undefined, null, {}, "app"]) {
    misuse(() => requireCapability(none, "capabilityAdvanced"));
    misuse(() => verified(none));
    misuse(() => lifecycle(none));
  }
  for (const path of [undefined, "", "export", "/a?b", "/a#b", "/installed", "/health", "/a/:id", "/a/*", "/a/../b", "/a//b", "/."]) {
    misuse(() => app.route(path, { requires: "capabilityAdvanced" }, served), path);
  }
  misuse(() => app.route("/x", { requires: "capabilityAdvanced" }));
  misuse(() => app.guard({ requires: "capabilityAdvanced" }, "x"));
  app.route("/any", {}, served).route("/kind", { kind: "context" }, served).route("/f", { feature: "export" }, served);
  verified(app, { kind: "context" });
});

test("what another app verified or made up is let through by no route", async () => {
  const app = connectApp();
  const request = new Request(`${baseUrl}/export`);
  for (const needs of [{}, { requires: "capabilityStandard" }]) {
    await assert.rejects(app.admit(request, needs, { clientKey: "made up" }), { code: "not_verified" });
  }
});

test("what is hidden in needs or in a policy is refused, not passed over", async () => {
  const { app } = await installed({ licenseApi: false });
  const hidden = (name, value) => Object.defineProperty({}, name, { value });
  misuse(() => app.guard(hidden("requires", "capabilityAdvanced"), served), "hidden needs");
  misuse(() => app.guard({ requires: "capabilityFree", policy: hidden("confirmedOnly", true) }, served), "a hidden policy");
  misuse(() => app.guard({ requires: "capabilityFree", [Symbol("policy")]: {}, ...hidden("x", 1) , policy: hidden("now", new Date()) }, served), "a hidden time");
});

test("what is not among an object's own fields is never passed over", () => {
  const needs = { requires: "capabilityAdvanced" };
  const hidden = (fields) => [Object.create(fields), new Map(Object.entries(fields)), Object.create(Object.assign(Object.create(null), fields))];
  for (const one of hidden(needs)) {
    misuse(() => connectApp().route("/x", one, served));
    misuse(() => connectApp().guard(one, served));
  }
  for (const policy of hidden({ confirmedOnly: true })) {
    misuse(() => connectApp({ licenseApi: true }).route("/x", { ...needs, policy }, served));
    misuse(() => connectApp({ licenseApi: true, policy }));
  }
  for (const options of hidden({ appKey, baseUrl, store: new MemoryStore() })) {
    misuse(() => new ConnectApp(options));
  }
});

test("a second route of a path is refused, and so is a handler that answers nothing", async () => {
  const { app, site, open } = await installed();
  app.route("/export", { requires: "capabilityAdvanced" }, () => undefined);
  misuse(() => app.route("/export", {}, served));
  const response = await open(site.page("/export", "advanced"));
  assert.equal(response.status, 500);
  assert.equal((await response.json()).error.code, "misuse");
});

test("what is called without what it needs says so", async () => {
  const { app } = await installed();
  for (const nothing of [undefined, null, {}, "/export"]) {
    await assert.rejects(app.handle(nothing), { code: "misuse" });
  }
  for (const nothing of [undefined, null, "key", new Map()]) {
    misuse(() => sealLicense(undefined, nothing));
    misuse(() => openLicense("a.b", nothing));
  }
});

test("what a route needs cannot be changed afterwards", async () => {
  const { app, site, open } = await installed();
  const needs = { requires: "capabilityAdvanced", policy: { whenAbsent: "deny" } };
  app.route("/export", needs, served);
  needs.requires = "capabilityFree";
  needs.policy.sellsNothing = true;
  assert.equal((await open(site.page("/export", "standard"))).status, 402);
});

test("a route that nothing could confirm a license for is refused when it is made", () => {
  const needs = { requires: "capabilityAdvanced", policy: { confirmedOnly: true } };
  for (const build of [(app) => app.route("/x", needs, served), (app) => app.guard(needs, served)]) {
    assert.throws(() => build(connectApp()), { code: "no_license_api" });
    build(connectApp({ licenseApi: true }));
  }
});

test("a route's own policy counts when the License API is asked, too", async () => {
  const { app, site, open, world } = await installed();
  let asked = 0;
  world.api = () => {
    asked += 1;
    return answered()();
  };
  const requires = "capabilityAdvanced";
  app.route("/confirmed", { requires, policy: { confirmedOnly: true } }, served);
  app.route("/sold", { requires }, served);
  app.route("/free", { requires, policy: { sellsNothing: true } }, served);
  assert.equal((await open(site.page("/free", "absent"))).status, 200);
  assert.equal((await open(site.page("/sold", "advanced"))).status, 200);
  assert.equal(asked, 0, "what is stated is enough there");
  assert.equal((await open(site.page("/confirmed", "advanced"))).status, 200);
  assert.equal(asked, 1);
});

/** An app that is installed on a site of the fixtures. */
async function installed(more = {}) {
  const site = new FakeConnect({ appKey, baseUrl });
  const world = { now: Date.now(), api: () => new Response("", { status: 500 }) };
  const fetch = async (url, init) => (`${url}`.includes("atlassian-connect") || `${url}`.includes("/rest/") ? world.api() : site.keyServer(url, init));
  const clock = () => new Date(world.now);
  const store = more.store ?? new MemoryStore();
  const make = () =>
    connectApp({
      fetch,
      clock,
      allowTestKeys: true,
      licenseApi: new ConnectLicenseApi({ fetch, clock: () => world.now, attempts: { count: 1, first: 1, longest: 1 } }),
      ...more,
      store,
    });
  const app = make();
  const open = ({ url, ...init }, of = app) => of.handle(new Request(url, init));
  const send = async (event, of = app) => {
    const sent = site.lifecycle(event, { now: new Date(world.now) });
    const answer = await of.handle(new Request(...sent.fetchArguments));
    assert.equal(answer.status, 204, await answer.text());
  };
  await send("installed");
  return { app, site, open, send, make, world, store };
}

describe("a function of the app that fails changes no answer", () => {
  const failures = {
    throws: () => {
      throw new Error("it failed");
    },
    rejects: async () => {
      throw new Error("it failed");
    },
  };
  for (const [how, fail] of Object.entries(failures)) {
    test(`12: onRejected ${how}`, async () => {
      const { app, open } = await installed({ onRejected: fail });
      app.route("/export", { requires: "capabilityAdvanced" }, served);
      assert.equal((await open({ url: `${baseUrl}/export` })).status, 401);
      assert.equal((await open({ url: `${baseUrl}/installed`, method: "POST" })).status, 401);
      await sleep(5);
    });
    for (const [name, express] of Object.entries({ express4, express5 })) {
      test(`12: onDenied ${how}, ${name}`, async (t) => {
        const { app, site } = await installed({ licenseApi: false, onRejected: fail });
        const server = express().get("/export", requireCapability(app, "capabilityAdvanced", { onDenied: fail }), (_, r) => r.end("served"));
        server.get("/half", requireCapability(app, "capabilityAdvanced", { onDenied: (_, __, r) => { r.write("half"); return fail(); } }));
        const listening = server.listen(0, "127.0.0.1");
        t.after(() => listening.close());
        await once(listening, "listening");
        const at = `http://127.0.0.1:${listening.address().port}`;
        const answer = await fetch(site.page("/export", "expired").url.replace(baseUrl, at));
        assert.equal(answer.status, 402);
        assert.equal((await answer.json()).error.code, "inactive");
        assert.equal(await (await fetch(site.page("/half", "expired").url.replace(baseUrl, at))).text(), "half");
        assert.equal((await fetch(`${at}/export`)).status, 401);
      });
    }
    test(`onError of hooks ${how}`, async () => {
      const { store } = await installed();
      let calls = 0;
      const hooks = new HookRunner(store, "x", () => {
        calls += 1;
        throw new Error("the hook failed");
      });
      hooks.start(1, fail);
      await sleep(60);
      hooks.stop();
      assert.ok(calls > 1, `${calls}`);
    });
  }
});

describe("a function that must answer and does not", () => {
  for (const [name, express] of Object.entries({ express4, express5 })) {
    test(`12: onDenied that answers nothing is 500, and one that answers late is waited for, ${name}`, async (t) => {
      const lines = [];
      const logger = { warn: () => {}, error: (line) => lines.push(line) };
      const rejected = [];
      const onRejected = ({ code }, { path }) => rejected.push(`${path} ${code}`);
      const { app, site } = await installed({ licenseApi: false, logger, onRejected });
      const gate = (onDenied) => requireCapability(app, "capabilityAdvanced", { onDenied });
      const server = express().get("/nothing", gate(() => {}), (_, r) => r.end("served"));
      server.get("/hangs", gate(() => new Promise(() => {})), (_, r) => r.end("served"));
      const dropped = [];
      const tooLate = (_, __, response) =>
        void setTimeout(() => {
          response.setHeaders(new Map([["x-late", "1"]]));
          dropped.push(response.status(418).send("too late"));
        }, 5200);
      server.get("/too-late", gate(tooLate), (_, r) => r.end("served"));
      server.get("/late", gate((_, __, response) => void setTimeout(() => response.status(418).end("late"), 20)), (_, r) => r.end("served"));
      const listening = server.listen(0, "127.0.0.1");
      t.after(() => listening.close());
      await once(listening, "listening");
      const open = (path) => fetch(site.page(path, "expired").url.replace(baseUrl, `http://127.0.0.1:${listening.address().port}`));
      const [late, ...unanswered] = await Promise.all(["/late", "/nothing", "/hangs", "/too-late"].map(open));
      for (const answer of unanswered) {
        assert.deepEqual([answer.status, (await answer.json()).error.code], [500, "misuse"]);
      }
      assert.deepEqual([late.status, await late.text()], [418, "late"]);
      assert.equal(lines.length, 3, `${lines}`);
      assert.match(lines.join("\n"), /\/nothing .*\(misuse\): `onDenied` must answer/);
      assert.deepEqual(rejected.sort(), ["/hangs inactive", "/late inactive", "/nothing inactive", "/too-late inactive"]);
      // an answer after that one ends no process
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(dropped.length, 1);
    });
  }
  for (const [name, express] of Object.entries({ express4, express5 })) {
    test(`nothing waits for onDenied once the request is over, ${name}`, async (t) => {
      const { app, site } = await installed({ licenseApi: false });
      const made = [];
      const cleared = [];
      const { setTimeout: set, clearTimeout: clear } = globalThis;
      t.mock.method(globalThis, "setTimeout", (call, ms, ...more) => {
        const timer = set(call, ms, ...more);
        ms === 5000 && made.push(timer);
        return timer;
      });
      t.mock.method(globalThis, "clearTimeout", (timer) => {
        made.includes(timer) && cleared.push(timer);
        clear(timer);
      });
      const onDenied = (_, __, response) => response.status(402).end("upgrade");
      const over = [];
      const server = express();
      server.use((_, response, next) => {
        over.push(once(response, "close"));
        next();
      });
      server.get("/export", requireCapability(app, "capabilityAdvanced", { onDenied }), (_, r) => r.end("served"));
      const listening = server.listen(0, "127.0.0.1");
      t.after(() => listening.close());
      await once(listening, "listening");
      const { url } = site.page("/export", "expired");
      const answer = await fetch(url.replace(baseUrl, `http://127.0.0.1:${listening.address().port}`));
      assert.equal(await answer.text(), "upgrade");
      await Promise.all(over);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(made.length, 1);
      assert.deepEqual(cleared, made);
    });
  }
  test("a route's handler over the Fetch API that answers nothing is 500", async () => {
    const lines = [];
    const logger = { warn: () => {}, error: (line) => lines.push(line) };
    const { app, site } = await installed({ licenseApi: false, logger });
    app.route("/export", { requires: "capabilityStandard" }, () => {});
    const answer = await app.handle(new Request(site.page("/export", "advanced").url));
    assert.deepEqual([answer.status, (await answer.json()).error.code], [500, "misuse"]);
    assert.match(lines.join("\n"), /must answer a `Response`/);
  });
});

test("8: numbers are whole, and in their range", () => {
  const wrong = [NaN, Infinity, -1, 1.5, "abc", "5", {}, null, 1e12, true];
  for (const value of wrong) {
    for (const name of ["storedFor", "grace", "tenantCache", "timeout"]) {
      misuse(() => connectApp({ [name]: value }), `${name} ${value}`);
    }
    if (value !== 1e12) {
      misuse(() => connectApp({ leeway: value }), `leeway ${value}`);
      misuse(() => new ForgeRemote({ appId, leeway: value }), `leeway ${value}`);
    }
    misuse(() => new ForgeRemote({ appId, timeout: value }), `timeout ${value}`);
    for (const name of ["freshFor", "keepThroughOutage", "backOff", "tenantsKept", "timeout"]) {
      misuse(() => new ConnectLicenseApi({ [name]: value }), `${name} ${value}`);
      misuse(() => new ForgeLicenseApi({ [name]: value }), `${name} ${value}`);
    }
    for (const name of ["refreshAfter", "expireAfter", "keepThroughOutage", "cooldown", "backOff", "timeout"]) {
      misuse(() => new ForgeKeys({ [name]: value }), `${name} ${value}`);
    }
    for (const name of ["refusedFor", "backOff", "keysKept", "unknownPerCaller", "timeout"]) {
      misuse(() => new InstallKeys({ [name]: value }), `${name} ${value}`);
    }
    misuse(() => new ForgeLicenseApi({ wait: value }), `wait ${value}`);
    misuse(() => new ConnectLicenseApi({ attempts: { count: value, first: 1, longest: 1 } }), `count ${value}`);
  }
  misuse(() => new ConnectLicenseApi({ attempts: { count: 1 } }));
  connectApp({ storedFor: 0, grace: 0, tenantCache: 0, timeout: 1, leeway: 0 });
});

const answered = (capabilitySet = "capabilityAdvanced") => () =>
  Response.json({ key: appKey, version: "1", state: "ENABLED", license: { active: true, type: "COMMERCIAL", evaluation: false, entitlementId: "E", capabilitySet } });
const status = (code) => () => new Response("", { status: code });

test("an answer of the License API is stored once, however many requests it is given to", async () => {
  let writes = 0;
  class Counting extends MemoryStore {
    putLicense(...what) {
      writes += 1;
      return super.putLicense(...what);
    }
  }
  const { app, site, open, world } = await installed({ store: new Counting(), licenseApi: true });
  app.route("/export", { requires: "capabilityAdvanced" }, served);
  world.api = answered();
  for (const [later, expected] of [[0, 1], [60e3, 1], [600e3, 2], [10e3, 2]]) {
    world.now += later;
    assert.equal((await open(site.page("/export", "absent", new Date(world.now)))).status, 200);
    assert.equal(writes, expected);
  }
});

test("a license that is not stored is said in the log, and changes no answer", async () => {
  class Failing extends MemoryStore {
    putLicense() {
      throw Object.assign(new Error("disk full"), { code: "SQLITE_FULL" });
    }
  }
  const lines = [];
  const logger = { warn: () => {}, error: (line) => lines.push(line) };
  const { app, site, open, world } = await installed({ store: new Failing(), licenseApi: true, logger });
  app.route("/export", { requires: "capabilityAdvanced" }, served);
  world.api = answered();
  assert.equal((await open(site.page("/export", "absent", new Date(world.now)))).status, 200);
  assert.deepEqual(lines, ["app-license: an answer of the License API is not stored (SQLITE_FULL)"]);
});

describe("an answer of the License API ends", () => {
  const stores = { memory: () => new MemoryStore(), sqlite: () => new SqliteStore(new Database(":memory:"), { plainText: true }) };
  for (const [name, store] of Object.entries(stores)) {
    const needs = { requires: "capabilityAdvanced" };
    const nothing = (site, world) => site.page("/export", "absent", new Date(world.now));
    for (const code of [401, 403]) {
      test(`with a refusal ${code}, also after a restart, ${name}`, async () => {
        const { app, site, open, make, world } = await installed({ store: store(), storedFor: 86_400, licenseApi: true });
        app.route("/export", needs, served);
        const again = () => make().route("/export", needs, served);
        world.api = answered();
        assert.equal((await open(nothing(site, world))).status, 200);
        world.api = status(500);
        world.now += 3600e3;
        assert.equal((await open(nothing(site, world), again())).status, 200, "an outage alone does not end it");
        world.api = status(code);
        assert.equal((await open(nothing(site, world))).status, 503);
        world.api = status(500);
        world.now += 60e3;
        assert.equal((await open(nothing(site, world))).status, 503);
        assert.equal((await open(nothing(site, world), again())).status, 503);
        world.api = answered();
        world.now += 60e3;
        assert.equal((await open(nothing(site, world), again())).status, 200, "a later answer counts");
      });
    }
    test(`with an uninstall, ${name}`, async () => {
      const { app, site, open, send, make, world, store: kept } = await installed({ store: store(), storedFor: 86_400 });
      app.route("/export", needs, served);
      world.api = answered();
      assert.equal((await open(nothing(site, world))).status, 200);
      world.api = status(500);
      world.now += 10e3;
      await send("uninstalled");
      assert.equal(kept.license(site.clientKey, "connect_license_api").document, "");
      // another replica's answer of before
      const before = { document: JSON.stringify({ active: true, capabilitySet: "capabilityAdvanced" }), fetchedAt: new Date(world.now + 5e3) };
      kept.putLicense(site.clientKey, "connect_license_api", before);
      world.now += 10e3;
      await send("installed");
      assert.equal((await open(nothing(site, world))).status, 503, "what this process knew counts no more");
      assert.equal((await open(nothing(site, world), make().route("/export", needs, served))).status, 503);
    });
  }
});

test("8: settings that cannot be meant are found when the app is made", () => {
  const wrong = {
    store: [undefined, null, {}, "x", new Map()],
    appKey: [undefined, null, 5],
    baseUrl: [undefined, null, [], 5, [undefined]],
    allowTestKeys: ["false", "true", 0, 1, null],
    proxyStripsBasePath: ["false", 1, null, {}],
    licenseApi: ["false", "true", 1, 0, null, {}],
    cloud: ["", null, {}, { keyHosts: [], sites: [] }, { keyHosts: [], sites: ["a.net"] }, { keyHosts: ["https://k.com"], sites: ["net"] }],
    grace: [1e9, "300"],
    tenantCache: [1e9, "5", -1, 0.5, null, NaN, Infinity],
    leeway: ["30", NaN, null],
    clock: [null, "x", 5, () => NaN, () => new Date(NaN), () => Date.now(), () => "2026"],
    fetch: [null, "x", {}],
    keys: [null, "x", {}, 5],
    policy: [null, "x", { whenAbsent: "premium" }, { confirmedOnly: "true" }, { whenAbsnt: "standard" }],
    paths: [null, "x", { installed: "installed" }, { installed: "/x", uninstalled: "/x" }, { installd: "/x" }, { installed: "" }, { installed: "/health" }],
    mountPath: ["addon", null, 5, "https://x"],
    features: [null, "x", { features: { a: "advanced" } }],
    descriptor: [null, "x", [], { enableLicencing: true }, { enablelicensing: true }, { editionsEnable: true }, { enableLicensing: "true" }, { editionsEnabled: 1 }],
    clientAddressHeader: ["", null, "x y", "a\nb"],
    onRejected: ["x", null],
    logger: ["x", null, {}, { warn: console.warn }],
    licenceApi: [true],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(() => connectApp({ [name]: value }), (error) => error.code === "misuse" && (name === "policy" || error.message.includes(name)), `${name} ${JSON.stringify(value)}`);
    }
  }
  misuse(() => new ConnectApp());
  const remote = {
    appId: [undefined, null, [], 5, "x", "ari:cloud:ecosystem::app/*"],
    keys: [{}, "x", null],
    store: [{}, "x", null],
    licenseApi: ["false", 1, {}],
    lifecyclePath: ["x", "", null, "/a?b"],
    isolatedCloud: [null, 5],
    policy: [{ whenAbsent: "premium" }],
    licenceApi: [true],
  };
  for (const [name, values] of Object.entries(remote)) {
    for (const value of values) {
      assert.throws(() => new ForgeRemote({ appId, [name]: value }), (error) => error instanceof Error && typeof error.code === "string", `${name} ${value}`);
    }
  }
  misuse(() => new ForgeRemote());
});

test("hooks run one at a time, and need what they are made of", async () => {
  const { store, send } = await installed();
  misuse(() => new HookRunner(store, "x"));
  misuse(() => new HookRunner(undefined, "x", served));
  misuse(() => new HookRunner(store, "", served));
  for (const rest of [NaN, 0, -1, "5", null, 1e9]) {
    misuse(() => new HookRunner(store, "x", served).start(rest), `${rest}`);
  }
  await send("uninstalled");
  let [active, most] = [0, 0];
  const calls = [];
  const hooks = new HookRunner(store, "one", async ({ sequence }) => {
    most = Math.max(most, (active += 1));
    calls.push(sequence);
    await sleep(20);
    active -= 1;
  });
  hooks.start(1);
  hooks.start(1);
  await sleep(5);
  hooks.stop();
  hooks.start(1);
  await sleep(150);
  hooks.stop();
  assert.equal(most, 1);
  assert.deepEqual(calls, [...new Set(calls)]);
});

test("secrets and system tokens are in no JSON, copy or log", async () => {
  const { app, site, open } = await installed({ licenseApi: false });
  let texts;
  app.route("/page", {}, (_, admitted) => {
    const { installation } = admitted.verified;
    texts = [JSON.stringify(admitted), inspect(admitted, { depth: 9 }), JSON.stringify({ ...installation })];
    return new Response(installation.secrets.current);
  });
  assert.equal(await (await open(site.page("/page", "advanced"))).text(), site.secret);
  for (const text of texts) {
    assert.ok(!text.includes(site.secret));
  }
  const forge = new FakeForge({ appId });
  const remote = new ForgeRemote({ appId, fetch: forge.keyServer, allowTestKeys: true });
  remote.route("/page", {}, (_, admitted) => {
    texts = [JSON.stringify(admitted), inspect(admitted, { depth: 9 })];
    return new Response(admitted.verified.systemToken);
  });
  const authorization = forge.authorization("active", { claims: { principal: undefined, context: undefined } });
  const headers = { authorization, "x-forge-oauth-system": "SYSTEM-TOKEN" };
  assert.equal(await (await remote.handle(new Request("https://r.example.com/page", { headers }))).text(), "SYSTEM-TOKEN");
  assert.ok(!texts.some((text) => text.includes("SYSTEM-TOKEN")), `${texts}`);
});

/** A remote whose store has, under the key of the installation, only a link to a customer. */
async function linked(change = (record) => record) {
  const { store, site } = await installed();
  const forge = new FakeForge({ appId });
  const { record } = await store.load(site.clientKey);
  const link = { ...record, key: { forge: forge.installationId }, status: "linked", tenant: site.clientKey };
  const customer = change({ ...record, installationId: forge.installationId });
  const { load } = store;
  store.load = (key) => {
    const found = load.call(store, key === forge.installationId ? site.clientKey : key);
    return found && { ...found, record: key === forge.installationId ? link : { ...customer, license: found.record.license } };
  };
  const remote = new ForgeRemote({ appId, fetch: forge.keyServer, allowTestKeys: true, store });
  remote.route("/page", { requires: "capabilityAdvanced" }, (_, { verified }) => Response.json(verified.installation.record.key));
  const call = (options) => {
    const headers = { authorization: forge.authorization("advanced", options) };
    return remote.handle(new Request("https://r.example.com/page", { headers }));
  };
  return { call, link, store, clientKey: site.clientKey };
}

test("an installation that is linked to a customer is the customer's", async () => {
  const { call, link, store, clientKey } = await linked();
  const served = await call();
  assert.deepEqual([served.status, await served.json()], [200, { connect: clientKey }]);
  const { record } = await store.load(clientKey);
  assert.equal(record.license.source, "forge_invocation_token", "what it states is the customer's");
  const blocked = await (await linked((record) => ({ ...record, blockedAt: record.installedAt }))).call();
  assert.deepEqual([blocked.status, (await blocked.json()).error.code], [403, "tenant_blocked"]);
  const later = new Date(Date.now() + 60_000).toISOString();
  const gone = await (await linked((record) => ({ ...record, status: "uninstalled", uninstalledAt: later }))).call();
  assert.deepEqual([gone.status, (await gone.json()).error.code], [401, "unknown_tenant"]);
  // a link is no customer, and neither is a status of a later version
  for (const status of ["linked", "asleep"]) {
    assert.equal(storedLicense({ record: { ...link, status }, secrets: {} }).state, "inactive");
  }
});

test("a record of a later version, or a damaged one, is served by nobody and is no fault of the sender", async () => {
  const forge = new FakeForge({ appId });
  const at = "2026-01-01T00:00:00Z";
  const record = { key: { forge: forge.installationId }, status: "installed", statusSince: at, firstInstalledAt: at, installedAt: at, updatedAt: at };
  const open = async (change) => {
    const store = new MemoryStore();
    store.load = () => ({ record: change, secrets: {} });
    const remote = new ForgeRemote({ appId, fetch: forge.keyServer, allowTestKeys: true, store });
    remote.route("/page", {}, served);
    const headers = { authorization: forge.authorization("advanced") };
    const answer = await remote.handle(new Request("https://r.example.com/page", { headers }));
    return [answer.status, answer.status === 200 ? "" : (await answer.json()).error.code];
  };
  assert.deepEqual(await open(record), [200, ""]);
  const damaged = [null, 1, {}, { ...record, status: "suspended" }, { ...record, status: "suspended", blockedAt: at }, { ...record, installedAt: "x" }, { ...record, license: "x" }, { ...record, status: "linked", tenant: 1 }];
  for (const one of damaged) {
    assert.deepEqual(await open(one), [503, "store_corrupt"], JSON.stringify(one));
  }
});

test("a stored record that cannot be read is no fault of the sender", async () => {
  const { app, site, open, store, world } = await installed({ licenseApi: false });
  app.route("/page", {}, served);
  const { load, deliver } = store;
  const broken = (known) => known && { ...known, record: { status: "?" } };
  store.load = (key) => broken(load.call(store, key));
  store.deliver = (key, token, decide, now) => deliver.call(store, key, token, (known, mark) => decide(broken(known), mark), now);
  assert.equal((await open(site.page("/page", "advanced"))).status, 503);
  const sent = site.lifecycle("uninstalled", { now: new Date(world.now + 1000) });
  assert.equal((await app.handle(new Request(...sent.fetchArguments))).status, 503);
});

test("requests of a switched-off tenant write nothing; a page of long after brings it back by one delivery", async () => {
  const { app, site, open, send, world, store } = await installed({ licenseApi: false });
  app.route("/page", {}, served);
  world.now += 60e3;
  await send("enabled");
  world.now += 60e3;
  await send("disabled");
  let deliveries = 0;
  const { deliver } = store;
  store.deliver = (...what) => {
    deliveries += 1;
    return deliver.apply(store, what);
  };
  const page = () => open(site.page("/page", "advanced", new Date(world.now)));
  for (const later of [0, 30e3, 30e3]) {
    world.now += later;
    const answer = await page();
    assert.deepEqual([answer.status, (await answer.json()).error.code, deliveries], [403, "tenant_disabled", 0]);
  }
  world.now += 2e3;
  assert.equal((await page()).status, 200);
  assert.equal(deliveries, 1);
  assert.equal(store.load(site.clientKey).record.status, "enabled");
});

test("what a request states of its license is written once, however often it is asked about", async () => {
  const count = (store) => {
    const { deliver } = store;
    const calls = { deliveries: 0 };
    store.deliver = (...what) => {
      calls.deliveries += 1;
      return deliver.apply(store, what);
    };
    return calls;
  };
  const { app, site, open, store, world } = await installed({ licenseApi: false });
  const calls = count(store);
  const handler = async (_, { verified }) => {
    await app.license(verified);
    const { allowed } = await app.decision(verified, { requires: "capabilityAdvanced" });
    return Response.json({ allowed, known: verified.installation.record.license.state });
  };
  app.route("/twice", { requires: "capabilityStandard" }, handler);
  const answer = await open(site.page("/twice", "advanced", new Date(world.now)));
  assert.deepEqual(await answer.json(), { allowed: true, known: "active" });
  assert.equal(calls.deliveries, 1);

  const forge = new FakeForge({ appId });
  const kept = new MemoryStore();
  const remote = new ForgeRemote({ appId, fetch: forge.keyServer, allowTestKeys: true, store: kept });
  const headers = { authorization: forge.authorization("advanced", { claims: { principal: undefined } }) };
  const body = JSON.stringify({ id: forge.installationId.split("/")[1], eventType: "avi:forge:installed:app", app: { id: appId, version: "1" } });
  assert.equal((await remote.handle(new Request("https://r.example.com/forge/lifecycle", { method: "POST", headers, body }))).status, 204);
  const invoked = count(kept);
  const twice = async (_, { verified }) => Response.json((await remote.license(verified)).edition);
  remote.route("/twice", { requires: "capabilityStandard" }, twice);
  const page = { headers: { authorization: forge.authorization("advanced") } };
  assert.equal(await (await remote.handle(new Request("https://r.example.com/twice", page))).json(), "advanced");
  assert.equal(invoked.deliveries, 1);
});

test("a body that was read before says so", async () => {
  const { app, site, world } = await installed();
  const request = new Request(...site.lifecycle("installed", { now: new Date(world.now + 1000) }).fetchArguments);
  await request.text();
  const answer = await app.handle(request);
  assert.equal(answer.status, 500);
  assert.equal((await answer.json()).error.code, "raw_body");
});
