import * as gate from "./gate.js";
import { EDITIONS, needed } from "./license.js";
import type {
  Capability,
  Edition,
  KnownCapability,
  License,
  Requires,
  LicenseSource,
  Trust,
} from "./license.js";
import type { FeatureMap, NameIn, WrittenFeatures } from "./feature.js";
import { isPlain, known, licenses, misuse, own, time } from "./registry.js";

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
   * What an absent license means in an environment of the type `DEVELOPMENT` or `STAGING`, where the
   * platform sends none: `"standard"` here says "absent outside production is Standard, inside it
   * is denied" in one statement. A type that the platform does not have counts as unknown.
   */
  whenAbsentOutsideProduction?: "deny" | Edition | undefined;
  /**
   * States that the app sells nothing: everything is granted, whatever is said about a license.
   * Connect writes the same `lic=none` for an app that sells nothing and for a license that ended.
   */
  sellsNothing?: boolean | undefined;
  /** Lets users through of whom the platform says that they have no access. */
  ignoreUserAccess?: boolean | undefined;
  /**
   * Whether only a production environment counts: elsewhere licenses can be overridden. Connect is
   * always production. Function contexts and the Forge License API do not say: give their readers
   * `environmentType`.
   */
  productionOnly?: boolean | undefined;
  /**
   * Whether only a license that proves a purchase counts. It takes the `check` of
   * `@app-license/sdk/server`, an answer of a License API (of Forge's with `environmentType`
   * `PRODUCTION`) or an invocation token of a production environment, an entitlement in it, and a
   * type other than `DEVELOPER`. A hint and a function's context never are.
   */
  confirmedOnly?: boolean | undefined;
  /**
   * The oldest statement that still counts, in seconds. An unknown age does not count, nor does a statement of
   * more than 300 seconds in the future, whose age is unknown.
   */
  maxAge?: number | undefined;
  /** The clock; now, when left out. */
  now?: Date | undefined;
}

/**
 * What to check: a capability, or a feature of a map. A misspelled capability is a type error; where
 * one without a rank is meant, it is a `Check<string>`: see {@link Requires}.
 */
export type Check<C extends string = KnownCapability, M extends WrittenFeatures = any> = Policy &
  (
    | { requires: Requires<C>; feature?: undefined; features?: undefined }
    | { feature: NameIn<M, "features">; features: FeatureMap<M>; requires?: undefined }
  );

/**
 * May this customer use it, now, and why?
 *
 * An object, and so always true as a condition: `if (check(…))` serves everybody, and JavaScript lets no
 * object say otherwise. Read `allowed`; `app-license doctor` finds what does not.
 */
export interface Decision {
  /** Whether the customer may. */
  readonly allowed: boolean;
  readonly reason: Reason;
  /** The capability asked for. */
  readonly needs: Capability;
  /** The capability the license stands for; null when it is not active. */
  readonly has: Capability | null;
  readonly source: LicenseSource;
  readonly trust: Trust;
  /** How old the statement is, in seconds, where that is known. */
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

const seconds = (time: number) => Math.floor(time / 1000);
const word = (count: number) => Math.min(Math.max(count, 0), 0xffff_ffff) >>> 0;

/**
 * A copy of the settings that has nothing but them: what a library put into `Object.prototype` is none.
 *
 * @throws `misuse` for settings that cannot be meant, such as a boolean that is a text, and for names that
 * are none.
 */
function settings(policy: Policy): Policy {
  const given = own(policy);
  const names = Object.keys(given);
  // what is inherited or hidden would be left out in silence
  if (
    !isPlain(policy) ||
    Reflect.ownKeys(policy).length > names.length
  ) {
    throw misuse("expected a plain object with settings");
  }
  for (const name of names) {
    const value: unknown = given[name];
    const [valid, what] = /^whenAbsent(OutsideProduction)?$/.test(name)
      ? [value === "deny" || (value !== null && EDITIONS.includes(value as Edition)), "`deny`, `free`, `standard` or `advanced`"]
      : /^(sellsNothing|ignoreUserAccess|(production|confirmed)Only)$/.test(name)
        ? [typeof value == "boolean", "a boolean"]
        : name === "maxAge"
          ? [Number.isFinite(value), "a number of seconds"]
          : [/^(now|requires|features?)$/.test(name)];
    if (!valid && (value !== undefined || !what)) {
      throw misuse(`\`${name}\` ${what ? `must be ${what}` : "is no setting"}`);
    }
  }
  return given;
}

/** @internal Also answers the edition asked for, 3 for none. */
export function answer(
  license: License,
  needs: string,
  policy: Policy = {},
): [Decision, number] {
  const [bits, asOf, rules] = known(license);
  const given = settings(policy);
  const { maxAge, whenAbsentOutsideProduction: outside } = given;
  // what has no time is of unknown age, as what is of the future
  const age = (rules?.age ?? gate.age)(seconds(time(given.now, "now") ?? Date.now()) - seconds(asOf ?? Infinity));
  const code = (rules?.decide ?? gate.decide)(
    bits,
    license.capabilitySet ?? "",
    needed(needs),
    (EDITIONS.indexOf(given.whenAbsent as Edition) & 3) |
      (given.productionOnly ? 4 : 0) |
      (given.confirmedOnly ? 8 : 0) |
      (maxAge === undefined ? 0 : 16) |
      (age === null ? 0 : 32) |
      (outside === undefined ? 0 : 64 | ((EDITIONS.indexOf(outside as Edition) & 3) << 7)) |
      (given.sellsNothing ? 512 : 0) |
      (given.ignoreUserAccess ? 1024 : 0),
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
      source: license.source,
      trust: license.trust,
      age,
    },
    code >> 4,
  ];
}

/**
 * Decides whether a license allows a capability, or a feature of a map, and why: read `allowed` of the
 * decision, which is an object and true as it is.
 *
 * @throws `unknown_feature` when the map does not name the feature: a typing mistake must not turn into a
 * silent refusal; `not_a_license` for anything but a {@link License} (the object `context.license`
 * is none: read the context), `misuse` for settings that cannot be meant or are none, for a map that is no
 * {@link FeatureMap}, and for what is no capability, which begin with `capability`, and `invalid_time` for a `now`
 * that is no valid Date.
 *
 * @example
 * ```ts
 * const { allowed, reason } = check(license, { requires: "capabilityAdvanced" });
 * ```
 */
export function check<C extends string = KnownCapability, M extends WrittenFeatures = any>(
  license: License,
  what: Check<C, M>,
): Decision {
  known(license); // nothing is asked of what is no License
  const { features, feature, requires } = own(what);
  if (!features) {
    if (!requires) {
      throw misuse("expected `requires`, or `feature` with its `features`");
    }
    if (!/^capability./i.test(requires)) {
      throw misuse(`no capability is called so: \`${requires}\`; write "capabilityAdvanced"`);
    }
    return answer(license, requires, what)[0];
  }
  if (requires !== undefined || licenses().get(features) !== 0) {
    throw misuse("expected `requires`, or `feature` with a FeatureMap in `features`");
  }
  return features.check(feature, license, what);
}
