"use client";
import { FeatureMap, License } from "@app-license/sdk";
import { LicenseWebProvider } from "@app-license/sdk/openfeature";
import { Gate, LicenseProvider } from "@app-license/sdk/react";
import { uiContext } from "@app-license/sdk/testing/browser";

const features = new FeatureMap({ features: { export: "advanced" } });

function flag() {
  const license = License.fromForgeContext(uiContext("advanced"));
  const provider = new LicenseWebProvider({ features, license });
  provider.setLicense(license);
  return provider.resolveBooleanEvaluation("export").value;
}

export function Panel({ json }) {
  const license = License.fromJSON(json);
  return (
    <LicenseProvider license={license}>
      <Gate requires="capabilityAdvanced" fallback="client: upgrade">{`client: ${license.trust} shown`}</Gate>
      <p>{`flag: ${flag()}`}</p>
    </LicenseProvider>
  );
}
