import * as gate from "./gate.js";
import { named } from "./gate.js";
import { queryText, uuid } from "./input.js";
import { READ, document as isDocument, expected, fault, isPlain, known, licenses, own, time } from "./registry.js";
import type { Facts } from "./registry.js";

/** The capability sets that have a rank: free < standard < advanced. */
export type KnownCapability = "capabilityFree" | "capabilityStandard" | "capabilityAdvanced";
/** A capability set: the platform's string for the edition a customer bought. Open-ended. */
export type Capability = KnownCapability | (string & {});
/**
 * A capability that is asked for. A misspelled literal is a type error; whatever is typed `string`
 * passes, and for a literal without a rank there is `hasCapability<string>("capabilityUltra")`.
 */
export type Requires<C extends string> = string extends C ? C : KnownCapability;
/** The ranked reading of a capability set: free < standard < advanced. */
export type Edition = "free" | "standard" | "advanced";
/** Three states, never two. `absent`: the platform said nothing, which is not `inactive`. */
export type State = "active" | "inactive" | "absent";
/** `hint`: read from the user's own browser, show and hide by it, never authorize. */
export type Trust = "hint" | "verified";
/** Where the platform handed the license over. */
export type LicenseSource =
  | "connect_lifecycle"
  | "connect_iframe_query"
  | "connect_license_api"
  | "connect_context"
  | "connect_context_token"
  | "forge_invocation_token"
  | "forge_ui_context"
  | "forge_function_context"
  | "forge_license_api";

/** What a reader may be told besides the document. */
export interface ReadOptions {
  /**
   * When it was stated: when the context was asked for, or the answer fetched. Without it the age
   * is unknown, which a `maxAge` never lets pass.
   */
  asOf?: Date | undefined;
  /**
   * For function contexts and answers of the Forge License API, which do not name their
   * environment: what `getAppContext()` of `@forge/api` says. Without it `productionOnly` never
   * holds for them. Documents that name their environment are not overruled.
   */
  environmentType?: string | undefined;
}

/** What `JSON.stringify` makes of a license, and {@link License.fromJSON} takes. */
export interface LicenseJson {
  readonly source: LicenseSource;
  readonly state: State;
  readonly edition: Edition | null;
  readonly capabilitySet: Capability | null;
  readonly isEvaluation: boolean | null;
  readonly environment: string | null;
  /** Whether the platform says that this user has no access. */
  readonly noUserAccess: boolean;
  /** ISO 8601. */
  readonly asOf: string | null;
  readonly raw: Readonly<Record<string, unknown>> | null;
}

/**
 * Anything that may have a `license`: a context, or the body of a License API answer. Contexts of
 * scheduled triggers have none. A promise is none: await it first.
 */
export type Carrier = object & { license?: object | null | undefined; userAccess?: unknown; then?: never };

const STATES = ["active", "inactive", "absent"] as const;
export const EDITIONS = ["free", "standard", "advanced", null] as const;
const YES = [false, true, null] as const;
const LAST = 253_402_300_799_999; // in the year 9999
const ISO =
  /^\d{4}-\d\d-(\d\d)(?:[t ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d|60)(?:[.,]\d{1,9})?)?(?:z|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?))?$/i;

const isString = (value: unknown): value is string => typeof value == "string";

const isObject = (value: unknown): value is Record<string, unknown> =>
  Object(value) === value && !Array.isArray(value);

/** ISO-8601 with a zone, a bare date, or epoch milliseconds; whole seconds from 1970 to 9999. */
function date(value: unknown): Date | null {
  const written = isString(value) || typeof value == "number" ? `${value}` : "";
  let time = -1;
  const parts = ISO.exec(written);
  if (/^\d{1,15}$/.test(written)) {
    time = +written;
  } else if (parts) {
    const n = (i: number) => ~~parts[i]!;
    const day = Date.parse(written.slice(0, 10));
    // engines may take 30 February for 2 March
    if (new Date(day).getUTCDate() === n(1)) {
      const offset = (n(6) * 60 + n(7)) * (parts[5] === "-" ? 1 : -1);
      time = day + ((n(2) * 60 + n(3) + offset) * 60 + Math.min(n(4), 59)) * 1000;
    }
  }
  return time >= 0 && time <= LAST ? new Date(time - (time % 1000)) : null;
}

