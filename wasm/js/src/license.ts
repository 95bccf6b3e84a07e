import * as gate from "#gate";
import { get, put } from "./carry.js";
import { LicenseError } from "./error.js";

/** The capability sets that have a rank: free < standard < advanced. */
export type KnownCapability = "capabilityFree" | "capabilityStandard" | "capabilityAdvanced";
/** A capability set: the platform's string for the edition a customer bought. Open-ended. */
export type Capability = KnownCapability | (string & {});
/**
 * A capability that is asked for. A misspelt literal is a type error; whatever is typed `string`
 * passes, and for a literal without a rank there is `hasCapability<string>("capabilityUltra")`.
 */
export type Requires<C extends string> = string extends C ? C : KnownCapability;
/** The ranked reading of a capability set: free < standard < advanced. */
export type Edition = "free" | "standard" | "advanced";
/** Three states, never two. `absent`: the platform said nothing, which is not `inactive`. */
export type State = "active" | "inactive" | "absent";
/** `hint`: read from the user's own browser, show and hide by it, never authorise. */
export type Trust = "hint" | "verified";
/** Where the platform handed the license over. */
export type Touchpoint =
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
  /** When the word was spoken: when the context was asked for, or the answer fetched. */
  asOf?: Date | undefined;
}

/** Anything with a `license`: a context, or the body of a License API answer. */
export interface Carrier {
  license?: object | null | undefined;
}

const STATES = ["active", "inactive", "absent"] as const;
export const EDITIONS = ["free", "standard", "advanced", null] as const;
const YES = [false, true, null] as const;
const LAST = 253_402_300_799_999; // in the year 9999
const ISO =
  /^\d{4}-\d\d-\d\d(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d|60)(?:[.,]\d{1,9})?)?(?:[Zz]|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?))?$/;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value == "object" && value !== null && !Array.isArray(value);

const isString = (value: unknown): value is string => typeof value == "string";

/** Null, `""` and `"NULL"` are absent. */
const text = (value: unknown) =>
  isString(value) && value !== "" && value !== "NULL" ? value : null;

/** ISO-8601 with a zone, a bare date, or epoch milliseconds; whole seconds from 1970 to 9999. */
function date(value: unknown): Date | null {
  const written = typeof value == "number" ? `${value}` : value;
  if (!isString(written)) {
    return null;
  }
  let time = NaN;
  const parts = ISO.exec(written);
  if (/^\d{1,15}$/.test(written)) {
    time = +written;
  } else if (parts) {
    const n = (i: number) => +(parts[i] ?? 0);
    const day = Date.parse(written.slice(0, 10));
    // engines may take 30 February for 2 March
    if (new Date(day).getUTCDate() === +written.slice(8, 10)) {
      const offset = (n(5) * 60 + n(6)) * (parts[4] === "-" ? 1 : -1);
      time = day + ((n(1) * 60 + n(2) + offset) * 60 + Math.min(n(3), 59)) * 1000;
    }
  }
  return time >= 0 && time <= LAST ? new Date(time - (time % 1000)) : null;
}

/** An app id without the prefix of its ARI, in lower case. */
const uuid = (id: unknown) => `${id}`.toLowerCase().replace("ari:cloud:ecosystem::app/", "");

const flag = (value: unknown) => (value == null ? 2 : typeof value == "boolean" ? +value : 3);

/** The bits of `userAccess`: its two flags, of which null is no boolean, and that it is stated. */
const accessBits = (access: unknown) => {
  const said = (name: string) => (!isObject(access) || access[name] === null ? 3 : flag(access[name]));
  return access == null ? 0 : (said("enabled") << 12) | (said("hasAccess") << 14) | 65536;
};

/** Where a document was found: on Connect, in a place that says its environment, or not. */
export const enum Place {
  Connect,
  Forge,
  Silent,
}

