import { LicenseError } from "../index.js";
import type { License } from "../index.js";
import type { About, AboutInput, Happened, Secrets, SecretsInput, StoredInstallation } from "#core";
import { call, date, read, seconds } from "./core.js";
import * as op from "./op.js";
import type { ForgeHalf } from "./forge.js";
import type { ForgeEvent, LifecycleEvent, ReplayedEvent } from "./lifecycle.js";
import { proofOf } from "./proved.js";
import { called, own } from "./settings.js";
import { mustBeVerified } from "./verified.js";

/** What is known of an installation, without secrets: plain JSON, to be stored and logged. */
export interface InstallationRecord {
  key: { connect: string } | { forge: string };
  /** `linked`: no installation of its own, but a link to that of the customer `tenant`. */
  status: "installed" | "enabled" | "disabled" | "linked" | "uninstalled";
  statusSince: string;
  firstInstalledAt: string;
  installedAt: string;
  updatedAt: string;
  uninstalledAt?: string;
  /** Since when the app's vendor blocks the site, while that is so. */
  blockedAt?: string;
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
  license?: { state: "active" | "inactive" | "absent"; evaluation?: boolean; source: string; asOf: string };
  /** Of a link: the client key of the customer. */
  tenant?: string;
  /** The Forge installation whose record was taken over last. */
  joined?: string;
  /** What was said last of the end of a trial. */
  trialNotice?: { ends: string; days: number };
  /** When the tokens of the last lifecycle events were issued: an older one changes nothing. */
  issued?: {
    installed?: string;
    forgeInstalled?: string;
    uninstalled?: string;
    switchedOn?: string;
    switchedOff?: string;
  };
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
    | "trial_ending"
    | "entitlement_changed"
    | "enabled"
    | "disabled"
    | "uninstalled"
    | "blocked"
    | "unblocked"
    | "upgraded"
    | "installation_id_changed"
    | "linked"
    | "joined"
    | "details_changed";
  from?: unknown;
  to?: unknown;
  /** Of `trial_ending`: how many days are left, and when it ends. */
  days?: number;
  ends?: string;
}

/** Something that happened to an installation. The platform's events are those that this package verified, or that
 * the server says it accepted before: their copies are none. */
export type InstallationEvent =
  | { connect: LifecycleEvent | ReplayedEvent }
  | { forge: ForgeEvent }
  | { license: License<"verified"> }
  /** A page was opened by a token of this time, which was verified: an app that is switched off is opened
   * nowhere, so that `enabled` got lost. */
  | { pageOpened: Date }
  /** The app's own decision: the site is served no more, or is served again. */
  | { block: boolean }
  /** The Forge installation, or site, of the key is that of the customer with this client key: a link from now on. */
  | { linked: string }
  /** What was known under a Forge installation before it was linked to this customer. */
  | { joined: InstallationRecord }
  /** A verified token of the customer's Forge half. */
  | { invoked: ForgeHalf };

function state(installation: Installation | null): StoredInstallation | undefined {
  if (!installation) {
    return undefined;
  }
  called("an installation", { installation });
  const { record, secrets } = installation;
  const { current, previous } = secrets;
  return {
    record: JSON.stringify(record),
    secret: current,
    previous: previous?.secret ?? null,
    replacedAt: previous ? seconds(previous.replacedAt) : undefined,
  };
}

/** What happened, each field of it: what is left out is nothing that was inherited. */
const happened = (event: InstallationEvent): Required<Happened> => ({
  environment: undefined,
  asOf: undefined,
  half: undefined,
  ...eventOf(event),
});

/** @internal The body of what happened. */
export const bodyOf = (event: InstallationEvent): string => eventOf(event).body;

function eventOf(given: InstallationEvent): Happened {
  const event = own(given);
  for (const on of ["connect", "forge", "invoked"] as const) {
    if (on in event) {
      return proofOf((event as Record<typeof on, unknown>)[on], on) as Happened;
    }
  }
  if ("block" in event) {
    return { on: event.block ? "block" : "unblock", event: "", body: "" };
  }
  if ("linked" in event) {
    return { on: "linked", event: "", body: event.linked };
  }
  if ("joined" in event) {
    return { on: "joined", event: "", body: JSON.stringify(event.joined) };
  }
  if ("pageOpened" in event) {
    return { on: "page_opened", event: "", body: "", asOf: seconds(event.pageOpened) };
  }
  const { license } = event as { license: License<"verified"> };
  // what is stored counts as verified later
  mustBeVerified(license, "verify it; what a browser says is not stored");
  return {
    on: "license",
    event: license.source,
    body: documentOf(license),
    environment: license.environment ?? undefined,
    asOf: license.asOf ? seconds(license.asOf) : undefined,
  };
}

/** @internal What a record says beyond its fields, as the core reads it. */
export const about = (record: InstallationRecord | undefined, of: Omit<AboutInput, "record"> = {}): About =>
  read(op.about, {
    call: undefined,
    issuedAt: undefined,
    half: undefined,
    stage: undefined,
    record: record && JSON.stringify(record),
    ...of,
  });

/** @internal A license as an object in JSON. */
export const documentOf = (license: License) => JSON.stringify(license.raw ?? words(license));

/** What an iframe query said, as an object. */
const words = ({ state: said, capabilitySet }: License) =>
  said === "absent" ? null : { active: said === "active", ...(capabilitySet && { capabilitySet }) };

