/**
 * Verifies what Connect and Forge send, in Node 20 and later: synchronous, and packed into one
 * file, so that the Forge bundler takes it without settings.
 *
 * @packageDocumentation
 */
import { License, LicenseError, check as checkHint } from "./index.js";
import type { Check, Decision, Policy, ReadOptions, Touchpoint } from "./index.js";
import { core } from "#core";

export { FeatureMap, License, LicenseError } from "./index.js";
export type * from "./index.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a refusal says besides its code. */
export class VerifyError extends LicenseError {
  /** Whose fault it is: `malformed`, `too_large`, `refused`, `misuse`, `unavailable`. */
  readonly class: string;
  /** The HTTP status to answer with. */
  readonly status: number;

  constructor(code: string, message: string, failure: string, status: number) {
    super(code, message);
    this.name = "VerifyError";
    this.class = failure;
    this.status = status;
  }
}

type Answer = Record<string, unknown>;

function ask(op: string, question: object): Answer {
  const bytes = encoder.encode(JSON.stringify({ op, ...question }));
  const { memory, room, ask: respond, answer } = core();
  const at = room(bytes.length);
  if (!at) {
    throw new VerifyError("too_large", "the question is larger than any honest one", "too_large", 413);
  }
  new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
  let length: number;
  try {
    length = respond();
  } catch (error) {
    core(true); // a module that stopped in the middle is not to be trusted
    throw error;
  }
  const said = JSON.parse(decoder.decode(new Uint8Array(memory.buffer, answer(), length))) as Answer;
  if (typeof said["error"] === "string") {
    const { error, message, class: failure, status } = said as unknown as {
      error: string;
      message: string;
      class: string;
      status: number;
    };
    throw new VerifyError(error, message, failure, status);
  }
  return said;
}

const seconds = (date: Date) => Math.floor(+date / 1000);
const clock = (now: Date | undefined) => seconds(now ?? new Date());
const date = (at: unknown) => new Date((at as number) * 1000);

/** The same licence, vouched for. */
function verified(hint: License, more: { touchpoint?: Touchpoint } = {}): License<"verified"> {
  const license = Object.create(License.prototype) as License<"verified">;
  return Object.assign(license, hint, more, { trust: "verified" as const });
}

const parsed = (raw: unknown) =>
  typeof raw === "string" ? (JSON.parse(raw) as Record<string, unknown>) : null;

/** A request as it arrived. `target` is its path and query, as on the request line. */
export interface IncomingRequest {
  method: string;
  target: string;
  /** The `Authorization` header. */
  authorization?: string | undefined;
}

/** What is expected of every token. */
export interface Expected {
  /** The app's base URL, or several; tokens are for the first of them or another. */
  baseUrl: string | readonly string[];
  /** How much clocks may differ, in seconds. */
  leeway?: number | undefined;
  /** The clock; now, when left out. */
  now?: Date | undefined;
}

/** The secrets of one installation, looked up by what {@link tenantOf} answers. */
export interface Tenant {
  clientKey: string;
  /** The current secret, and for a while after a rotation the one before. */
  secrets: readonly [string] | readonly [string, string];
}

function common(request: IncomingRequest, expected: Expected): object {
  return {
    method: request.method,
    target: request.target,
    authorization: request.authorization === undefined ? [] : [request.authorization],
    baseUrls: [expected.baseUrl].flat(),
    leeway: expected.leeway,
    now: clock(expected.now),
  };
}

/** Whose token a request carries: which tenant to look up. Nothing is proved by it. */
export function tenantOf(request: IncomingRequest, kind: "request" | "context" = "request"): string {
  const { method, target, authorization } = request;
  const asked = { kind, method, target, authorization: authorization ? [authorization] : [] };
  return ask("tenant", asked)["clientKey"] as string;
}

/** What a verified Connect token proves. */
export interface ConnectProof {
  readonly clientKey: string;
  /** The Atlassian account of the user; null for an anonymous one. */
  readonly accountId: string | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Which of the tenant's secrets signed it. */
  readonly signedWith: "current" | "previous";
  /** The licence: of the URL, or of the product context. */
  readonly license: License<"verified">;
}

