import assert from "node:assert/strict";
import { test } from "node:test";

import { ConnectLicenseApi, ForgeKeys, ForgeLicenseApi, InstallKeys, invocationKeyOf, queryHash } from "@app-license/sdk/server";
import { FakeConnect, FakeForge, connectApiAnswer, forgeApiAnswer } from "@app-license/sdk/testing";

const app = { appKey: "com.example.app", baseUrl: "https://app.example.com" };
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";

/** A `fetch` that counts, and answers as it is told. */
function server(answer) {
  const asked = [];
  const fetch = async (url, init) => {
    assert.equal(init.redirect, "manual");
    assert.ok(init.signal);
    asked.push({ url, headers: init.headers });
    return fetch.answer(url);
  };
  return Object.assign(fetch, { asked, answer });
}

const token = (kid, more = {}) => {
  const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return { authorization: `JWT ${encoded({ alg: "RS256", kid, ...more })}.${encoded({ iss: "a", iat: 1, exp: 2, qsh: "q" })}.AAAA` };
};

test("install keys are asked for once and kept for good", async () => {
  const site = new FakeConnect(app);
  const fetch = server(site.keyServer);
  let now = 0;
  const keys = new InstallKeys({ fetch, allowTestKeys: true, clock: () => now });
  const event = site.lifecycle("installed");
  const all = await Promise.all(Array.from({ length: 50 }, () => keys.pemOf(event)));
  assert.deepEqual(new Set(all), new Set([site.pem]));
  assert.equal(fetch.asked.length, 1);
  assert.match(fetch.asked[0].url, new RegExp(`^https://[^/]+/${site.kid}$`));
  now += 1e12;
  fetch.answer = () => Promise.reject(new Error("down"));
  assert.equal(await keys.pemOf(event), site.pem);
});

test("an unknown install key is looked for on both hosts and refused briefly", async () => {
  const fetch = server(() => new Response("", { status: 404 }));
  let now = 0;
  const keys = new InstallKeys({ fetch, clock: () => now });
  const unknown = token("0e50fccb-239d-4991-a5db-dc850ba3f236");
  for (let i = 0; i < 5; i += 1) {
    await assert.rejects(keys.pemOf(unknown), { code: "unknown_key", status: 401 });
  }
  assert.equal(fetch.asked.length, 2);
  assert.ok(fetch.asked.every(({ url }) => url.endsWith("/0e50fccb-239d-4991-a5db-dc850ba3f236")));
  now += 60_000;
  await assert.rejects(keys.pemOf(unknown), { code: "unknown_key" });
  assert.equal(fetch.asked.length, 4);
});

test("kid-not-validated: no id becomes a URL unchecked", async () => {
  const fetch = server(() => new Response("", { status: 404 }));
  const keys = new InstallKeys({ fetch });
  for (const kid of ["../a", "a/b", "a?b", "a#b", "a\nb", "https://evil.test/a", "", "..", "a".repeat(10_000), 5, null]) {
    await assert.rejects(keys.pemOf(token(kid)), (error) => error.status >= 400 && error.status < 500);
  }
  assert.equal(fetch.asked.length, 0);
});

test("key-server-failure: an outage is no refusal", async () => {
  const kid = "0e50fccb-239d-4991-a5db-dc850ba3f236";
  for (const answer of [
    () => Promise.reject(new Error("down")),
    () => new Response("<html>", { status: 200 }),
    () => new Response("", { status: 500 }),
    () => new Response("-----BEGIN PUBLIC KEY-----".padEnd(17_000, "a")),
  ]) {
    await assert.rejects(new InstallKeys({ fetch: server(answer) }).pemOf(token(kid)), { class: "unavailable", status: 503 });
    await assert.rejects(new ForgeKeys({ fetch: server(answer) }).jwksFor("kid"), { class: "unavailable", status: 503 });
  }
  const slow = (_, { signal }) =>
    new Promise((_, reject) => {
      const alive = setTimeout(() => {}, 60_000);
      signal.addEventListener("abort", () => {
        clearTimeout(alive);
        reject(new Error("aborted"));
      });
    });
  const keys = new InstallKeys({ fetch: slow, timeout: 5 });
  await assert.rejects(keys.pemOf(token(kid)), { code: "timed_out", status: 503 });
  const plain = new InstallKeys({ cloud: { keyHosts: ["http://127.0.0.1:1"], sites: ["a.test"] }, timeout: 1000 });
  await assert.rejects(plain.pemOf(token(kid)), { status: 503 });
  const other = new InstallKeys({ cloud: { keyHosts: ["http://keys.example.com"], sites: ["a.test"] } });
  await assert.rejects(other.pemOf(token(kid)), { code: "invalid_base_url" });
});

