import { ask, date } from "./core.js";
import { Op } from "./op.js";
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
export function cloudOf(cloud: Cloud = "commercial"): { cloud: string; sites?: string } {
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
  readonly tokenExpiresAt: Date;
  /** The last second in which the token proves anything: clocks differ by the leeway. */
  readonly tokenProvesUntil: Date;
}

function written(said: (string | null)[], raw: string): LifecycleBody {
  const [, event, appKey, clientKey, baseUrl, displayUrl, productType] = said as string[];
  const [capabilitySet, entitlementId, entitlementNumber, serviceEntitlementNumber] = said.slice(7);
  const [installationId, cloudId, oauthClientId, accountId, description] = said.slice(11);
  return {
    event: event as LifecycleKind,
    appKey: appKey!,
    clientKey: clientKey!,
    baseUrl: baseUrl!,
    displayUrl: displayUrl!,
    productType: productType!,
    capabilitySet: capabilitySet!,
    entitlementId: entitlementId!,
    entitlementNumber: entitlementNumber!,
    serviceEntitlementNumber: serviceEntitlementNumber!,
    installationId: installationId!,
    cloudId: cloudId!,
    oauthClientId: oauthClientId!,
    accountId: accountId!,
    description: description!,
    raw,
  };
}

const accepted = (said: (string | null)[], body: string): LifecycleEvent => ({
  ...written(said, body),
  sharedSecret: said[16]!,
  tokenFingerprint: said[17]!,
  tokenExpiresAt: date(said[18]),
  tokenProvesUntil: date(said[19]),
});

/**
 * Checks all of `installed` or `uninstalled` that needs no key, so that what cannot be right costs no
 * fetch. Proves nothing. Answers the `clientKey` of the body. Throws {@link VerifyError}.
 */
export function checkUnprovedInstall(
  request: IncomingRequest & { body: string },
  expected: ExpectedEvent,
): string {
  const { body } = request;
  const { event, appKey } = expected;
  const question = { ...common(request, expected), ...cloudOf(expected.cloud), body, event, appKey };
  return ask(Op.InstallUnproved, question)[1]!;
}

/** Which key signed a lifecycle event, and where to look for it, first choice first. */
export function installKeyOf(
  request: Pick<IncomingRequest, "authorization">,
  cloud?: Cloud,
): { kid: string; urls: string[] } {
  const authorization = headers(request.authorization);
  const [, kid, ...urls] = ask(Op.InstallKey, { authorization, ...cloudOf(cloud) });
  return { kid: kid!, urls: urls as string[] };
}

/**
 * Verifies `installed` or `uninstalled` by the platform's signature, and accepts its raw body.
 * `pem` is the key named by {@link installKeyOf}. Verify first, store last. Throws
 * {@link VerifyError}.
 */
export function verifyInstall(
  request: IncomingRequest & { body: string },
  pem: string,
  expected: ExpectedEvent,
): LifecycleEvent {
  const { body } = request;
  const { event, appKey } = expected;
  const question = { ...common(request, expected), ...cloudOf(expected.cloud), body, event, appKey, keys: pem };
  const said = ask(Op.Install, question);
  return accepted(said, body);
}

/**
 * Verifies `enabled` or `disabled`, signed with the tenant's secret, and accepts its raw body.
 * Throws {@link VerifyError}.
 */
export function verifyLifecycle(
  request: IncomingRequest & { body: string },
  tenant: Tenant,
  expected: ExpectedEvent,
): LifecycleEvent {
  const { body } = request;
  const { event, appKey } = expected;
  const question = { ...common(request, expected), ...cloudOf(expected.cloud), body, event, appKey };
  const said = ask(Op.Lifecycle, signedBy(question, tenant));
  return accepted(said, body);
}

/** Reads a lifecycle body that nobody vouches for: store nothing of it. */
export function readLifecycleBody(body: string): LifecycleBody & { readonly hasSecret: boolean } {
  const said = ask(Op.LifecycleBody, { body });
  return { ...written(said, body), hasSecret: said[17] === "1" };
}
