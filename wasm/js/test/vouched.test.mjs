// Whose word an event is: what the platform signs, what a tenant's secret signs, what was verified at all; and
// that nothing shows the secret in it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { format, inspect } from "node:util";

import { ConnectApp, ForgeRemote, MemoryStore } from "@app-license/sdk/fetch";
import * as server from "@app-license/sdk/server";
import { FakeConnect, FakeForge } from "@app-license/sdk/testing";

const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const appId = "8db33309-2f3e-4a4f-8e2b-4f8c7f4b2b2b";
const cjs = createRequire(import.meta.url)("@app-license/sdk/server");
const site = new FakeConnect({ appKey, baseUrl });
const installed = site.lifecycle("installed");
const expected = { appKey, baseUrl };
const verify = (by = server) => by.verifyInstall(installed, site.pem, { ...expected, event: "installed" });
const code = (run) => {
  try {
    return [run()] && "taken";
  } catch (error) {
    assert.ok(error instanceof server.LicenseError, `${error?.stack}`);
    return error.code;
  }
};

test("a tenant's secret proves no `installed` and no `uninstalled`, and the platform signs nothing else", () => {
  for (const event of ["installed", "uninstalled"]) {
    // rightly signed with the tenant's secret, all of it but the kind of signature
    const fields = { eventType: event, sharedSecret: "of whoever knows the secret of today" };
    const forged = site.lifecycle("enabled", { path: `/${event}`, fields });
    assert.equal(code(() => server.verifyLifecycle(forged, site.tenant, { ...expected, event })), "misuse", event);
    const { call, op } = server.internal;
    const { fetchArguments: _, ...request } = forged;
    const tenant = { clientKey: site.clientKey, secret: site.secret };
    const input = { ...request, ...expected, ...tenant, event, cloud: "commercial", now: Math.floor(Date.now() / 1000) };
    assert.throws(() => call(op.verifyLifecycle, input), { code: "field_missing", message: /`event`/ }, "the core says so too");
    assert.match(call(op.verifyLifecycle, { ...input, ...site.lifecycle("enabled"), event: "enabled", fetchArguments: "" }), /"event":"enabled"/);
  }
  for (const event of ["enabled", "disabled"]) {
    const request = site.lifecycle(event);
    assert.equal(code(() => server.verifyInstall(request, site.pem, { ...expected, event })), "misuse", event);
    assert.equal(code(() => server.checkUnprovedInstall(request, { ...expected, event })), "misuse", event);
    assert.equal(server.verifyLifecycle(request, site.tenant, { ...expected, event }).event, event);
  }
});

test("only a verified event is taken, and not its copies", () => {
  const event = verify();
  const delivery = (connect) => ({ key: site.clientKey, on: "connect", event: { connect } });
  const deliver = (connect) => server.deliver(delivery(connect), null, null, new Date());
  const apply = (connect) => new server.LifecycleReducer().apply(null, { connect });
  const none = {
    "a body that was read": server.readLifecycleBody(installed.body),
    "a body by hand": { event: "installed", clientKey: site.clientKey, raw: installed.body },
    "a copy": { ...event, raw: event.raw },
    "its JSON": JSON.parse(JSON.stringify(event)),
    "what inherits": Object.create(event),
    "a proxy": new Proxy(event, {}),
    "a Forge event": server.acceptedBefore({ kind: "preUninstall", payload: {} }),
    text: installed.body,
    nothing: undefined,
  };
  for (const [name, one] of Object.entries(none)) {
    assert.equal(code(() => deliver(one)), "not_verified", name);
    assert.equal(code(() => apply(one)), "not_verified", name);
  }
  assert.throws(() => apply(none["a copy"]), /`\{ connect: acceptedBefore\(body\) \}`/);
  for (const one of [event, verify(cjs), server.acceptedBefore(installed.body)]) {
    assert.equal(deliver(one).installation.secrets.current, site.secret);
    assert.equal(apply(one).installation.record.status, "installed");
  }
  assert.throws(() => Object.assign(event, { raw: "{}" }), TypeError);
  assert.equal(code(() => server.acceptedBefore("{}")), "field_missing");
  for (const wrong of [undefined, null, 5, {}, { payload: {} }]) {
    assert.equal(code(() => server.acceptedBefore(wrong)), "misuse", JSON.stringify(wrong));
  }
});

test("a Forge event is the one that a verified token came with", async () => {
  const forge = new FakeForge({ appId });
  const keys = new server.ForgeKeys({ fetch: forge.keyServer, allowTestKeys: true });
  const invocation = await keys.verify(forge.authorization("advanced", { claims: { principal: undefined } }), { appId });
  const body = (id) => JSON.stringify({ id, eventType: "avi:forge:installed:app", app: { id: appId, version: "1.0.0" }, environment: { id: "e" } });
  const own = body(invocation.installationId);
  const event = server.verifyForgeEvent(invocation, own);
  const apply = (one) => new server.LifecycleReducer().apply(null, { forge: one });
  assert.equal(apply(event).installation.record.key.forge, invocation.installationId);
  const stranger = body("ari:cloud:ecosystem::installation/5e176cc2-1111-4222-8333-444455556666");
  assert.notEqual(code(() => server.verifyForgeEvent(invocation, stranger)), "taken");
  for (const one of [{ ...invocation }, {}, undefined]) {
    assert.equal(code(() => server.verifyForgeEvent(one, own)), "not_verified");
  }
  for (const one of [{ ...event }, { kind: event.kind, payload: own }, undefined]) {
    assert.equal(code(() => apply(one)), "not_verified");
  }
  assert.equal(code(() => new server.LifecycleReducer().apply(null, { invoked: { installation: invocation.installationId } })), "not_verified");
});

test("no JSON, copy or log of what was verified shows a secret", async () => {
  const store = new MemoryStore();
  const app = new ConnectApp({ appKey, baseUrl, store, fetch: (url) => site.keyServer(url), allowTestKeys: true });
  assert.equal((await app.handle(new Request(...installed.fetchArguments))).status, 204);
  const request = await app.verify(new Request(site.page("/panel", "advanced").url));
  const forge = new FakeForge({ appId });
  const remote = new ForgeRemote({ appId, fetch: (url) => forge.keyServer(url), allowTestKeys: true });
  const systemToken = "system-token-of-the-app";
  const headers = { authorization: forge.authorization("advanced", { claims: { principal: undefined } }), "x-forge-oauth-system": systemToken };
  const invocation = await remote.verify(new Request(baseUrl, { headers }));
  const event = verify();
  assert.equal(event.sharedSecret, site.secret);
  assert.equal(request.installation.secrets.current, site.secret);
  assert.equal(invocation.systemToken, systemToken);
  const shown = [event, request, invocation, server.readLifecycleBody(installed.body), server.acceptedBefore(installed.body)];
  for (const one of shown) {
    const views = [JSON.stringify(one), inspect(one, { depth: 9 }), format("%o", one), JSON.stringify({ ...one }), inspect(one, { showHidden: true, depth: 9 })];
    for (const view of views) {
      assert.ok(!view.includes(site.secret) && !view.includes(systemToken), view);
    }
  }
});
