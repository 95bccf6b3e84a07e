// What the served descriptor lacks for a gate to open is said to the log, once; and where the platform's routes are.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import express5 from "express";
import express4 from "express4";

import { FeatureMap } from "@app-license/sdk";
import { ConnectApp, MemoryStore, lifecycle, requireCapability, requireFeature } from "@app-license/sdk/express";
import { FakeConnect } from "@app-license/sdk/testing";

const appKey = "com.example.app";
const features = new FeatureMap({ features: { export: "standard", bulk: "advanced" } });

/** An app, and the lines of its log. */
function made(options) {
  const lines = [];
  const logger = { warn: (line) => lines.push(line), error: assert.fail };
  return { lines, app: new ConnectApp({ appKey, baseUrl: "https://app.example.com", store: new MemoryStore(), features, logger, ...options }) };
}
const names = (lines) => lines.map((line) => /lacks `(\w+): true`/.exec(line)?.[1]);

test("a gate that a descriptor never lets open is said to the log, once", () => {
  const gates = {
    capability: (app) => requireCapability(app, "capabilityAdvanced"),
    feature: (app) => requireFeature(app, "bulk"),
    route: (app) => app.route("/bulk", { feature: "bulk" }, () => new Response("")),
    guard: (app) => app.guard({ requires: "capabilityUltra" }, () => new Response("")),
  };
  for (const [what, gate] of Object.entries(gates)) {
    const { app, lines } = made({});
    app.route("/panel", {}, () => new Response("")); // asks for no license
    assert.deepEqual(lines, [], what);
    gate(app);
    assert.deepEqual(names(lines), ["enableLicensing", "editionsEnabled"], what);
    requireFeature(app, "bulk");
    assert.equal(lines.length, 2, what);
  }
  const said = (descriptor, more) => {
    const { app, lines } = made({ descriptor, ...more });
    requireFeature(app, "export");
    const standard = names(lines).join();
    requireFeature(app, "bulk");
    return [standard, names(lines).join()];
  };
  assert.deepEqual(said({ enableLicensing: true }), ["", "editionsEnabled"]);
  assert.deepEqual(said({ enableLicensing: true, editionsEnabled: true }), ["", ""]);
  assert.deepEqual(said({ editionsEnabled: true }), ["enableLicensing", "enableLicensing"]);
  assert.deepEqual(said({ enableLicensing: false, editionsEnabled: false }), ["enableLicensing", "enableLicensing,editionsEnabled"]);
  assert.deepEqual(said({}, { policy: { sellsNothing: true } }), ["", ""]);
});

test("a feature is asked for of a map: an app without one says so", () => {
  const { app } = made({ features: undefined });
  const message = /no feature map: pass `features/;
  assert.throws(() => requireFeature(app, "bulk"), { code: "unknown_feature", message });
  assert.throws(() => app.route("/bulk", { feature: "bulk" }, () => new Response("")), { code: "unknown_feature", message });
});

async function listen(server, t) {
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  t.after(() => listening.close());
  return listening.address().port;
}

for (const [name, express] of Object.entries({ express4, express5 })) {
  test(`${name}: the platform's routes are below the path of the base URL, wherever lifecycle is mounted`, async (t) => {
    const mounts = {
      "a path in the base URL, at the root": ["/jira", {}, (web, routes) => web.use(routes)],
      "a path in the base URL, below it": ["/jira", {}, (web, routes) => web.use("/jira", routes)],
      "mountPath, at the root": ["", { mountPath: "/jira" }, (web, routes) => web.use(routes)],
      "no path, below one": ["", {}, (web, routes) => web.use("/jira", routes)],
    };
    for (const [what, [path, options, mount]] of Object.entries(mounts)) {
      const web = express();
      const port = await listen(web, t);
      const origin = `http://127.0.0.1:${port}`;
      const baseUrl = `${origin}${path}`;
      const site = new FakeConnect({ appKey, baseUrl });
      const { app } = made({ baseUrl, fetch: site.keyServer, allowTestKeys: true, logger: undefined, ...options });
      mount(web, lifecycle(app));
      const status = async (method, at) => (await fetch(`${origin}${at}`, { method })).status;
      assert.deepEqual([await status("GET", "/jira/atlassian-connect.json"), await status("POST", "/jira/installed")], [200, 401], what);
      assert.deepEqual([await status("GET", "/atlassian-connect.json"), await status("POST", "/installed")], [404, 404], what);
      if (path) {
        assert.equal((await fetch(...site.lifecycle("installed").fetchArguments)).status, 204, what);
      }
    }
  });
}
