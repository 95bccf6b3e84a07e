// A store that answers something else than it was asked for: nothing is served of it, and the platform is told to
// try again. And what a health check sees of it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ConnectApp, MemoryStore } from "@app-license/sdk/fetch";
import { ConnectLicenseApi } from "@app-license/sdk/server";
import { FakeConnect } from "@app-license/sdk/testing";

const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const needs = { kind: "context", requires: "capabilityAdvanced" };

/** An app on a store of which some functions are others. */
async function world(replaced, more = {}) {
  const site = new FakeConnect({ appKey, baseUrl });
  const inner = new MemoryStore();
  const odd = { on: false };
  const get = (_, name) => (odd.on && replaced[name] ? (...given) => replaced[name](inner, ...given) : inner[name].bind(inner));
  const fetch = async (url) => {
    const answer = await site.keyServer(url);
    return answer.ok ? answer : Promise.reject(new Error("nothing else is there"));
  };
  const settings = { appKey, baseUrl, store: new Proxy(inner, { get }), tenantCache: 0, allowTestKeys: true, fetch, ...more };
  const app = new ConnectApp(settings).route("/page", {}, (_request, { verified }) => Response.json(verified.installation));
  app.route("/api", needs, () => new Response("served"));
  const answer = async (response) => [response.status, response.status < 300 ? undefined : (await response.json()).error.code];
  const send = async (event, of = site) => answer(await app.handle(new Request(...of.lifecycle(event).fetchArguments)));
  assert.deepEqual(await send("installed"), [204, undefined]);
  odd.on = true;
  const open = async () => answer(await app.handle(new Request(site.page("/page", "advanced").url)));
  const health = async () => answer(await app.handle(new Request(`${baseUrl}/health`)));
  return { site, inner, odd, app, answer, send, open, health };
}

test("another tenant's record is served to nobody", async () => {
  const { inner, open, send, odd } = await world({
    load: (inner) => inner.load(inner.other ?? inner.list()[0].record.key.connect),
    deliver: (inner, key, token, decide, now) => inner.deliver(inner.other ?? key, token, decide, now),
  });
  assert.deepEqual(await open(), [200, undefined]);
  odd.on = false;
  const other = new FakeConnect({ appKey, baseUrl });
  const key = other.clientKey;
  const record = structuredClone(inner.list()[0].record);
  // the same secret, so that only the key tells them apart
  const installation = { record: { ...record, key: { connect: key } }, secrets: inner.list()[0].secrets };
  inner.deliver(key, null, () => ({ repeated: false, installation, mark: null, entries: [] }), new Date());
  inner.other = key;
  odd.on = true;
  assert.deepEqual(await open(), [503, "store_corrupt"]);
  assert.deepEqual(await send("enabled"), [503, "store_corrupt"]);
  assert.deepEqual(await send("installed"), [503, "store_corrupt"]);
});

test("what a delivery answers of another tenant is the store's fault", async () => {
  const { send } = await world({
    deliver: (inner, key, token, decide, now) => {
      const outcome = inner.deliver(key, token, decide, now);
      return { ...outcome, installation: { ...outcome.installation, record: { ...outcome.installation.record, key: { connect: "another" } } } };
    },
  });
  assert.deepEqual(await send("enabled"), [503, "store_corrupt"]);
});

test("a store that does not take a delivery is no success", async () => {
  for (const answer of [undefined, null, "x", 5, {}, []]) {
    const after = await world({ deliver: (inner, ...given) => [inner.deliver(...given), answer][1] });
    assert.deepEqual(await after.send("enabled"), [503, "store_unavailable"], `${answer}`);
    const never = await world({ deliver: () => answer });
    assert.deepEqual(await never.send("enabled"), [503, "store_unavailable"], `never asked, ${answer}`);
  }
  const { send } = await world({ deliver: () => ({ repeated: false, installation: null, mark: null, entries: [] }) });
  assert.deepEqual(await send("enabled"), [503, "store_unavailable"]);
});

test("health uses the store as a request does", async (t) => {
  const { health } = await world({ load: () => Promise.reject(new Error("no table")) });
  assert.deepEqual(await health(), [503, "store_unavailable"]);
  assert.deepEqual(await (await world({ load: (inner) => inner.list()[0] })).health(), [503, "store_corrupt"]);
  assert.deepEqual(await (await world({ load: () => null })).health(), [200, undefined]);
  let loads = 0;
  const silent = await world({ load: () => new Promise(() => (loads += 1)) });
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [silent.health(), silent.health()];
  for (let i = 0; i < 20; i += 1) {
    await Promise.resolve();
  }
  t.mock.timers.tick(2500);
  assert.deepEqual(await Promise.all(asked), [[503, "store_unavailable"], [503, "store_unavailable"]]);
  assert.equal(loads, 1);
});

test("a stored answer of another kind is no license that is absent", async () => {
  const license = { active: true, capabilitySet: "capabilityAdvanced" };
  const documents = {
    license: [JSON.stringify(license), [200, undefined]],
    none: [null, [403, "absent"]],
    "a whole answer": [JSON.stringify({ key: appKey, license }), [503, "unreachable"]],
    "an answer of Forge": [JSON.stringify({ results: [{ appId: "a", data: license }] }), [503, "unreachable"]],
  };
  for (const [name, [document, expected]] of Object.entries(documents)) {
    const kept = { license: () => ({ document, fetchedAt: new Date() }) };
    const licenseApi = new ConnectLicenseApi({ fetch: () => Promise.reject(new Error("down")), attempts: { count: 1, first: 0, longest: 0 } });
    const { site, app, answer } = await world(kept, { licenseApi, storedFor: 86_400 });
    const headers = { authorization: `JWT ${site.contextToken("absent")}` };
    assert.deepEqual(await answer(await app.handle(new Request(`${baseUrl}/api`, { headers }))), expected, name);
  }
});
