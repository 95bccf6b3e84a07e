// `@app-license/sdk/forge` in the platform's own bundle, with the platform's own packages. What
// stands in are the two calls that leave the function: the License API and the app's storage.
import assert from "node:assert/strict";
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
const HOUR = 60 * MINUTE;
const START = Date.parse("2026-11-29T00:00:00Z");

/** The platform: what it answers, and what it was asked. */
const platform = { storage: new Map(), asked: 0, answer: null, app: null };

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
  platform.app = { appId: APP, environmentId: "e", environmentType, installationId: "i", installation, license };
};
const states = (scenario) => {
  platform.answer = () => forgeApiAnswer(scenario, APP, now());
};
beforeEach(() => {
  Object.assign(platform, { storage: new Map(), asked: 0 });
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
    assert.ok(status === "fulfilled" || reason.code === "license_api", `${reason}`);
  }
});

test("15: an API that fails is asked once in five minutes, and the last answer is given for a day", async () => {
  platform.answer = () => ({ status: 500, body: "" });
  const nightly = () => app.nightly({}, {});
  const unavailable = { code: "license_api", class: "unavailable", status: 503 };
  await assert.rejects(nightly(), unavailable);
  at(5 * MINUTE - 1);
  await assert.rejects(nightly(), unavailable);
  assert.equal(platform.asked, 1);
  at(5 * MINUTE);
  states("advanced");
  assert.equal((await nightly()).edition, "advanced");
  platform.answer = () => {
    throw new Error("unreachable");
  };
  at(24 * HOUR);
  const kept = await nightly();
  assert.deepEqual([kept.edition, kept.age], ["advanced", 24 * 3600 - 300]);
  at(25 * HOUR);
  await assert.rejects(nightly(), unavailable);
});

test("15: an API that refuses the app ends what it said before", async () => {
  states("advanced");
  assert.equal((await app.nightly({}, {})).edition, "advanced");
  platform.answer = () => ({ status: 403, body: "" });
  at(HOUR);
  await assert.rejects(app.nightly({}, {}), { code: "license_api", class: "refused" });
  at(HOUR + MINUTE); // it is not asked again so soon, and the old answer is gone
  await assert.rejects(app.nightly({}, {}), { code: "license_api", class: "unavailable" });
});

test("15: `Retry-After` is obeyed", async () => {
  platform.answer = () => ({ status: 429, body: "", headers: { "retry-after": "600" } });
  await assert.rejects(app.nightly({}, {}), { code: "license_api" });
  states("advanced");
  at(10 * MINUTE - 1);
  await assert.rejects(app.nightly({}, {}), { code: "license_api" });
  assert.equal(platform.asked, 1);
  at(10 * MINUTE);
  assert.equal((await app.nightly({}, {})).edition, "advanced");
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
