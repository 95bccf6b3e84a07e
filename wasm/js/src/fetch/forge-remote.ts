import { randomUUID } from "node:crypto";
import { ForgeKeys, ForgeLicenseApi, LicenseError, LifecycleReducer, VerifyError, internal, verifyForgeEvent } from "../server.js";
import type { ForgeLicenseCache, Installation, Invocation, License, Policy } from "../server.js";
import type { ProvenInvocation } from "../server/forge.js";
import { SYSTEM_TOKEN } from "../server/limits.js";
import { Backend, RULES, frozen } from "./backend.js";
import type { BackendOptions } from "./backend.js";
import { currentLicense } from "./current-license.js";
import type { ApiStatement } from "./current-license.js";
import { find, keyOf } from "./site-link.js";
import type { LinkedInstallation } from "./site-link.js";
import { STORE, forgetLicense, store as deliverTo } from "./store.js";
import type { InstallationStore } from "./store.js";
import { NO_CONTENT, textOf } from "./wire.js";
import type { Incoming, WireResponse } from "./wire.js";

/** Settings of a {@link ForgeRemote}. */
export interface ForgeRemoteOptions extends BackendOptions {
  /** The app's ARI, or its UUID; of several apps behind one backend, all. */
  appId: string | readonly string[];
  /** Where installations are kept; without one, events are verified and answered only. */
  store?: InstallationStore | undefined;
  /** The platform's keys; made of the other settings, when left out. */
  keys?: ForgeKeys | undefined;
  /** Asks the License API where a token states no license, or none that is confirmed; off, when left
   * out. It needs the app's system token, which only the platform and functions bring. */
  licenseApi?: boolean | ForgeLicenseApi | undefined;
  /** The label of an Isolated Cloud, where the app runs in one: its keys alone count, and its tokens. */
  isolatedCloud?: string | undefined;
  /** The path of lifecycle events; `/forge/lifecycle`. */
  lifecyclePath?: string | undefined;
}

/** A verified invocation of a Forge remote. */
export interface ForgeInvocation extends Invocation {
  /** What the store knows of the installation; null without a store, or before its first event. */
  readonly installation: Installation | null;
  /** The app's system token, which is in no JSON, copy or log; null where a user's browser made the call, which may have written anything. */
  readonly systemToken: string | null;
}

const { call, op, fault, settings, tokenHash } = internal;
const SOURCE = "forge_license_api";
/** What the settings must be. */
const FORGE = {
  ...RULES,
  appId: settings.texts,
  store: settings.having(STORE, "an `InstallationStore`, such as a `SqliteStore`"),
  keys: settings.having(["prove"], "a `ForgeKeys`"),
  licenseApi: settings.flagOr(["license"], "`true`, `false` or a `ForgeLicenseApi`"),
  isolatedCloud: settings.text,
  lifecyclePath: settings.path,
};
const SYSTEM_HEADER = "x-forge-oauth-system";

/**
 * A Forge remote: invocations with the license that counts, gates, lifecycle events.
 *
 * @throws a {@link LicenseError} for a setting that cannot be, `misuse` for one that there is not.
 *
 * @example
 * ```ts
 * const remote = new ForgeRemote({ appId });
 * remote.route("/export", { requires: "capabilityAdvanced" }, () => new Response("…"));
 * export default { fetch: (request: Request) => remote.handle(request) };
 * ```
 */
export class ForgeRemote extends Backend<ForgeInvocation> {
  readonly #options: ForgeRemoteOptions;
  readonly #keys: ForgeKeys;
  readonly #licenseApi: ForgeLicenseApi | null;
  readonly #reducer = new LifecycleReducer();
  readonly #path: string;

  /** Throws {@link LicenseError} for a setting that cannot be, `misuse` for one that there is not. */
  constructor(options: ForgeRemoteOptions) {
    options = settings.hold("ForgeRemote", options, FORGE, ["appId"]);
    const ids = [options.appId].flat() as string[];
    options = frozen({ ...options, appId: ids });
    super(options);
    this.#options = options;
    const { appId, isolatedCloud, leeway, fetch, timeout, allowTestKeys, store } = options;
    const url = call(op.forgeKeySet, { appId: ids.join("\n"), isolatedCloud, leeway });
    if (url === undefined) {
      throw new LicenseError("leeway", `a leeway of ${leeway} s is too much`);
    }
    settings.appIds(appId);
    const clock = () => +this.now();
    this.#keys = options.keys ?? new ForgeKeys({ url, fetch, timeout, allowTestKeys, clock });
    const cache = store && storeCache(store);
    const api = options.licenseApi ?? false;
    this.#licenseApi = api === true ? new ForgeLicenseApi({ fetch, timeout, clock, cache }) : api || null;
    this.#path = options.lifecyclePath ?? "/forge/lifecycle";
  }

  protected override methodOf(path: string): "POST" | undefined {
    return path === this.#path ? "POST" : undefined;
  }