/** Where a document was found: on Connect, in a place that says its environment, or not. */
export const enum FoundIn {
  Connect,
  Forge,
  Silent,
}

/**
 * What a license source said: active or not, edition, trial, dates, entitlement.
 *
 * `T` says who vouches for it. What this entry reads is a `"hint"`: good for showing and hiding,
 * never for authorizing. `@app-license/sdk/server` verifies. `license.trust` tells them apart, for
 * the compiler too.
 *
 * Only this package makes licenses, and none can be changed: a copy made by spread, clone or JSON
 * is no License, and is refused with `not_a_license` wherever one is expected.
 *
 * @example
 * ```ts
 * const license = License.fromForgeContext(await view.getContext());
 * const shown = license.hasCapability("capabilityAdvanced");
 * ```
 */
export type License<T extends Trust = Trust> = T extends Trust ? LicenseOf<T> : never;

/** One license; see {@link License}. */
export class LicenseOf<T extends Trust> {
  /** Where it was read. */
  readonly source: LicenseSource;
  /** Who vouches for it. */
  readonly trust: T;
  /** Active, inactive, or absent. */
  readonly state: State;
  /** The edition an **active** license stands for; null when inactive, absent or unknown. */
  readonly edition: Edition | null;
  /** The raw fact: the capability set the platform named, active or not. */
  readonly capabilitySet: Capability | null;
  /** Whether it is a trial; null when the platform does not say. */
  readonly isEvaluation: boolean | null;
  /** `COMMERCIAL`, `COMMUNITY`, `ACADEMIC`, `DEVELOPER`, …; open-ended, in any case. */
  readonly type: string | null;
  /** `MONTHLY`, `ANNUAL`, … */
  readonly billingPeriod: string | null;
  /** When the trial ends. Says nothing about whether it is a trial. */
  readonly trialEndDate: Date | null;
  /** When the subscription ends. */
  readonly subscriptionEndDate: Date | null;
  /** The entitlement's id. It may repeat across installations: never key tenants on it. */
  readonly entitlementId: string | null;
  /** The entitlement's number; Forge calls it slug. */
  readonly entitlementNumber: string | null;
  /** Deprecated by the platform. */
  readonly supportEntitlementNumber: string | null;
  /** `USER_ACCESS`, … */
  readonly modes: readonly string[];
  /** The Forge environment's type, where it is said and can be believed. */
  readonly environment: string | null;
  /** When the word was spoken, where that is known. */
  readonly asOf: Date | null;
  /** The license object as the platform wrote it, with every field it holds. */
  readonly raw: Readonly<Record<string, unknown>> | null;

  /**
   * Only the package calls it: read licenses with `License.from…`.
   *
   * @throws `misuse`.
   */
  private constructor(
    made: unknown,
    source: LicenseSource,
    trust: T,
    bits: number,
    set: string,
    license: Record<string, unknown> | null,
    environment: string | null,
    asOf: Date | null,
    rules?: Facts[2],
  ) {
    const all = licenses();
    if (made !== all) {
      throw fault("misuse", READ);
    }
    const fields = own(license);
    this.source = source;
    this.trust = trust;
    this.state = STATES[(bits & 3) as 0]!;
    this.edition = EDITIONS[((bits >> 2) & 3) as 0]!;
    this.isEvaluation = YES[((bits >> 4) & 3) as 0]!;
    this.capabilitySet = bits & 256 ? set : null;
    this.type = named(fields["type"]);
    this.billingPeriod = named(fields["billingPeriod"]);
    this.trialEndDate = date(fields["trialEndDate"]);
    this.subscriptionEndDate = date(fields["subscriptionEndDate"]);
    this.entitlementId = named(fields["entitlementId"]) ?? named(fields["ccpEntitlementId"]);
    this.entitlementNumber =
      named(fields["entitlementNumber"]) ?? named(fields["ccpEntitlementSlug"]);
    this.supportEntitlementNumber = named(fields["supportEntitlementNumber"]);
    const modes = fields["modes"];
    this.modes = Array.isArray(modes) ? modes.filter(isString) : [];
    this.environment = environment;
    const at = time(asOf, "asOf");
    this.asOf = at === null ? at : new Date(at);
    this.raw = license && Object.freeze({ ...license });
    all.set(this, Object.freeze([bits, at, rules] as const));
    Object.freeze(this);
  }

