import { LicenseError, check as checkHint } from "../index.js";
import type { Check, Decision, KnownCapability, License, Policy, Reason, WrittenFeatures } from "../index.js";
import { read, seconds } from "./core.js";
import { NO_ACCESS } from "./limits.js";
import * as op from "./op.js";
import { own } from "./settings.js";
import { bitsOf } from "./verified.js";

/**
 * Decides on a verified license, and why. Unlike the browser's, it can be satisfied with
 * `confirmedOnly`.
 *
 * @throws `not_verified` for a hint, whatever its type says; and what the browser's throws.
 *
 * @example
 * ```ts
 * const license = fromFunctionContext(context, { environmentType: "PRODUCTION" });
 * const { allowed, reason } = check(license, { requires: "capabilityAdvanced", productionOnly: true });
 * ```
 */
export function check<C extends string = KnownCapability, M extends WrittenFeatures = any>(
  license: License<"verified">,
  what: Check<C, M>,
): Decision {
  // refuses what is no license and what cannot be meant, before anything is asked of the license
  const decision = checkHint<C, M>(license, what);
  if (license.trust !== "verified") {
    throw new LicenseError(
      "not_verified",
      `expected a verified license, found a hint (${(license as License).source}): verify it, or decide on hints with \`check\` of @app-license/sdk`,
    );
  }
  const given = own(what) as Check;
  const { requires, features, feature } = given;
  if (!(given as Policy).confirmedOnly || license.source === "connect_iframe_query") {
    return decision;
  }
  const { whenAbsent, whenAbsentOutsideProduction, productionOnly, sellsNothing, ignoreUserAccess, maxAge } = given;
  // "d": the platform says that this user has no access; "t": it was a trial, whoever knows it
  const letters = [
    [bitsOf(license) & NO_ACCESS, "d"],
    [license.isEvaluation, "t"],
    [productionOnly, "p"],
    [sellsNothing, "n"],
    [ignoreUserAccess, "i"],
  ].map(([set, letter]) => (set ? letter : "")).join("");
  const said = read(
    op.decide,
    JSON.stringify(license.raw),
    license.source,
    license.environment ?? undefined,
    license.asOf ? seconds(license.asOf) : undefined,
    features && feature !== undefined ? features.requirement(feature) : requires,
    letters,
    whenAbsent,
    whenAbsentOutsideProduction,
    maxAge === undefined ? undefined : Math.max(Math.floor(maxAge), 0),
    seconds(given.now),
  );
  return { ...said, reason: said.reason as Reason, source: license.source, trust: "verified" };
}
