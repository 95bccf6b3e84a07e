/**
 * Middleware for Express 4 and 5: lifecycle events verified and stored, requests with a proven
 * license, routes by capability and feature.
 *
 * @packageDocumentation
 */
import {
  ForgeKeys,
  InstallKeys,
  License,
  LifecycleReducer,
  VerifyError,
  check,
  readLifecycleBody,
  tenantOf,
  verifyContext,
  verifyInstall,
  verifyLifecycle,
  verifyRequest,
} from "./server.js";
import type {
  Change,
  Check,
  Cloud,
  ConnectProof,
  Decision,
  FeatureMap,
  Installation,
  Invocation,
  KnownCapability,
  LifecycleEvent,
  LifecycleKind,
  Policy,
  Requires,
} from "./server.js";
import { bodyHash } from "./express/store.js";
import type { InstallationStore, Mark } from "./express/store.js";
import { incoming, rawBody, rejected } from "./express/wire.js";
import type { ExpressRequest, ExpressResponse, Middleware } from "./express/wire.js";

export { MemoryStore } from "./express/store.js";
export { SqliteStore } from "./express/sqlite.js";
export type { HistoryEntry, InstallationStore, Mark, Outcome } from "./express/store.js";
export type { SqliteDatabase } from "./express/sqlite.js";
export type { ExpressRequest, ExpressResponse, Middleware } from "./express/wire.js";

/** What is known of the app. */
export interface AppOptions {
  /** The app's key, from its descriptor. */
  appKey: string;
  /** The app's base URL, or several. */
  baseUrl: string | readonly string[];
  /** Where the sites and the keys are; the commercial cloud, when left out. */
  cloud?: Cloud | undefined;
  /** Where keys come from; made of `cloud`, when left out. */
  keys?: InstallKeys | undefined;
  /** How long an old secret is honoured, in seconds; 3600. */
  grace?: number | undefined;
  /** How much clocks may differ, in seconds. */
  leeway?: number | undefined;
  /** The clock. */
  clock?: (() => Date) | undefined;
}

/** Settings of {@link lifecycle}. */
export interface LifecycleOptions extends AppOptions {
  /** The paths of the events, from the descriptor, below where this is mounted. */
  paths?: Partial<Record<LifecycleKind, string>> | undefined;
  /**
   * Told of what an event changed, after it is stored. Awaited before the platform is answered;
   * what it throws goes to Express, and the platform sends the event again.
   */
  onChange?:
    | ((changes: Change[], installation: Installation) => void | Promise<void>)
    | undefined;
}

/** What {@link verified} and {@link invoked} leave in `response.locals`. */
export interface Locals {
  /** The license that the request proves. */
  license: License<"verified">;
  /** Of a Connect request. */
  connect?: ConnectProof & { installation: Installation };
  /** Of a Forge remote's request. */
  invocation?: Invocation;
}

/** What is answered 402, for buying helps. */
const PAYABLE: ReadonlySet<Decision["reason"]> = new Set(["capability_missing", "inactive", "trial_ended"] as const);
const EVENTS = ["installed", "uninstalled", "enabled", "disabled"] as const;
const now = (options: Pick<AppOptions, "clock">) => options.clock?.() ?? new Date();

function secretsOf(installation: Installation | null, options: AppOptions): string[] {
  const { grace } = options;
  const reducer = new LifecycleReducer(grace === undefined ? {} : { grace });
  return installation ? reducer.secrets(installation, now(options)) : [];
}

const unknownTenant = () =>
  new VerifyError("unknown_tenant", "the app is not installed there", "refused", 401);

/** Makes a middleware of what may wait and throw: Express 4 does not await. */
function middleware(
  run: (request: ExpressRequest, response: ExpressResponse) => Promise<boolean>,
): Middleware {
  return (request, response, next) => {
    run(request, response).then(
      (goOn) => goOn && next(),
      (error: unknown) => rejected(error, response, next),
    );
  };
}

/**
 * Takes the lifecycle events of a Connect app: verifies, stores, answers 204. Mount it before
 * `express.json()`: signatures and replay marks are over the bytes that were sent.
 *
 * ```ts
 * server.use(lifecycle(store, { appKey, baseUrl }));
 * ```
 */