  /**
   * Whether the license is **active** and its edition includes the capability. Advanced includes
   * Standard; an active license without a capability set counts as Standard; an unknown
   * capability includes only itself.
   *
   * A misspelled literal is a type error: see {@link Requires}.
   */
  hasCapability<C extends string = KnownCapability>(capability: Requires<C>): boolean {
    const [bits, , rules] = known(this);
    return (rules?.includes ?? gate.includes)((bits >> 2) & 3, this.capabilitySet ?? "", needed(capability)) && !(bits & 3);
  }

  /**
   * Reads `view.getContext()` or `useProductContext()`. `undefined`, while it loads, is absent.
   *
   * Platform page: https://developer.atlassian.com/platform/forge/apis-reference/ui-api-bridge/view/
   *
   * @throws `misuse` for a promise, the license alone, or a request that holds the context, as all readers
   * do: they would read as absent, which a lenient policy grants.
   */
  static fromForgeContext(
    context: (Carrier & { environmentType?: string }) | null | undefined,
    options?: ReadOptions,
  ): LicenseOf<"hint"> {
    return read("forge_ui_context", context, FoundIn.Forge, options);
  }

  /**
   * Reads `AP.context.getContext()`.
   *
   * Platform page: https://developer.atlassian.com/cloud/jira/service-desk/jsapi/context
   */
  static fromConnectContext(
    context: Carrier | null | undefined,
    options?: ReadOptions,
  ): LicenseOf<"hint"> {
    return read("connect_context", context, FoundIn.Connect, options);
  }

  /**
   * Reads `lic` and `capSet` of a Connect iframe URL: `location.search`. Repeated values that
   * conflict count as the least generous.
   *
   * Platform page: https://developer.atlassian.com/cloud/jira/platform/context-parameters
   */
  static fromConnectQuery(
    query: string | URLSearchParams,
    options?: ReadOptions,
  ): LicenseOf<"hint"> {
    return make("connect_iframe_query", gate.readQuery(queryText(query)), null, null, options);
  }

  /**
   * Reads the second argument of a Forge function, or a resolver's `context`. Here it is a hint;
   * `@app-license/sdk/server` takes it as verified where the platform fills it in.
   *
   * Platform page: https://developer.atlassian.com/platform/forge/function-reference/arguments/
   *
   * @example
   * ```ts
   * import { getAppContext } from "@forge/api";
   * const { environmentType } = getAppContext();
   * const license = License.fromFunctionContext(context, { environmentType });
   * ```
   */
  static fromFunctionContext(
    context: Carrier | null | undefined,
    options?: ReadOptions,
  ): LicenseOf<"hint"> {
    return read("forge_function_context", context, FoundIn.Silent, options);
  }

  /**
   * Reads the answer of the Connect License API, parsed.
   *
   * Platform page: https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps
   */
  static fromConnectApi(body: Carrier & { key: string }, options?: ReadOptions): LicenseOf<"hint"> {
    isDocument(body, "the parsed body");
    if (isObject(body) && !isString(body["key"])) {
      throw expected("`key`", "none", "field_missing");
    }
    return read("connect_license_api", body ?? 0, FoundIn.Connect, options);
  }

