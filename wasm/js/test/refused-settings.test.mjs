// Nothing is served by a mistake of the app: gates that ask nothing, settings that cannot be meant,
// functions of the app that fail. One file, although long: every app, gate and framework is held to the same tables
// of settings, which stand here once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "node:test";
import { inspect } from "node:util";

import express5 from "express";
import express4 from "express4";

import { openLicense, sealLicense } from "@app-license/sdk/server";
import {
  ConnectApp,
  ForgeRemote,
  HookRunner,
  MemoryStore,
  lifecycle,
  requireCapability,
  requireFeature,
  verified,
} from "@app-license/sdk/express";
import { ConnectLicenseApi, ForgeKeys, ForgeLicenseApi, InstallKeys } from "@app-license/sdk/server";
import { FakeForge } from "@app-license/sdk/testing";

import { answered, appId, appKey, baseUrl, connectApp, features, installed, served } from "./installed.mjs";

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
      let now = Date.now();
      let calls = 0;
      const hook = () => {
        calls += 1;
        now += 1000; // what failed is due when it is looked at again
        throw new Error("the hook failed");
      };
      const clock = () => new Date((now += 500));
      const hooks = new HookRunner(store, "x", hook, { clock });
      hooks.start(1, fail);
      for (let looked = 0; calls < 2 && looked < 5000; looked += 1) {
        await sleep(1);
      }
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

test("8: what is refused shows of a text only how long it is: it may be a secret", () => {
  const secret = "not-a-setting-but-a-shared-secret";
  const wrong = [
    () => connectApp({ grace: secret }),
    () => connectApp({ paths: { installed: secret } }),
    () => new ConnectApp(secret),
    () => connectApp({ cloud: { keyHosts: [baseUrl], sites: [secret] } }),
    () => new ForgeRemote({ appId: secret }),
  ];
  for (const make of wrong) {
    assert.throws(make, ({ message }) => message.includes(`found a text of length ${secret.length}`) && !message.includes("shared-secret"));
  }
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

test("a body that was read before says so", async () => {
  const { app, site, world } = await installed();
  const request = new Request(...site.lifecycle("installed", { now: new Date(world.now + 1000) }).fetchArguments);
  await request.text();
  const answer = await app.handle(request);
  assert.equal(answer.status, 500);
  assert.equal((await answer.json()).error.code, "raw_body");
});
