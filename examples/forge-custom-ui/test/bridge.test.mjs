// The page's reading of the license, through the real bridge, for every customer there is.
import assert from "node:assert/strict";
import { test } from "node:test";

import { License } from "@app-license/sdk";
import { SCENARIOS, installFakeBridge } from "@app-license/sdk/testing/browser";

// before the bridge is imported: it looks for its other end at once
const bridge = installFakeBridge("advanced", { invoke: { export: ({ rows }) => ({ exported: rows }) } });
const { invoke, view } = await import("@forge/bridge");

const read = async (scenario) => {
  bridge.set(scenario);
  return License.fromForgeContext(await view.getContext());
};

test("every customer, through `view.getContext()`", async () => {
  const states = {};
  for (const scenario of SCENARIOS) {
    states[scenario] = (await read(scenario)).state;
  }
  assert.equal(states["trial-of-advanced"], "active");
  assert.equal(states["expired"], "inactive");
  assert.equal(states["absent"], "absent");
  assert.equal((await read("trial-of-advanced")).isEvaluation, true);
  assert.ok((await read("advanced")).hasCapability("capabilityAdvanced"));
  assert.ok(!(await read("standard")).hasCapability("capabilityAdvanced"));
});

test("functions of the resolver answer", async () => {
  assert.deepEqual(await invoke("export", { rows: 3 }), { exported: 3 });
  await assert.rejects(invoke("import", {}), /no function `import`/);
});

test("the bridge can be taken away", async () => {
  bridge.uninstall();
  await assert.rejects(view.getContext(), /taken away/);
});
