"use client";
import { License } from "@app-license/sdk";
import { Gate, LicenseProvider } from "@app-license/sdk/react";

export function Panel({ json }) {
  const license = License.fromJSON(json);
  return (
    <LicenseProvider license={license}>
      <Gate requires="capabilityAdvanced" fallback="client: upgrade">{`client: ${license.trust} shown`}</Gate>
    </LicenseProvider>
  );
}
