// What is stored of customers: answers of the License API, links, records that cannot be read or are not served.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Database from "better-sqlite3";

import { storedLicense } from "@app-license/sdk/server";
import { ForgeRemote, MemoryStore, SqliteStore } from "@app-license/sdk/express";
import { FakeForge } from "@app-license/sdk/testing";

import { answered, appId, installed, served } from "./installed.mjs";

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
