// A misspelled capability is a type error where it is a literal; an unknown one needs no cast.
import { License, LicenseError, check } from "@app-license/sdk";
import type { Capability, Check, ErrorCode, Requires } from "@app-license/sdk";
import { check as checkVerified } from "@app-license/sdk/server";
import { Gate, LicenseProvider, useLicense } from "@app-license/sdk/react";

const license = License.fromConnectQuery(location.search);
declare const configured: string;
declare const open: string & {};
declare const either: "capabilityStandard" | "capabilityAdvanced";
declare const mixed: "capabilityStandard" | "capabilityUltra";

license.hasCapability("capabilityAdvanced") satisfies boolean;
license.hasCapability(either);
// @ts-expect-error misspelled
license.hasCapability("capabilityAdvancd");
// @ts-expect-error the platform's other spelling is read, but not written here
license.hasCapability("CAPABILITY_ADVANCED");
// @ts-expect-error one of the two is misspelled
license.hasCapability(mixed);
// @ts-expect-error it may be null
license.hasCapability(license.capabilitySet);

// the ways to ask for another one
license.hasCapability<string>("capabilityUltra");
license.hasCapability(configured);
license.hasCapability(open);
license.hasCapability(license.capabilitySet ?? "capabilityStandard");

check(license, { requires: "capabilityAdvanced", whenAbsent: "deny" });
check(license, { requires: configured });
check<string>(license, { requires: "capabilityUltra" });
// @ts-expect-error misspelled
check(license, { requires: "capabilityAdvancd" });
// @ts-expect-error misspelled
check(license, { requires: "capabilityAdvanced", whenAbsent: "denied" });
// @ts-expect-error a feature needs its map
check(license, { feature: "bulk-export" });

export const kept: Check = { requires: "capabilityAdvanced" };
export const other: Check<string> = { requires: "capabilityUltra" };
// @ts-expect-error misspelled
export const wrong: Check = { requires: "capabilityAdvancd" };
check(license, kept);
check(license, other);

declare const verified: License<"verified">;
checkVerified(verified, { requires: "capabilityAdvanced" });
checkVerified(verified, { requires: configured });
// @ts-expect-error misspelled
checkVerified(verified, { requires: "capabilityAdvancd" });
// @ts-expect-error a hint proves nothing
checkVerified(license, { requires: "capabilityAdvanced" });

/** A function of one's own that passes a capability on. */
export function offer<C extends string>(capability: Requires<C>): boolean {
  return license.hasCapability<C>(capability);
}
offer("capabilityAdvanced");
// @ts-expect-error misspelled
offer("capabilityAdvancd");

// what is read is open
const said: Capability | null = license.capabilitySet;
said satisfies string | null;

export function Page() {
  const { hasCapability, decide, status } = useLicense();
  hasCapability("capabilityStandard");
  hasCapability<string>("capabilityUltra");
  decide({ feature: "bulk-export" })?.reason;
  // @ts-expect-error misspelled
  hasCapability("capabilityStandrd");
  // @ts-expect-error misspelled
  decide({ requires: "capabilityStandrd" });
  return (
    <LicenseProvider load={async () => license}>
      {status}
      <Gate requires="capabilityAdvanced" fallback={<b>no</b>} loading="…">
        <b>yes</b>
      </Gate>
      <Gate feature="bulk-export" fallback={(decision) => <b>{decision?.reason}</b>} />
      <Gate requires={configured} />
      <Gate<string> requires="capabilityUltra" />
      {/* @ts-expect-error misspelled */}
      <Gate requires="capabilityAdvancd" />
      {/* @ts-expect-error one question at a time */}
      <Gate requires="capabilityAdvanced" feature="bulk-export" />
    </LicenseProvider>
  );
}

export const providers = [
  <LicenseProvider license={null} />,
  <LicenseProvider context={undefined} />,
  // @ts-expect-error exactly one source
  <LicenseProvider license={license} load={async () => license} />,
  // @ts-expect-error exactly one source
  <LicenseProvider />,
];

// trust narrows, and cannot be raised
export function decideByTrust(any: License): boolean {
  return any.trust === "verified"
    ? checkVerified(any, { requires: "capabilityAdvanced" }).allowed
    : check(any, { requires: "capabilityAdvanced" }).allowed;
}
// @ts-expect-error licenses are read, not made
new License();
// @ts-expect-error a copy is no License
check({ ...license }, { requires: "capabilityAdvanced" });
// @ts-expect-error a copy is no License, whatever it says of its trust
checkVerified({ ...license, trust: "verified" as const }, { requires: "capabilityAdvanced" });
// @ts-expect-error trust is read
license.trust = "verified";
export const again: License<"hint"> = License.fromJSON(verified.toJSON());
declare const something: unknown;
export const has = License.is(something) && something.hasCapability("capabilityAdvanced");
License.fromFunctionContext({}, { environmentType: "PRODUCTION" });

// codes are literals
export function isTypingMistake(error: LicenseError): boolean {
  // @ts-expect-error misspelled
  error.code === "unknown_featur";
  const code: ErrorCode = error.code;
  return code === "unknown_feature";
}