/** The installation that an answer of the core holds. */
function installationOf(said: StoredInstallation | null): Installation | null {
  if (!said) {
    return null;
  }
  const { record, secret, previous, replacedAt } = said;
  return {
    record: JSON.parse(record) as InstallationRecord,
    secrets: { current: secret, previous: previous === null ? null : { secret: previous, replacedAt: date(replacedAt!) } },
  };
}

/** What makes a token good for one body: what a store keeps under the token's hash. */
export interface StoredMark {
  /** The hash of the body that the token came with. */
  body: string;
  /** The last second in which the token proves anything. */
  expiresAt: Date;
}

/** A verified delivery of the platform to one installation. */
export interface Delivery {
  /** The `clientKey` of the tenant, or the installation's ARI on Forge. */
  key: string;
  /** Which of the two. */
  on: "connect" | "forge";
  event: InstallationEvent;
  /** The hash of the token that it came with, and the last second in which that proves anything;
   * nothing for a license. With the time when it was issued, a lifecycle event that is older than one
   * that counted changes nothing. */
  token?: { hash: string; provesUntil: Date; issuedAt?: Date | undefined } | undefined;
}

/** What a delivery comes to: what is to be written, all or nothing. */
export interface Outcome {
  /** Whether the token was seen before with this body: then there is nothing to write. */
  repeated: boolean;
  installation: Installation | null;
  /** The mark to keep under the token's hash; null for none. */
  mark: StoredMark | null;
  /** The entries to append to the history, in order. */
  entries: { event: string; changes: Change[] }[];
}

/**
 * What a delivery does to what is stored, which a store asks between reading and writing.
 *
 * @throws a {@link VerifyError}: `replayed` when its token was seen before with another body,
 * `tenant_mismatch` for an event of another installation, `not_verified` for one that nothing verified: nothing is to
 * be written then.
 *
 * @example
 * ```ts
 * const event = verifyInstall(installed, pem, { event: "installed", appKey, baseUrl });
 * const token = { hash: event.tokenHash, provesUntil: event.tokenProvesUntil };
 * const delivery = { key: event.clientKey, on: "connect", event: { connect: event }, token } as const;
 * const { installation, entries } = deliver(delivery, null, null, new Date()); // what a store writes
 * ```
 */
export function deliver(
  delivery: Delivery,
  stored: Installation | null,
  mark: StoredMark | null,
  now: Date,
): Outcome {
  called("deliver", { delivery });
  const { key, on, event, token } = delivery;
  const said = read(op.deliver, {
    ...happened(event),
    stored: state(stored),
    key,
    framework: on,
    token: token && {
      hash: token.hash,
      provesUntil: seconds(token.provesUntil),
      issuedAt: token.issuedAt && seconds(token.issuedAt),
    },
    mark: mark ? { body: mark.body, expiresAt: seconds(mark.expiresAt) } : undefined,
    now: seconds(now),
  });
  const { repeated, installation, body, entries } = said;
  return {
    repeated,
    installation: installationOf(installation),
    mark: body !== null && token ? { body, expiresAt: token.provesUntil } : null,
    entries: entries as Outcome["entries"],
  };
}

/**
 * What events make of an installation: pure, and the same whether delivered once or twice. A
 * delivery repeated changes nothing, an absent field never erases what is known.
 *
 * @throws `field_value` for a `grace` that is no number of seconds.
 *
 * @example
 * ```ts
 * const event = verifyInstall(installed, pem, { event: "installed", appKey, baseUrl });
 * const reducer = new LifecycleReducer();
 * const { installation, changes } = reducer.apply(await store.load(event.clientKey), { connect: event });
 * ```
 */
export class LifecycleReducer {
  readonly #grace: number | undefined;

  /** `grace`: how long the previous secret counts after it was replaced, in seconds; 300. */
  constructor(options: { grace?: number } = {}) {
    const { grace } = own(options);
    if (grace !== undefined && (!Number.isSafeInteger(grace) || grace < 0)) {
      throw new LicenseError("field_value", "`grace` must be a number of seconds");
    }
    this.#grace = grace;
  }

  /**
   * The installation after the event, and what changed; no changes, nothing to write. An event of
   * another installation changes nothing, nor does any but `installed` of an unknown one. Throws `not_verified` for
   * an event that this package did not make.
   */
  apply(
    current: Installation | null,
    event: InstallationEvent,
    now?: Date,
  ): { installation: Installation | null; changes: Change[] } {
    const said = read(op.apply, { ...happened(event), stored: state(current), now: seconds(now) });
    return { installation: installationOf(said.installation), changes: said.changes as Change[] };
  }

  /**
   * The secrets that a token may be signed with now, the current one first. Of which installations:
   * those in `use`, which are served; those that are `installed`, switched off or not; `any`.
   */
  secrets(installation: Installation, now?: Date, of: "use" | "installed" | "any" = "any"): string[] {
    return this.secretsUntil(installation, now, of === "use" ? "in_use" : of).secrets;
  }

  /** @internal The same, of what a token came with, and how long they may be kept in memory. */
  secretsUntil(installation: Installation, now: Date | undefined, of: SecretsInput["of"], keepFor?: number): Secrets {
    return read(op.secretsOf, { stored: state(installation)!, grace: this.#grace, of, keepFor, now: seconds(now) });
  }

  /** Whether a license states something else than what is known: worth an event. */
  isNews(installation: Installation, license: License<"verified">, now?: Date): boolean {
    return call(op.isNews, { ...happened({ license }), stored: state(installation), now: seconds(now) });
  }
}
