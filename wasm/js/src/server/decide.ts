import { LicenseError, check as checkHint } from "../index.js";
import type { Check, Decision, KnownCapability, License, Policy, Reason, WrittenFeatures } from "../index.js";
import { ask, seconds } from "./core.js";
import { Op } from "./op.js";
import { bitsOf } from "./verified.js";

/**
 * Decides on a verified license, and why. Unlike the browser's, it can be satisfied with
 * `confirmedOnly`.
 *
 * Throws `not_verified` for a hint, whatever its type says; and what the browser's throws.
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
  const { requires, features, feature } = what;
  if (!(what as Policy).confirmedOnly || license.source === "connect_iframe_query") {
    return decision;
  }
  const maxAge = what.maxAge;
  const said = ask(Op.Decide, {
    appKey: features && feature !== undefined ? features.requirement(feature) : requires,
    body: JSON.stringify(license.raw),
    event: license.source,
    extra: license.environment ?? undefined,
    status: license.asOf ? `${seconds(license.asOf)}` : undefined,
    target: what.whenAbsent,
    secret: what.whenAbsentOutsideProduction,
    form: what.productionOnly ? "" : undefined,
    // "d": the platform says that this user has no access; "t": it was a trial, whoever knows it
    method: `${bitsOf(license) & 512 ? "d" : ""}${license.isEvaluation ? "t" : ""}${what.sellsNothing ? "n" : ""}${what.ignoreUserAccess ? "i" : ""}`,
    leeway: maxAge === undefined ? undefined : Math.max(Math.floor(maxAge), 0),
    now: seconds(what.now),
  });
  const [, allowed, reason, needs, has, age] = said;
  return {
    allowed: allowed === "1",
    reason: reason as Reason,
    needs: needs!,
    has: has ?? null,
    source: license.source,
    trust: "verified",
    age: age == null ? null : Number(age),
  };
}