/**
 * What a touchpoint said: active or not, edition, trial, dates, entitlement.
 *
 * `T` says who vouches for it. What this entry reads is a `"hint"`: good for showing and hiding,
 * never for authorising. `@app-license/sdk/server` verifies.
 *
 * ```ts
 * const license = License.fromForgeContext(await view.getContext());
 * if (license.hasCapability("capabilityAdvanced")) { … }
 * ```
 */
export class License<T extends Trust = Trust> {
  /** Where it was read. */
  readonly touchpoint: Touchpoint;
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
  /** @internal What the gate said of it. */
  readonly _bits: number;

  /** @internal */
  constructor(
    touchpoint: Touchpoint,
    trust: T,
    bits: number,
    set: string,
    license: Record<string, unknown> | null,
    environment: string | null,
    asOf: Date | null,
  ) {
    const fields = license ?? {};
    this.touchpoint = touchpoint;
    this.trust = trust;
    this._bits = bits;
    this.state = STATES[(bits & 3) as 0]!;
    this.edition = EDITIONS[((bits >> 2) & 3) as 0]!;
    this.isEvaluation = YES[((bits >> 4) & 3) as 0]!;
    this.capabilitySet = bits & 256 ? set : null;
    this.type = text(fields["type"]);
    this.billingPeriod = text(fields["billingPeriod"]);
    this.trialEndDate = date(fields["trialEndDate"]);
    this.subscriptionEndDate = date(fields["subscriptionEndDate"]);
    this.entitlementId = text(fields["entitlementId"]) ?? text(fields["ccpEntitlementId"]);
    this.entitlementNumber =
      text(fields["entitlementNumber"]) ?? text(fields["ccpEntitlementSlug"]);
    this.supportEntitlementNumber = text(fields["supportEntitlementNumber"]);
    const modes = fields["modes"];
    this.modes = Array.isArray(modes) ? modes.filter(isString) : [];
    this.environment = environment;
    this.asOf = asOf;
    this.raw = license;
  }

  /**
   * Whether the license is **active** and its edition includes the capability. Advanced includes
   * Standard; an active license without a capability set counts as Standard; an unknown
   * capability includes only itself.
   *
   * A misspelt literal is a type error: see {@link Requires}.
   */
  hasCapability<C extends string = KnownCapability>(capability: Requires<C>): boolean {
    // for the two that are asked about, the gate has said it: an edition stands in its bits
    const edition = this._bits & 12;
    return capability === "capabilityAdvanced"
      ? edition === 8
      : capability === "capabilityStandard"
        ? edition === 4 || edition === 8
        : includes(this, capability);
  }

  /**
   * Reads `view.getContext()` or `useProductContext()`. `undefined`, while it loads, is absent.
   *
   * Platform page: https://developer.atlassian.com/platform/forge/apis-reference/ui-api-bridge/view/
   */
  static fromForgeContext(
    context: (Carrier & { environmentType?: string }) | null | undefined,
    options?: ReadOptions,
  ): License<"hint"> {
    return read("forge_ui_context", context, Place.Forge, options);
  }

  /**
   * Reads `AP.context.getContext()`.
   *
   * Platform page: https://developer.atlassian.com/cloud/jira/service-desk/jsapi/context
   */
  static fromConnectContext(
    context: Carrier | null | undefined,
    options?: ReadOptions,
  ): License<"hint"> {
    return read("connect_context", context, Place.Connect, options);
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
  ): License<"hint"> {
    const length = put(`${query}`);
    const bits = gate.query(length);
    const at = gate.query_set(length);
    const set = at ? new URLSearchParams(`a=${get(at >>> 16, at & 65535)}`).get("a")! : ",";
    return new License("connect_iframe_query", "hint", bits, set, null, null, options?.asOf ?? null);
  }

