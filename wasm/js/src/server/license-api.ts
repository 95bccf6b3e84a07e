import { License } from "../index.js";
import type { ReadOptions } from "../index.js";
import { Bounded } from "./bounded.js";
import type { Signer } from "./connect.js";
import { Op, VerifyError, ask, seconds } from "./core.js";
import { get, unavailable } from "./fetch.js";
import type { FetchOptions } from "./fetch.js";
import { carrier, verified } from "./verified.js";

const MAX_ANSWER = 256 * 1024;

/**
 * Reads an answer of the Connect License API that this process fetched itself. A site that does
 * not have the app says absent. Throws {@link VerifyError}: `license_api`, 503, when nothing was
 * learned (also where `appKey` is given and the answer is about another app), 502 when the site
 * refuses.
 */
export function fromConnectApi(
  answer: { status: number; body: string },
  options?: ReadOptions & { appKey?: string | undefined },
): License<"verified"> {
  const { status, body } = answer;
  const [, what, raw] = ask(Op.ConnectLicense, { status: `${status}`, body, appKey: options?.appKey });
  if (what === "refused") {
    throw new VerifyError("license_api", `the site refuses, status ${status}`, "unavailable", 502);
  }
  if (what === "faulted") {
    throw unavailable("license_api", `the License API answers nothing, status ${status}`);
  }
  return verified(License.fromConnectContext(carrier(raw), options), "connect_license_api");
}

/**
 * Reads an answer of the Forge License API that this process fetched itself: the license of
 * `appId`, or without one the only result. A fault of the API is a {@link VerifyError} of the
 * class `unavailable`.
 */
export function fromForgeApi(
  answer: { status: number; body: string; retryAfter?: string | null },
  options?: ReadOptions & { appId?: string },
): License<"verified"> {
  const { status, body, retryAfter } = answer;
  const question = { status: `${status}`, body, extra: retryAfter ?? undefined, appKey: options?.appId };
  const [, what, detail] = ask(Op.ForgeLicense, question);
  if (what !== "known") {
    const code = what === "busy" ? 503 : 502;
    throw new VerifyError("license_api", detail!, "unavailable", code);
  }
  return verified(License.fromFunctionContext(carrier(detail), options), "forge_license_api");
}

/** Settings of the License APIs. */
export interface LicenseApiOptions extends FetchOptions {
  /** How long an answer is served without asking again, in seconds; 300. */
  freshFor?: number | undefined;
  /** How many tenants' answers are kept; 10000. */
  tenantsKept?: number | undefined;
  /** The clock, in milliseconds. */
  clock?: (() => number) | undefined;
}

/** Answers, served for a while; a failed question serves the last answer, with its age. */
abstract class LicenseApi {
  readonly #options: LicenseApiOptions;
  readonly #kept: Bounded<{ license: License<"verified">; at: number }>;

  constructor(options: LicenseApiOptions = {}) {
    this.#options = options;
    this.#kept = new Bounded(options.tenantsKept ?? 10_000);
  }

  /** @internal */
  protected async answer(
    key: string,
    asked: () => { url: string; headers: Record<string, string> },
    read: (answer: { status: number; body: string; retryAfter: string | null }, asOf: Date) => License<"verified">,
  ): Promise<License<"verified">> {
    const { freshFor = 300, clock = Date.now } = this.#options;
    const known = this.#kept.get(key);
    if (known && clock() - known.at < freshFor * 1000) {
      return known.license;
    }
    const { license } = await this.#kept.once(key, async () => {
      const at = clock();
      try {
        const { url, headers } = asked();
        const answer = await get(url, MAX_ANSWER, this.#options, headers);
        const learnt = { license: read(answer, new Date(at)), at };
        this.#kept.set(key, learnt);
        return learnt;
      } catch (error) {
        if (known && error instanceof VerifyError && error.class === "unavailable") {
          // asked again when the answer would have been old, not with every request
          this.#kept.set(key, { ...known, at });
          return known;
        }
        throw error;
      }
    });
    return license;
  }
}

/**
 * Asks the Connect License API of a site, with a signed request. The last answer is served through
 * an outage: `maxAge` of a check bounds how old it may be.
 *
 * Platform page: https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps
 */
export class ConnectLicenseApi extends LicenseApi {
  /** The license of the app on one site. */
  license(signer: Signer): Promise<License<"verified">> {
    const asked = () => {
      const [, token, url] = ask(Op.Sign, { ...signer, now: seconds(signer.now) });
      return { url: url!, headers: { authorization: `JWT ${token!}`, accept: "application/json" } };
    };
    const { appKey, clientKey } = signer;
    return this.answer(clientKey, asked, (answer, asOf) => fromConnectApi(answer, { asOf, appKey }));
  }
}

/**
 * Asks the Forge License API for one installation. The platform allows one call in five minutes an
 * installation: within one process this keeps to it, several processes need a lease of their own.
 *
 * Platform page: https://developer.atlassian.com/platform/forge/apis-reference/license-api/
 */
export class ForgeLicenseApi extends LicenseApi {
  readonly #origin: string | undefined;

  /** `origin`: another than the platform's, for tests. */
  constructor(options: LicenseApiOptions & { origin?: string } = {}) {
    super(options);
    this.#origin = options.origin;
  }

  /** The license of the app itself; `token` is the installation's system token, opaque. */
  license(installationId: string, token: string): Promise<License<"verified">> {
    const asked = () => {
      const [, origin, path] = ask(Op.ForgeLicenseUrl, {});
      const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
      return { url: `${this.#origin ?? origin!}${path!}`, headers };
    };
    return this.answer(installationId, asked, (answer, asOf) => fromForgeApi(answer, { asOf }));
  }
}