function proof(said: Answer, license: License<"verified">): ConnectProof {
  return {
    clientKey: said["clientKey"] as string,
    accountId: (said["accountId"] as string | null) ?? null,
    issuedAt: date(said["issuedAt"]),
    expiresAt: date(said["expiresAt"]),
    signedWith: said["signedWith"] as "current" | "previous",
    license,
  };
}

/**
 * Verifies a Connect request by the token bound to its URL: HS256, query hash, issuer, times.
 * Context tokens are refused. Throws {@link VerifyError}.
 */
export function verifyRequest(
  request: IncomingRequest,
  tenant: Tenant,
  expected: Expected,
): ConnectProof {
  const said = ask("request", { ...common(request, expected), ...tenant });
  const asOf = date(said["issuedAt"]);
  return proof(said, verified(License.fromConnectQuery(said["query"] as string, { asOf })));
}

/**
 * Verifies a request of the app's own front end by a context token (`AP.context.getToken()`). Any
 * other token is refused. Throws {@link VerifyError}.
 */
export function verifyContext(
  request: IncomingRequest,
  tenant: Tenant,
  expected: Expected,
): ConnectProof & { readonly context: unknown } {
  const said = ask("context", { ...common(request, expected), ...tenant });
  const hint = License.fromConnectContext({ license: parsed(said["license"]) }, { asOf: date(said["issuedAt"]) });
  const license = verified(hint, { touchpoint: "connect_context_token" });
  return { ...proof(said, license), context: parsed(said["context"]) };
}

/** Which key to fetch from the platform's key server for a signed lifecycle event. */
export function installKeyOf(request: IncomingRequest): string {
  const { authorization } = request;
  return ask("install_key", { authorization: authorization ? [authorization] : [] })["kid"] as string;
}

/** What lifecycle events are checked against besides. */
export interface ExpectedEvent extends Expected {
  /** Which endpoint this is. */
  event: "installed" | "uninstalled" | "enabled" | "disabled";
  /** The app's key. */
  appKey: string;
  /** The host names sites may have; `*.atlassian.net` and `*.jira.com` when left out. */
  hosts?: readonly string[] | undefined;
}

/** An accepted lifecycle event. */
export interface LifecycleEvent {
  readonly event: string;
  readonly clientKey: string;
  readonly baseUrl: string;
  readonly displayUrl: string;
  readonly productType: string;
  readonly capabilitySet: string | null;
  readonly entitlementId: string | null;
  readonly entitlementNumber: string | null;
  readonly installationId: string | null;
  readonly cloudId: string | null;
  readonly oauthClientId: string | null;
  readonly accountId: string | null;
  /** To be stored; only of `installed`. */
  readonly sharedSecret: string | null;
  /** Of signed events: remember it until `tokenExpiresAt`, a token is good once. */
  readonly tokenFingerprint?: string;
  /** In seconds since 1970. */
  readonly tokenExpiresAt?: number;
}

const HOSTS = ["atlassian.net", "jira.com"] as const;

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
  const { event, appKey, hosts = HOSTS } = expected;
  const question = { ...common(request, expected), body: request.body, pem, event, appKey, hosts };
  return ask("install", question) as unknown as LifecycleEvent;
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
  const { event, appKey, hosts = HOSTS } = expected;
  const question = { ...common(request, expected), ...tenant, body: request.body, event, appKey, hosts };
  return ask("lifecycle", question) as unknown as LifecycleEvent;
}

/** What an invocation token is checked against. */
export interface ExpectedInvocation {
  /** The app's ARI. */
  appId: string;
  /** The label of an Isolated Cloud, where the app runs in one. */
  isolatedCloud?: string | undefined;
  leeway?: number | undefined;
  now?: Date | undefined;
}

/** What a verified Forge Invocation Token says. */
export interface Invocation {
  readonly appId: string;
  readonly appVersion: string | null;
  readonly apiBaseUrl: string | null;
  readonly installationId: string;
  readonly environmentType: string | null;
  readonly environmentId: string | null;
  readonly moduleKey: string | null;
  readonly moduleType: string | null;
  readonly cloudId: string | null;
  readonly siteUrl: string | null;
  readonly principal: string | null;
  readonly tokenId: string | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly license: License<"verified">;
}

