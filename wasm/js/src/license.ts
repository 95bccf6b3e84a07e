import { gate, get, put } from "./carry.js";
import { LicenseError } from "./error.js";

/** A capability set: the platform's string for the edition a customer bought. Open-ended. */
export type Capability = "capabilityStandard" | "capabilityAdvanced" | (string & {});
/** The ranked reading of a capability set: free < standard < advanced. */
export type Edition = "free" | "standard" | "advanced";
/** Three states, never two. `absent`: the platform said nothing, which is not `inactive`. */
export type State = "active" | "inactive" | "absent";
/** `hint`: read from the user's own browser, show and hide by it, never authorise. */
export type Trust = "hint" | "verified";
/** Where the platform handed the licence over. */
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

const STATES = ["absent", "inactive", "active"] as const;
const EDITIONS = [null, "free", "standard", "advanced"] as const;
const YES = [null, false, true] as const;
const LAST = 253_402_300_799_999; // in the year 9999
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d|60)(?:[.,]\d{1,9})?)?(?:[Zz]|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?))?$/;

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
    const day = new Date(Date.UTC(n(1), n(2) - 1, n(3)));
    if (day.toISOString().startsWith(written.slice(0, 10))) {
      const offset = (n(8) * 60 + n(9)) * (parts[7] === "-" ? 1 : -1);
      time = +day + ((n(4) * 60 + n(5) + offset) * 60 + Math.min(n(6), 59)) * 1000;
    }
  }
  return time >= 0 && time <= LAST ? new Date(time - (time % 1000)) : null;
}

const flag = (value: unknown) => (value == null ? 0 : value === false ? 1 : value === true ? 2 : 3);

/** Where a document was found: a place without environment, one with, or Connect. */
export const enum Place {
  Silent,
  Forge,
  Connect,
}

/**
 * What a touchpoint said: active or not, edition, trial, dates, entitlement.
 *
 * `T` says who vouches for it. What this entry reads is a `"hint"`: good for showing and hiding,
 * never for authorising. `app-license/server` verifies.
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
  /** The edition an **active** licence stands for; null when inactive, absent or unknown. */
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
  /** The licence object as the platform wrote it, with every field it holds. */
  readonly raw: Readonly<Record<string, unknown>> | null;
  /** @internal What the gate said of it. */
  readonly _bits: number;
  /** @internal */
  readonly _standard: boolean;
  /** @internal */
  readonly _advanced: boolean;

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
    this._standard = ask(this, "capabilityStandard") < 32 + 3 && includes(this, "capabilityStandard");
    this._advanced = includes(this, "capabilityAdvanced");
  }

  /**
   * Whether the licence is **active** and its edition includes the capability. Advanced includes
   * Standard; an active licence without a capability set counts as Standard; an unknown
   * capability includes only itself.
   */
  hasCapability(capability: Capability): boolean {
    return capability === "capabilityAdvanced"
      ? this._advanced
      : capability === "capabilityStandard"
        ? this._standard
        : includes(this, capability);
  }
}
