import type { AcceptedEvent, CloudPlaces, EventInput } from "#core";
import { call, date, read } from "./core.js";
import * as op from "./op.js";
import { EXPECTED, authorizationOf, common, headers, signedBy } from "./connect.js";
import type { Expected, IncomingRequest, Tenant } from "./connect.js";
import type { Invocation } from "./forge.js";
import { proofOf, prove } from "./proved.js";
import { fault } from "./refusals.js";
import * as settings from "./settings.js";

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
  if (typeof cloud === "string") {
    return { cloud, sites: undefined };
  }
  const { name = "", keyHosts, sites } = settings.own(cloud);
  return { cloud: [name, ...keyHosts].join("\n"), sites: sites.join("\n") };
}

/** The lifecycle events of a Connect app. */
export type LifecycleKind = "installed" | "uninstalled" | "enabled" | "disabled";

/** The events that the platform signs, and those that are signed with the tenant's secret. */
export type InstallKind = "installed" | "uninstalled";
export type SwitchKind = "enabled" | "disabled";

/** What lifecycle events are checked against besides. */
export interface ExpectedEvent<K extends LifecycleKind = LifecycleKind> extends Expected {
  /** Which endpoint this is. */
  event: K;
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
  /** The body as it was sent. It is in no JSON, copy or log: of `installed` it holds the secret. */
  readonly raw: string;
}

/** An accepted lifecycle event. Only `verifyInstall` and `verifyLifecycle` make one. */
export interface LifecycleEvent extends LifecycleBody {
  /** To be stored; only of `installed`. It is in no JSON, copy or log. */
  readonly sharedSecret: string | null;
  /** Remember it for as long as the token proves anything: a token is good for one body. */
  readonly tokenHash: string;
  readonly tokenIssuedAt: Date;
  readonly tokenExpiresAt: Date;
  /** The last second in which the token proves anything: clocks differ by the leeway. */
  readonly tokenProvesUntil: Date;
}

/** An event of a store of the server's own. Only {@link acceptedBefore} makes one. */
export interface ReplayedEvent extends LifecycleBody {
  readonly acceptedBefore: true;
}

function accepted(said: AcceptedEvent, body: string): LifecycleEvent {
  const event = {
    ...said,
    tokenIssuedAt: date(said.tokenIssuedAt),
    tokenExpiresAt: date(said.tokenExpiresAt),
    tokenProvesUntil: date(said.tokenProvesUntil),
    raw: body,
  };
  settings.hidden(event, "raw", "sharedSecret");
  return prove(Object.freeze(event), { on: "connect", event: said.event, body });
}

const rules = (kinds: readonly LifecycleKind[]) => ({
  ...EXPECTED,
  appKey: settings.string,
  cloud: settings.cloud,
  event: (value: unknown) => (kinds.includes(value as LifecycleKind) ? undefined : `\`${kinds.join("` or `")}\``),
});
/** Each event is signed by one of two: what the other signs proves nothing. */
const SIGNED = /* @__PURE__ */ rules(["installed", "uninstalled"]);
const SWITCHED = /* @__PURE__ */ rules(["enabled", "disabled"]);

function arrived(
  what: string,
  request: IncomingRequest & { body: string },
  expected: ExpectedEvent,
  of: ReturnType<typeof rules>,
): EventInput {
  settings.called(what, { request });
  expected = settings.hold(what, expected, of, ["baseUrl", "appKey", "event"]);
  return eventIn(request, expected);
}

const eventIn = (request: IncomingRequest & { body: string }, expected: ExpectedEvent): EventInput => {
  const { event, appKey, cloud } = expected;
  return { ...common(request, expected), ...cloudOf(cloud), body: request.body, event, appKey };
};

/** @internal Parses the token of an event whose body is still to come; answers whose it says to be. Proves nothing.
 * Who verifies the same request for the same `now` finds it parsed. */
export const parseEvent = (request: IncomingRequest, expected: ExpectedEvent): string =>
  call(op.parseEvent, eventIn({ ...request, body: "" }, expected));

/** @internal Drops what waits in the module of an event that comes no further, by its header or its body: the secret of
 * an install is in it. */
export const dropEvent = (of: IncomingRequest["authorization"]): void => call(op.dropEvent, headers(of) ?? "");

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
  expected: ExpectedEvent<InstallKind>,
): string {
  return call(op.checkUnprovedInstall, arrived("checkUnprovedInstall", request, expected, SIGNED));
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
  settings.hold("installKeyOf", { cloud }, { cloud: settings.cloud });
  return read(op.installKeyOf, { authorization: authorizationOf(request), ...cloudOf(cloud) });
}

