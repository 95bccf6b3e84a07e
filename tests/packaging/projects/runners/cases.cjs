// What a vendor tests of a Forge app, in whatever runner.
exports.functions = ({ test, expect, app, testing }) => {
  const { installFakeForge, invokeResolver, scheduledTriggerContext } = testing;
  const call = (scenario) => invokeResolver(app.handler, "export", scenario, { rows: 3 });

  test("17: the gate of a resolver, with the platform's own packages", async () => {
    const forge = installFakeForge("standard");
    expect(await call("trial-of-advanced")).toEqual({ exported: 3 });
    await expect(call("standard")).rejects.toMatchObject({ code: "capability_missing", status: 402 });
    expect(forge.asked).toBe(0);
    forge.uninstall();
    expect(globalThis.__forge_runtime__).toBe(undefined);
  });

  test("17: a scheduled trigger asks the License API once, and keeps its answer in the storage", async () => {
    const forge = installFakeForge("advanced");
    const nightly = () => app.nightly({}, scheduledTriggerContext("advanced"));
    expect(await nightly()).toBe("granted");
    expect(await nightly()).toBe("granted");
    expect(forge.asked).toBe(1);
    expect([...forge.storage.keys()]).toEqual(["app-license:license-turn", "app-license:license"]);
    forge.set("expired");
    expect(await nightly()).toBe("inactive");
    forge.set("absent");
    expect(await nightly()).toBe("absent");
    forge.set("standard");
    forge.fail(500);
    await expect(nightly()).rejects.toMatchObject({ code: "status", class: "unavailable" });
    forge.set("advanced");
    expect(await nightly()).toBe("granted");
    forge.uninstall();
  });

  test("17: without a platform the error says what to do", async () => {
    await expect(app.nightly({}, scheduledTriggerContext("advanced"))).rejects.toThrow(/installFakeForge/);
    expect(() => installFakeForge("premium")).toThrow(/no scenario/);
  });
};

exports.page = ({ test, expect, sdk, react, server, testing }) => {
  const { License, FeatureMap, check } = sdk;
  const { installFakeBridge, uiContext } = testing;

  test("10: a page: contexts, queries, maps and errors", async () => {
    const bridge = installFakeBridge("advanced");
    const context = await globalThis.__bridge.callBridge("getContext");
    bridge.uninstall();
    const license = License.fromForgeContext(context);
    expect(license.hasCapability("capabilityAdvanced")).toBe(true);
    expect(License.fromConnectQuery("?lic=active&capSet=capabilityStandard").edition).toBe("standard");
    const features = new FeatureMap({ features: { export: "advanced" }, limits: { rows: { none: 1, advanced: "unlimited" } } });
    expect(check(license, { features, feature: "export" }).reason).toBe("granted");
    expect(features.limit("rows", License.fromForgeContext(uiContext("absent")))).toBe(1);
    expect(() => check(context.license, { requires: "capabilityAdvanced" })).toThrow(/expected a License/);
    expect(typeof react.Gate).toBe("function");
  });

  test("10: the server entry loads there too, and its core answers", () => {
    const license = server.fromFunctionContext({ license: { active: true, capabilitySet: "capabilityAdvanced" } });
    expect([license.trust, license instanceof License, license.constructor.name]).toEqual(["verified", true, "License"]);
    expect(() => server.verifyInvocation("Bearer nonsense", '{"keys":[]}', { appId: "ari:cloud:ecosystem::app/0" })).toThrow(server.VerifyError);
  });
};
