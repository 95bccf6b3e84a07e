// One customer on Connect and on Forge, over one store: what is linked, and whose events are.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Database from "better-sqlite3";

import { ConnectApp, ForgeRemote, MemoryStore, SqliteStore } from "@app-license/sdk/express";
import { deliver } from "@app-license/sdk/server";
import { FakeConnect, FakeForge } from "@app-license/sdk/testing";

const appKey = "com.example.app";
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";
const baseUrl = "https://app.example.com";
/** The site of `FakeForge`. */
const cloudId = "b2f9a9e0-8f0d-4d0e-9d0a-6d1f0c3a7e55";
const siteKey = `ari:cloud:jira::site/${cloudId}`;

/** A Connect app and the remote that continues it, and one customer of both. */
function world(store, more = {}) {
  const site = new FakeConnect({ appKey, baseUrl });
  const forge = new FakeForge({ appId });
  const said = { lines: [] };
  const logger = { warn: () => {}, error: (line) => said.lines.push(line) };
  let now = Date.now();
  const clock = () => new Date(now);
  const shared = { store, clock, allowTestKeys: true, logger };
  const connect = new ConnectApp({ ...shared, appKey, baseUrl, fetch: site.keyServer });
  const remote = new ForgeRemote({ ...shared, appId, fetch: forge.keyServer, ...more });
  remote.route("/me", {}, (_, { verified }) => Response.json(verified.installation?.record.key ?? null));
  const bearer = (claims, at) => forge.authorization("advanced", { now: at ?? clock(), claims });
  return {
    site,
    forge,
    store,
    connect,
    remote,
    said,
    later: (seconds) => (now += seconds * 1000),
    clock,
    installed: async (fields) => {
      const event = site.lifecycle("installed", { now: clock(), fields });
      return (await connect.handle(new Request(...event.fetchArguments))).status;
    },
    uninstalled: async () => {
      const event = site.lifecycle("uninstalled", { now: clock() });
      return (await connect.handle(new Request(...event.fetchArguments))).status;
    },
    invoke: async (claims) => {
      const request = new Request(`${baseUrl}/me`, { headers: { authorization: bearer(claims) } });
      const answer = await remote.handle(request);
      return [answer.status, await answer.json()];
    },
    /** An event of the platform: nobody is behind it. */
    event: async (fields, { at, claims } = {}) => {
      const id = forge.installationId.split("/")[1];
      const body = JSON.stringify({ id, ...fields });
      const headers = { authorization: bearer({ principal: undefined, ...claims }, at) };
      const answer = await remote.handle(new Request(`${baseUrl}/forge/lifecycle`, { method: "POST", body, headers }));
      return [answer.status, answer.status === 204 ? undefined : (await answer.json()).error.code];
    },
  };
}

const upgraded = (version) => ({ eventType: "avi:forge:upgraded:app", app: { id: appId, version } });
const installedOnForge = { eventType: "avi:forge:installed:app", app: { id: appId, version: "1.0.0" } };
const leaving = { eventType: "preUninstall" };

