// `@app-license/sdk/forge` in the platform's own bundle, with the platform's own packages. What
// stands in are the two calls that leave the function: the License API and the app's storage.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import {
  appContext,
  consumerContext,
  forgeApiAnswer,
  functionContext,
  scheduledTriggerContext,
  webTriggerContext,
} from "./build/node_modules/@app-license/sdk/dist/testing.js";

import { HERE, node } from "./harness.mjs";

const APP = "35559c21-6120-406b-b7cd-d87f468f6d32";
const MINUTE = 60_000;
/** The core's lease: half a minute more than the platform's five, for clocks that disagree. */
const TURN = 330_000;
const HOUR = 60 * MINUTE;
const START = Date.parse("2026-11-29T00:00:00Z");

/** The platform: what it answers, and what it was asked. */
const platform = { storage: new Map(), asked: 0, answer: null, app: null, installation: "" };

const response = (status, body, headers = {}) => ({
  status,
  ok: status < 400,
  headers: { get: (name) => headers[name.toLowerCase()] ?? null },
  text: async () => body,
});

globalThis.__forge_fetch__ = async ({ type, provider, remote }, path, init) => {
  if (path === "/forge/app/v1/license") {
    assert.deepEqual([type, provider, remote], ["fpp", "app", "stargate"]);
    platform.asked += 1;
    const answer = await platform.answer();
    return response(answer.status, answer.body, answer.headers);
  }
  assert.equal(type, "kvs");
  const { key, value, options } = JSON.parse(init.body);
  const before = platform.storage.get(key);
  if (path === "/api/v1/get") {
    return before === undefined
      ? response(404, JSON.stringify({ code: "KEY_NOT_FOUND", message: "no such key" }))
      : response(200, JSON.stringify({ key, value: before }));
  }
  assert.equal(path, "/api/v1/set");
  platform.storage.set(key, value);
  const previous = options?.returnValue === "PREVIOUS" && before !== undefined;
  return response(200, previous ? JSON.stringify({ key, value: before }) : "");
};
Object.defineProperty(globalThis, "__forge_runtime__", {
  configurable: true,
  get: () => platform.app && { appContext: platform.app, lambdaContext: { getRemainingTimeInMillis: () => 1000 } },
});

let out;
let app;
before(() => {
  out = mkdtempSync(join(tmpdir(), "app-license-forge-"));
  node("forge-license", `${HERE}forge-bundle.cjs`, out);
  const bundle = readdirSync(out).find((name) => /^index.*\.cjs$/.test(name));
  app = createRequire(import.meta.url)(join(out, bundle));
});
after(() => rmSync(out, { recursive: true }));

const at = (time) => (globalThis.testClock = START + time);
const now = () => new Date(globalThis.testClock);
/** What `getAppContext()` says: by itself nothing of a license. */
const environment = (environmentType, license) => {
  const { installation } = appContext("absent");
  platform.app = { appId: APP, environmentId: "e", environmentType, installationId: platform.installation, installation, license };
};
const states = (scenario) => {
  platform.answer = () => forgeApiAnswer(scenario, APP, now());
};
beforeEach(() => {
  Object.assign(platform, { storage: new Map(), asked: 0, installation: randomUUID() });
  platform.answer = () => assert.fail("nobody needs to ask");
  environment("PRODUCTION");
  at(0);
});
const invoke = (functionKey, scenario, { payload = {}, page = {} } = {}) =>
  app.handler({ call: { functionKey, payload }, context: page }, functionContext(scenario, now()));

test("15: a resolver's gate decides by the context, and asks nobody", async () => {
  assert.deepEqual(await invoke("export", "standard", { payload: { rows: 3 } }), { exported: 3 });
  assert.deepEqual(await invoke("bulk", "trial-of-advanced"), { edition: "advanced" });
  await assert.rejects(invoke("bulk", "standard"), { message: /denied: needs capabilityAdvanced, has capabilityStandard/, code: "capability_missing", status: 402 });
  await assert.rejects(invoke("export", "expired"), { code: "inactive" });
  await assert.rejects(invoke("bulk", "trial-ended"), { code: "trial_ended" });
  assert.deepEqual(await invoke("soft", "standard"), { refused: "capability_missing" });
  // what the page sends does not count, except where it denies
  const license = { active: true, capabilitySet: "capabilityAdvanced" };
  await assert.rejects(invoke("bulk", "standard", { page: { license } }), { code: "capability_missing" });
  const userAccess = { enabled: true, hasAccess: false };
  await assert.rejects(invoke("bulk", "advanced", { page: { userAccess } }), { code: "no_user_access" });
  assert.equal(platform.asked, 0);
});

test("15: the environment is read for policies", async () => {
  states("absent");
  environment("DEVELOPMENT");
  assert.deepEqual(await invoke("lenient", "absent"), { ok: true });
  environment("PRODUCTION");
  await assert.rejects(invoke("lenient", "absent"), { code: "absent" });
  const context = functionContext("advanced", now());
  assert.equal((await app.hook({}, context)).reason, "granted");
  environment("STAGING");
  assert.equal((await app.hook({}, context)).reason, "not_production");
});

