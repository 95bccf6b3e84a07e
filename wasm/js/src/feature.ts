import { answer } from "./check.js";
import type { Decision, Policy } from "./check.js";
import { LicenseError } from "./error.js";
import type { Capability, Edition, License } from "./license.js";
import { licenses } from "./registry.js";

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

/** What the compiler takes for a map: of imported JSON it knows names, and texts only as texts. */
export interface WrittenFeatures {
  readonly features?: { readonly [name: string]: string | { readonly requires: string } };
  readonly limits?: { readonly [name: string]: Row<number | string> };
  readonly "service-levels"?: { readonly [name: string]: Row<string> };
}

/** The name of an edition, or a capability string. */
export type EditionName = Edition | `${"c" | "C"}${"apability" | "APABILITY"}${string}`;

/** What no value is: the compiler shows the words in its message. */
export interface Expected<Words> {
  readonly expected: Words;
}
/** A literal that is none of `T` is an error that says what is; what is typed `string` passes. */
type OneOf<S, T, Words> = string extends S ? S : S extends T ? S : Expected<Words>;
type AnEdition = "free, standard, advanced, or a capability set";
type CheckedRow<R, V, Words> = {
  readonly [N in keyof R]: N extends "none" | EditionName ? OneOf<R[N], V, Words> : Expected<`no edition is called ${N & string}`>;
};
type CheckedEntry<E> = E extends string
  ? OneOf<E, EditionName, AnEdition>
  : { readonly [N in keyof E]: N extends "requires" ? OneOf<E[N], EditionName, AnEdition> : E[N] };
/** A map, with what cannot be meant in it replaced by what can, or by words that say what is wrong. */
export type Checked<M> = {
  readonly [T in keyof M]: T extends "features"
    ? { readonly [N in keyof M[T]]: CheckedEntry<M[T][N]> }
    : T extends "limits"
      ? { readonly [N in keyof M[T]]: CheckedRow<M[T][N], number | "unlimited", "a whole number, or unlimited"> }
      : T extends "service-levels"
        ? { readonly [N in keyof M[T]]: CheckedRow<M[T][N], string, "a text"> }
        : T extends "app" | "editions" | "pricing"
          ? M[T]
          : Expected<`no table is called ${T & string}`>;
};

type Names<T> = string extends keyof T ? string : keyof T & string;
/** The names that a map has in a table; any, where the compiler does not know them. */
export type NameIn<M, T extends keyof Features> = 0 extends 1 & M
  ? string
  : M extends { readonly [K in T]: infer N }
    ? Names<N>
    : Features extends M
      ? string
      : Expected<`the map has no ${T}`>;

/** The most features, limits, or service levels; the most columns of one; bytes of texts. */
const [MAX_ROWS, MAX_COLUMNS, MAX_NAME, MAX_TEXT] = [4096, 64, 128, 4096];
const TABLES = ["features", "limits", "service-levels", "app", "editions", "pricing"];
const FEATURE = ["requires", "description", "name", "order", "gated"];

const own = <T>(table: { readonly [name: string]: T } | undefined, kind: string, name: string): T => {
  if (!table || !Object.hasOwn(table, name)) {
    throw new LicenseError(`unknown_${kind}`, `the feature map has no ${kind} \`${name}\``);
  }
  return table[name]!;
};

const invalid = (message: string) =>
  new LicenseError("feature_map", `the feature map is not valid: ${message}`);

/**
 * An edition's name as a capability set; a capability set as it is.
 *
 * @throws `feature_map`.
 */
function capability(name: unknown): Capability {
  const text = typeof name == "string" ? name : "";
  if (/^(free|standard|advanced)$/.test(text)) {
    return `capability${text[0]!.toUpperCase()}${text.slice(1)}`;
  }
  if (text.length > MAX_NAME || !/^capability[!-~]+$/i.test(text.replace(/_/g, ""))) {
    throw invalid(
      `unknown edition \`${text.slice(0, 40)}\`: expected \`free\`, \`standard\`, \`advanced\`, or a capability string beginning with \`capability\``,
    );
  }
  return text;
}

