import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import Database from "better-sqlite3";
import express5 from "express";
import express4 from "express4";

import { FeatureMap } from "@app-license/sdk";
import {
  ConnectApp,
  ForgeRemote,
  HookRunner,
  MemoryStore,
  SqliteStore,
  lifecycle,
  requireCapability,
  requireFeature,
  verified,
} from "@app-license/sdk/express";
import { ForgeKeys, InstallKeys } from "@app-license/sdk/server";
import { FakeConnect, FakeForge } from "@app-license/sdk/testing";
import { mockHost } from "./mock-host.mjs";

const appKey = "com.example.app";
const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const features = new FeatureMap({ features: { export: "standard", "bulk-export": "advanced" } });
let host;
before(async () => (host = await mockHost()));
after(() => host.stop());

async function listen(app, t) {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

/** An app in Express, whose license routes are those of a customer. */
async function start(express, store, t) {
  const app = express();
  const changes = [];
  app.use((request, response, next) => app.locals.routes(request, response, next));
  const baseUrl = await listen(app, t);
  const cloud = { keyHosts: [host.services.installKeys], sites: ["atlassian.net"] };
  const keys = new InstallKeys({ cloud, allowTestKeys: true });
  const connect = new ConnectApp({ appKey, baseUrl, store, cloud, keys, features });
  const hooks = new HookRunner(store, "test", (entry) => changes.push(...entry.changes.map((c) => c.change)));
  const routes = express.Router();
  routes.use(lifecycle(connect));
  routes.use(express.json());
  routes.get("/panel", verified(connect), (_, response) => {
    const { license, connect } = response.locals;
    response.json({ edition: license.edition, trial: license.isEvaluation, tenant: connect.clientKey });
  });
  routes.get("/export", requireCapability(connect, "capabilityAdvanced"), (_, response) => response.json({ exported: true }));
  routes.get("/bulk", requireFeature(connect, "bulk-export"), (_, response) => response.json({ exported: true }));
  app.locals.routes = routes;
  await host.tell(`app ${appKey} ${baseUrl}`);
  return { baseUrl, changes, hooks, store };
}

const statuses = ({ delivered }) => delivered.map(({ status }) => status);

async function open(site, target) {
  const { url } = await host.tell(`page ${site} ${target}`);
  const response = await fetch(url);
  return [response.status, await response.json()];
}

for (const [name, express] of [["Express 4", express4], ["Express 5", express5]]) {
  describe(name, () => {
    for (const kind of ["memory", "better-sqlite3"]) {
      test(`the story of one customer, ${kind}`, async (t) => {
        const folder = mkdtempSync(join(tmpdir(), "app-license-"));
        t.after(() => rmSync(folder, { recursive: true }));
        const db = kind === "memory" ? null : new Database(join(folder, "a.db"));
        t.after(() => db?.close());
        const site = `${name.at(-1)}-${kind}`.toLowerCase();
        const app = await start(express, db ? new SqliteStore(db, { keys: KEY }) : new MemoryStore(), t);

        assert.deepEqual(statuses(await host.tell(`install ${site}`)), [204, 204]);
        await app.hooks.runOnce();
        assert.deepEqual(app.changes, ["installed", "enabled"]);
        await host.tell(`buy ${site} standard`);
        assert.equal((await open(site, "/panel"))[1].edition, "standard");
        const [code, { error: denied }] = await open(site, "/export?format=csv");
        const { needs, has } = denied.decision;
        assert.deepEqual([code, denied.code], [402, "capability_missing"]);
        assert.deepEqual([needs, has], ["capabilityAdvanced", "capabilityStandard"]);
        assert.equal((await open(site, "/bulk"))[0], 402);

        await host.tell(`buy ${site} advanced`);
        assert.deepEqual(await open(site, "/export?format=csv"), [200, { exported: true }]);
        assert.equal((await open(site, "/bulk"))[0], 200);

        // tokens of one second are alike, and a token is good for one body
        await new Promise((resolve) => setTimeout(resolve, 1100));
        assert.deepEqual(statuses(await host.tell(`rotate ${site}`)), [204]);
        await app.hooks.runOnce();
        assert.ok(app.changes.includes("secret_rotated"));
        assert.equal((await open(site, "/export"))[0], 200);

        await host.tell(`expire ${site}`);
        const [status, { error }] = await open(site, "/export");
        assert.deepEqual([status, error.code], [402, "inactive"]);

        const { url } = await host.tell(`page ${site} /panel`);
        assert.ok(statuses(await host.tell(`uninstall ${site}`)).every((s) => s === 204));
        assert.equal((await fetch(url)).status, 401);
        const clientKey = JSON.parse(Buffer.from(new URL(url).searchParams.get("jwt").split(".")[1], "base64url")).iss;
        const history = app.store.history(clientKey).flatMap((entry) => entry.changes.map((c) => c.change));
        assert.deepEqual([history[0], history.at(-1)], ["installed", "uninstalled"]);
        if (db) {
          assert.equal(new SqliteStore(db, { keys: KEY }).load(clientKey).record.status, "uninstalled");
        }
      });
    }

    test("what is refused leaves the store as it was", async (t) => {
      const db = new Database(":memory:");
      t.after(() => db.close());
      const { baseUrl } = await start(express, new SqliteStore(db, { keys: KEY }), t);
      const print = () => createHash("sha256").update(db.serialize()).digest("hex");
      const site = `refused-${name.at(-1)}`;
      const before = print();
      assert.equal(statuses(await host.tell(`unsigned ${site}`))[0], 401);
      const own = new FakeConnect({ appKey, baseUrl });
      const refused = await fetch(...own.lifecycle("installed").fetchArguments);
      assert.deepEqual([refused.status, (await refused.json()).error.code], [401, "unknown_key"]);
      assert.equal((await fetch(`${baseUrl}/panel`)).status, 401);
      assert.equal((await fetch(`${baseUrl}/panel?jwt=a.b.c`)).status, 401);
      const { headers } = own.lifecycle("installed").fetchArguments[1];
      const large = { method: "POST", body: "x".repeat(300_000), headers };
      assert.equal((await fetch(`${baseUrl}/installed`, large)).status, 413);
      assert.equal(print(), before);
    });

    test("a token is good for one body, and its secret is taken once", async (t) => {
      const store = new MemoryStore();
      const app = express();
      let parse = (request, response, next) => next();
      app.use((...all) => parse(...all));
      app.use((...all) => app.locals.lifecycle(...all));
      app.use((error, request, response, next) => response.status(500).json({ code: error.code }));
      const baseUrl = await listen(app, t);
      const site = new FakeConnect({ appKey, baseUrl: "https://app.example.com/base" });
      const keys = new InstallKeys({ fetch: site.keyServer, allowTestKeys: true });
      const connect = new ConnectApp({ ...site.app, store, keys });
      app.locals.lifecycle = express.Router().use("/base", lifecycle(connect));
      const send = async ({ body, authorization }) => {
        const headers = { authorization, "content-type": "application/json" };
        const response = await fetch(`${baseUrl}/base/installed`, { method: "POST", headers, body });
        return [response.status, response.status === 204 ? null : await response.json()];
      };
      const event = site.lifecycle("installed");
      assert.equal((await send(event))[0], 204);
      assert.equal((await send(event))[0], 204);
      const other = { ...event, body: event.body.replace("A site", "B site") };
      assert.deepEqual((await send(other))[1].error.code, "replayed");
      assert.equal(store.load(site.clientKey).record.description, "A site of a test");

      parse = express.raw({ type: "*/*" });
      assert.equal((await send(event))[0], 204);
      parse = express.json();
      const [status, { error }] = await send(event);
      assert.deepEqual([status, error.code], [500, "raw_body"]);
    });

    test("a Forge remote", async (t) => {
      const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";
      const forge = new FakeForge({ appId });
      const keys = new ForgeKeys({ fetch: forge.keyServer, allowTestKeys: true });
      const app = express();
      const remote = new ForgeRemote({ appId, keys });
      app.get("/", requireCapability(remote, "capabilityAdvanced"), (_, response) => response.json({}));
      const url = await listen(app, t);
      const call = async (authorization) => (await fetch(url, { headers: authorization ? { authorization } : {} })).status;
      assert.equal(await call(forge.authorization("trial-of-advanced")), 200);
      assert.equal(await call(forge.authorization("standard")), 402);
      assert.equal(await call(forge.authorization("absent")), 403);
      assert.equal(await call(new FakeForge({ appId }).authorization("advanced")), 401);
      assert.equal(await call(), 401);
    });
  });
}

test("a feature that the map lacks is found when the gate is made", () => {
  const connect = new ConnectApp({ appKey, baseUrl: "https://app.example.com", store: new MemoryStore(), features });
  assert.throws(() => requireFeature(connect, "exprot"), { code: "unknown_feature" });
});

test("what another app verified counts for nothing", async (t) => {
  const store = new MemoryStore();
  const site = new FakeConnect({ appKey, baseUrl: "https://app.example.com" });
  const keys = new InstallKeys({ fetch: site.keyServer, allowTestKeys: true });
  const connect = new ConnectApp({ ...site.app, store, keys });
  const { url, ...event } = site.lifecycle("installed");
  const installed = new Request("https://app.example.com/installed", event.fetchArguments[1]);
  assert.equal((await connect.handle(installed)).status, 204);
  const proof = await connect.verify(new Request(site.page("/panel", "advanced").url));
  assert.equal((await connect.decision(proof, { requires: "capabilityAdvanced" })).allowed, true);
  const other = new ConnectApp({ ...site.app, store, keys });
  await assert.rejects(other.license(proof), { code: "not_verified" });
  await assert.rejects(connect.license({ ...proof }), { code: "not_verified" });
});