test("15: consumers and web triggers: the context, then the app's", async () => {
  assert.deepEqual(await app.consumer({}, consumerContext("advanced", now())), {
    source: "forge_function_context",
    state: "active",
    edition: "advanced",
    trust: "verified",
    environment: "PRODUCTION",
    allowed: true,
    reason: "granted",
    age: 0,
  });
  environment("PRODUCTION", appContext("advanced", now()).license);
  assert.equal((await app.hook({}, webTriggerContext("absent", now()))).edition, "advanced");
  assert.equal((await app.hook({}, null)).edition, "advanced");
  assert.equal(platform.asked, 0);
});

test("15: a scheduled trigger asks the License API, and keeps the answer for an hour", async () => {
  states("advanced");
  const nightly = () => app.nightly({}, scheduledTriggerContext("advanced"));
  const first = await nightly();
  assert.deepEqual([first.source, first.edition, first.trust, first.age, first.allowed], ["forge_license_api", "advanced", "verified", 0, true]);
  states("expired");
  at(HOUR - 1000);
  assert.deepEqual([(await nightly()).edition, (await nightly()).age], ["advanced", 3599]);
  assert.equal(platform.asked, 1);
  at(HOUR);
  assert.equal((await nightly()).state, "inactive");
  assert.equal(platform.asked, 2);
});

test("15: absent is an answer too", async () => {
  states("absent");
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await app.nightly({}, scheduledTriggerContext("absent"))).reason, "absent");
  }
  assert.equal(platform.asked, 1);
});

test("15: of many functions at once, one asks", async () => {
  states("advanced");
  const answers = await Promise.allSettled(Array.from({ length: 8 }, () => app.nightly({}, {})));
  assert.equal(platform.asked, 1);
  const granted = answers.filter(({ value }) => value?.allowed);
  assert.ok(granted.length >= 1);
  for (const { status, reason } of answers) {
    assert.ok(status === "fulfilled" || reason.code === "leased", `${reason}`);
  }
});

test("15: an API that fails is asked once a turn, and the last answer is given for a day", async () => {
  platform.answer = () => ({ status: 500, body: "" });
  const nightly = () => app.nightly({}, {});
  const unavailable = { class: "unavailable", status: 503 };
  await assert.rejects(nightly(), { ...unavailable, code: "status", answered: 500 });
  at(TURN - 1000);
  await assert.rejects(nightly(), { ...unavailable, code: "leased" });
  assert.equal(platform.asked, 1);
  at(TURN);
  states("advanced");
  assert.equal((await nightly()).edition, "advanced");
  platform.answer = () => {
    throw new Error("unreachable");
  };
  at(24 * HOUR);
  const kept = await nightly();
  assert.deepEqual([kept.edition, kept.age], ["advanced", 24 * 3600 - 330]);
  at(25 * HOUR);
  await assert.rejects(nightly(), { ...unavailable, code: "unreachable" });
});

test("15: an API that refuses the app ends what it said before and the turn, and is not asked without end", async () => {
  states("advanced");
  const nightly = () => app.nightly({}, {});
  assert.equal((await nightly()).edition, "advanced");
  for (const status of [403, 401]) {
    platform.answer = () => ({ status, body: "" });
    at(HOUR * (status === 403 ? 1 : 3));
    await assert.rejects(nightly(), { code: "status", answered: status, isTokenRefused: true });
    // the old answer is gone, and nobody has the turn: two more tries, of three in all
    const before = platform.asked - 1;
    for (let n = 0; n < 2; n += 1) {
      await assert.rejects(nightly(), { code: "status", answered: status });
    }
    for (let n = 0; n < 9; n += 1) {
      await assert.rejects(nightly(), { code: "tokens_refused", class: "unavailable" });
    }
    assert.equal(platform.asked, before + 3);
  }
  at(5 * HOUR);
  states("standard");
  assert.equal((await nightly()).edition, "standard");
});

test("15: where the installation is not known, a refusal does not give the turn back: each call would ask", async () => {
  for (const installation of [undefined, ""]) {
    Object.assign(platform, { storage: new Map(), asked: 0, installation });
    environment("PRODUCTION");
    platform.answer = () => ({ status: 403, body: "" });
    at(0);
    await assert.rejects(app.nightly({}, {}), { code: "status", answered: 403 });
    for (let n = 0; n < 49; n += 1) {
      await assert.rejects(app.nightly({}, {}), { code: "leased" });
    }
    assert.equal(platform.asked, 1);
    at(TURN);
    states("advanced");
    assert.equal((await app.nightly({}, {})).edition, "advanced");
  }
});

