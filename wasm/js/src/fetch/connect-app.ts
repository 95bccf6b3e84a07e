import {
  ConnectLicenseApi,
  InstallKeys,
  LicenseError,
  LifecycleReducer,
  PlatformFault,
  VerifyError,
  checkUnprovedInstall,
  tenantOf,
  verifyContext,
  verifyInstall,
  verifyLifecycle,
} from "../server.js";
import type { Cloud, ConnectProof, InstallKind, Installation, License, LifecycleEvent, LifecycleKind, Policy, SwitchKind } from "../server.js";
import { internal } from "../server.js";
import { ANSWERS_KEPT, HEALTH, OF_ANOTHER_KEY } from "../server/limits.js";
import { Backend, RULES, frozen } from "./backend.js";
import type { BackendOptions, RouteNeeds } from "./backend.js";
import { SOURCE, findLicense } from "./connect-license.js";
import { descriptorOf, descriptorRule, lacks } from "./descriptor.js";
import type { Descriptor } from "./descriptor.js";
import { link } from "./site-link.js";
import { STORE, aboutStored, forgetLicense, loaded, store } from "./store.js";
import type { InstallationStore } from "./store.js";
import { Tenants } from "./tenants.js";
import type { Tenant } from "./tenants.js";
import { NO_CONTENT, isIncoming, json, textOf, unknownTenant } from "./wire.js";
import type { Incoming, WireResponse } from "./wire.js";

/** Settings of a {@link ConnectApp}. */
export interface ConnectAppOptions extends BackendOptions {
  /** The app's key, from its descriptor. */
  appKey: string;
  /** The app's base URL, or several: tokens may be for any of them. */
  baseUrl: string | readonly string[];
  /** Where installations are kept. */
  store: InstallationStore;
  /** Where the sites and the keys are; the commercial cloud, when left out. */
  cloud?: Cloud | undefined;
  /** The platform's keys; made of the other settings, when left out. */
  keys?: InstallKeys | undefined;
  /**
   * Asks the License API where a request states no license, states `lic=none`, or where the policy
   * wants a confirmed license; off, when left out.
   */
  licenseApi?: boolean | ConnectLicenseApi | undefined;
  /** Lets the last answer of the License API count through an outage, if it is at most so many seconds
   * old (a year at most), also after a restart; off, when left out. A refusal of the API ends it, and an
   * uninstall. */
  storedFor?: number | undefined;
  /** How long a rotated secret still verifies, in seconds; 300, a day at most. */
  grace?: number | undefined;
  /** For how many seconds an installation that was read from the store is kept in memory; 5, a day at
   * most, 0 to ask the store every time. With several processes, an uninstall, a block or the end of a
   * block that another one was told of is noticed after this long. */
  tenantCache?: number | undefined;
  /** States that a proxy in front strips the path of the base URL. */
  proxyStripsBasePath?: boolean | undefined;
  /** The path that `handle` takes routes to be below; that of the base URL, when left out. */
  mountPath?: string | undefined;
  /** The paths of the events, below that. */
  paths?: Partial<Record<LifecycleKind, string>> | undefined;
  /** The app's descriptor, served at `/atlassian-connect.json`: what this package relies on is set in
   * it. Tokens may be for its `regionBaseUrls` too. An app that is sold says `enableLicensing`, one with
   * editions `editionsEnabled` too. */
  descriptor?: Descriptor | undefined;
  /**
   * The header in which the nearest proxy writes the client's address (the last one in it counts), for
   * the budgets that keep a flood from shutting the platform out. Only if every request comes through
   * that proxy.
   */
  clientAddressHeader?: string | undefined;
}

/** A verified request of Connect. */
export interface ConnectRequest extends ConnectProof {
  /** Its `secrets` are in no JSON, copy or log of it. */
  readonly installation: Installation;
  /** The product context that a context token holds; null for a token of a URL. */
  readonly context: unknown;
}