  /**
   * Reads the second argument of a Forge function, or a resolver's `context`. Here it is a hint;
   * `@app-license/sdk/server` takes it as verified where the platform fills it in.
   *
   * Platform page: https://developer.atlassian.com/platform/forge/function-reference/arguments/
   */
  static fromFunctionContext(
    context: Carrier | null | undefined,
    options?: ReadOptions,
  ): License<"hint"> {
    return read("forge_function_context", context, Place.Silent, options);
  }

  /**
   * Reads the answer of the Connect License API, parsed.
   *
   * Platform page: https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps
   */
  static fromConnectApi(body: Carrier & { key: string }, options?: ReadOptions): License<"hint"> {
    if (isObject(body) && !isString(body["key"])) {
      throw new LicenseError("field_missing", "the body lacks `key`");
    }
    return read("connect_license_api", body ?? 0, Place.Connect, options);
  }

  /**
   * Reads one app's license out of the answer of the Forge License API, parsed: that of `appId`
   * (its UUID or ARI, in any case), or without one the only result. No result, an empty one and `NOT_FOUND` are
   * absent.
   *
   * Platform page: https://developer.atlassian.com/platform/forge/apis-reference/license-api/
   */
  static fromForgeApi(
    body: { results: readonly object[] },
    options?: ReadOptions & { appId?: string },
  ): License<"hint"> {
    const results: unknown = body?.results;
    if (!Array.isArray(results)) {
      throw new LicenseError("field_missing", "the body lacks `results`");
    }
    const id = options?.appId;
    const found = results.filter((one) => id === undefined || uuid(one?.appId) === uuid(id));
    const { data, error } = found[0] ?? {};
    if (found.length > 1 || (error && error.type !== "NOT_FOUND")) {
      throw new LicenseError(
        "license_api",
        `the License API answers ${error?.type ?? "for several apps"}`,
      );
    }
    return read("forge_license_api", { license: data }, Place.Silent, options);
  }

  /** A license that a touchpoint says nothing about. */
  static absent(touchpoint: Touchpoint): License<"hint"> {
    return read(touchpoint, null, Place.Silent);
  }
}

function includes(license: License, capability: string): boolean {
  return (decide(license, capability, 3) & 15) === 3;
}

/** @internal Asks the gate. The low four bits are the reason, then comes the edition asked for. */
export function decide(
  license: License,
  needs: string,
  policy: number,
  maxAge = 0,
  age = 0,
): number {
  const has = put(license.capabilitySet ?? "");
  return gate.decide(license._bits, has, put(needs, has), policy, maxAge, age);
}

/** @internal Reads a document that carries a license. */
export function read<T extends Trust = "hint">(
  touchpoint: Touchpoint,
  document: unknown,
  place: Place,
  options?: ReadOptions,
  trust = "hint" as T,
): License<T> {
  document ??= {};
  const license = isObject(document) ? (document["license"] ?? null) : 0;
  if (license !== null && !isObject(license)) {
    throw new LicenseError("field_type", "`license` must be an object");
  }
  const said = (document as Record<string, unknown>)["environmentType"];
  const environment = place === Place.Forge && isString(said) ? said : null;
  const fields = license ?? {};
  const set = fields["capabilitySet"];
  const written = isString(set) ? set : JSON.stringify(set ?? "");
  const length = put(written);
  const bits = gate.judge(
    flag(fields["active"]) |
      (flag(fields["isActive"]) << 2) |
      (flag(fields["evaluation"]) << 4) |
      (flag(fields["isEvaluation"]) << 6) |
      ((set == null ? 0 : isString(set) ? 1 : 2) << 8) |
      (/^trial$/i.test(`${fields["state"]}`) ? 131072 : 0) |
      accessBits((document as Record<string, unknown>)["userAccess"]) |
      ((environment === null && place === Place.Forge ? Place.Silent : place) << 10),
    length,
    put(environment ?? "", length),
  );
  return new License(
    touchpoint,
    trust,
    bits,
    written,
    license,
    environment,
    options?.asOf ?? null,
  );
}
