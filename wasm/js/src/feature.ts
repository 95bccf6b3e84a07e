import { answer } from "./check.js";
import type { Decision, Policy } from "./check.js";
import { LicenseError } from "./error.js";
import type { Capability, License } from "./license.js";

/** A row of limits or service levels: a value for an edition, or for customers without (`none`). */
export type Row<T> = { readonly [edition: string]: T };

/** The JSON form of `editions.toml`. */
export interface Features {
  readonly features?: {
    readonly [name: string]: string | { readonly requires: string; readonly description?: string };
  };
  readonly limits?: { readonly [name: string]: Row<number | "unlimited"> };
  readonly "service-levels"?: { readonly [name: string]: Row<string> };
}

const own = <T>(table: { readonly [name: string]: T } | undefined, kind: string, name: string): T => {
  if (!table || !Object.hasOwn(table, name)) {
    throw new LicenseError(`unknown_${kind}`, `the feature map has no ${kind} \`${name}\``);
  }
  return table[name]!;
};

/** An edition's name as a capability set; a capability set as it is. Throws `feature_map`. */
function capability(name: string): Capability {
  const [, edition] = /^(free|standard|advanced)$/.exec(name) ?? [];
  if (!edition && !/^capability[!-~]+$/i.test(`${name}`.replace(/_/g, ""))) {
    throw new LicenseError("feature_map", `unknown edition \`${name}\``);
  }
  return edition ? `capability${edition[0]!.toUpperCase()}${edition.slice(1)}` : name;
}

/**
 * What the app sells, and in which edition: `editions.toml` in its JSON form.
 *
 * ```ts
 * const map = new FeatureMap({ features: { "bulk-export": "advanced" } });
 * map.check("bulk-export", license).allowed;
 * ```
 */
export class FeatureMap {
  /** What it was made of. */
  readonly map: Features;

  /** Throws `feature_map` when an edition is none. */
  constructor(map: Features) {
    Object.values(map.features ?? {}).map(requirement).forEach(capability);
    for (const table of [map.limits, map["service-levels"]]) {
      for (const row of Object.values<object>(table ?? {})) {
        Object.keys(row).filter(isEdition).forEach(capability);
      }
    }
    this.map = map;
  }

  /** What a feature needs. Throws `unknown_feature`. */
  requirement(feature: string): Capability {
    return capability(requirement(own(this.map.features, "feature", feature)));
  }

  /** Decides whether a customer may use a feature, and why. Throws `unknown_feature`. */
  check(feature: string, license: License, policy?: Policy): Decision {
    return answer(license, this.requirement(feature), policy)[0];
  }

  /** How many of something a customer may have; `Infinity` is unlimited. Throws `unknown_limit`. */
  limit(name: string, license: License, policy?: Policy): number {
    const value = column(own(this.map.limits, "limit", name), license, policy) ?? 0;
    return value === "unlimited" ? Infinity : value;
  }

  /** The service level a customer gets, or null. Throws `unknown_service_level`. */
  serviceLevel(name: string, license: License, policy?: Policy): string | null {
    return column(own(this.map["service-levels"], "service_level", name), license, policy) ?? null;
  }
}

const isEdition = (name: string) => name !== "none";

const requirement = (entry: string | { readonly requires: string }) =>
  typeof entry == "string" ? entry : entry.requires;

/** A capability without a rank first, else the highest edition granted, else `none`. */
function column<T>(row: Row<T>, license: License, policy?: Policy): T | undefined {
  let best = -1;
  let value = row["none"];
  for (const name of Object.keys(row).filter(isEdition).sort()) {
    const [{ allowed }, edition] = answer(license, capability(name), policy);
    if (allowed && edition > best) {
      best = edition;
      value = row[name];
    }
  }
  return value;
}
