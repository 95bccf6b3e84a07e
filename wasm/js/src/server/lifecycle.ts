import type { AcceptedEvent, BodyFields, CloudPlaces, EventInput } from "#core";
import { call, date, read } from "./core.js";
import * as op from "./op.js";
import { common, headers, signedBy } from "./connect.js";
import type { Expected, IncomingRequest, Tenant } from "./connect.js";

/** The platform's clouds that are known by name. */
export type CloudName = "commercial" | "staging" | "fedramp-moderate" | "fedramp-moderate-staging";

/** Which cloud of the platform the app is installed from: a name, or the places of another one. */
export type Cloud =
  | CloudName
  | {
      /** A cloud that is known by name: what follows is looked at besides, after its own. */
      name?: CloudName | undefined;
      /** Base URLs under which keys are published, first choice first. `http` on loopback only. */
      keyHosts: readonly string[];
      /** Domains whose subdomains are sites. */
      sites: readonly string[];
    };

/** @internal */
export function cloudOf(cloud: Cloud = "commercial"): CloudPlaces {
  return typeof cloud === "string"
    ? { cloud }
    : { cloud: [cloud.name ?? "", ...cloud.keyHosts].join("\n"), sites: cloud.sites.join("\n") };
}

/** The lifecycle events of a Connect app. */
export type LifecycleKind = "installed" | "uninstalled" | "enabled" | "disabled";

/** What lifecycle events are checked against besides. */
export interface ExpectedEvent extends Expected {
  /** Which endpoint this is. */
  event: LifecycleKind;
  /** The app's key. */
  appKey: string;
  /** Where the sites are; the commercial cloud, when left out. */
  cloud?: Cloud | undefined;
}

/** The fields of a lifecycle body. */
export interface LifecycleBody {
  readonly event: LifecycleKind;
  readonly appKey: string;
  readonly clientKey: string;
  readonly baseUrl: string;
  readonly displayUrl: string;
  readonly productType: string;
  readonly capabilitySet: string | null;
  readonly entitlementId: string | null;
  readonly entitlementNumber: string | null;
  readonly serviceEntitlementNumber: string | null;
  readonly installationId: string | null;
  readonly cloudId: string | null;
  readonly oauthClientId: string | null;
  readonly accountId: string | null;
  readonly description: string | null;
  /** The body as it was sent. */
  readonly raw: string;
}

/** An accepted lifecycle event. Only `verifyInstall` and `verifyLifecycle` make one. */
export interface LifecycleEvent extends LifecycleBody {
  /** To be stored; only of `installed`. */
  readonly sharedSecret: string | null;
  /** Remember it for as long as the token proves anything: a token is good for one body. */
  readonly tokenFingerprint: string;
  readonly tokenIssuedAt: Date;
  readonly tokenExpiresAt: Date;
  /** The last second in which the token proves anything: clocks differ by the leeway. */
  readonly tokenProvesUntil: Date;
}

const written = (said: BodyFields, raw: string): LifecycleBody => ({ ...said, raw });

function accepted(said: AcceptedEvent, body: string): LifecycleEvent {
  return {
    ...said,
    tokenIssuedAt: date(said.tokenIssuedAt),
    tokenExpiresAt: date(said.tokenExpiresAt),
    tokenProvesUntil: date(said.tokenProvesUntil),
    raw: body,
  };
}

function arrived(request: IncomingRequest & { body: string }, expected: ExpectedEvent): EventInput {
  const { event, appKey, cloud } = expected;
  return { ...common(request, expected), ...cloudOf(cloud), body: request.body, event, appKey };
}

/**
 * Checks all of `installed` or `uninstalled` that needs no key, so that what cannot be right costs no
 * fetch. Proves nothing. Answers the `clientKey` of the body.
 *
 * @throws a {@link VerifyError} for a token or a body that cannot be right.
 *
 * @example
 * ```ts
 * const clientKey = checkUnprovedInstall(installed, { event: "installed", appKey, baseUrl });
 * ```
 */
export function checkUnprovedInstall(
  request: IncomingRequest & { body: string },
  expected: ExpectedEvent,
): string {
  return call(op.checkUnprovedInstall, arrived(request, expected));
}

/**
 * Which key signed a lifecycle event, and where to look for it, first choice first.
 *
 * @throws a {@link VerifyError}: `token_missing`, `token_malformed`, `key_id_missing`.
 *
 * @example
 * ```ts
 * const { kid, urls } = installKeyOf(installed);
 * ```
 */
export function installKeyOf(
  request: Pick<IncomingRequest, "authorization">,
  cloud?: Cloud,
): { kid: string; urls: string[] } {
  return read(op.installKeyOf, { authorization: headers(request.authorization), ...cloudOf(cloud) });
}

/**
 * Verifies `installed` or `uninstalled` by the platform's signature, and accepts its raw body.
 * `pem` is the key named by {@link installKeyOf}. Verify first, store last.
 *
 * @throws a {@link VerifyError}, 401, for a token that proves nothing; for a body that is another app's or
 * tenant's, or that cannot be read.
 *
 * @example
 * ```ts
 * const event = verifyInstall(installed, pem, { event: "installed", appKey, baseUrl });
 * ```
 */
export function verifyInstall(
  request: IncomingRequest & { body: string },
  pem: string,
  expected: ExpectedEvent,
): LifecycleEvent {
  return accepted(read(op.verifyInstall, { ...arrived(request, expected), pem }), request.body);
}

/**
 * Verifies `enabled` or `disabled`, signed with the tenant's secret, and accepts its raw body.
 *
 * @throws a {@link VerifyError}, as {@link verifyInstall} does.
 *
 * @example
 * ```ts
 * tenantOf(enabled, "event") === tenant.clientKey; // true
 * const event = verifyLifecycle(enabled, tenant, { event: "enabled", appKey, baseUrl });
 * ```
 */
export function verifyLifecycle(
  request: IncomingRequest & { body: string },
  tenant: Tenant,
  expected: ExpectedEvent,
): LifecycleEvent {
  const said = read(op.verifyLifecycle, { ...arrived(request, expected), ...signedBy(tenant) });
  return accepted(said, request.body);
}

/**
 * Reads a lifecycle body that nobody vouches for: store nothing of it.
 *
 * @throws a {@link VerifyError} for a body that cannot be read.
 *
 * @example
 * ```ts
 * const { event, baseUrl } = readLifecycleBody(installed.body);
 * ```
 */
export function readLifecycleBody(body: string): LifecycleBody & { readonly hasSecret: boolean } {
  const { hasSecret, ...said } = read(op.readLifecycleBody, body);
  return { ...written(said, body), hasSecret };
}
