import { License, LicenseError } from "../index.js";
import type { ReadOptions } from "../index.js";
import { headers, lines } from "./connect.js";
import type { IncomingRequest } from "./connect.js";
import { call, date, read, seconds, text } from "./core.js";
import * as op from "./op.js";
import { readOptions } from "./options.js";
import { prove } from "./proved.js";
import * as settings from "./settings.js";
import { licenseFrom, verified } from "./verified.js";

/** What an invocation token is checked against. */
export interface ExpectedInvocation {
  /** The app's ARI, or its UUID; of several apps behind one backend, all. */
  appId: string | readonly string[];
  /** The label of an Isolated Cloud, where the app runs in one. */
  isolatedCloud?: string | undefined;
  /** How much clocks may differ, in seconds. */
  leeway?: number | undefined;
  /** The clock; now, when left out. */
  now?: Date | undefined;
}

/** A product that the app is installed in. */
export interface ProductContext {
  readonly name: string | null;
  readonly apiBaseUrl: string | null;
  readonly cloudId: string | null;
  readonly workspaceId: string | null;
}

/** What a verified Forge Invocation Token says. */
export interface Invocation {
  readonly appId: string;
  readonly installationId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly license: License<"verified">;
  readonly environmentType: string | null;
  readonly environmentId: string | null;
  readonly appVersion: string | null;
  readonly apiBaseUrl: string | null;
  readonly moduleKey: string | null;
  readonly moduleType: string | null;
  readonly cloudId: string | null;
  readonly siteUrl: string | null;
  /** The Atlassian account of the user; null when nobody asked. */
  readonly principal: string | null;
  readonly tokenId: string | null;
  /** Whether user-based billing lets the user in; null when the token does not say. */
  readonly userMayAccess: boolean | null;
  /** Whether a user's browser made it, which may have written anything but the token. */
  readonly isFromUserInterface: boolean;
  readonly contexts: readonly ProductContext[];
}

type Authorization = IncomingRequest["authorization"];

/**
 * Which key of the platform's key set signed an invocation token. Nothing is proved by it.
 *
 * @throws a {@link VerifyError}: `token_missing`, `token_scheme`, `token_malformed`.
 *
 * @example
 * ```ts
 * const kid = invocationKeyOf(request.headers.authorization);
 * ```
 */
export function invocationKeyOf(authorization: Authorization): string {
  return call(op.invocationKeyOf, headers(authorization));
}

/**
 * Verifies a Forge Invocation Token. `jwks` is the text of the platform's key set; on
 * `unknown_key` fetch it again, once ({@link ForgeKeys} does).
 *
 * @throws a {@link VerifyError}, 401: `unknown_key`, `signature`, `expired`, `audience` and what else proves
 * nothing.
 *
 * @example
 * ```ts
 * const { license } = verifyInvocation(request.headers.authorization, jwks, { appId });
 * ```
 */
export function verifyInvocation(
  authorization: Authorization,
  jwks: string,
  expected: ExpectedInvocation,
): Invocation {
  return proveInvocation(authorization, jwks, expected).invocation;
}

/** What a verified token says of the Forge half of a customer who came from Connect. */
export interface ForgeHalf {
  installation: string;
  app: string;
  cloudId: string | null;
  /** The product that it is installed in, where it is one alone. */
  product: string | null;
  isProduction: boolean;
  /** Seconds since 1970. */
  issuedAt: number;
}

/** @internal What a token proves, and until when. */
export interface ProvenInvocation {
  invocation: Invocation;
  tokenProvesUntil: Date;
  half: ForgeHalf;
}

/** @internal What marks the token of a lifecycle event, which was verified. */
export const tokenHash = (authorization: Authorization) => call(op.tokenHash, headers(authorization));

const EXPECTED = { appId: settings.texts, isolatedCloud: settings.text, leeway: settings.any, now: settings.any };

/** @internal */
export function proveInvocation(
  authorization: Authorization,
  jwks: string,
  expected: ExpectedInvocation,
): ProvenInvocation {
  const { appId, isolatedCloud, leeway, now } = settings.hold("verifyInvocation", expected, EXPECTED, ["appId"]);
  const said = read(
    op.verifyInvocation,
    headers(authorization),
    text(jwks),
    lines(appId),
    isolatedCloud,
    leeway,
    seconds(now),
  );
  const issuedAt = date(said.issuedAt);
  const { bits, set, license, environmentType } = said;
  const invocation: Invocation = {
    appId: said.appId,
    installationId: said.installationId,
    issuedAt,
    expiresAt: date(said.expiresAt),
    license: licenseFrom("forge_invocation_token", bits, set, license, issuedAt, environmentType),
    environmentType,
    environmentId: said.environmentId,
    appVersion: said.appVersion,
    apiBaseUrl: said.apiBaseUrl,
    moduleKey: said.moduleKey,
    moduleType: said.moduleType,
    cloudId: said.cloudId,
    siteUrl: said.siteUrl,
    principal: said.principal,
    tokenId: said.tokenId,
    userMayAccess: said.userMayAccess,
    isFromUserInterface: said.isFromUserInterface,
    contexts: said.contexts,
  };
  const { appId: app, installationId: installation, cloudId, product, isProduction } = said;
  const half = Object.freeze({ installation, app, cloudId, product, isProduction, issuedAt: said.issuedAt });
  prove(half, { on: "invoked", event: "", body: "", half });
  const isFromPlatform = !said.isFromUserInterface;
  prove(Object.freeze(invocation), { on: "invocation", installationId: installation, appId: app, isFromPlatform });
  return { invocation, tokenProvesUntil: date(said.tokenProvesUntil), half };
}

/** What requests, their bodies and events have, and no context of the platform. */
const NO_CONTEXT = ["method", "headers", "body", "payload", "data", "eventType"];

/**
 * Reads a resolver's `context`, or the second argument of a Forge function, in the function
 * itself: the platform fills its license in behind the app's back, so it is verified. Never pass
 * it what a browser sent.
 *
 * @throws `misuse` for a promise, the license alone, a request, what else is no context, and options that there are
 * not; `invalid_time`
 * for an `asOf` that is no valid Date.
 *
 * @example
 * ```ts
 * const license = fromFunctionContext(context, { environmentType: "PRODUCTION" }); // of getAppContext()
 * const { allowed } = check(license, { requires: "capabilityAdvanced" });
 * ```
 */
export function fromFunctionContext(
  context: Parameters<typeof License.fromFunctionContext>[0],
  options?: ReadOptions,
): License<"verified"> {
  options = readOptions("fromFunctionContext", options);
  const read = License.fromFunctionContext(context, options);
  const fields = Object(context) as { license?: unknown };
  if (["source", "state"].every((name) => Object.hasOwn(Object(fields.license) as object, name))) {
    throw new LicenseError("misuse", "expected a context, found one with a copy of a License: seal it, or pass what the platform gave");
  }
  const above: unknown = Object.getPrototypeOf(fields);
  const isPlain = !above || Object.hasOwn(above, "isPrototypeOf");
  const has = (name: string) => name in fields;
  // what has no license is absent, which a lenient policy grants: it must be a context
  if (
    !Object.hasOwn(fields, "license") &&
    ("license" in Object.prototype ||
      !(has("license") || has("installContext") || (isPlain && !NO_CONTEXT.some(has))))
  ) {
    throw new LicenseError(
      "misuse",
      "expected a context, found a request, a body or what is no plain object: pass the second argument of the function",
    );
  }
  return verified(read);
}