for (const [name, make] of Object.entries({
  MemoryStore: () => new MemoryStore(),
  SqliteStore: () => new SqliteStore(new Database(":memory:"), { plainText: true }),
})) {
  describe(name, () => {
    test("`installed` that names an installation and a site links both, once", async () => {
      const { installed, store, site, forge } = world(make());
      const links = () => store.list().filter(({ record }) => record.status === "linked");
      const fields = { installationId: forge.installationId, cloudId };
      assert.equal(await installed(fields), 204);
      assert.deepEqual(links().map(({ record }) => [record.key.forge, record.tenant]).sort(), [
        [forge.installationId, site.clientKey],
        [siteKey, site.clientKey],
      ]);
      const before = store.historyAfter(0, 100).length;
      assert.equal(await installed(fields), 204);
      assert.equal(store.historyAfter(0, 100).length, before);
    });

    test("a block by client key reaches the Forge half, and ends there too", async () => {
      const { installed, connect, invoke, site, forge } = world(make());
      await installed({ installationId: forge.installationId, cloudId });
      assert.deepEqual(await invoke(), [200, { connect: site.clientKey }]);
      assert.equal(await connect.block(site.clientKey), true);
      const [status, { error }] = await invoke();
      assert.deepEqual([status, error.code], [403, "tenant_blocked"]);
      await connect.unblock(site.clientKey);
      assert.equal((await invoke())[0], 200);
    });

    test("an unknown installation of production on the customer's site is the customer's; any other is not", async () => {
      const { installed, invoke, store, site, forge } = world(make());
      await installed({ cloudId });
      const ari = "ari:cloud:ecosystem::installation/9d3c0000-0000-4000-8000-000000000009";
      const installation = (context) => ({ id: ari, contexts: [{ name: "jira", cloudId, ...context }] });
      const app = (type, context) => ({ app: { id: forge.appId, installationId: ari, environment: { type }, installation: installation(context) } });
      assert.deepEqual(await invoke(app("DEVELOPMENT")), [200, null]);
      assert.deepEqual(await invoke(app("PRODUCTION", { name: "confluence" })), [200, null]);
      assert.equal(store.load(ari), null);
      assert.deepEqual(await invoke(app("PRODUCTION")), [200, { connect: site.clientKey }]);
      assert.equal(store.load(ari).record.tenant, site.clientKey);
      assert.equal(store.load(site.clientKey).record.installationId, ari);
      // known by its link from now on
      assert.deepEqual(await invoke(app("DEVELOPMENT")), [200, { connect: site.clientKey }]);
    });

    test("what was known of the installation before goes to the customer", async () => {
      const { installed, event, remote, invoke, store, site, forge, connect } = world(make());
      assert.deepEqual(await event(installedOnForge), [204, undefined]);
      assert.equal(store.load(forge.installationId).record.status, "installed");
      await installed({ installationId: forge.installationId });
      assert.equal(store.load(forge.installationId).record.tenant, site.clientKey);
      const { record } = store.load(site.clientKey);
      assert.deepEqual([record.joined, record.appVersion], [forge.installationId, "1.0.0"]);
      const joined = store.history(site.clientKey).flatMap((entry) => entry.changes).find(({ change }) => change === "joined");
      assert.equal(joined.from, forge.installationId);
      assert.ok(remote && connect);
      assert.deepEqual(await invoke(), [200, { connect: site.clientKey }]);
    });

    test("an event of a linked installation is the customer's; one of an installation of before is nobody's", async () => {
      const { installed, event, store, site, forge, later } = world(make());
      await installed({ installationId: forge.installationId, cloudId });
      assert.deepEqual(await event(upgraded("2.0.0")), [204, undefined]);
      assert.equal(store.load(site.clientKey).record.appVersion, "2.0.0");
      assert.equal(store.load(forge.installationId).record.appVersion, undefined);
      later(60);
      await installed({ installationId: "ari:cloud:ecosystem::installation/9d3c0000-0000-4000-8000-000000000009" });
      later(60);
      assert.deepEqual(await event(leaving), [204, undefined]);
      assert.equal(store.load(site.clientKey).record.status, "installed");
      assert.deepEqual(await event(upgraded("3.0.0")), [204, undefined]);
      assert.equal(store.load(site.clientKey).record.appVersion, "2.0.0");
    });

    test("a token of after the uninstall of the Connect half says that the customer is there", async () => {
      const { installed, uninstalled, invoke, store, site, forge, later } = world(make());
      await installed({ installationId: forge.installationId, cloudId });
      later(60);
      assert.equal(await uninstalled(), 204);
      assert.equal((await invoke())[0], 401); // of the same second
      later(120);
      assert.deepEqual(await invoke(), [200, { connect: site.clientKey }]);
      const { record, secrets } = store.load(site.clientKey);
      assert.deepEqual([record.status, secrets.current], ["installed", null]);
    });

    test("an uninstall that comes again is answered as before; an older event and an invocation of its second are refused", async () => {
      const { event, invoke, store, forge, later, clock } = world(make());
      await event(installedOnForge);
      later(20);
      const at = clock();
      assert.deepEqual(await event(leaving, { at }), [204, undefined]);
      assert.deepEqual(await event(leaving, { at }), [204, undefined]);
      assert.equal((await invoke())[0], 401);
      const before = new Date(+at - 1000);
      assert.deepEqual(await event(leaving, { at: before }), [401, "unknown_tenant"]);
      later(1);
      assert.deepEqual(await event(leaving, { at }), [204, undefined]);
      assert.equal((await invoke())[0], 200);
      const { record } = store.load(forge.installationId);
      assert.equal(record.status, "uninstalled");
      const changes = store.history(forge.installationId).flatMap((entry) => entry.changes.map(({ change }) => change));
      assert.deepEqual(changes, ["installed", "uninstalled"]);
    });
  });
}

test("a link that leads to nobody is written anew, to the customer of the site", async () => {
  const { installed, invoke, event, store, site, forge, clock } = world(new MemoryStore());
  const key = forge.installationId;
  store.deliver(key, null, (known) => deliver({ key, on: "forge", event: { linked: "erased" } }, known, null, clock()), clock());
  assert.deepEqual(await invoke(), [200, null]);
  assert.equal(await installed({ cloudId }), 204);
  assert.deepEqual(await invoke(), [200, { connect: site.clientKey }]);
  assert.deepEqual([store.load(key).record.status, store.load(key).record.tenant], ["linked", site.clientKey]);
  assert.deepEqual(await event(upgraded("2.0.0")), [204, undefined]);
  assert.equal(store.load(site.clientKey).record.appVersion, "2.0.0");
});

test("where a link cannot be written, an event comes again, and an invocation is served", async () => {
  class Full extends MemoryStore {
    full = false;
    deliver(key, ...rest) {
      if (this.full) {
        throw new Error("disk full");
      }
      return super.deliver(key, ...rest);
    }
  }
  const { installed, event, invoke, store, site, said } = world(new Full());
  await installed({ cloudId });
  store.full = true;
  assert.deepEqual(await invoke(), [200, { connect: site.clientKey }]);
  assert.match(said.lines.join("\n"), /what a token says of a customer is not stored \(store_unavailable\)/);
  assert.deepEqual(await event(upgraded("2.0.0")), [503, "store_unavailable"]);
  store.full = false;
  assert.deepEqual(await event(upgraded("2.0.0")), [204, undefined]);
  assert.equal(store.load(site.clientKey).record.appVersion, "2.0.0");
});

test("an event that a browser sends is refused before the store is asked", async () => {
  class CountingStore extends MemoryStore {
    asked = 0;
    load(key) {
      this.asked += 1;
      return super.load(key);
    }
  }
  const { event, store } = world(new CountingStore());
  assert.deepEqual(await event(leaving, { claims: { principal: "5b10a2844c20165700ede21g" } }), [401, "user_initiated"]);
  assert.equal(store.asked, 0);
});