  protected override async platform(_: string, sent: Incoming): Promise<WireResponse> {
    const proven = await this.#prove(sent);
    const { invocation } = proven;
    const body = await textOf(sent);
    const { installationId: of } = invocation;
    const forge = verifyForgeEvent(invocation, body);
    const { store } = this.#options;
    const known = await this.#admit(proven, "event");
    if (store && (!known || known.said.takesEvents)) {
      const hash = tokenHash(sent.authorization);
      const event = { forge };
      const token = { hash, provesUntil: proven.tokenProvesUntil, issuedAt: invocation.issuedAt };
      const key = known ? keyOf(known.installation) : ({ key: of, on: "forge" } as const);
      const { installation } = await deliverTo(store, { ...key, event, token }, this.now());
      if (forge.kind === "preUninstall" && installation?.record.status === "uninstalled") {
        await forgetLicense(store, of, SOURCE, this.now());
      }
    }
    return NO_CONTENT;
  }

  protected override async prove(sent: Incoming): Promise<ForgeInvocation> {
    const proven = await this.#prove(sent);
    const { invocation } = proven;
    const installation = (await this.#admit(proven, "invocation"))?.installation;
    const token = invocation.isFromUserInterface ? null : sent.header(SYSTEM_HEADER);
    const systemToken = token !== null && token.length <= SYSTEM_TOKEN && /^[!-~]+$/.test(token) ? token : null;
    const known = installation ? settings.discreet(installation) : null;
    return settings.hidden({ ...invocation, installation: known, systemToken }, "systemToken");
  }

  #prove(sent: Incoming): Promise<ProvenInvocation> {
    const { appId, isolatedCloud, leeway } = this.#options;
    return this.#keys.prove(sent.authorization, { appId, isolatedCloud, leeway, now: this.now() });
  }

  /** What is known of the token's installation, or of the customer whose it is; refused as the core says. */
  async #admit({ half }: ProvenInvocation, of: "event" | "invocation"): Promise<LinkedInstallation | null> {
    const { store } = this.#options;
    const lost = (error: unknown) => this.lost("what a token says of a customer is not stored", error);
    const known = store ? await find(store, half, of, this.now(), lost) : null;
    const refusal = known && known.said.refusesCall;
    if (refusal !== null) {
      throw fault(refusal, "refused");
    }
    return known;
  }

  /** What the token states; where it states nothing, or is to be confirmed and is not, a fresh answer
   * of the License API. */
  protected override findLicense(verified: ForgeInvocation, policy: Policy): Promise<License<"verified">> {
    return currentLicense(verified.license, policy, {
      now: () => this.now(),
      storedFor: undefined, // as `load`
      record: verified.installation?.record,
      ask: (_, since, newer) => this.#ask(verified, since, newer),
      load: async () => null, // a remote's answers are kept by its License API
      observe: (licenses) => this.#observe(verified, licenses),
    });
  }

  async #observe(
    { installation }: ForgeInvocation,
    licenses: readonly License<"verified">[],
  ): Promise<void> {
    const { store } = this.#options;
    if (!store || !installation) {
      return;
    }
    try {
      const license = licenses.find((stated) => this.#reducer.isNews(installation, stated, this.now()));
      if (license) {
        const after = await deliverTo(store, { ...keyOf(installation), event: { license } }, this.now());
        // asked again for the same invocation, it is no news
        installation.record = after.installation?.record ?? installation.record;
      }
    } catch (error) {
      this.lost("a changed license is not stored", error); // the next invocation says it again
    }
  }

  async #ask(verified: ForgeInvocation, since: number, newer: boolean): Promise<ApiStatement> {
    const { systemToken, installationId, appId, environmentType } = verified;
    if (!this.#licenseApi || systemToken === null) {
      return null;
    }
    try {
      const license = await this.#licenseApi.license(installationId, systemToken, {
        appId,
        ...(environmentType !== null && { environmentType }),
        installedAt: new Date(since * 1000),
        newer,
      });
      return { license };
    } catch (error) {
      if (error instanceof VerifyError && error.class !== "misuse") {
        return { error };
      }
      throw error;
    }
  }
}

/** Answers and the right to ask, in the app's store: for all replicas. */
function storeCache(store: InstallationStore): ForgeLicenseCache {
  const holder = `replica/${randomUUID()}`;
  const source = SOURCE;
  const lease = (id: string) => `forge-license/${id}`;
  return {
    async get(id) {
      const kept = await store.license(id, source);
      return kept && kept.document !== null ? { body: kept.document, at: kept.fetchedAt } : null;
    },
    put: (id, { body, at }) => store.putLicense(id, source, { document: body, fetchedAt: at }),
    lease: (id, now, seconds) => store.tryLease(lease(id), holder, now, seconds),
    async prolong(id, now, seconds) {
      await store.renewLease(lease(id), holder, now, seconds);
    },
    release: (id) => store.releaseLease(lease(id), holder),
  };
}