test("a flood of made-up ids asks for the key set once a minute", async () => {
  const forge = new FakeForge({ appId });
  const fetch = server(forge.keyServer);
  let now = Date.now();
  const keys = new ForgeKeys({ fetch, allowTestKeys: true, clock: () => now });
  const known = forge.authorization("advanced");
  assert.equal((await keys.verify(known, { appId })).license.edition, "advanced");
  for (let i = 0; i < 1000; i += 1) {
    await assert.rejects(keys.jwksFor(`unknown-${i}`), { code: "unknown_key", status: 401 });
  }
  assert.equal(fetch.asked.length, 2);
  assert.equal((await keys.verify(known, { appId })).license.edition, "advanced");
  now += 60_000;
  await assert.rejects(keys.jwksFor("unknown"), { code: "unknown_key" });
  assert.equal(fetch.asked.length, 3);
});

test("old keys are kept through an outage, and refreshed while they are served", async () => {
  const forge = new FakeForge({ appId });
  const fetch = server(forge.keyServer);
  let now = 0;
  const keys = new ForgeKeys({ fetch, allowTestKeys: true, clock: () => now });
  const kid = invocationKeyOf(forge.authorization("standard"));
  const set = await keys.jwksFor(kid);
  now += 301_000;
  assert.equal(await keys.jwksFor(kid), set);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(fetch.asked.length, 2);
  fetch.answer = () => Promise.reject(new Error("down"));
  now += 901_000;
  assert.equal(await keys.jwksFor(kid), set);
  assert.equal(await keys.jwksFor(kid), set);
  assert.equal(fetch.asked.length, 3);
  now += 86_400_000 + 901_000;
  await assert.rejects(keys.jwksFor(kid), { status: 503 });

  const rotated = new FakeForge({ appId });
  fetch.answer = rotated.keyServer;
  now += 60_000;
  await assert.rejects(keys.jwksFor(kid), { code: "unknown_key" });
  assert.equal(await keys.jwksFor(invocationKeyOf(rotated.authorization("standard"))), rotated.jwks);
});

test("the Connect License API is asked with a signed request, and every five minutes", async () => {
  const secret = "0123456789abcdef0123456789abcdef";
  const fetch = server(() => new Response(connectApiAnswer("trial-of-advanced", app.appKey).body));
  let now = Date.now();
  const api = new ConnectLicenseApi({ fetch, clock: () => now });
  const signer = { appKey: app.appKey, clientKey: "tenant", secret, baseUrl: "https://example.atlassian.net/wiki" };
  const license = await api.license(signer);
  assert.deepEqual([license.edition, license.isEvaluation, license.trust], ["advanced", true, "verified"]);
  await api.license(signer);
  assert.equal(fetch.asked.length, 1);
  const [{ url, headers }] = fetch.asked;
  assert.equal(url, "https://example.atlassian.net/wiki/rest/atlassian-connect/1/addons/com.example.app");
  const claims = JSON.parse(Buffer.from(headers.authorization.split(".")[1], "base64url"));
  assert.deepEqual([claims.iss, claims.aud].flat(), [app.appKey, "tenant"]);
  assert.equal(claims.qsh, queryHash({ method: "GET", target: url }, signer.baseUrl).qsh);
  now += 300_000;
  fetch.answer = () => new Response("", { status: 501 });
  const old = await api.license(signer);
  assert.equal(+old.asOf, +license.asOf);
  const none = new ConnectLicenseApi({ fetch, attempts: { count: 1, first: 0, longest: 0 } });
  await assert.rejects(none.license(signer), { code: "status", status: 503 });
});

test("the Forge License API, one call in five minutes an installation", async () => {
  const fetch = server(() => new Response(forgeApiAnswer("standard", appId).body));
  const api = new ForgeLicenseApi({ fetch });
  for (const installation of ["a", "a", "b"]) {
    assert.equal((await api.license(installation, "opaque")).edition, "standard");
  }
  assert.equal(fetch.asked.length, 2);
  assert.match(fetch.asked[0].url, /^https:\/\/api\.atlassian\.com\/forge\/app\/v1\/license/);
  assert.equal(fetch.asked[0].headers.authorization, "Bearer opaque");
});
