// Hono: the platform's routes, routes of the app's own with and without a gate, and routes of Hono that the app is not
// asked about, in one router.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Hono } from "hono";

import { ConnectApp, MemoryStore } from "@app-license/sdk/fetch";
import { FakeConnect } from "@app-license/sdk/testing";

const appKey = "com.example.app";
const baseUrl = "https://app.example.com/base";

test("several routes of one router, each held to what it needs", async () => {
  const site = new FakeConnect({ appKey, baseUrl });
  const app = new ConnectApp({ ...site.app, store: new MemoryStore(), fetch: site.keyServer, allowTestKeys: true, mountPath: "/base" });
  app.route("/own", { requires: "capabilityStandard" }, (_, { license }) => Response.json({ own: license.edition }));
  const routes = new Hono();
  routes.use(async (c, next) => (await app.respond(c.req.raw)) ?? next());
  const exported = app.guard({ requires: "capabilityAdvanced" }, (_, { license, verified }) =>
    Response.json({ edition: license.edition, tenant: verified.clientKey }),
  );
  const listed = app.guard({}, (_, { verified }) => Response.json({ tenant: verified.clientKey }));
  routes.get("/base/export", (c) => exported(c.req.raw));
  routes.get("/base/items/:id", async (c) => {
    const answer = await listed(c.req.raw);
    return answer.ok ? c.json({ id: c.req.param("id"), ...(await answer.json()) }) : answer;
  });
  routes.get("/open", (c) => c.text("open to all"));
  routes.notFound((c) => c.text("nothing here", 404));

  const said = async (answer) => [answer.status, (await answer.text()).replace(site.clientKey, "tenant")];
  const page = async (path, scenario) => said(await routes.request(site.page(path, scenario).url));
  const plain = async (path, init) => said(await routes.request(new URL(path, baseUrl).href, init));

  assert.equal((await page("/export", "advanced"))[0], 401, "nobody has installed it");
  const [url, init] = site.lifecycle("installed").fetchArguments;
  assert.equal((await routes.request(url, init)).status, 204);
  assert.deepEqual(await page("/export", "advanced"), [200, '{"edition":"advanced","tenant":"tenant"}']);
  assert.equal((await page("/export", "standard"))[0], 402);
  assert.deepEqual(await page("/own", "standard"), [200, '{"own":"standard"}']);
  assert.equal((await page("/own", "expired"))[0], 402);
  assert.deepEqual(await page("/items/7", "expired"), [200, '{"id":"7","tenant":"tenant"}']);
  // a page's token is good for its own path alone
  const swapped = site.page("/items/7", "advanced").url.replace("/items/7", "/items/8");
  assert.equal((await routes.request(swapped)).status, 401);
  assert.equal((await plain("/base/items/7"))[0], 401);
  assert.deepEqual(await plain("/open"), [200, "open to all"]);
  assert.deepEqual(await plain("/base/elsewhere"), [404, "nothing here"]);
  assert.equal((await plain("/base/own", { method: "POST" }))[0], 401);
  assert.equal((await plain("/base/installed"))[0], 405, "the platform posts its events");
});