export function lifecycle(store: InstallationStore, options: LifecycleOptions): Middleware {
  const keys = options.keys ?? new InstallKeys({ cloud: options.cloud });
  const events = new Map(EVENTS.map((event) => [options.paths?.[event] ?? `/${event}`, event]));
  const handle = middleware(async (request, response) => {
    const event = events.get(pathOf(request))!;
    const body = await rawBody(request);
    const accepted = await accept(event, request, body);
    if (accepted) {
      await keep(accepted);
    }
    response.status(204).end();
    return false;
  });

  async function accept(event: LifecycleKind, request: ExpressRequest, body: string) {
    const sent = { ...incoming(request), body };
    const { appKey, baseUrl, cloud, leeway } = options;
    const expected = { event, appKey, baseUrl, cloud, leeway, now: now(options) };
    if (event === "installed" || event === "uninstalled") {
      return verifyInstall(sent, await keys.pemOf(sent), expected);
    }
    try {
      const clientKey = tenantOf(sent);
      const secrets = secretsOf(await store.load(clientKey), options);
      if (!secrets.length) {
        throw unknownTenant();
      }
      return verifyLifecycle(sent, { clientKey, secrets }, expected);
    } catch (error) {
      if (event === "disabled" && (await isLate(error, body))) {
        return null;
      }
      throw error;
    }
  }

  /** `disabled` may come after the uninstall and without a token: nothing is left to disable. */
  async function isLate(error: unknown, body: string): Promise<boolean> {
    if (!(error instanceof VerifyError) || !/^(token_missing|unknown_tenant)$/.test(error.code)) {
      return false;
    }
    const { event, clientKey } = readLifecycleBody(body);
    const known = await store.load(clientKey);
    return event === "disabled" && (!known || known.record.status === "uninstalled");
  }

  async function keep(event: LifecycleEvent & Partial<Record<"tokenFingerprint", string>> & { tokenExpiresAt?: Date }) {
    const at = now(options);
    const reducer = new LifecycleReducer();
    let stored: Installation | null = null;
    const decide = (current: Installation | null) => {
      const outcome = reducer.apply(current, { connect: event }, at);
      stored = outcome.installation;
      return outcome;
    };
    const mark: Mark | undefined = event.tokenFingerprint
      ? { token: event.tokenFingerprint, body: bodyHash(event.raw), expiresAt: event.tokenExpiresAt! }
      : undefined;
    const changes = await store.update(event.clientKey, decide, at, mark);
    if (stored && changes.length) {
      await options.onChange?.(changes, stored);
    }
  }

  return (request, response, next) =>
    request.method === "POST" && events.has(pathOf(request)) ? handle(request, response, next) : next();
}

/** The path below where the middleware is mounted. */
function pathOf(request: ExpressRequest): string {
  const { path } = request as ExpressRequest & { path?: string };
  return path ?? request.originalUrl.split("?")[0]!;
}

/** Settings of {@link verified}. */
export interface VerifiedOptions extends AppOptions {
  /**
   * `request`, the default: a token bound to the URL, as in iframes and webhooks. `context`: a
   * token of `AP.context.getToken()`. No route takes both.
   */
  kind?: "request" | "context" | undefined;
}

/**
 * Lets only verified Connect requests pass, and leaves what they prove in `response.locals`:
 * `license` and `connect`. Others are answered 401.
 */
export function verified(store: InstallationStore, options: VerifiedOptions): Middleware {
  const { kind = "request", baseUrl, leeway } = options;
  return middleware(async (request, response) => {
    const sent = incoming(request);
    const clientKey = tenantOf(sent, kind);
    const installation = await store.load(clientKey);
    const secrets = secretsOf(installation, options);
    if (!installation || !secrets.length || installation.record.status === "uninstalled") {
      throw unknownTenant();
    }
    const verify = kind === "context" ? verifyContext : verifyRequest;
    const proof = verify(sent, { clientKey, secrets }, { baseUrl, leeway, now: now(options) });
    response.locals["license"] = proof.license;
    response.locals["connect"] = { ...proof, installation };
    return true;
  });
}

/**
 * Lets only verified requests of Forge to a remote pass, and leaves what they prove in
 * `response.locals`: `license` and `invocation`. Others are answered 401, which makes Forge send
 * an event again.
 */
export function invoked(options: {
  appId: string;
  keys?: ForgeKeys | undefined;
  isolatedCloud?: string | undefined;
  leeway?: number | undefined;
  clock?: (() => Date) | undefined;
}): Middleware {
  const { appId, isolatedCloud, leeway, keys = new ForgeKeys() } = options;
  return middleware(async (request, response) => {
    const authorization = request.headers["authorization"] ?? [];
    const expected = { appId, isolatedCloud, leeway, now: now(options) };
    const invocation = await keys.verify(authorization, expected);
    response.locals["license"] = invocation.license;
    response.locals["invocation"] = invocation;
    return true;
  });
}

/** Settings of the gates. */
export interface GateOptions extends Policy {
  /** Answers a refusal; when left out, 402 with the reason where buying helps, 403 elsewhere. */
  onDenied?: ((decision: Decision, request: ExpressRequest, response: ExpressResponse) => void) | undefined;
}

function gate(what: Check<string>, options: GateOptions): Middleware {
  return (request, response, next) => {
    const license = response.locals["license"];
    if (!(license instanceof License) || license.trust !== "verified") {
      const message = "mount verified() or invoked() before a gate";
      next(new VerifyError("not_verified", message, "misuse", 500));
      return;
    }
    let decision: Decision;
    try {
      decision = check<string>(license as License<"verified">, what);
    } catch (error) {
      next(error);
      return;
    }
    response.locals["decision"] = decision;
    if (decision.allowed) {
      next();
    } else if (options.onDenied) {
      options.onDenied(decision, request, response);
    } else {
      const { reason, needs, has } = decision;
      const status = PAYABLE.has(reason) ? 402 : 403;
      response.status(status).json({ error: reason, needs, has });
    }
  };
}

/**
 * Lets a request pass when its license includes the capability; otherwise answers 402 or 403, and
 * why.
 * Stands behind {@link verified} or {@link invoked}.
 *
 * ```ts
 * server.get("/export", verified(store, app), requireCapability("capabilityAdvanced"), handler);
 * ```
 */
export function requireCapability<C extends string = KnownCapability>(
  requires: Requires<C>,
  options: GateOptions = {},
): Middleware {
  return gate({ ...options, requires }, options);
}

/** The same for a feature of a map. An unknown feature is an error of the app, not a refusal. */
export function requireFeature(
  features: FeatureMap,
  feature: string,
  options: GateOptions = {},
): Middleware {
  features.requirement(feature);
  return gate({ ...options, features, feature }, options);
}
