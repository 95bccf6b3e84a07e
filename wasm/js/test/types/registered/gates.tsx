// The app's map is registered: names that it does not have are type errors in gates and hooks.
import { FeatureMap } from "@app-license/sdk";
import { Gate, LicenseProvider, useLicense, useLimit } from "@app-license/sdk/react";

const features = new FeatureMap({
  features: { export: "standard", "bulk-export": "advanced" },
  limits: { projects: { standard: 10 } },
  "service-levels": { support: { standard: "48 hours" } },
});

declare module "@app-license/sdk/react" {
  interface AppFeatures {
    map: typeof features;
  }
}

export function Panel() {
  const { decide, limit, serviceLevel } = useLicense();
  useLimit("projects");
  limit("projects");
  serviceLevel("support");
  decide({ feature: "export" });
  decide({ requires: "capabilityAdvanced" });
  // @ts-expect-error an unknown limit
  useLimit("project");
  // @ts-expect-error an unknown limit
  limit("support");
  // @ts-expect-error an unknown service level
  serviceLevel("projects");
  // @ts-expect-error an unknown feature
  decide({ feature: "exprot" });
  return (
    <LicenseProvider license={null} features={features}>
      <Gate feature="bulk-export" />
      <Gate<string> requires="capabilityUltra" />
      {/* @ts-expect-error an unknown feature */}
      <Gate feature="bulk-exprot" />
    </LicenseProvider>
  );
}
