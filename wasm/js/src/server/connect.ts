import { License } from "../index.js";
import { ask, date, seconds } from "./core.js";
import { Op } from "./op.js";
import type { Question } from "./core.js";
import { carrier, judged, verified } from "./verified.js";

/** A request as it arrived. `target` is its path and query, as on the request line. */
export interface IncomingRequest {
  method: string;
  /** Never what a router made of it: the query hash is over what was sent. */
  target: string;
  /** The `Authorization` header, or every one of them. */
  authorization?: string | readonly string[] | undefined;
}

/** What is expected of every token. */
export interface Expected {
  /** The app's base URL, or several: tokens are for the first of them or another. */
  baseUrl: string | readonly string[];
  /**
   * States that a proxy strips the path of the base URL from requests. Without it, a request outside
   * the base URL is refused, `outside_base_url`.
   */
  proxyStripsBasePath?: boolean | undefined;
  /** How much clocks may differ, in seconds; 30. */
  leeway?: number | undefined;
  /** The clock; now, when left out. */
  now?: Date | undefined;
}

/** The secrets of one installation, looked up by what {@link tenantOf} answers. */
export interface Tenant {
  clientKey: string;
  /** The current secret, and for a while after a rotation the one before. */
  secrets: readonly string[];
}

/** @internal */
export const headers = (authorization: IncomingRequest["authorization"]) =>
  typeof authorization === "object" ? (authorization.length ? authorization.join("\0") : undefined) : authorization;

/** @internal */
export function common(request: IncomingRequest, expected: Expected): Question {
  const { baseUrl } = expected;
  return {
    authorization: headers(request.authorization),
    method: request.method,
    target: request.target,
    baseUrl: typeof baseUrl === "string" ? baseUrl : baseUrl.join("\n"),
    leeway: expected.leeway,
    now: seconds(expected.now),
    flags: expected.proxyStripsBasePath ? "p" : undefined,
  };
}

/** @internal */
export function signedBy(question: Question, tenant: Tenant): Question {
  question.clientKey = tenant.clientKey;
  question.secret = tenant.secrets[0];
  question.previous = tenant.secrets[1];
  return question;
}

/**
 * Whose token a request carries: which tenant to look up. Nothing is proved by it. The token of an
 * `event` is in the header and nowhere else.
 */
export function tenantOf(
  request: IncomingRequest,
  kind: "request" | "context" | "event" = "request",
): string {
  const authorization = headers(request.authorization);
  return ask(Op.Tenant, { authorization, target: request.target, extra: kind })[1]!;
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
  /** The license: of the URL, or of the product context. */
  readonly license: License<"verified">;
}

function proof(said: (string | null)[], license: License<"verified">): ConnectProof {
  const [, clientKey, accountId, , expiresAt, signedWith] = said;
  return {
    clientKey: clientKey!,
    accountId: accountId ?? null,
    issuedAt: license.asOf!,
    expiresAt: date(expiresAt),
    signedWith: signedWith as "current" | "previous",
    license,
  };
}

/**
 * Verifies a Connect request by the token bound to its URL: HS256, query hash, issuer, times.
 * Context tokens are refused. Throws {@link VerifyError}.
 *
 * ```ts
 * const clientKey = tenantOf(request);
 * const { license } = verifyRequest(request, await store.tenant(clientKey), { baseUrl });
 * ```
 */
export function verifyRequest(
  request: IncomingRequest,
  tenant: Tenant,
  expected: Expected,
): ConnectProof {
  const said = ask(Op.Request, signedBy(common(request, expected), tenant));
  return proof(said, judged("connect_iframe_query", said, 6, null, date(said[3])));
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
  const said = ask(Op.Context, signedBy(common(request, expected), tenant));
  const context: unknown = said[6] == null ? null : JSON.parse(said[6]);
  const { userAccess } = (context ?? {}) as { userAccess?: unknown };
  const document = { ...carrier(said[7]), userAccess };
  const hint = License.fromConnectContext(document, { asOf: date(said[3]) });
  return { ...proof(said, verified(hint, "connect_context_token")), context };
}

/** The canonical form of a request and its hash: what a token's `qsh` is compared with. */
export function queryHash(
  request: { method: string; target: string; form?: string | undefined },
  baseUrl: string,
): { canonical: string; qsh: string } {
  const { method, target, form } = request;
  const [, canonical, qsh] = ask(Op.QueryHash, { method, target, form, baseUrl });
  return { canonical: canonical!, qsh: qsh! };
}

/** Who signs a call of the app to a site. */
export interface Signer {
  appKey: string;
  clientKey: string;
  secret: string;
  /** The base URL of the site: Confluence's ends in `/wiki`. */
  baseUrl: string;
  now?: Date | undefined;
}

/** Signs a call of the app to a site: the value of its `Authorization` header. */
export function signRequest(request: { method: string; target: string }, signer: Signer): string {
  return `JWT ${ask(Op.Sign, { ...request, ...signer, now: seconds(signer.now) })[1]!}`;
}
