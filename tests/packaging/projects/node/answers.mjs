// The same questions to every entry, however it was loaded.
export async function answers({ index, react, openfeature, server }) {
  const { FeatureMap, License, LicenseError, check } = index;
  const context = { environmentType: "PRODUCTION", license: { active: true, capabilitySet: "capabilityAdvanced" } };
  const license = License.fromForgeContext(context);
  const features = new FeatureMap({ features: { "bulk-export": "advanced" } });
  const provider = new openfeature.LicenseWebProvider({ features, license });
  provider.setLicense(license);
  const verified = server.fromFunctionContext(context);
  // refused by the core, which is WebAssembly: it was loaded
  const code = await Promise.resolve()
    .then(() => server.verifyInvocation("Bearer nonsense", '{"keys":[]}', { appId: "ari:cloud:ecosystem::app/0" }))
    .catch((error) => (error instanceof LicenseError ? error.code : `${error}`));
  return {
    advanced: license.hasCapability("capabilityAdvanced"),
    reason: check(license, { feature: "bulk-export", features }).reason,
    flag: provider.resolveBooleanEvaluation("bulk-export").value,
    gate: typeof react.Gate,
    trust: [license.trust, verified.trust],
    sameClass: verified instanceof License,
    code,
  };
}
export const expected = {
  advanced: true,
  reason: "granted",
  flag: true,
  gate: "function",
  trust: ["hint", "verified"],
  sameClass: true,
  code: "token_malformed",
};
