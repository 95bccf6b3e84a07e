import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

import { License } from "@app-license/sdk";
import * as server from "@app-license/sdk/server";

const read = (name) =>
  JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}`, import.meta.url), "utf8"));

function outcome(run) {
  try {
    run();
    return "accept";
  } catch (error) {
    assert.ok(error instanceof server.LicenseError, `${error?.stack}`);
    return `reject: ${error.code}`;
  }
}

function incoming({ method, target, headers = {}, body }) {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization");
  const text = typeof body === "string" || body === undefined ? (body ?? "") : JSON.stringify(body);
  return { method, target, body: text, authorization: name && headers[name] };
}

/** Runs the cases of a file; a case whose request has a feature not offered here is left out. */
function each(file, run) {
  let count = 0;
  const wrong = [];
  for (const one of file.cases) {
    if (one.expect === null) {
      continue;
    }
    const found = outcome(() => run(one));
    count += 1;
    if (!found.startsWith(one.expect)) {
      wrong.push(`${one.id}: expected ${one.expect}, found ${found}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(count > 20);
}

test("requests and context tokens", () => {
  const file = read("connect-requests.json");
  const expected = { baseUrl: file.app.baseUrl, now: new Date(file.now * 1000) };
  each(file, (one) => {
    const request = incoming(one.request);
    const kind = one.endpoint === "context" ? "context" : "request";
    const clientKey = server.tenantOf(request, kind);
    const secret = one.store.includes(clientKey) && file.tenants[clientKey]?.sharedSecret;
    if (!secret) {
      throw new server.LicenseError("unknown_tenant", "no such tenant");
    }
    const verify = kind === "context" ? server.verifyContext : server.verifyRequest;
    const proof = verify(request, { clientKey, secrets: [secret] }, expected);
    assert.equal(proof.license.trust, "verified");
    assert.ok(proof.license instanceof License);
  });
});

test("signed lifecycle events", () => {
  const file = read("connect-lifecycle-requests.json");
  const now = new Date(file.now * 1000);
  each(file, (one) => {
    const request = incoming(one.request);
    const kid = server.installKeyOf(request).kid;
    const pem = Object.hasOwn(file.keys_by_kid, kid) && file.keys_by_kid[kid];
    if (!pem) {
      throw new server.LicenseError("unknown_key", "no such key");
    }
    const event = one.endpoint === "install" ? "installed" : "uninstalled";
    const expected = { baseUrl: file.app.baseUrl, appKey: file.app.key, event, now };
    const accepted = server.verifyInstall(request, pem, expected);
    assert.equal(accepted.event, event);
    assert.equal(accepted.sharedSecret !== null, event === "installed");
  });
});

test("Forge invocation tokens", () => {
  const file = read("forge-invocation-requests.json");
  each(file, (one) => {
    const jwks = JSON.stringify(file.jwks_sets[one.jwks] ?? one.jwks);
    const appId = one.app_id ?? file.app_id;
    const now = new Date((one.now ?? file.now) * 1000);
    if (!one.authorization) {
      throw new server.LicenseError("token_missing", "no token");
    }
    const invocation = server.verifyInvocation(one.authorization, jwks, { appId, now });
    assert.ok(invocation.appId.endsWith(appId));
    assert.equal(invocation.license.source, "forge_invocation_token");
  });
});

test("a signed request verifies", () => {
  const now = new Date("2026-11-22T00:00:00Z");
  const secret = "0123456789abcdef0123456789abcdef";
  const target = "/panel?lic=active&capSet=capabilityAdvanced";
  const baseUrl = "https://app.example.com";
  // what an app signs for a site has the shape of what a site signs for an app
  const authorization = server.signRequest({ method: "GET", target }, { appKey: "tenant-1", clientKey: "app", secret, baseUrl, now });
  const request = { method: "GET", target, authorization };
  const tenant = { clientKey: "tenant-1", secrets: [secret] };
  const proof = server.verifyRequest(request, tenant, { baseUrl, now });
  assert.equal(proof.clientKey, "tenant-1");
  assert.ok(proof.license.hasCapability("capabilityAdvanced"));
  assert.equal(server.check(proof.license, { requires: "capabilityAdvanced", maxAge: 60, now }).trust, "verified");
  const other = { ...request, target: "/panel?lic=active" };
  assert.throws(() => server.verifyRequest(other, tenant, { baseUrl, now }), { code: "qsh_mismatch", status: 401 });
  assert.throws(() => server.verifyRequest(request, { ...tenant, secrets: ["short"] }, { baseUrl, now }), { code: "weak_secret" });
  assert.throws(() => server.verifyContext(request, tenant, { baseUrl, now }), { code: "not_context_token" });
});

test("a confirmed license", () => {
  const answer = (license) => ({ status: 200, body: JSON.stringify({ key: "a", license }) });
  const license = { active: true, type: "COMMERCIAL", entitlementNumber: "E-1" };
  const what = { requires: "capabilityStandard", confirmedOnly: true };
  const reason = (l, more) => server.check(server.fromConnectApi(answer(l)), { ...what, ...more }).reason;
  assert.equal(reason(license), "granted");
  assert.equal(reason({ ...license, type: "developer" }), "unconfirmed");
  assert.equal(reason(license, { requires: "capabilityAdvanced" }), "capability_missing");
  assert.equal(reason(license, { maxAge: 60 }), "stale");
  // the whole policy goes to the core, whatever of it applies
  const outside = { whenAbsent: "deny", whenAbsentOutsideProduction: "advanced", sellsNothing: true };
  assert.equal(reason(license, outside), "granted");
  const developing = server.fromFunctionContext({}, { environmentType: "DEVELOPMENT" });
  const absent = (policy) => server.check(developing, { requires: "capabilityStandard", ...policy }).reason;
  assert.equal(absent({ whenAbsentOutsideProduction: "standard" }), "granted");
  assert.equal(absent({ whenAbsentOutsideProduction: "standard", confirmedOnly: true }), "absent", "nothing confirms what nobody states");
  const context = { license: { active: true }, environmentType: "PRODUCTION" };
  assert.equal(server.fromFunctionContext(context).trust, "verified");
  assert.equal(server.fromFunctionContext(context).environment, null);
});

test("answers of the License APIs", () => {
  const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";
  const body = JSON.stringify({ results: [{ appId, data: { active: true } }] });
  assert.equal(server.fromForgeApi({ status: 200, body }).state, "active");
  const fault = (status, code) => ({ code: "license_api", class: "unavailable", status: code });
  assert.throws(() => server.fromForgeApi({ status: 500, body: "" }), fault(500, 503));
  assert.throws(() => server.fromForgeApi({ status: 403, body: "" }), fault(403, 503));
  assert.equal(server.fromConnectApi({ status: 404, body: "" }).state, "absent");
  assert.throws(() => server.fromConnectApi({ status: 403, body: "" }), fault(403, 503));
  assert.throws(() => server.fromConnectApi({ status: 200, body: "<html>" }), fault(200, 503));
});

test("CommonJS, and one class of licenses", () => {
  const require = createRequire(import.meta.url);
  assert.equal(require("@app-license/sdk/server").License, require("@app-license/sdk").License);
  assert.ok(existsSync(new URL("../dist/server.d.cts", import.meta.url)));
});
