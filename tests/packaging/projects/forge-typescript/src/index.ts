// A Forge function in TypeScript, under an empty tsconfig.json as `forge create` writes it: every
// subpath is found, with its types.
import { FeatureMap, LicenseError, check, fromFunctionContext, isUnlimited } from "@app-license/sdk/server";
import { License } from "@app-license/sdk";
import { functionContext } from "@app-license/sdk/testing";
import type { LicenseProviderProps } from "@app-license/sdk/react";
import type { FlagOptions } from "@app-license/sdk/openfeature";
import type { Locals } from "@app-license/sdk/express";

const features = new FeatureMap({
  features: { "bulk-export": "advanced" },
  limits: { rows: { standard: 10, advanced: "unlimited" } },
});

/** Types are found, and say something: with none, all of this would be `any`. */
type IsAny<T> = 0 extends 1 & T ? true : false;
export const known: IsAny<LicenseProviderProps | FlagOptions | Locals | typeof License> = false;

export async function run(_payload: unknown, context: { [key: string]: any }) {
  const license = fromFunctionContext(context, { environmentType: "PRODUCTION" });
  const { allowed, reason } = check(license, { features, feature: "bulk-export", productionOnly: true });
  let code: string | null = null;
  try {
    check(context["license"], { features, feature: "bulk-export" });
  } catch (error) {
    code = error instanceof LicenseError ? error.code : `${error}`;
  }
  const tested = License.fromFunctionContext(functionContext("expired")).state;
  return { allowed, reason, trust: license.trust, unlimited: isUnlimited(features.limit("rows", license)), code, tested };
}
// @ts-expect-error 13: an unknown feature, under `node10` too
export const misspelled = () => features.requirement("bulk-exprot");