/** Which key of the platform's key set signed an invocation token. */
export function invocationKeyOf(authorization: string): string {
  return ask("invocation_key", { authorization: [authorization] })["kid"] as string;
}

/**
 * Verifies a Forge Invocation Token. `jwks` is the text of the platform's key set; on
 * `unknown_key` fetch it again, once. Throws {@link VerifyError}.
 */
export function verifyInvocation(
  authorization: string,
  jwks: string,
  expected: ExpectedInvocation,
): Invocation {
  const { appId, isolatedCloud, leeway, now } = expected;
  const question = { authorization: [authorization], jwks, appId, isolatedCloud, leeway, now: clock(now) };
  const said = ask("invocation", question);
  const [issuedAt, expiresAt] = [date(said["issuedAt"]), date(said["expiresAt"])];
  const environmentType = said["environmentType"] as string | null;
  const hint = License.fromForgeContext(
    { license: parsed(said["license"]), ...(environmentType === null ? {} : { environmentType }) },
    { asOf: issuedAt },
  );
  const license = verified(hint, { touchpoint: "forge_invocation_token" });
  return { ...(said as unknown as Invocation), issuedAt, expiresAt, license };
}

/**
 * Reads a resolver's `context`, or the second argument of a Forge function, in the function
 * itself: the platform fills its licence in behind the app's back, so it is verified. Never pass
 * it what a browser sent.
 */
export function fromFunctionContext(
  context: Parameters<typeof License.fromFunctionContext>[0],
  options?: ReadOptions,
): License<"verified"> {
  return verified(License.fromFunctionContext(context, options));
}

/** Reads an answer of the Connect License API that this process fetched itself. */
export function fromConnectApi(
  body: Parameters<typeof License.fromConnectApi>[0],
  options?: ReadOptions,
): License<"verified"> {
  return verified(License.fromConnectApi(body, options));
}

/**
 * Reads an answer of the Forge License API that this process fetched itself. `body` is its text;
 * a fault of the API is a {@link VerifyError} of the class `unavailable` or `refused`.
 */
export function fromForgeApi(
  answer: { status: number; body: string; retryAfter?: string },
  options?: ReadOptions & { appId?: string },
): License<"verified"> {
  const said = ask("license_api", { ...answer, appId: options?.appId });
  const hint = License.fromFunctionContext({ license: parsed(said["license"]) }, options);
  return verified(hint, { touchpoint: "forge_license_api" });
}

/**
 * Decides on a verified licence, and why. Unlike the browser's, it can be satisfied with
 * `confirmedOnly`.
 */
export function check(license: License<"verified">, what: Check): Decision {
  const { requires, features, feature } = what as Check & { requires?: string };
  if (!(what as Policy).confirmedOnly || license.touchpoint === "connect_iframe_query") {
    return checkHint(license, what);
  }
  return ask("decide", {
    needs: features && feature !== undefined ? features.requirement(feature) : requires,
    license: JSON.stringify(license.raw),
    touchpoint: license.touchpoint,
    environment: license.environment,
    asOf: license.asOf ? seconds(license.asOf) : undefined,
    whenAbsent: what.whenAbsent,
    productionOnly: what.productionOnly,
    confirmedOnly: what.confirmedOnly,
    maxAge: what.maxAge,
    now: clock(what.now),
  }) as unknown as Decision;
}

/** Signs a request of the app to the product: the value of its `Authorization` header. */
export function signRequest(
  request: { method: string; target: string },
  signer: { appKey: string; secret: string; baseUrl: string; audience?: string; lifetime?: number; now?: Date },
): string {
  const { appKey: issuer, secret, baseUrl, audience, lifetime, now } = signer;
  const said = ask("sign", { ...request, issuer, secret, baseUrl, audience, lifetime, now: clock(now) });
  return `JWT ${said["token"] as string}`;
}
