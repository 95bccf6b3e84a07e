// A map knows what was written: unknown names, editions that are none and limits that cannot be meant are
// type errors, also where the map is imported JSON.
import { FeatureMap, License, check, isUnlimited } from "@app-license/sdk";
import type { Check, Features } from "@app-license/sdk";
import { check as checkVerified } from "@app-license/sdk/server";
import { requires } from "@app-license/sdk/forge";
import editions from "./editions.json" with { type: "json" };

const license = License.fromConnectQuery(location.search);
declare const verified: License<"verified">;
declare const configured: string;

const map = new FeatureMap({
  features: { export: "standard", "bulk-export": { requires: "advanced", description: "All at once" }, ultra: "capabilityUltra" },
  limits: { projects: { none: 1, standard: 10, advanced: "unlimited" } },
  "service-levels": { support: { standard: "48 hours", capability_advanced: "4 hours" } },
});
map.check("bulk-export", license).allowed satisfies boolean;
map.requirement("ultra");
map.limit("projects", license) satisfies number;
map.serviceLevel("support", license) satisfies string | null;
// @ts-expect-error an unknown feature
map.check("bulk-exprot", license);
// @ts-expect-error an unknown feature
map.requirement("bulkExport");
// @ts-expect-error a limit is no feature
map.check("projects", license);
// @ts-expect-error an unknown limit
map.limit("project", license);
// @ts-expect-error an unknown service level
map.serviceLevel("projects", license);
// @ts-expect-error text that may be anything
map.check(configured, license);

check(license, { features: map, feature: "bulk-export" });
checkVerified(verified, { features: map, feature: "bulk-export", confirmedOnly: true });
requires({ features: map, feature: "bulk-export" }, () => 1);
// what a refusal answers may be of another type, and the function answers either
requires({ features: map, feature: "bulk-export" }, () => 1, { onDenied: ({ reason }) => ({ refused: reason }) }) satisfies (
  request: never,
) => Promise<number | { refused: string }>;
requires("capabilityStandard", () => 1) satisfies (request: never) => Promise<number>;
// @ts-expect-error an unknown feature
check(license, { features: map, feature: "bulk-exprot" });
// @ts-expect-error an unknown feature
checkVerified(verified, { features: map, feature: "bulk-exprot" });
// @ts-expect-error an unknown feature
requires({ features: map, feature: "bulk-exprot" }, () => 1);

// @ts-expect-error no edition is called so
new FeatureMap({ features: { export: "premium" } });
// @ts-expect-error no edition is called so
new FeatureMap({ features: { export: { requires: "Advanced" } } });
// @ts-expect-error no edition is called so
new FeatureMap({ limits: { projects: { premium: 10 } } });
// @ts-expect-error no limit is written so
new FeatureMap({ limits: { projects: { standard: "many" } } });
// @ts-expect-error a limit is a number
new FeatureMap({ limits: { projects: { standard: true } } });
// @ts-expect-error no table is called so
new FeatureMap({ feature: { export: "advanced" } });
// @ts-expect-error a service level is a text
new FeatureMap({ "service-levels": { support: { standard: 48 } } });

// of imported JSON the compiler knows the names
const imported = new FeatureMap(editions);
imported.check("bulk-export", license);
isUnlimited(imported.limit("saved-reports", license));
check(license, { features: imported, feature: "export" });
// @ts-expect-error an unknown feature
imported.check("bulk-exprot", license);
// @ts-expect-error an unknown limit
imported.limit("saved-report", license);

// a map that is only known to be one takes every name
declare const some: FeatureMap;
declare const read: Features;
some.check(configured, license);
check(license, { features: some, feature: configured });
new FeatureMap(read).check(configured, license);
export const kept: FeatureMap = map;
export const json: FeatureMap = imported;
export const what: Check = { features: map, feature: configured };
/** A function of one's own that takes every map. */
export const offers = (features: FeatureMap, feature: string) => check(license, { features, feature }).allowed;
offers(map, "export");
offers(imported, configured);
// an empty map has no feature
// @ts-expect-error an unknown feature
new FeatureMap({ limits: { projects: { none: 1 } } }).check("export", license);