const { op, dropEvent, parseEvent, read, cloudOf, fault, proveRequest, seconds, settings } = internal;
/** What is served besides. */
const OWN = ["/atlassian-connect.json", "/health"];
const EVENTS = ["installed", "uninstalled", "enabled", "disabled"] as const;
/** A key that no tenant has: the platform makes none with a space. */
const NOBODY = "app-license health check";

const noLicenseApi = () =>
  new LicenseError("no_license_api", "only the License API confirms a license: set `licenseApi`, or leave `confirmedOnly` out");

/** What the settings must be. */
const CONNECT = {
  ...RULES,
  appKey: settings.string,
  baseUrl: settings.texts,
  store: settings.having(STORE, "an `InstallationStore`, such as a `SqliteStore`"),
  cloud: settings.cloud,
  keys: settings.having(["pemOf", "refresh", "proved"], "an `InstallKeys`"),
  licenseApi: settings.flagOr(["answer"], "`true`, `false` or a `ConnectLicenseApi`"),
  storedFor: settings.seconds,
  grace: settings.count(0, 86_400),
  tenantCache: settings.count(0, 86_400),
  proxyStripsBasePath: settings.flag,
  mountPath: settings.mount,
  paths: settings.table,
  descriptor: descriptorRule,
  clientAddressHeader: settings.header,
};

/**
 * A Connect app: lifecycle events verified and stored, requests with the license that counts, gates.
 *
 * @throws a {@link LicenseError} for a setting that cannot be, `misuse` for one that there is not.
 *
 * @example
 * ```ts
 * const app = new ConnectApp({ appKey, baseUrl, store });
 * app.route("/export", { requires: "capabilityAdvanced" }, () => new Response("…"));
 * export default { fetch: (request: Request) => app.handle(request) };
 * ```
 */
export class ConnectApp extends Backend<ConnectRequest> {
  /** @internal */ readonly options: ConnectAppOptions;
  /** @internal */ readonly reducer: LifecycleReducer;
  /** @internal */ readonly licenseApi: ConnectLicenseApi | null;
  /** @internal As of when the last answer of the License API is that the store has, by tenant. */
  readonly licensesStored = new internal.Bounded<number>(ANSWERS_KEPT);
  readonly #tenants: Tenants;
  readonly #keys: InstallKeys;
  readonly #baseUrls: readonly [string, ...string[]];
  readonly #baseUrlLines: string;
  readonly #descriptor: Descriptor;
  readonly #events: ReadonlyMap<string, LifecycleKind>;
  readonly #mount: string;
  /** What the log was told that the descriptor lacks. */
  readonly #said = new Set<string>();
  #health: Promise<void> | undefined;

