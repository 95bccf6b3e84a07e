import { License } from "../index.js";
import type { ReadOptions } from "../index.js";
import { isSigner } from "./connect.js";
import type { Signer } from "./connect.js";
import type { CloudPlaces } from "#core";
import { read, seconds } from "./core.js";
import type { VerifyError } from "./core.js";
import * as op from "./op.js";
import type { FetchOptions, Problem } from "./get.js";
import { readOptions } from "./options.js";
import { called } from "./settings.js";
import { carrier, verified } from "./verified.js";

/**
 * Reads an answer of the Connect License API that this process fetched itself. A site that does
 * not have the app says absent.
 *
 * @throws a {@link VerifyError}: `license_api`, 503, when nothing was learned (also where `appKey` is given and
 * the answer is about another app), and when the site refuses.
 *
 * @example
 * ```ts
 * const license = fromConnectApi({ status: answer.status, body: await answer.text() }, { appKey });
 * ```
 */
export function fromConnectApi(
  answer: { status: number; body: string },
  options?: ReadOptions & { appKey?: string | undefined },
): License<"verified"> {
  called("fromConnectApi", { answer });
  options = readOptions("fromConnectApi", options, "appKey");
  const { status, body } = answer;
  const { raw } = read(op.connectLicense, { status, body, appKey: options?.appKey });
  return verified(License.fromConnectContext(carrier(raw), options), "connect_license_api");
}

/**
 * Reads an answer of the Forge License API that this process fetched itself: the license of
 * `appId`, or without one the only result.
 *
 * @throws a {@link VerifyError}: `license_api`, of the class `unavailable`, for a fault of the API.
 *
 * @example
 * ```ts
 * const license = fromForgeApi({ status: forgeAnswer.status, body: await forgeAnswer.text() }, { appId });
 * ```
 */
export function fromForgeApi(
  answer: { status: number; body: string; retryAfter?: string | null },
  options?: ReadOptions & { appId?: string | undefined },
): License<"verified"> {
  called("fromForgeApi", { answer });
  options = readOptions("fromForgeApi", options, "appId");
  const { status, body, retryAfter } = answer;
  const asked = { status, body, retryAfter: retryAfter ?? undefined, appId: options?.appId };
  const { raw } = read(op.forgeLicense, asked);
  return verified(License.fromFunctionContext(carrier(raw), options), "forge_license_api");
}

/** Settings of the License APIs. */
export interface LicenseApiOptions extends FetchOptions {
  /** How long an answer is given without asking again, in seconds; 300 at the least. */
  freshFor?: number | undefined;
  /** How old an answer may be that is given when nothing newer can be had, in seconds; a day. */
  keepThroughOutage?: number | undefined;
  /** How long an API that fails is left alone, in seconds: 30 on Connect, 5 on Forge. */
  backOff?: number | undefined;
  /** How many tenants' answers are kept; 2048. */
  tenantsKept?: number | undefined;
  /** The clock, in milliseconds. */
  clock?: (() => number) | undefined;
}

/** What an API said, and when. */
export interface LicenseAnswer {
  license: License<"verified">;
  /** Why nothing newer is known, where something newer was wanted. */
  fault: VerifyError | null;
}

/** @internal What the core says to do about a license. */
export interface LicenseStep {
  step: "use" | "look" | "lease" | "ask" | "wait" | "refuse";
  /** The license's object; none where it is absent. */
  document?: string;
  /** When it was stated; none where nothing is known. */
  asOf?: number;
  problem?: Problem;
  /** For how long the lease is taken. */
  seconds?: number;
  /** How many askers' tokens may be refused. */
  tries?: number;
  /** What becomes of the answer and of the lease. */
  after?: { keep: boolean; forget: boolean; release: boolean; prolong?: number };
}

/** What Connect's API said of a tenant: `at` in seconds; no `raw` is a license that is absent. */
interface Said {
  raw: string | null;
  at: number;
}

/** @internal The license in an answer, dated. */
export const connectLicense = ({ raw, at }: Said) =>
  verified(License.fromConnectContext(carrier(raw), { asOf: new Date(at * 1000) }), "connect_license_api");

/** @internal The call of one site's API. Throws `foreign_base_url` where it is none of the cloud. */
export function signedCall(signer: Signer, places: CloudPlaces) {
  isSigner("a License API", signer);
  const { appKey, clientKey, secret, baseUrl, now } = signer;
  const common = { appKey, clientKey, secret, baseUrl, places, now: seconds(now) };
  const { token, url } = read(op.sign, { ...common, method: undefined, target: undefined });
  return { url, headers: { authorization: `JWT ${token}`, accept: "application/json" } };
}
