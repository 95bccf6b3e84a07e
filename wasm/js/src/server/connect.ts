import { License } from "../index.js";
import type { Arrival } from "#core";
import { date, read, run, seconds, text } from "./core.js";
import * as op from "./op.js";
import * as settings from "./settings.js";
import { carrier, licenseFrom, verified } from "./verified.js";

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

/** @internal What is no text counts as not there: the core says that the token is missing. */
export const headers = (authorization: IncomingRequest["authorization"]) =>
  text(Array.isArray(authorization) && authorization.length ? authorization.join("\0") : authorization);

/** @internal The header of a request. Throws `misuse` for what is none. */
export function authorizationOf(request: Pick<IncomingRequest, "authorization">): string | undefined {
  settings.called("a token", { request });
  return headers(request.authorization);
}

/** @internal What is expected of every token; the core looks at the numbers. */
export const EXPECTED = {
  baseUrl: settings.texts,
  proxyStripsBasePath: settings.flag,
  leeway: settings.any,
  now: settings.any,
};

const isTextOrTexts = (value: unknown) =>
  typeof value == "string" || (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one == "string"));

/** What {@link settings.hold} looks for, without the lists that it makes: every request comes by here. Answers a copy that
 * has nothing else. */
function expectations(what: string, expected: Expected): Expected {
  const copy = settings.own(expected);
  const { baseUrl, proxyStripsBasePath } = copy;
  let fits = isTextOrTexts(baseUrl) && (proxyStripsBasePath === undefined || typeof proxyStripsBasePath == "boolean");
  for (const name in expected) {
    fits &&= name in EXPECTED;
  }
  fits || settings.hold(what, expected, EXPECTED, ["baseUrl"]);
  return copy;
}

const SIGNER = { appKey: settings.string, clientKey: settings.string, secret: settings.string, baseUrl: settings.string, now: settings.any };

/** @internal Throws `misuse` for what signs no call. */
export const isSigner = (what: string, signer: unknown): void =>
  void settings.hold(what, signer, SIGNER, ["appKey", "clientKey", "secret", "baseUrl"]);

/** @internal */
export function common(request: IncomingRequest, expected: Expected): Arrival {
  return {
    authorization: headers(request.authorization),
    method: request.method,
    target: request.target,
    baseUrl: lines(expected.baseUrl),
    proxyStripsBasePath: expected.proxyStripsBasePath,
    leeway: expected.leeway,
    now: seconds(expected.now),
  };
}

/** @internal */
export const lines = (values: string | readonly string[]) => (typeof values === "string" ? values : values.join("\n"));

/** @internal */
export const signedBy = ({ clientKey, secrets }: Tenant) => ({ clientKey, secret: secrets[0], previous: secrets[1] });

/**
 * Whose token a request carries: which tenant to look up. Nothing is proved by it. The token of an
 * `event` is in the header and nowhere else.
 *
 * @throws a {@link VerifyError}: `token_missing`, `token_scheme`, `token_malformed`, `token_conflict` for two
 * different tokens.
 *
 * @example
 * ```ts
 * const clientKey = tenantOf(request);
 * ```
 */
