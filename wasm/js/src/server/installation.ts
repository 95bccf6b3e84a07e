import { LicenseError } from "../index.js";
import type { License } from "../index.js";
import { Op, ask, date, seconds } from "./core.js";
import type { Question } from "./core.js";
import type { LifecycleEvent } from "./lifecycle.js";

/** What is known of an installation, without secrets: plain JSON, to be stored and logged. */
export interface InstallationRecord {
  key: { connect: string } | { forge: string };
  status: "installed" | "enabled" | "disabled" | "uninstalled";
  statusSince: string;
  firstInstalledAt: string;
  installedAt: string;
  updatedAt: string;
  uninstalledAt?: string;
  appKey?: string;
  appId?: string;
  appVersion?: string;
  environmentId?: string;
  baseUrl?: string;
  displayUrl?: string;
  productType?: string;
  description?: string;
  oauthClientId?: string;
  cloudId?: string;
  installationId?: string;
  entitlement: { id?: string; number?: string; supportNumber?: string };
  /** The last capability set that was named, active or not. */
  capabilitySet?: string;
  /** The last word about the license: not a proof. */
  license?: { state: "active" | "inactive" | "absent"; evaluation?: boolean; touchpoint: string; asOf: string };
}

/** The secrets of an installation, kept apart so that they may be encrypted. */
export interface InstallationSecrets {
  current: string | null;
  previous: { secret: string; replacedAt: Date } | null;
}

/** One installation: what a store keeps. Plain data. */
export interface Installation {
  record: InstallationRecord;
  secrets: InstallationSecrets;
}

/** One thing that an event changed; `change` is its stable code. */
export interface Change {
  change:
    | "installed"
    | "reinstalled"
    | "secret_rotated"
    | "previous_secret_forgotten"
    | "site_renamed"
    | "edition_changed"
    | "license_changed"
    | "entitlement_changed"
    | "enabled"
    | "disabled"
    | "uninstalled"
    | "upgraded"
    | "installation_id_changed"
    | "details_changed";
  from?: unknown;
  to?: unknown;
}

/** Something that happened to an installation. Connect events were verified before. */
export type InstallationEvent =
  | { connect: LifecycleEvent }
  | {
      forge: {
        kind: "avi:forge:installed:app" | "avi:forge:upgraded:app" | "preUninstall";
        /** The payload, as JSON text or parsed. */
        payload: string | object;
      };
    }
  | { license: License };

/** How long an old secret is honoured, in seconds, unless it is said otherwise. */
const GRACE = 3600;

function state(installation: Installation | null): Question {
  if (!installation) {
    return {};
  }
  const { record, secrets } = installation;
  const { previous } = secrets;
  return {
    keys: JSON.stringify(record),
    secret: secrets.current ?? undefined,
    previous: previous?.secret,
    status: previous ? `${seconds(previous.replacedAt)}` : undefined,
  };
}

function happened(event: InstallationEvent): Question {
  if ("connect" in event) {
    return { extra: "connect", event: event.connect.event, body: event.connect.raw };
  }
  if ("forge" in event) {
    const { kind, payload } = event.forge;
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    return { extra: "forge", event: kind, body };
  }
  const { license } = event;
  return {
    extra: "license",
    event: license.touchpoint,
    body: JSON.stringify(license.raw ?? words(license)),
    target: license.environment ?? undefined,
    leeway: license.asOf ? seconds(license.asOf) : undefined,
  };
}

/** What an iframe query said, as an object. */
const words = ({ state: said, capabilitySet }: License) =>
  said === "absent" ? null : { active: said === "active", ...(capabilitySet && { capabilitySet }) };

/**
 * What events make of an installation: pure, and the same whether delivered once or twice. A
 * delivery repeated changes nothing, an absent field never erases what is known.
 *
 * ```ts
 * const reducer = new LifecycleReducer();
 * const { installation, changes } = reducer.apply(await load(key), { connect: event });
 * ```
 */
export class LifecycleReducer {
  readonly #grace: number;

  /** `grace`: how long the previous secret counts after it was replaced, in seconds; 3600. */
  constructor(options: { grace?: number } = {}) {
    const { grace = GRACE } = options;
    if (!Number.isSafeInteger(grace) || grace < 0) {
      throw new LicenseError("field_value", "`grace` must be a number of seconds");
    }
    this.#grace = grace;
  }

  /**
   * The installation after the event, and what changed; no changes, nothing to write. An event of
   * another installation changes nothing, nor does any but `installed` of an unknown one.
   */
  apply(
    current: Installation | null,
    event: InstallationEvent,
    now?: Date,
  ): { installation: Installation | null; changes: Change[] } {
    const question = { ...state(current), ...happened(event), now: seconds(now) };
    const [, record, secret, previous, replacedAt, ...changes] = ask(Op.Apply, question);
    return {
      installation: record
        ? {
            record: JSON.parse(record) as InstallationRecord,
            secrets: {
              current: secret!,
              previous: previous ? { secret: previous, replacedAt: date(replacedAt) } : null,
            },
          }
        : null,
      changes: changes.map((change) => JSON.parse(change!) as Change),
    };
  }

  /** The secrets that a token may be signed with now, the current one first. */
  secrets(installation: Installation, now?: Date): string[] {
    const question = { ...state(installation), leeway: this.#grace, now: seconds(now) };
    return ask(Op.Secrets, question).slice(1) as string[];
  }
}