  /**
   * Reads one app's license out of the answer of the Forge License API, parsed: that of `appId`
   * (its UUID or ARI, in any case), or without one the only result. An empty one and `NOT_FOUND` are absent.
   *
   * Platform page: https://developer.atlassian.com/platform/forge/apis-reference/license-api/
   */
  static fromForgeApi(
    body: { results: readonly object[] },
    options?: ReadOptions & { appId?: string },
  ): LicenseOf<"hint"> {
    isDocument(body, "the parsed body");
    const results: unknown = body?.results;
    if (!Array.isArray(results)) {
      throw expected("`results`", "none", "field_missing");
    }
    const id = options?.appId;
    const [one, more] = results.filter((one) => id === undefined || uuid(one?.appId) === uuid(id));
    const { data, error } = own(one);
    if (!one || more || (error ? data || error.type !== "NOT_FOUND" : data === undefined)) {
      throw expected("one license", `${error?.type ?? "none"}`, "license_api");
    }
    return read("forge_license_api", { license: data }, FoundIn.Silent, options);
  }

  /** A license that a license source says nothing about. */
  static absent(source: LicenseSource): LicenseOf<"hint"> {
    return read(source, null, FoundIn.Silent);
  }

  /** Whether a value is a license that this package made, in this or another copy of it. */
  static is(value: unknown): value is License {
    return !!licenses().get(value as object);
  }

  /** For caches, jobs and server components. {@link License.fromJSON} reads it, as a hint. */
  toJSON(): LicenseJson {
    const [bits] = known(this);
    const { source, state, edition, capabilitySet, isEvaluation, environment, asOf, raw } = this;
    const noUserAccess = !!(bits & 512);
    return { source, state, edition, capabilitySet, isEvaluation, environment, noUserAccess, asOf: asOf && asOf.toISOString(), raw };
  }

  /**
   * Reads what {@link License.toJSON} wrote, parsed. Whatever it was before, it is a hint now:
   * nothing proves where the text has been.
   *
   * @throws `misuse` for anything else.
   */
  static fromJSON(json: LicenseJson): LicenseOf<"hint"> {
    const { source, state, capabilitySet, isEvaluation, environment, noUserAccess, asOf, raw } = own(json);
    if (!isString(source) || !STATES.includes(state)) {
      throw expected("JSON of a License");
    }
    const document = {
      license: {
        isActive: state === "absent" ? null : state === "active",
        isEvaluation,
        capabilitySet: isString(capabilitySet) ? capabilitySet : null,
      },
      environmentType: environment,
      userAccess: noUserAccess === false ? null : true, // no object says that nobody has access
    };
    const place = source[0] == "c" ? FoundIn.Connect : FoundIn.Forge;
    return read(source as LicenseSource, document, place, { asOf: asOf && new Date(asOf) }, isPlain(raw) ? raw : null);
  }
}

export const License = LicenseOf;

/** Makes a hint: nothing outside of the package calls the constructor. */
function make(
  source: LicenseSource,
  [bits, set]: [bits: number, set: string | null],
  license: Record<string, unknown> | null,
  environment: string | null,
  options?: ReadOptions,
): LicenseOf<"hint"> {
  const Constructor = LicenseOf as unknown as new (...all: unknown[]) => LicenseOf<"hint">;
  return new Constructor(licenses(), source, "hint", bits, set ?? "", license, environment, options?.asOf);
}

/** @internal Throws `misuse` for what is no capability at all. */
export function needed(capability: unknown): string {
  if (!isString(capability) || !capability) {
    throw expected("a capability");
  }
  return gate.bounded(capability);
}

/** @internal Reads a document that carries a license. */
export function read(
  source: LicenseSource,
  document: unknown,
  place: FoundIn,
  options?: ReadOptions,
  raw?: Record<string, unknown> | null,
): LicenseOf<"hint"> {
  isDocument(document, "a context");
  const { license = null, environmentType, userAccess } = isObject(document ?? {}) ? own(document) : { license: 0 };
  if (license !== null && !isPlain(license)) {
    // a License, a promise or a Map has no such fields, and would read as absent
    throw expected("a plain `license`", "none", isObject(license) ? "misuse" : "field_type");
  }
  const where = place === FoundIn.Silent ? options?.environmentType : place && environmentType;
  const environment = isString(where) ? where : null;
  const said = gate.readFields(own(license), userAccess, place && gate.deployment(environment));
  return make(source, said, raw === undefined ? license : raw, environment, options);
}