export function tenantOf(
  request: IncomingRequest,
  kind: "request" | "context" | "event" = "request",
): string {
  const [header, target] = [authorizationOf(request), text(request.target)];
  return run((header?.length ?? 0) + (target?.length ?? 0), () => op.tenantOf(header, target, kind));
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

/** A text in a line: nothing, `=` and itself, or JSON. */
function textOf(line: string): string | null {
  if (line === "") {
    return null;
  }
  return line.startsWith("=") ? line.slice(1) : (JSON.parse(line) as string);
}

/**
 * Verifies a Connect request by the token bound to its URL: HS256, query hash, issuer, times.
 * Context tokens are refused.
 *
 * @throws a {@link VerifyError}, 401: `signature`, `expired`, `qsh_mismatch` and what else proves nothing;
 * `outside_base_url` for a request that is not below the base URL.
 *
 * @example
 * ```ts
 * const { license } = verifyRequest(request, tenant, { baseUrl }); // of tenantOf(request)
 * const { allowed } = check(license, { requires: "capabilityAdvanced" });
 * ```
 */
export function verifyRequest(
  request: IncomingRequest,
  tenant: Tenant,
  expected: Expected,
): ConnectProof {
  settings.called("verifyRequest", { request, tenant });
  const { baseUrl, proxyStripsBasePath, leeway, now } = expectations("verifyRequest", expected);
  return proveRequest(request, tenant, lines(baseUrl), !!proxyStripsBasePath, leeway, seconds(now));
}

/** @internal The same, of settings that were looked at before: base URLs a line each, the time in seconds. */
export function proveRequest(
  { authorization, method, target }: IncomingRequest,
  { clientKey, secrets }: Tenant,
  urls: string,
  strips: boolean,
  leeway: number | undefined,
  now: number,
): ConnectProof {
  const [header, path] = [headers(authorization), text(target)];
  const length = (header?.length ?? 0) + (path?.length ?? 0);
  const answer = run(length, () =>
    op.verifyRequest(
      header,
      text(method),
      path,
      text(clientKey),
      text(secrets[0]),
      text(secrets[1]),
      urls,
      strips,
      leeway,
      now,
    ),
  );
  // read by index, and no object is spread: that takes as long as all else
  const fields = answer.split("\n");
  const license = licenseFrom("connect_iframe_query", +fields[0]!, textOf(fields[6]!), null, date(+fields[1]!));
  return {
    clientKey: textOf(fields[4]!)!,
    accountId: textOf(fields[5]!),
    issuedAt: license.asOf!,
    expiresAt: date(+fields[2]!),
    signedWith: fields[3] as "current" | "previous",
    license,
  };
}

/**
 * Verifies a request of the app's own front end by a context token (`AP.context.getToken()`). Any
 * other token is refused.
 *
 * @throws a {@link VerifyError}, 401, as {@link verifyRequest} does.
 *
 * @example
 * ```ts
 * tenantOf(contextRequest, "context") === tenant.clientKey; // true
 * const { license, context } = verifyContext(contextRequest, tenant, { baseUrl });
 * ```
 */
export function verifyContext(
  request: IncomingRequest,
  tenant: Tenant,
  expected: Expected,
): ConnectProof & { readonly context: unknown } {
  settings.called("verifyContext", { request, tenant });
  expected = expectations("verifyContext", expected);
  const said = read(
    op.verifyContext,
    headers(request.authorization),
    text(request.target),
    text(tenant.clientKey),
    text(tenant.secrets[0]),
    text(tenant.secrets[1]),
    lines(expected.baseUrl),
    expected.leeway,
    seconds(expected.now),
  );
  const context: unknown = said.context === null ? null : JSON.parse(said.context);
  const { userAccess } = (context ?? {}) as { userAccess?: unknown };
  const document = { ...carrier(said.license), userAccess };
  const hint = License.fromConnectContext(document, { asOf: date(said.issuedAt) });
  const license = verified(hint, "connect_context_token");
  const { clientKey, accountId, expiresAt, signedWith } = said;
  return { clientKey, accountId, issuedAt: license.asOf!, expiresAt: date(expiresAt), signedWith, license, context };
}

/**
 * The canonical form of a request and its hash: what a token's `qsh` is compared with.
 *
 * @throws a {@link VerifyError}: `invalid_base_url` for a base URL that is none.
 *
 * @example
 * ```ts
 * const { canonical } = queryHash({ method: "GET", target: "/panel?b=2&a=1" }, baseUrl);
 * console.log(canonical); // "GET&/panel&a=1&b=2"
 * ```
 */
export function queryHash(
  request: { method: string; target: string; form?: string | undefined },
  baseUrl: string,
): { canonical: string; qsh: string } {
  settings.called("queryHash", { request });
  const { method, target, form } = request;
  return read(op.queryHash, { method, target, form, baseUrl });
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

/**
 * Signs a call of the app to a site: the value of its `Authorization` header.
 *
 * @throws a {@link VerifyError}: `invalid_base_url` for a base URL that is none, `weak_secret` for a short secret.
 *
 * @example
 * ```ts
 * const signer = { appKey, clientKey, secret: tenant.secrets[0]!, baseUrl: "https://example.atlassian.net" };
 * const authorization = signRequest({ method: "GET", target: "/rest/api/3/myself" }, signer);
 * ```
 */
export function signRequest(request: { method: string; target: string }, signer: Signer): string {
  settings.called("signRequest", { request });
  isSigner("signRequest", signer);
  const { appKey, clientKey, secret, baseUrl, now } = signer;
  const { method, target } = request;
  const signed = { appKey, clientKey, secret, baseUrl, places: undefined, method, target, now: seconds(now) };
  return `JWT ${read(op.sign, signed).token}`;
}
