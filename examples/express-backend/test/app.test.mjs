import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import Database from "better-sqlite3";
import { SqliteStore } from "@app-license/sdk/express";
import { InstallKeys } from "@app-license/sdk/server";
import { FakeConnect } from "@app-license/sdk/testing";
import { exportsApp } from "../src/app.mjs";

async function start(t) {
  let app;
  const server = createServer((...all) => app(...all)).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const appKey = "com.example.exports";
  const site = new FakeConnect({ appKey, baseUrl });
  const keys = new InstallKeys({ fetch: site.keyServer, allowTestKeys: true });
  app = exportsApp({ appKey, baseUrl, keys, store: new SqliteStore(new Database(":memory:"), { plainText: true }) });
  const status = async (path, scenario) => (await fetch(site.page(path, scenario).url)).status;
  return { site, baseUrl, status };
}

test("a customer installs, upgrades, lets it expire, and leaves", async (t) => {
  const { site, status } = await start(t);
  assert.equal(await status("/panel", "standard"), 401);
  assert.equal((await fetch(...site.lifecycle("installed").fetchArguments)).status, 204);
  assert.equal((await fetch(...site.lifecycle("enabled").fetchArguments)).status, 204);
  assert.equal(await status("/export", "standard"), 402);
  assert.equal(await status("/export", "trial-of-advanced"), 200);
  assert.equal(await status("/export", "expired"), 402);
  assert.equal(await status("/export", "absent"), 403);
  const panel = async (scenario) => (await fetch(site.page("/panel", scenario).url)).text();
  assert.match(await panel("advanced"), /Export everything/);
  assert.doesNotMatch(await panel("standard"), /Export everything/);
  assert.equal((await fetch(...site.lifecycle("uninstalled").fetchArguments)).status, 204);
  assert.equal(await status("/panel", "advanced"), 401);
});

test("nobody gets in without a proof", async (t) => {
  const { baseUrl, site } = await start(t);
  await fetch(...site.lifecycle("installed").fetchArguments);
  for (const target of ["/panel?lic=active", "/export?lic=active&capSet=capabilityAdvanced", "/export?jwt=a.b.c"]) {
    assert.equal((await fetch(baseUrl + target)).status, 401);
  }
  const url = site.page("/export", "standard").url;
  assert.equal((await fetch(url.replace("capabilityStandard", "capabilityAdvanced"))).status, 401);
  const descriptor = await (await fetch(`${baseUrl}/atlassian-connect.json`)).json();
  assert.deepEqual(descriptor.apiMigrations, { "signed-install": true, "context-qsh": true });
});
