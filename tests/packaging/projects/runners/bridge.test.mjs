// The platform's own bridge in vitest, with the fixtures at its other end.
import { License } from "@app-license/sdk";
import { SCENARIOS, installFakeBridge } from "@app-license/sdk/testing/browser";
import { afterAll, expect, test } from "vitest";

// before the bridge is imported: it looks for its other end at once
const bridge = installFakeBridge("advanced", { invoke: { export: ({ rows }) => ({ exported: rows }) } });
const { invoke, view } = await import("@forge/bridge");
afterAll(() => bridge.uninstall());

const read = async (scenario, options) => {
  bridge.set(scenario, options);
  return License.fromForgeContext(await view.getContext());
};

test("17: `view.getContext()` answers every customer", async () => {
  for (const scenario of SCENARIOS) {
    const context = await (bridge.set(scenario), view.getContext());
    expect(License.fromForgeContext(context).state).toBe({ absent: "absent" }[scenario] ?? (context.license.active ? "active" : "inactive"));
  }
  expect((await read("trial-of-advanced")).isEvaluation).toBe(true);
  expect((await read("advanced")).hasCapability("capabilityAdvanced")).toBe(true);
  expect((await read("standard")).hasCapability("capabilityAdvanced")).toBe(false);
  expect((await read("expired")).state).toBe("inactive");
});

test("17: `invoke()` calls what stands in for the resolver", async () => {
  expect(await invoke("export", { rows: 3 })).toEqual({ exported: 3 });
  await expect(invoke("import", {})).rejects.toThrow(/no function `import`/);
});
