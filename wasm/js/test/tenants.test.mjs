// An installation is kept in memory for seconds: how often the store is asked, and when a change is noticed.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";

import { ConnectApp, ForgeRemote, MemoryStore } from "@app-license/sdk/fetch";
import { FakeConnect, FakeForge } from "@app-license/sdk/testing";

const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const needs = { requires: "capabilityAdvanced" };
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";

/** A process's store, which counts what requests ask it, and answers when it is let. */
function watched(world, inner) {
  const load = async (key) => {
    world.loads += 1;
    const found = world.found?.(key) ?? inner.load(key);
    await (world.gates?.(key) ?? world.gate);
    return found;
  };
  return new Proxy(inner, { get: (_, name) => (name === "load" ? load : inner[name].bind(inner)) });
}

/** An app that is installed, and another process of it, whose store has the same content. */
async function installed(more = {}) {
  const site = new FakeConnect({ appKey, baseUrl });
  const world = { now: Date.now(), loads: 0, gate: null, found: null };
  const inner = new MemoryStore();
  const make = (store, others) => {
    const app = new ConnectApp({
      appKey,
      baseUrl,
      fetch: (url) => site.keyServer(url),
      clock: () => new Date(world.now),
      allowTestKeys: true,
      ...more,
      ...others,
      store,
    });
    app.route("/page", {}, (_request, { verified }) => Response.json(verified.installation));
    app.route("/export", needs, () => new Response("served"));
    return app;
  };
  const at = () => new Date(world.now);
  const page = (path = "/page") => site.page(path, "advanced", at());
  const open = async (of, { url } = page()) => (await of.handle(new Request(url))).status;
  const send = async (of, event, { fetchArguments } = site.lifecycle(event, { now: at() })) =>
    assert.equal((await of.handle(new Request(...fetchArguments))).status, 204);
  const store = watched(world, inner);
  const [app, other] = [make(store), make(watched(world, inner))];
  await send(app, "installed");
  return { app, other, site, world, store, make, page, open, send };
}

test("the store is asked once in five seconds", async () => {
  const { app, world, open } = await installed();
  for (const [later, loads] of [[0, 1], [0, 1], [4e3, 1], [1e3, 2], [4e3, 2], [60e3, 3]]) {
    world.now += later;
    assert.equal(await open(app), 200);
    assert.equal(world.loads, loads);
  }
  world.now -= 3600e3; // a clock that is set back
  assert.equal(await open(app), 200);
  assert.equal(world.loads, 4);
});

test("for as long as is said, and not at all", async () => {
  for (const [tenantCache, loads] of [[0, 4], [60, 1]]) {
    const { app, world, open } = await installed({ tenantCache });
    for (let i = 0; i < 4; i += 1) {
      assert.equal(await open(app), 200);
      world.now += 10e3;
    }
    assert.equal(world.loads, loads, `${tenantCache}`);
  }
});

describe("what this process is told counts at once", () => {
  test("uninstalled, installed again, switched off and on", async () => {
    const { app, site, world, open, send } = await installed();
    assert.equal(await open(app), 200);
    world.now += 1e3;
    await send(app, "disabled");
    // a page of before: none is opened of an app that is switched off
    assert.equal(await open(app, site.page("/page", "advanced", new Date(world.now - 60e3))), 403);
    await send(app, "enabled");
    assert.equal(await open(app), 200);
    world.now += 1e3;
    await send(app, "uninstalled");
    assert.equal(await open(app), 401);
    world.now += 1e3;
    site.rotateSecret();
    await send(app, "installed");
    assert.equal(await open(app), 200);
  });

  test("blocked and unblocked", async () => {
    const { app, site, open } = await installed();
    assert.equal(await open(app), 200);
    await app.block(site.clientKey);
    assert.equal(await open(app), 403);
    await app.unblock(site.clientKey);
    assert.equal(await open(app), 200);
  });

  test("by a copy of the package that CommonJS loads", async () => {
    const { app, site, store, world, open } = await installed();
    const cjs = createRequire(import.meta.url)("@app-license/sdk/fetch");
    assert.notEqual(cjs.ConnectApp, ConnectApp);
    const copy = new cjs.ConnectApp({ appKey, baseUrl, store, clock: () => new Date(world.now), allowTestKeys: true, fetch: (url) => site.keyServer(url) });
    assert.equal(await open(app), 200);
    await copy.block(site.clientKey);
    assert.equal(await open(app), 403);
    await copy.unblock(site.clientKey);
    assert.equal(await open(app), 200);
  });

  test("a license that is news", async () => {
    const { app, store, site, open, page } = await installed();
    assert.equal(await open(app, page("/export")), 200);
    assert.equal(store.history(site.clientKey).length, 2, "installed, and the edition");
    assert.equal(await open(app, page("/export")), 200);
    assert.equal(await open(app, page("/export")), 200);
    assert.equal(store.history(site.clientKey).length, 2, "and nothing again");
  });

  test("also where the store had begun to answer before", async () => {
    const { app, open, send, world } = await installed();
    world.now += 1e3;
    let answers;
    world.gate = new Promise((resolve) => (answers = resolve));
    const before = open(app);
    await new Promise(setImmediate);
    world.gate = null;
    await send(app, "uninstalled");
    answers();
    await before;
    assert.equal(await open(app), 401);
  });
});

