// A license that leaves the process: as JSON it is a hint, sealed it stays verified, and a store has one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { License, check as checkHint } from "@app-license/sdk";
import { ConnectApp, MemoryStore } from "@app-license/sdk/fetch";
import { check, fromForgeApi, fromFunctionContext, openLicense, sealLicense, storedLicense } from "@app-license/sdk/server";
import { FakeConnect, forgeApiAnswer, functionContext } from "@app-license/sdk/testing";

const key = "k".repeat(32);
const tenant = "client-key";
const requires = "capabilityAdvanced";
const now = new Date("2026-11-29T12:00:00Z");
const later = (seconds) => new Date(+now + seconds * 1000);
const license = fromFunctionContext(functionContext("trial-of-advanced", now), { asOf: now, environmentType: "PRODUCTION" });
const sealed = sealLicense(license, { key, tenant, now });
const open = (text, more) => openLicense(text, { key, tenant, maxAge: 3600, now, ...more });
const code = (expected) => (error) => error.code === expected || assert.fail(`${error.code}: ${error.message}`);

test("14: JSON of a verified license is a hint", () => {
  const again = License.fromJSON(JSON.parse(JSON.stringify(license)));
  assert.deepEqual([again.trust, again.edition, again.isEvaluation], ["hint", "advanced", true]);
  assert.equal(checkHint(again, { requires }).reason, "granted");
  assert.throws(() => check(again, { requires }), code("not_verified"));
});

test("14: what could not be opened is not sealed, and how old it may be has a bound", () => {
  const large = fromFunctionContext({ license: { active: true, note: "x".repeat(65_536) } });
  assert.throws(() => sealLicense(large, { key, tenant, now }), code("too_large"));
  for (const maxAge of [Infinity, NaN, -1, 0.5, "60", 40_000_000, undefined]) {
    assert.throws(() => open(sealed, { maxAge }), code("misuse"), String(maxAge));
  }
});

test("14: another spelling of the same bytes is no sealed license", () => {
  for (const spelling of [`${sealed}=`, `${sealed} `, sealed.replace(/.$/, (last) => (last === "A" ? "B" : "A"))]) {
    assert.throws(() => open(spelling), code("signature"));
  }
});

test("14: a license that was sealed is verified again, and says the same", () => {
  const again = open(sealed, { now: later(3600) });
  assert.deepEqual({ ...again }, { ...license });
  assert.deepEqual(check(again, { requires, now: later(60), maxAge: 60 }), check(license, { requires, now: later(60), maxAge: 60 }));
  const answer = fromForgeApi(forgeApiAnswer("advanced", "35559c21-6120-406b-b7cd-d87f468f6d32", now), { asOf: now, environmentType: "PRODUCTION" });
  const confirmed = open(sealLicense(answer, { key, tenant, now }));
  assert.equal(check(confirmed, { requires, confirmedOnly: true }).reason, "granted");
  const userAccess = { enabled: true, hasAccess: false };
  const without = fromFunctionContext({ ...functionContext("advanced", now), userAccess });
  assert.equal(check(open(sealLicense(without, { key, tenant, now })), { requires }).reason, "no_user_access");
});

test("14: nobody can change it, seal it, or use another's", () => {
  const [body, mac] = sealed.split(".");
  const said = JSON.parse(Buffer.from(body, "base64url"));
  const forged = Buffer.from(JSON.stringify({ ...said, license: { ...said.license, isEvaluation: false } })).toString("base64url");
  for (const text of [`${forged}.${mac}`, body, `${body}.`, `${body}.${mac}x`, `${body}.${mac}.`, `.${mac}`, "", `${body}.${"A".repeat(43)}`]) {
    assert.throws(() => open(text), code("signature"), text);
  }
  for (let i = 0; i < body.length; i += 7) {
    const flipped = `${body.slice(0, i)}${body[i] === "A" ? "B" : "A"}${body.slice(i + 1)}.${mac}`;
    assert.throws(() => open(flipped), code("signature"));
  }
  assert.throws(() => open(sealed, { key: "x".repeat(32) }), code("signature"));
  assert.throws(() => open(sealed, { tenant: "another" }), code("tenant_mismatch"));
  assert.throws(() => open(sealed, { now: later(3601) }), code("stale"));
  assert.throws(() => open(sealed, { now: later(-301) }), code("stale"));
  for (const text of [null, undefined, {}, 5, license, "x".repeat(70_000)]) {
    assert.throws(() => open(text), code("token_malformed"));
  }
});

test("14: keys may be replaced", () => {
  const other = new Uint8Array(32).fill(7);
  assert.equal(open(sealed, { key: [other, key] }).edition, "advanced");
  assert.equal(open(sealLicense(license, { key: other, tenant, now }), { key: [other, key] }).edition, "advanced");
});

test("14: what cannot be meant throws", () => {
  const hint = License.fromFunctionContext(functionContext("advanced"));
  assert.throws(() => sealLicense(hint, { key, tenant }), code("not_verified"));
  assert.throws(() => sealLicense({ ...license }, { key, tenant }), (error) => error instanceof Error);
  for (const short of ["k".repeat(31), "", undefined, null, 5, new Uint8Array(31)]) {
    assert.throws(() => sealLicense(license, { key: short, tenant }), code("weak_secret"));
    assert.throws(() => open(sealed, { key: short }), code("weak_secret"));
    assert.throws(() => open(sealed, { key: [key, short] }), code("weak_secret"));
  }
  assert.throws(() => open(sealed, { key: [] }), code("signature"));
  for (const nobody of ["", undefined, null, 5]) {
    assert.throws(() => sealLicense(license, { key, tenant: nobody }), code("misuse"));
    assert.throws(() => open(sealed, { tenant: nobody }), code("misuse"));
  }
  for (const age of [undefined, NaN, -1, "60", null]) {
    assert.throws(() => open(sealed, { maxAge: age }), code("misuse"));
  }
  assert.throws(() => open(sealed, { now: new Date(NaN) }), code("invalid_time"));
});

test("14: a scheduled job has the license of a stored installation", async () => {
  const [appKey, baseUrl] = ["com.example.app", "https://app.example.com"];
  const site = new FakeConnect({ appKey, baseUrl });
  const store = new MemoryStore();
  const app = new ConnectApp({ appKey, baseUrl, store, fetch: site.keyServer, allowTestKeys: true });
  app.route("/export", { requires }, () => new Response("served"));
  const reason = async (more) => check(storedLicense(await store.load(site.tenant.clientKey)), { requires, ...more }).reason;
  const send = async (event) => assert.equal((await app.handle(new Request(...site.lifecycle(event).fetchArguments))).status, 204);

  assert.equal(storedLicense(null).state, "inactive");
  for (const wrong of [Promise.resolve(null), {}, "client-key", 1, [], { record: null }]) {
    assert.throws(() => storedLicense(wrong), code("misuse"));
  }
  assert.equal(storedLicense(undefined).trust, "verified");
  await send("installed");
  assert.equal(await reason(), "absent");
  assert.equal((await app.handle(new Request(site.page("/export", "advanced").url))).status, 200);
  assert.equal(await reason({ maxAge: 60 }), "granted");
  assert.equal(await reason({ maxAge: 60, now: new Date(Date.now() + 61_000) }), "stale");
  assert.equal((await app.handle(new Request(site.page("/export", "expired").url))).status, 402);
  assert.equal(await reason(), "inactive");
  assert.equal((await app.handle(new Request(site.page("/export", "advanced").url))).status, 200);
  await send("uninstalled");
  assert.equal(await reason({ whenAbsent: "advanced" }), "inactive");
});