/**
 * The entries of a table.
 *
 * @throws `feature_map` for what is none, or is larger than any honest one.
 */
function entries(table: unknown, what: string, most: number): [string, unknown][] {
  const rows = typeof table == "object" && table && !Array.isArray(table) ? Object.entries(table) : null;
  if (!rows || rows.length > most) {
    throw invalid(`expected ${what}${rows ? ` of at most ${most} entries` : ""}`);
  }
  return rows;
}

/** A checked copy of a table, each value checked; nobody can change it afterwards. */
function table<T>(given: unknown, value: (value: unknown, name: string) => T): { readonly [name: string]: T } {
  const made: { [name: string]: T } = {};
  for (const [name, entry] of entries(given === undefined ? {} : given, "a table", MAX_ROWS)) {
    if (name.length > MAX_NAME || !/^[a-z\d][a-z\d._-]*$/.test(name)) {
      throw invalid(
        `\`${name.slice(0, 40)}\` is not a valid name: expected lower-case letters, digits, \`.\`, \`_\` and \`-\`, a letter or digit first, at most ${MAX_NAME} characters`,
      );
    }
    made[name] = value(entry, name);
  }
  return Object.freeze(made);
}

/** Keys that no edition has: a misspelled setting must not be left out in silence. */
function closed(given: [string, unknown][], names: string[]): void {
  for (const [name] of given) {
    if (!names.includes(name)) {
      throw invalid(`unknown field \`${name.slice(0, 40)}\`, expected one of ${names.join(", ")}`);
    }
  }
}

/** Text of at most so many bytes of UTF-8. */
function isText(value: unknown): value is string {
  let bytes = typeof value == "string" ? value.length : Infinity;
  for (const c of bytes <= MAX_TEXT ? (value as string) : "") {
    const code = c.codePointAt(0)!;
    bytes += code < 0x80 ? 0 : code < 0x800 ? 1 : 2; // a pair of surrogates are two already
  }
  return bytes <= MAX_TEXT;
}

function feature(entry: unknown, name: string): string | { requires: string; description?: string } {
  if (typeof entry == "string") {
    capability(entry);
    return entry;
  }
  const given = entries(entry, `an edition, or a table with \`requires\`, for \`${name}\``, MAX_ROWS);
  closed(given, FEATURE);
  const { requires, description } = entry as { requires: string; description?: string | null };
  capability(requires);
  if (description != null && !isText(description)) {
    throw invalid(`the description of \`${name}\` is no text of at most ${MAX_TEXT} bytes`);
  }
  return Object.freeze({ ...(entry as { requires: string; description?: string }) });
}

/** A row: a value for each edition, none of them twice. */
const row =
  <T>(isValue: (value: unknown) => value is T, expected: string) =>
  (given: unknown, name: string): Row<T> => {
    const columns = entries(given, `a table with a value for each edition, for \`${name}\``, MAX_COLUMNS);
    const seen = new Set<string>();
    for (const [edition, value] of columns) {
      seen.add((isEdition(edition) ? capability(edition) : "").replace(/_/g, "").toLowerCase());
      if (!isValue(value)) {
        throw invalid(`\`${name}\` of \`${edition}\` must be ${expected}`);
      }
    }
    if (!seen.size || seen.size < columns.length) {
      throw invalid(`\`${name}\`: ${seen.size ? "an edition occurs twice" : "a row without any edition"}`);
    }
    return Object.freeze(Object.fromEntries(columns)) as Row<T>;
  };