/**
 * Verifies `installed` or `uninstalled` by the platform's signature, and accepts its raw body.
 * `pem` is the key named by {@link installKeyOf}. Verify first, store last.
 *
 * @throws a {@link VerifyError}, 401, for a token that proves nothing; for a body that is another app's or
 * tenant's, or that cannot be read; `misuse` for another `event`, which the platform does not sign.
 *
 * @example
 * ```ts
 * const event = verifyInstall(installed, pem, { event: "installed", appKey, baseUrl });
 * ```
 */
export function verifyInstall(
  request: IncomingRequest & { body: string },
  pem: string,
  expected: ExpectedEvent<InstallKind>,
): LifecycleEvent;
/** @internal The same, of an event that is delivered next: the core finds its body read. */
export function verifyInstall(
  request: IncomingRequest & { body: string },
  pem: string,
  expected: ExpectedEvent<InstallKind>,
  isDelivered: true,
): LifecycleEvent;
export function verifyInstall(
  request: IncomingRequest & { body: string },
  pem: string,
  expected: ExpectedEvent<InstallKind>,
  isDelivered?: true,
): LifecycleEvent {
  const asked = { ...arrived("verifyInstall", request, expected, SIGNED), pem, isDelivered };
  return accepted(read(op.verifyInstall, asked), request.body);
}

/**
 * Verifies `enabled` or `disabled`, signed with the tenant's secret, and accepts its raw body.
 *
 * @throws a {@link VerifyError}, as {@link verifyInstall} does; `misuse` for `installed` and `uninstalled`,
 * which no secret of a tenant proves.
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
  expected: ExpectedEvent<SwitchKind>,
): LifecycleEvent;
/** @internal The same, of an event that is delivered next. */
export function verifyLifecycle(
  request: IncomingRequest & { body: string },
  tenant: Tenant,
  expected: ExpectedEvent<SwitchKind>,
  isDelivered: true,
): LifecycleEvent;
export function verifyLifecycle(
  request: IncomingRequest & { body: string },
  tenant: Tenant,
  expected: ExpectedEvent<SwitchKind>,
  isDelivered?: true,
): LifecycleEvent {
  settings.called("verifyLifecycle", { tenant });
  const asked = { ...arrived("verifyLifecycle", request, expected, SWITCHED), ...signedBy(tenant), isDelivered };
  return accepted(read(op.verifyLifecycle, asked), request.body);
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
  return settings.hidden({ ...read(op.readLifecycleBody, body), raw: body }, "raw");
}

/** A lifecycle event of Forge, whose token was verified. Only {@link verifyForgeEvent} and {@link acceptedBefore}
 * make one. */
export interface ForgeEvent {
  readonly kind: "avi:forge:installed:app" | "avi:forge:upgraded:app" | "preUninstall";
}

const forgeEvent = (kind: string, body: string): ForgeEvent =>
  prove(Object.freeze({ kind: kind as ForgeEvent["kind"] }), { on: "forge", event: kind, body });

/**
 * Whose event a body of Forge is, and which: that of the installation whose token came with it.
 *
 * @throws a {@link VerifyError}, 401, for the event of another installation or app, or of a user's browser;
 * `not_verified` for an invocation that this package did not verify.
 *
 * @example
 * ```ts
 * const taken = (invocation: Invocation, body: string) =>
 *   new LifecycleReducer().apply(null, { forge: verifyForgeEvent(invocation, body) });
 * ```
 */
export function verifyForgeEvent(invocation: Invocation, body: string): ForgeEvent {
  const { on: _, ...sender } = proofOf(invocation, "invocation");
  const { kind, refusal } = read(op.receiveForgeEvent, { body, ...sender });
  if (refusal !== null) {
    throw fault(refusal, "refused");
  }
  return forgeEvent(kind!, body);
}

/**
 * An event that was verified when it arrived, out of a store of the server's own: its body as it was sent; of Forge,
 * its kind and payload. Whoever can write into that store chooses the tenant.
 *
 * @throws a {@link VerifyError} for a body that cannot be read.
 *
 * @example
 * ```ts
 * const connect = acceptedBefore(installed.body); // as it was stored
 * const { installation } = new LifecycleReducer().apply(null, { connect });
 * ```
 */
export function acceptedBefore(body: string): ReplayedEvent;
export function acceptedBefore(event: { kind: ForgeEvent["kind"]; payload: string | object }): ForgeEvent;
export function acceptedBefore(stored: string | { kind: ForgeEvent["kind"]; payload: string | object }): ReplayedEvent | ForgeEvent {
  if (typeof stored != "string") {
    settings.hold("acceptedBefore", stored, { kind: settings.text, payload: settings.any }, ["kind"]);
    const { kind, payload } = stored;
    return forgeEvent(kind, typeof payload == "string" ? payload : `${JSON.stringify(payload)}`);
  }
  const { hasSecret: _, ...said } = read(op.readLifecycleBody, stored);
  const event = settings.hidden({ ...said, acceptedBefore: true as const, raw: stored }, "raw");
  return prove(Object.freeze(event), { on: "connect", event: said.event, body: stored });
}
