import { EDITIONS, decide } from "./license.js";
import type {
  Capability,
  Edition,
  KnownCapability,
  License,
  Requires,
  Touchpoint,
  Trust,
} from "./license.js";
import type { FeatureMap } from "./feature.js";

/** Why a decision is what it is. `trial_ended` is an inactive license that was a trial. */
export type Reason =
  | "granted"
  | "capability_missing"
  | "inactive"
  | "trial_ended"
  | "absent"
  | "not_production"
  | "stale"
  | "unconfirmed"
  | "no_user_access";

/** What is asked of a license beyond the capability. */
export interface Policy {
  /** What an absent license means: `"deny"`, or as if an active one of an edition were named. */
  whenAbsent?: "deny" | Edition | undefined;
  /**
   * What an absent license means in an environment that is known not to be production, where the
   * platform sends none: `"standard"` here says "absent outside production is Standard, inside it
   * is denied" in one statement.
   */
  whenAbsentOutsideProduction?: "deny" | Edition | undefined;
  /**
   * States that the app sells nothing: everything is granted, whatever is said about a license.
   * Connect writes the same `lic=none` for an app that sells nothing and for a license that ended.
   */
  sellsNothing?: boolean | undefined;
  /** Lets users through of whom the platform says that they have no access. */
  ignoreUserAccess?: boolean | undefined;
  /** Whether only a production environment counts: elsewhere licenses can be overridden. */
  productionOnly?: boolean | undefined;
  /** Whether only a license confirmed by a License API counts. A hint never is. */
  confirmedOnly?: boolean | undefined;
  /** The oldest word that still counts, in seconds. An unknown age does not count. */
  maxAge?: number | undefined;
  /** The clock; now, when left out. */
  now?: Date | undefined;
}

/**
 * What to check: a capability, or a feature of a map. A misspelt capability is a type error; where
 * one without a rank is meant, it is a `Check<string>`: see {@link Requires}.
 */
export type Check<C extends string = KnownCapability> = Policy &
  (
    | { requires: Requires<C>; feature?: undefined; features?: undefined }
    | { feature: string; features: FeatureMap; requires?: undefined }
  );

/** May this customer use it, now, and why? */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: Reason;
  /** The capability asked for. */
  readonly needs: Capability;
  /** The capability the license stands for; null when it is not active. */
  readonly has: Capability | null;
  readonly touchpoint: Touchpoint;
  readonly trust: Trust;
  /** How old the license's word is, in seconds, where that is known. */
  readonly age: number | null;
}

const REASONS = [
  "inactive",
  "trial_ended",
  "inactive",
  "granted",
  "capability_missing",
  ,
  "absent",
  "not_production",
  "stale",
  "unconfirmed",
  "no_user_access",
] as const;
const CAPABILITIES = ["capabilityFree", "capabilityStandard", "capabilityAdvanced"] as const;

const seconds = (date: Date) => Math.floor(+date / 1000);
const word = (count: number) => Math.min(Math.max(count, 0), 0xffff_ffff) >>> 0;

/** @internal Also answers the edition asked for, 3 for none. */
export function answer(
  license: License,
  needs: string,
  policy: Policy = {},
): [Decision, number] {
  const { whenAbsent, productionOnly, confirmedOnly, maxAge, now } = policy;
  const outside = policy.whenAbsentOutsideProduction;
  const age = license.asOf
    ? Math.max(seconds(now ?? new Date()) - seconds(license.asOf), 0)
    : null;
  const code = decide(
    license,
    needs,
    (EDITIONS.indexOf(whenAbsent as Edition) & 3) |
      (productionOnly ? 4 : 0) |
      (confirmedOnly ? 8 : 0) |
      (maxAge === undefined ? 0 : 16) |
      (age === null ? 0 : 32) |
      (outside === undefined ? 0 : 64 | ((EDITIONS.indexOf(outside as Edition) & 3) << 7)) |
      (policy.sellsNothing ? 512 : 0) |
      (policy.ignoreUserAccess ? 1024 : 0),
    word(maxAge!),
    word(age!),
  );
  const reason = REASONS[code & 15]!;
  return [
    {
      allowed: reason === "granted",
      reason,
      needs: CAPABILITIES[code >> 4] ?? needs,
      has: license.state === "active" ? (license.capabilitySet ?? CAPABILITIES[1]) : null,
      touchpoint: license.touchpoint,
      trust: license.trust,
      age,
    },
    code >> 4,
  ];
}

/**
 * Decides whether a license allows a capability, or a feature of a map, and why.
 *
 * ```ts
 * const { allowed, reason } = check(license, { requires: "capabilityAdvanced" });
 * ```
 *
 * Throws `unknown_feature` when the map does not name the feature: a typing mistake must not turn
 * into a silent refusal.
 */
export function check<C extends string = KnownCapability>(
  license: License,
  what: Check<C>,
): Decision {
  return what.features
    ? what.features.check(what.feature, license, what)
    : answer(license, what.requires, what)[0];
}
