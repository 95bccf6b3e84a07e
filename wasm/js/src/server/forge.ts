import { License } from "../index.js";
import type { ReadOptions } from "../index.js";
import { headers } from "./connect.js";
import type { IncomingRequest } from "./connect.js";
import { ask, date, seconds } from "./core.js";
import { Op } from "./op.js";
import { judged, verified } from "./verified.js";

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

/** Which key of the platform's key set signed an invocation token. Nothing is proved by it. */
export function invocationKeyOf(authorization: Authorization): string {
  return ask(Op.InvocationKey, { authorization: headers(authorization) })[1]!;
}

/**
 * Verifies a Forge Invocation Token. `jwks` is the text of the platform's key set; on
 * `unknown_key` fetch it again, once ({@link ForgeKeys} does). Throws {@link VerifyError}.
 *
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

/** @internal What a token proves, and how it is told from others. */
export interface ProvenInvocation {
  invocation: Invocation;
  tokenFingerprint: string;
  tokenProvesUntil: Date;
}

/** @internal */
export function proveInvocation(
  authorization: Authorization,
  jwks: string,
  expected: ExpectedInvocation,
): ProvenInvocation {
  const { isolatedCloud: extra, leeway } = expected;
  const appKey = typeof expected.appId === "string" ? expected.appId : expected.appId.join("\n");
  const now = seconds(expected.now);
  const question = { authorization: headers(authorization), keys: jwks, appKey, extra, leeway, now };
  const said = ask(Op.Invocation, question);
  const [, appId, installationId] = said;
  const [issuedAt, expiresAt] = [date(said[3]), date(said[4])];
  const [environmentType, environmentId, appVersion, apiBaseUrl] = said.slice(8);
  const [moduleKey, moduleType, cloudId, siteUrl, principal, tokenId, mayAccess] = said.slice(12);
  const contexts: ProductContext[] = [];
  for (let i = 23; i < said.length; i += 4) {
    const [name, url, id, workspaceId] = said.slice(i, i + 4) as (string | null)[];
    contexts.push({ name: name!, apiBaseUrl: url!, cloudId: id!, workspaceId: workspaceId! });
  }
  const invocation: Invocation = {
    appId: appId!,
    installationId: installationId!,
    issuedAt,
    expiresAt,
    license: judged("forge_invocation_token", said, 6, said[5]!, issuedAt, environmentType),
    environmentType: environmentType!,
    environmentId: environmentId!,
    appVersion: appVersion!,
    apiBaseUrl: apiBaseUrl!,
    moduleKey: moduleKey!,
    moduleType: moduleType!,
    cloudId: cloudId!,
    siteUrl: siteUrl!,
    principal: principal!,
    tokenId: tokenId!,
    userMayAccess: mayAccess === null ? null : mayAccess === "1",
    isFromUserInterface: said[19] === "1",
    contexts,
  };
  return {
    invocation,
    tokenFingerprint: said[21]!,
    tokenProvesUntil: date(said[22]),
  };
}

/**
 * Reads a resolver's `context`, or the second argument of a Forge function, in the function
 * itself: the platform fills its license in behind the app's back, so it is verified. Never pass
 * it what a browser sent.
 */
export function fromFunctionContext(
  context: Parameters<typeof License.fromFunctionContext>[0],
  options?: ReadOptions,
): License<"verified"> {
  return verified(License.fromFunctionContext(context, options));
}