/** The app's Forge half, over the same store, and events of the platform to it. */
function forgeHalf({ store, world }) {
  const forge = new FakeForge({ appId });
  const clock = () => new Date(world.now);
  const remote = new ForgeRemote({ appId, store, clock, allowTestKeys: true, fetch: forge.keyServer });
  const event = async (fields) => {
    const id = forge.installationId.split("/")[1];
    const authorization = forge.authorization("advanced", { now: clock(), claims: { principal: undefined } });
    const body = JSON.stringify({ id, ...fields });
    const sent = new Request(`${baseUrl}/forge/lifecycle`, { method: "POST", body, headers: { authorization } });
    assert.equal((await remote.handle(sent)).status, 204);
  };
  return { forge, event, version: (version) => ({ eventType: "avi:forge:upgraded:app", app: { id: appId, version } }) };
}

describe("what is written of a customer of both halves counts at once", () => {
  test("what a link takes over, though a page was opened before it was written", async () => {
    const { app, site, store, world, page } = await installed({ tenantCache: 60 });
    const { forge, event } = forgeHalf({ store, world });
    await event({ eventType: "avi:forge:installed:app", app: { id: appId, version: "1.0.0" } });
    const record = async () => (await app.verify(new Request(page().url))).installation.record;
    assert.equal((await record()).joined, undefined);
    world.now += 1e3;
    let answers;
    const isAsked = new Promise((resolve) => {
      world.gates = (key) => {
        if (key !== forge.installationId) {
          return null;
        }
        resolve();
        return new Promise((done) => (answers = done));
      };
    });
    const { fetchArguments } = site.lifecycle("installed", { now: new Date(world.now), fields: { installationId: forge.installationId } });
    const linking = app.handle(new Request(...fetchArguments));
    await isAsked;
    assert.equal((await record()).joined, undefined, "installed, and not linked yet");
    world.gates = null;
    answers();
    assert.equal((await linking).status, 204);
    const { joined, appVersion } = await record();
    assert.deepEqual([joined, appVersion], [forge.installationId, "1.0.0"]);
  });

  test("an event of the Forge half", async () => {
    const { app, site, store, world, open, page } = await installed({ tenantCache: 60 });
    const { forge, event, version } = forgeHalf({ store, world });
    world.now += 1e3;
    const fields = { installationId: forge.installationId };
    const { fetchArguments } = site.lifecycle("installed", { now: new Date(world.now), fields });
    assert.equal((await app.handle(new Request(...fetchArguments))).status, 204);
    assert.equal(await open(app), 200);
    await event(version("2.0.0"));
    assert.equal((await app.verify(new Request(page().url))).installation.record.appVersion, "2.0.0");
    world.now += 60e3;
    assert.equal(await open(app), 200);
    await event({ eventType: "preUninstall" });
    assert.equal((await store.load(site.clientKey)).record.status, "uninstalled");
    assert.equal(await open(app), 401);
  });
});

describe("what another process is told counts after five seconds at the latest", () => {
  test("uninstalled", async () => {
    const { app, other, world, open, send } = await installed();
    assert.equal(await open(other), 200);
    world.now += 1e3;
    await send(app, "uninstalled");
    world.now += 4e3;
    assert.equal(await open(other), 401);
  });

  test("blocked, which is refused from memory; and unblocked", async () => {
    const { app, other, site, world, open } = await installed();
    assert.equal(await open(other), 200);
    await app.block(site.clientKey);
    world.now += 5e3;
    const { loads } = world;
    for (let i = 0; i < 5; i += 1) {
      assert.equal(await open(other), 403);
    }
    assert.equal(world.loads, loads + 1);
    await app.unblock(site.clientKey);
    world.now += 5e3;
    assert.equal(await open(other), 200);
  });

  test("switched off; and on, at once", async () => {
    const { app, other, site, world, open, send } = await installed();
    assert.equal(await open(other), 200);
    world.now += 60e3;
    await send(app, "disabled");
    const before = () => open(other, site.page("/page", "advanced", new Date(world.now - 60e3)));
    assert.equal(await before(), 403);
    await send(app, "enabled");
    assert.equal(await open(other), 200);
  });

  test("installed where nothing was, and a new secret: at once", async () => {
    const { app, other, site, world, open, send } = await installed();
    world.now += 1e3;
    await send(app, "uninstalled");
    assert.equal(await open(other), 401);
    world.now += 1e3;
    await send(app, "installed");
    assert.equal(await open(other), 200);
    world.now += 1e3;
    site.rotateSecret();
    await send(app, "installed");
    const { loads } = world;
    assert.equal(await open(other), 200);
    assert.equal(await open(other), 200);
    assert.equal(world.loads, loads + 1);
  });
});

