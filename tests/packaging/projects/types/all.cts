// The same through `require`.
import { FeatureMap, License, check } from "@app-license/sdk";
import type { Decision, Requires } from "@app-license/sdk";
import { LicenseServerProvider, LicenseWebProvider } from "@app-license/sdk/openfeature";
import { Gate, LicenseProvider, useLicense } from "@app-license/sdk/react";
import { fromFunctionContext } from "@app-license/sdk/server";
import { createElement } from "react";

const license = License.fromForgeContext({ license: { active: true } });
const features = new FeatureMap({ features: { "bulk-export": "advanced" } });
const decision: Decision = check(license, { feature: "bulk-export", features });
decision.allowed satisfies boolean;
license.hasCapability("capabilityAdvanced");
// @ts-expect-error misspelled
license.hasCapability("capabilityAdvancd");
license.hasCapability<string>("capabilityUltra");
export const asked: Requires<"capabilityAdvanced"> = "capabilityAdvanced";

const verified = fromFunctionContext({ license: { active: true } });
verified satisfies License<"verified">;
// @ts-expect-error a hint is no proof
license satisfies License<"verified">;
new LicenseWebProvider({ features, license });
new LicenseServerProvider({ features, license: async () => verified });

export const page = createElement(LicenseProvider, { license, features, children: createElement(Gate, { feature: "bulk-export" }) });
export const hook: () => boolean = () => useLicense().hasCapability("capabilityStandard");
