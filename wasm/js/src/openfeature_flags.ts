import {
  FlagNotFoundError,
  ParseError,
  StandardResolutionReasons,
  TypeMismatchError,
} from "@openfeature/core";
import type { FlagMetadata, ResolutionDetails } from "@openfeature/core";

import { License, LicenseError, check, isUnlimited } from "./index.js";
import type { FeatureMap, Policy } from "./index.js";
import { licenses } from "./registry.js";

/** What both providers are told. */
export interface FlagOptions {
  /** What the app sells: features are boolean flags, limits numbers, service levels strings. */
  features: FeatureMap;
  /** What is asked of a license beyond the capability. */
  policy?: Policy | undefined;
}

/** A table of the feature map, the kind of flag it holds, and how a value is read from it. */
const TABLES = [
  ["boolean", "features", (map, name, license, policy) => map.check(name, license, policy).allowed],
  ["number", "limits", (map, name, license, policy) => map.limit(name, license, policy)],
  [
    "string",
    "service-levels",
    (map, name, license, policy) => map.serviceLevel(name, license, policy) ?? "",
  ],
] as const satisfies readonly [
  string,
  "features" | "limits" | "service-levels",
  (map: FeatureMap, name: string, license: License, policy?: Policy) => unknown,
][];

/** What a license says of a flag. Throws the errors of OpenFeature. */
export function resolve<T>(
  { features, policy }: FlagOptions,
  kind: "boolean" | "number" | "string" | "object",
  name: string,
  license: () => License,
): ResolutionDetails<T> {
  const found = TABLES.filter(([, table]) => Object.hasOwn(features.map[table] ?? {}, name));
  if (!found.length) {
    throw new FlagNotFoundError(`the feature map does not name \`${name}\``);
  }
  const table = found.find(([held]) => held === kind);
  if (!table) {
    throw new TypeMismatchError(`\`${name}\` is a ${found[0]![0]}, not a ${kind}`);
  }
  const known = license();
  const value = table[2](features, name, known, policy) as T;
  const decision =
    kind === "boolean"
      ? features.check(name, known, policy)
      : check(known, { ...policy, requires: "capabilityFree" });
  const { reason, needs, has, source, trust, age } = decision;
  const details: FlagMetadata = { reason, source, trust, state: known.state };
  for (const [key, said] of Object.entries({ needs: kind === "boolean" ? needs : null, has, age })) {
    if (said !== null) {
      details[key] = said;
    }
  }
  return {
    value,
    variant: kind === "number" && isUnlimited(value as number) ? "unlimited" : String(value),
    flagMetadata: details,
    reason:
      known.state === "absent"
        ? StandardResolutionReasons.DEFAULT // the policy spoke, the platform said nothing
        : reason === "stale"
          ? StandardResolutionReasons.STALE
          : StandardResolutionReasons.TARGETING_MATCH,
  };
}

/** Refuses settings that cannot be meant, and answers a copy that nobody can change. */
export function settings<O extends FlagOptions>(options: O): O {
  const { features, policy } = options;
  if (licenses().get(features) !== 0) {
    throw new LicenseError("misuse", "`features` must be a FeatureMap");
  }
  check(License.fromConnectQuery(""), { ...policy, requires: "capabilityFree" });
  return Object.freeze({ ...options, policy: Object.freeze({ ...policy }) });
}

/** Throws `not_a_license` for what is none. */
export const isLicense = (license: License): unknown => check(license, { requires: "capabilityFree" });

/** The names of the flags on which two licenses differ; all of them when one is not known. */
export function changed(
  { features, policy }: FlagOptions,
  before: License | null,
  after: License | null,
): string[] {
  [before, after].forEach((license) => license && isLicense(license));
  const names = TABLES.flatMap(([, table, read]) =>
    Object.keys(features.map[table] ?? {}).filter(
      (name) =>
        !before ||
        !after ||
        read(features, name, before, policy) !== read(features, name, after, policy),
    ),
  );
  return [...new Set(names)];
}

/** A fault in the words of OpenFeature: what could not be read, or is none, is a parse error. */
export function fault(error: unknown): unknown {
  return error instanceof LicenseError
    ? new ParseError(`${error.code}: ${error.message}`, { cause: error })
    : error;
}