test("15: an answer about two apps is no answer about this one, and the turn is kept", async () => {
  const other = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
  const results = [APP, other].map((id) => JSON.parse(forgeApiAnswer("advanced", id, now()).body).results[0]);
  platform.answer = () => ({ status: 200, body: JSON.stringify({ results }) });
  const nightly = () => app.nightly({}, {});
  await assert.rejects(nightly(), { name: "PlatformFault", code: "unreadable", class: "unavailable", status: 503 });
  assert.deepEqual([...platform.storage.keys()], ["app-license:license-turn"]);
  await assert.rejects(nightly(), { code: "leased" });
  assert.equal(platform.asked, 1);
  states("advanced");
  at(TURN);
  assert.equal((await nightly()).edition, "advanced");
  // nor does it end what is known
  platform.answer = () => ({ status: 200, body: JSON.stringify({ results }) });
  at(2 * HOUR);
  assert.equal((await nightly()).edition, "advanced");
});

test("15: of another installation in the same process nothing is known", async () => {
  states("advanced");
  assert.equal((await app.nightly({}, {})).edition, "advanced");
  Object.assign(platform, { storage: new Map(), installation: randomUUID() });
  environment("PRODUCTION");
  platform.answer = () => ({ status: 500, body: "" });
  await assert.rejects(app.nightly({}, {}), { code: "status" });
  for (const installation of [undefined, ""]) {
    Object.assign(platform, { storage: new Map(), installation });
    environment("PRODUCTION");
    states("advanced");
    assert.equal((await app.nightly({}, {})).edition, "advanced");
    platform.storage = new Map();
    platform.answer = () => ({ status: 500, body: "" });
    await assert.rejects(app.nightly({}, {}), { code: "status" });
  }
});

test("15: what another process ended is ended", async () => {
  states("advanced");
  assert.equal((await app.nightly({}, {})).edition, "advanced");
  platform.storage = new Map([["app-license:license", {}]]);
  platform.answer = () => ({ status: 500, body: "" });
  at(HOUR);
  await assert.rejects(app.nightly({}, {}), { code: "status" });
});

test("15: `Retry-After` is obeyed", async () => {
  platform.answer = () => ({ status: 429, body: "", headers: { "retry-after": "600" } });
  await assert.rejects(app.nightly({}, {}), { code: "status", answered: 429, retryAfter: 600 });
  states("advanced");
  at(10 * MINUTE - 1000);
  await assert.rejects(app.nightly({}, {}), { code: "leased" });
  assert.equal(platform.asked, 1);
  at(10 * MINUTE);
  assert.equal((await app.nightly({}, {})).edition, "advanced");
});

test("15: a storage that does not answer is no missing license", async () => {
  platform.storage.get = () => {
    throw new Error("down");
  };
  await assert.rejects(app.nightly({}, {}), { code: "cache", class: "unavailable", status: 503, message: /installFakeForge/ });
  assert.equal(platform.asked, 0);
});

test("8: settings of gates that cannot be meant are found when the app starts", async () => {
  const wrong = {
    freshFor: [NaN, -1, Infinity, "300", 0.5, null],
    keepThroughOutage: [NaN, -1, Infinity, "300", 0.5, null],
    maxAge: [NaN, -1, Infinity, "300", null],
    clock: [5, "now", null],
    onDenied: [5, "now", null],
    whenAbsent: ["premium", null, 5],
    whenAbsentOutsideProduction: ["premium", null, 5],
    productionOnly: ["true", 1, null],
    confirmedOnly: ["true", 1, null],
    sellsNothing: ["true", 1, null],
    ignoreUserAccess: ["true", 1, null],
    freshfor: [300],
    now: [new Date()],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(() => app.gate({ [name]: value }), { code: "misuse" }, `${name} ${String(value)}`);
    }
  }
  for (const name of ["freshFor", "keepThroughOutage", "clock", "freshfor"]) {
    for (const value of wrong[name]) {
      await assert.rejects(app.read({}, { [name]: value }), { code: "misuse" }, `${name} ${String(value)}`);
    }
  }
  app.gate({ freshFor: 600, keepThroughOutage: 0, maxAge: 60, whenAbsent: "deny" });
});

test("15: storage that holds nonsense grants nothing", async () => {
  states("standard");
  const good = forgeApiAnswer("advanced", APP, now()).body;
  for (const value of [null, "x", {}, { body: good }, { body: good, at: "0" }, { body: good, at: START + 1e9 }, { body: "{}", at: 1 }]) {
    platform.storage = new Map([["app-license:license", value]]);
    assert.equal((await app.nightly({}, {})).edition, "standard", JSON.stringify(value));
  }
  platform.storage = new Map([["app-license:license-turn", { until: START + 1e12 }]]);
  assert.equal((await app.nightly({}, {})).edition, "standard");
});

test("15: a whole request is not a context", async () => {
  await assert.rejects(app.misused({ payload: {}, context: functionContext("advanced") }), { code: "misuse" });
  await assert.rejects(app.misused(functionContext("advanced").license), { code: "misuse" });
});