  /** Throws {@link LicenseError} for a setting that cannot be, `misuse` for one that there is not. */
  constructor(options: ConnectAppOptions) {
    options = frozen(settings.hold("ConnectApp", options, CONNECT, ["appKey", "baseUrl", "store"]));
    super(options);
    this.options = options;
    const { appKey, baseUrl, cloud, leeway, fetch, timeout, allowTestKeys, descriptor } = options;
    const regions = Object.values((descriptor?.["regionBaseUrls"] ?? {}) as Record<string, unknown>);
    const own = typeof baseUrl === "string" ? [baseUrl] : baseUrl;
    this.#baseUrls = [...own, ...regions.map((url) => (typeof url === "string" ? url : ""))] as [string];
    this.#baseUrlLines = this.#baseUrls.join("\n");
    const asked = { appKey, baseUrl: this.#baseUrlLines, leeway, ...cloudOf(cloud) };
    const { leewayIsValid, cloudIsKnown } = read(op.connectSettings, asked);
    if (!leewayIsValid) {
      throw new LicenseError("leeway", `a leeway of ${leeway} s is too much`);
    }
    if (!cloudIsKnown) {
      throw new LicenseError("cloud", "`cloud` is none of the platform's");
    }
    settings.domains(cloud);
    this.reducer = new LifecycleReducer(options.grace === undefined ? {} : { grace: options.grace });
    this.#tenants = new Tenants(options, this.reducer);
    const clock = () => +this.now();
    this.#keys = options.keys ?? new InstallKeys({ cloud, fetch, timeout, allowTestKeys, clock, store: options.store });
    const api = options.licenseApi ?? false;
    this.licenseApi = api === true ? new ConnectLicenseApi({ cloud, fetch, timeout, clock }) : api || null;
    if (options.policy?.confirmedOnly && !this.licenseApi) {
      throw noLicenseApi();
    }
    const rules = Object.fromEntries(EVENTS.map((event) => [event, settings.path]));
    const given = settings.hold("ConnectApp: `paths`", options.paths ?? {}, rules);
    const paths = EVENTS.map((event) => [event, given[event] ?? `/${event}`] as const);
    this.#events = new Map(paths.map(([event, path]) => [path, event]));
    if (this.#events.size < paths.length || OWN.some((path) => this.#events.has(path))) {
      throw settings.misuse(`ConnectApp: \`paths\` must be four paths, and none of ${OWN.join(", ")}`);
    }
    this.#descriptor = descriptorOf(descriptor ?? {}, appKey, this.#baseUrls[0], Object.fromEntries(paths));
    const path = options.proxyStripsBasePath ? "" : new URL(this.#baseUrls[0]).pathname;
    this.#mount = (options.mountPath ?? path).replace(/\/+$/, "");
    this.#warn();
  }

  /** Routes are below one path: what the platform sends below another is 404. */
  #warn(): void {
    const { proxyStripsBasePath, logger } = this.options;
    const paths = this.#baseUrls.map((url) => new URL(url).pathname.replace(/\/+$/, ""));
    const other = this.#baseUrls[paths.findIndex((path) => path !== paths[0])];
    if (other !== undefined && !proxyStripsBasePath) {
      const line = `app-license: \`handle\` finds routes below \`${this.#mount}/\`, and none below \`${new URL(other).href}\`: let base URLs have one path, or a proxy strip it (\`proxyStripsBasePath\`)`;
      settings.quietly(() => logger?.warn(line));
    }
  }

  /** @internal Of a route's own policy, too, only the License API confirms a license. */
  override checkNeeds(needs: RouteNeeds<string>): RouteNeeds<string> {
    const checked = super.checkNeeds(needs);
    if (checked.policy?.confirmedOnly && !this.licenseApi) {
      throw noLicenseApi();
    }
    return checked;
  }

  /** @internal With the descriptor that is served, nobody may ever have what a gate asks for. */
  protected override asked(capability: string, { sellsNothing }: Policy): void {
    for (const [name, what] of sellsNothing ? [] : lacks(this.#descriptor, capability)) {
      if (!this.#said.has(name)) {
        this.#said.add(name);
        const line = `app-license: a gate asks for \`${capability}\`, and the served descriptor lacks \`${name}: true\`: ${what}; pass \`descriptor: { ${name}: true, … }\``;
        settings.quietly(() => this.options.logger?.warn(line));
      }
    }
  }

  /** The descriptor that is served. */
  get descriptor(): Descriptor {
    return structuredClone(this.#descriptor);
  }

  protected override pathOf(sent: Incoming): string | undefined {
    const path = super.pathOf(sent)!;
    const below = path.startsWith(`${this.#mount}/`);
    return below ? path.slice(this.#mount.length) : undefined;
  }

  protected override methodOf(path: string): "GET" | "POST" | undefined {
    if (this.#events.has(path)) {
      return "POST";
    }
    return OWN.includes(path) ? "GET" : undefined;
  }

  protected override async platform(path: string, sent: Incoming): Promise<WireResponse> {
    const event = this.#events.get(path);
    if (event) {
      await this.deliver(event, sent);
      return NO_CONTENT;
    }
    if (path === "/health") {
      this.#health ??= this.#asked().finally(() => (this.#health = undefined));
      await this.#health;
      return json({ status: "ok" });
    }
    return json(this.#descriptor);
  }

  /** Uses the store as a request does, for a tenant that nobody is. Throws 503. */
  async #asked(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new PlatformFault("store_unavailable", "the store does not answer in time")), HEALTH);
    });
    try {
      await Promise.race([loaded({ store: this.options.store, reducer: this.reducer, now: this.now() }, NOBODY, "any"), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes a lifecycle event: verifies first, stores last. Throws {@link VerifyError}, `misuse` for what is no event
   * and no request. */
  async deliver(event: LifecycleKind, sent: Incoming): Promise<void> {
    if (!EVENTS.includes(event) || !isIncoming(sent)) {
      throw settings.misuse("write `deliver(event, sent)`: one of the four events, and the request as it came in");
    }
    const accepted = await (event === "installed" || event === "uninstalled" ? this.#signed(event, sent) : this.#switched(event, sent));
    const { clientKey: key, tokenHash: hash, tokenProvesUntil: provesUntil, tokenIssuedAt: issuedAt } = accepted;
    const token = { hash, provesUntil, issuedAt };
    const delivery = { key, on: "connect", event: { connect: accepted }, token } as const;
    const { installation } = await store(this.options.store, delivery, this.now());
    if (event === "installed" && installation) {
      await link(this.options.store, installation, this.now());
    }
    if (event === "uninstalled" && installation?.record.status === "uninstalled") {
      await forgetLicense(this.options.store, key, SOURCE, this.now());
    }
  }

  /** Serves a site no more: its proved requests are answered 403, `tenant_blocked`, whatever the platform
   * says and however often the app is installed there; its events are stored as before. Answers whether
   * anything changed. */
  async block(clientKey: string): Promise<boolean> {
    return this.#setBlocked(clientKey, true);
  }

  /** Serves a blocked site again. Answers whether anything changed. */
  async unblock(clientKey: string): Promise<boolean> {
    return this.#setBlocked(clientKey, false);
  }

  async #setBlocked(key: string, block: boolean): Promise<boolean> {
    settings.hold(block ? "block" : "unblock", { clientKey: key }, { clientKey: settings.text }, ["clientKey"]);
    const { entries } = await store(this.options.store, { key, on: "connect", event: { block } }, this.now());
    return entries.length > 0;
  }

  #expected() {
    const { leeway, proxyStripsBasePath } = this.options;
    return { baseUrl: this.#baseUrls, leeway, proxyStripsBasePath, now: this.now() };
  }

  #expectedEvent<K extends LifecycleKind>(event: K) {
    const { appKey, cloud } = this.options;
    return { ...this.#expected(), event, appKey, cloud };
  }

  /** `installed` and `uninstalled`: signed by the platform. */
  async #signed(event: InstallKind, sent: Incoming): Promise<LifecycleEvent> {
    const expected = this.#expectedEvent(event);
    parseEvent(sent, expected); // what is no token is answered before the body is read
    const { method, target, authorization } = sent;
    const request = { method, target, authorization, body: await textOf(sent) };
    // what cannot be right costs no fetch
    const tenant = checkUnprovedInstall(request, expected);
    let accepted: LifecycleEvent;
    try {
      const pem = await this.#keys.pemOf(sent, { address: this.#addressOf(sent), tenant });
      try {
        accepted = verifyInstall(request, pem, expected, true);
      } catch (error) {
        if (!(error instanceof VerifyError) || error.code !== OF_ANOTHER_KEY) {
          throw error;
        }
        // the platform may have replaced the key under this id
        accepted = verifyInstall(request, await this.#keys.refresh(sent), expected, true);
      }
    } catch (error) {
      dropEvent(sent.authorization); // nobody verifies it now
      throw error;
    }
    await this.#keys.proved(sent);
    return accepted;
  }

  /** `enabled` and `disabled`: signed with the tenant's secret. */
  async #switched(event: SwitchKind, sent: Incoming): Promise<LifecycleEvent> {
    const { method, target, authorization } = sent;
    const expected = this.#expectedEvent(event);
    const clientKey = parseEvent(sent, expected);
    const found = await loaded({ store: this.options.store, reducer: this.reducer, now: this.now() }, clientKey, event);
    if (!found?.secrets.length) {
      throw unknownTenant();
    }
    const { secrets } = found;
    const body = await textOf(sent);
    return verifyLifecycle({ method, target, authorization, body }, { clientKey, secrets }, expected, true);
  }

  protected override async prove(sent: Incoming, kind: "request" | "context"): Promise<ConnectRequest> {
    const clientKey = tenantOf(sent, kind);
    const now = this.now();
    const tenant = this.#tenants.kept(clientKey, now) ?? (await this.#tenants.load(clientKey, kind, now));
    try {
      return await this.#proved(sent, kind, clientKey, tenant);
    } catch (error) {
      if (!tenant.isKept || !(error instanceof VerifyError) || error.code !== OF_ANOTHER_KEY) {
        throw error;
      }
      // another process may have been told of another secret
      return this.#proved(sent, kind, clientKey, await this.#tenants.load(clientKey, kind, now));
    }
  }

  async #proved(
    sent: Incoming,
    kind: "request" | "context",
    clientKey: string,
    of: Tenant,
  ): Promise<ConnectRequest> {
    const { secrets } = of;
    const tenant = { clientKey, secrets };
    const { leeway, proxyStripsBasePath = false } = this.options;
    const proof =
      kind === "context"
        ? verifyContext(sent, tenant, this.#expected())
        : proveRequest(sent, tenant, this.#baseUrlLines, proxyStripsBasePath, leeway, seconds(this.now()));
    // only now: a stranger does not learn who has the app
    const refusal = of.isServed ? null : refusalOf(of.installation, kind, proof.issuedAt);
    const reopened = refusal === "reopen" ? await this.#reopened(clientKey, kind, proof.issuedAt) : null;
    if (refusal !== null && !reopened) {
      throw fault(refusal, "refused");
    }
    const { accountId, issuedAt, expiresAt, signedWith, license } = proof;
    const context = "context" in proof ? proof.context : null;
    let shown: Installation | undefined;
    return {
      clientKey,
      accountId,
      issuedAt,
      expiresAt,
      signedWith,
      license,
      context,
      // most requests are answered without it: the record is read when it is asked for
      get installation() {
        return (shown ??= settings.discreet(reopened ?? of.installation));
      },
    };
  }

  /** Takes a page for the `enabled` that got lost: the platform opens none of an app that is switched off. */
  async #reopened(clientKey: string, kind: "request" | "context", pageOpened: Date): Promise<Installation> {
    const delivery = { key: clientKey, on: "connect", event: { pageOpened } } as const;
    const { installation } = await store(this.options.store, delivery, this.now());
    const refusal = installation ? refusalOf(installation, kind, pageOpened) : "unknown_tenant";
    if (refusal !== null) {
      throw fault(refusal, "refused");
    }
    return installation!;
  }

  protected override findLicense(verified: ConnectRequest, policy: Policy): Promise<License<"verified">> {
    return findLicense(this, verified, policy);
  }

  #addressOf(sent: Incoming): string | null {
    const { clientAddressHeader } = this.options;
    if (clientAddressHeader === undefined) {
      return sent.address;
    }
    return sent.header(clientAddressHeader); // the core takes the last address in it
  }
}

/** Why a proved request is not served: `reopen` where its page brings the installation back, null where it is. */
const refusalOf = ({ record }: Installation, kind: "request" | "context", issuedAt: Date): string | null =>
  aboutStored(record, { call: kind, issuedAt: seconds(issuedAt) }).refusesCall;