/**
 * What the app sells, and in which edition: `editions.toml` in its JSON form.
 *
 * The compiler knows the names that were written: one that is misspelled is a type error, and so is an
 * edition that is none. Of imported JSON it knows names; a map typed `FeatureMap` has any.
 *
 * @example
 * ```ts
 * const map = new FeatureMap({ features: { "bulk-export": "advanced" } });
 * map.check("bulk-export", license).allowed;
 * ```
 */
export class FeatureMap<const M extends WrittenFeatures = any> {
  readonly #map: Features;

  /**
   * @throws `feature_map` for everything that the Rust library and the command line refuse: an edition that
   * is none, a limit that is no whole number, an unknown table or field.
   */
  constructor(map: M & Checked<M>);
  constructor(written: unknown) {
    const map = written as Features;
    closed(entries(map, "a JSON object", MAX_ROWS), TABLES);
    const counts = `a whole number from 0 to ${UNLIMITED}, or \`unlimited\``;
    const texts = `a text of at most ${MAX_TEXT} bytes`;
    this.#map = Object.freeze({
      features: table(map.features, feature),
      limits: table(map.limits, row(isCount, counts)),
      "service-levels": table(map["service-levels"], row(isText, texts)),
    });
    licenses().set(this, 0);
  }

  /** What it was made of: the checked tables, which nobody can change. */
  get map(): Features {
    return this.#map;
  }

  /** What JSON shows. */
  toJSON() {
    return { map: this.#map };
  }

  /**
   * What a feature needs.
   *
   * @throws `unknown_feature`.
   */
  requirement(feature: NameIn<M, "features">): Capability {
    return capability(requirement(own(this.#map.features, "feature", feature as string)));
  }

  /**
   * Decides whether a customer may use a feature, and why.
   *
   * @throws `unknown_feature`.
   */
  check(feature: NameIn<M, "features">, license: License, policy?: Policy): Decision {
    return answer(license, this.requirement(feature), policy)[0];
  }

  /**
   * How many of something a customer may have. Unlimited is `Number.MAX_SAFE_INTEGER`, which
   * survives JSON, unlike `Infinity`: {@link isUnlimited} tells.
   *
   * @throws `unknown_limit`.
   */
  limit(name: NameIn<M, "limits">, license: License, policy?: Policy): number {
    const value = column(own(this.#map.limits, "limit", name as string), license, policy) ?? 0;
    return value === "unlimited" ? UNLIMITED : value;
  }

  /**
   * The service level a customer gets, or null.
   *
   * @throws `unknown_service_level`.
   */
  serviceLevel(name: NameIn<M, "service-levels">, license: License, policy?: Policy): string | null {
    return column(own(this.#map["service-levels"], "service_level", name as string), license, policy) ?? null;
  }
}

/** `Number.MAX_SAFE_INTEGER`. */
const UNLIMITED = 9_007_199_254_740_991;

/**
 * Whether a limit is none: for words such as "unlimited". Comparisons need no special case, also
 * after the number went through JSON.
 *
 * @example
 * ```ts
 * const limit = features.limit("projects", license);
 * const text = isUnlimited(limit) ? "unlimited" : `${limit}`;
 * ```
 */
export const isUnlimited = (limit: number): boolean => limit >= UNLIMITED;

const isCount = (value: unknown): value is number | "unlimited" =>
  value === "unlimited" || (Number.isSafeInteger(value) && (value as number) >= 0);

const isEdition = (name: string) => name !== "none";

const requirement = (entry: string | { readonly requires: string }) =>
  typeof entry == "string" ? entry : entry.requires;

/** A capability without a rank first, else the highest edition granted, else `none`. */
function column<T>(row: Row<T>, license: License, policy?: Policy): T | undefined {
  let best = -1;
  let value = Object.hasOwn(row, "none") ? row["none"] : undefined;
  for (const name of Object.keys(row).filter(isEdition).sort()) {
    const [{ allowed }, edition] = answer(license, capability(name), policy);
    if (allowed && edition > best) {
      best = edition;
      value = row[name];
    }
  }
  return value;
}