test("a signature that is wrong asks the store once, and is refused all the same", async () => {
  const { app, world, page, open } = await installed();
  assert.equal(await open(app), 200);
  const { url } = page();
  const forged = { url: url.slice(0, -4) + (url.endsWith("AAAA") ? "BBBB" : "AAAA") };
  assert.equal(await open(app, forged), 401);
  assert.equal(world.loads, 2);
  assert.equal(await open(app), 200);
  assert.equal(world.loads, 2);
});

test("a replaced secret ends when its grace does", async () => {
  const { app, site, world, open, send, page } = await installed({ grace: 10, tenantCache: 60 });
  world.now = Math.floor(world.now / 1e3) * 1e3 + 1e3;
  const { url } = page();
  const signedBefore = () => open(app, { url });
  site.rotateSecret();
  await send(app, "installed");
  world.now += 8e3;
  assert.equal(await signedBefore(), 200);
  world.now += 2e3;
  assert.equal(await signedBefore(), 200, "its last second");
  world.now += 1e3;
  assert.equal(await signedBefore(), 401);
  assert.equal(await open(app), 200);
});

test("who is handed an installation changes nothing for the next request", async () => {
  const { app, page } = await installed();
  const verify = () => app.verify(new Request(page().url));
  const wanted = await verify();
  for (let i = 0; i < 2; i += 1) {
    const { installation } = await verify();
    assert.deepEqual(installation, wanted.installation);
    assert.deepEqual(installation.secrets, wanted.installation.secrets);
    installation.record.status = "uninstalled";
    installation.record.entitlement.id = "of another";
    installation.secrets.current = "of another";
  }
});

test("what a license changes is known to the request that states it, and to the next ones by the store", async () => {
  const { app, store, site, world, page } = await installed({ tenantCache: 60 });
  const verify = () => app.verify(new Request(page().url));
  await verify();
  const [one, another] = [await verify(), await verify()];
  assert.equal(one.installation.record.license, undefined);
  await app.license(one);
  assert.equal(one.installation.record.license.state, "active");
  assert.equal(another.installation.record.license, undefined, "each has a record of its own");
  const entries = store.history(site.clientKey).length;
  await app.license(one);
  await app.license(another);
  assert.equal(store.history(site.clientKey).length, entries);
  one.installation.record.license.state = "absent";
  const { loads } = world;
  assert.equal((await verify()).installation.record.license.state, "active");
  assert.equal((await verify()).installation.record.license.state, "active");
  assert.equal(world.loads, loads + 1);
});

test("apps with the same store honor a replaced secret each for its own time", async () => {
  const { app, site, store, make, world, page, open, send } = await installed({ grace: 10, tenantCache: 60 });
  const strict = make(store, { grace: 0 });
  world.now += 1e3;
  const { url } = page();
  site.rotateSecret();
  await send(app, "installed");
  world.now += 2e3;
  assert.equal(await open(app, { url }), 200);
  assert.equal(await open(strict, { url }), 401);
  assert.equal(await open(app, { url }), 200);
  assert.equal(await open(strict), 200);
});

test("ten thousand are kept, and those that were used last", async () => {
  const { app, open, site, store, page, world } = await installed({ tenantCache: 3600 });
  const { record, secrets } = await store.load(site.clientKey);
  const first = page();
  assert.equal(await open(app, first), 200);
  const { loads } = world;
  world.found = (key) => ({ record: { ...record, key: { connect: key } }, secrets });
  const { clientKey } = site;
  for (let number = 0; number < 10_000; number += 1) {
    site.clientKey = `tenant-${number}`;
    assert.equal(await open(app), 200);
    if (number === 5_000) {
      assert.equal(await open(app, first), 200);
    }
  }
  site.clientKey = clientKey;
  world.found = null;
  assert.equal(await open(app, first), 200);
  assert.equal(world.loads, loads + 10_000, "it was used meanwhile");
  site.clientKey = "tenant-0";
  world.now += 1e3;
  assert.equal(await open(app), 401, "that one was forgotten");
});
