// What a Connect app and a Forge remote have in common: routes, gates, the Fetch API.
import { DeniedError, LicenseError, VerifyError, check, internal } from "../server.js";
import type { Check, Decision, FeatureMap, KnownCapability, License, Policy, Requires } from "../server.js";
import { incomingOf, isIncoming, refusal, responseOf } from "./wire.js";
import type { ClientInfo, Incoming, WireResponse } from "./wire.js";

/** What a route asks for: nothing but a verified request, a capability, or a feature of the app's map. */
export type RouteNeeds<C extends string = KnownCapability> = {
  /**
   * On Connect. `request`, the default: a token bound to the URL, as in iframes and webhooks.
   * `context`: a token of `AP.context.getToken()`. No route takes both.
   */
  kind?: "request" | "context" | undefined;
} & (
  | { requires?: never; feature?: never; policy?: undefined }
  | ({ requires: Requires<C>; feature?: never } & OwnPolicy)
  | ({ feature: string; requires?: never } & OwnPolicy)
);

/** What is asked of the license that a route needs. */
export interface OwnPolicy {
  /** In place of the app's policy. */
  policy?: Policy | undefined;
}

/** What a request that was let through has proved. */
export interface Admitted<V> {
  /** The verified request. */
  verified: V;
  /** The license that counts and what it decides; null where the route asks for neither. */
  license: License<"verified"> | null;
  decision: Decision | null;
}

/** A route of the app. */
export type RouteHandler<V> = (request: Request, admitted: Admitted<V>) => Response | Promise<Response>;

/** Settings of every app. */
export interface BackendOptions {
  /** What decisions ask of a license. By default an absent license is denied. */
  policy?: Policy | undefined;
  /** The app's features. */
  features?: FeatureMap | undefined;
  /** How far clocks may be apart, in seconds; 30. */
  leeway?: number | undefined;
  /** The `fetch` to use for keys and License APIs. */
  fetch?: typeof fetch | undefined;
  /** How long one fetch may take, in milliseconds; 5000. */
  timeout?: number | undefined;
  /** Whether keys whose ids begin with `test-` count: for tests. */
  allowTestKeys?: boolean | undefined;
  /** The clock. */
  clock?: (() => Date) | undefined;
  /** Told of every request that was not let through, and why: for metrics. Nothing secret is in it. */
  onRejected?: ((error: VerifyError, request: RejectedRequest) => void) | undefined;
  /** Writes a line for every request that was not let through, such as `console`: `warn` for what is
   * refused, `error` for what could not be checked, for mistakes of the app, and for a license that was
   * not stored. Nothing secret is in it. */
  logger?: Logger | undefined;
}

/** What a log may say of a request: its query, which holds the token, is left out. */
export interface RejectedRequest {
  readonly method: string;
  readonly path: string;
  /** The client's address, where it is known. */
  readonly address: string | null;
}

/** Where lines are written; `console` is one. */
export interface Logger {
  warn(message: string): void;
  error(message: string): void;
}

const { settings } = internal;
const { misuse } = settings;
/** @internal What the settings of every app must be. */
export const RULES = {
  ...settings.FETCH,
  policy: settings.policy,
  features: settings.features,
  leeway: settings.count(0, Number.MAX_SAFE_INTEGER),
  allowTestKeys: settings.flag,
  clock: settings.dates,
  onRejected: settings.callback,
  logger: settings.having(["warn", "error"], "a logger with `warn` and `error`, such as `console`"),
};
const NEEDS = { kind: kindRule, policy: settings.policy, requires: settings.capability, feature: settings.text };

function kindRule(value: unknown): string | undefined {
  return value === "request" || value === "context" ? undefined : "`request` or `context`";
}

interface Route<V> {
  needs: RouteNeeds<string>;
  handler: RouteHandler<V>;
}

/**
 * A Connect app or a Forge remote: `V` is what its verified requests prove.
 *
 * @throws what `verify`, `guard` and `route` throw.
 *
 * @example
 * ```ts
 * const name = (app: Backend<object>) => app.guard({ requires: "capabilityAdvanced" }, () => new Response("…"));
 * ```
 */
export abstract class Backend<V extends object> {
  readonly #options: BackendOptions;
  readonly #routes = new Map<string, Route<V>>();
  /** What this very app verified: what one app trusts says nothing to another. */
  readonly #own = new WeakSet<V>();
  /** Needs that were checked: copies, which nobody can change. */
  readonly #checked = new WeakSet<RouteNeeds<string>>();

  constructor(options: BackendOptions) {
    this.#options = frozen(options);
  }

  /**
   * Verifies a request.
   *
   * @throws a {@link VerifyError}: 401 when it proves nothing, 503 when that could not be checked; `misuse` for a
   * `kind` that there is not.
   */
  async verify(request: Request | Incoming, kind: "request" | "context" = "request"): Promise<V> {
    const expected = kindRule(kind);
    if (expected !== undefined) {
      throw misuse(`verify: \`kind\` must be ${expected}`);
    }
    const sent = isIncoming(request) ? request : incomingOf(request as Request);
    const verified = await this.prove(sent, kind);
    this.#own.add(verified);
    return verified;
  }

  /**
   * The license that counts for a verified request.
   *
   * @throws a {@link VerifyError}, 503, when it had to be asked for and could not be.
   */
  async license(verified: V): Promise<License<"verified">> {
    return this.#license(verified);
  }

  /** A route's own policy counts when the License API is asked, as it does when it is decided. */
  async #license(verified: V, { policy }: RouteNeeds<string> = {}): Promise<License<"verified">> {
    this.#hold(verified);
    return this.findLicense(verified, settings.own({ ...this.#options.policy, ...policy }));
  }

  /** Only what this very app verified counts. */
  #hold(verified: V): void {
    if (!this.#own.has(verified)) {
      throw internal.fault("not_verified", "misuse", "verify the request with this very app");
    }
  }

  /** Whether the license that counts allows what is asked for, and why. */
  async decision<C extends string = KnownCapability>(verified: V, needs: RouteNeeds<C>): Promise<Decision> {
    const checked = this.checkNeeds(needs as RouteNeeds<string>);
    if (asksNothing(checked)) {
      throw misuse("decide on what? Pass `requires` or `feature`");
    }
    return this.#decide(await this.#license(verified, checked), checked);
  }

  /**
   * Verifies a request and holds it to what a route needs.
   *
   * @throws a {@link DeniedError} when the license does not allow it, and what {@link verify} throws.
   */
  async admit<C extends string = KnownCapability>(
    request: Request | Incoming,
    needs: RouteNeeds<C>,
    known?: V,
  ): Promise<Admitted<V>> {
    const checked = this.checkNeeds(needs as RouteNeeds<string>);
    known === undefined || this.#hold(known);
    const verified = known ?? (await this.verify(request, checked.kind));
    if (asksNothing(checked)) {
      return { verified, license: null, decision: null };
    }
    const license = await this.#license(verified, checked);
    const decision = this.#decide(license, checked);
    if (!decision.allowed) {
      throw new DeniedError(decision);
    }
    return { verified, license, decision };
  }

  /**
   * A handler of one route for frameworks that take functions of a `Request`: lets through what is
   * verified and allowed, and answers the rest.
   *
   * @throws `unknown_feature` for a feature that the map does not have, and `misuse` for needs that
   * cannot be meant: only `{}` asks for no license, and a policy alone asks for none.
   *
   * @example
   * ```ts
   * const app = new ConnectApp({ appKey, baseUrl, store });
   * export const GET = app.guard({ requires: "capabilityAdvanced" }, (_request, { verified }) => {
   *   return Response.json({ tenant: verified.clientKey });
   * });
   * ```
   */
  guard<C extends string = KnownCapability>(
    needs: RouteNeeds<C>,
    handler: RouteHandler<V>,
  ): (request: Request, info?: ClientInfo) => Promise<Response> {
    const checked = this.checkNeeds(needs as RouteNeeds<string>);
    isHandler(handler);
    return async (request, info) => this.#guarded(checked, handler, request, incomingOf(request, info));
  }

  /**
   * Adds a route to what {@link handle} answers, for every method. Paths match exactly.
   *
   * @throws what {@link guard} throws, and `misuse` for a path that is none, one of the platform's, or one that
   * has a route.
   */
  route<C extends string = KnownCapability>(path: string, needs: RouteNeeds<C>, handler: RouteHandler<V>): this {
    if (!settings.isPath(path)) {
      throw misuse(`a route's path must be ${settings.PATH}`);
    }
    if (this.#routes.has(path)) {
      throw misuse(`\`${path}\` has a route: a second one would take the place of what it needs`);
    }
    if (this.methodOf(path) !== undefined) {
      throw misuse(`\`${path}\` is what the platform calls`);
    }
    const checked = this.checkNeeds(needs as RouteNeeds<string>);
    isHandler(handler);
    this.#routes.set(path, { needs: checked, handler });
    return this;
  }

  /**
   * Answers the platform's routes (lifecycle events and, on Connect, the descriptor) and those that
   * were added; 404 for all others.
   */
  async handle(request: Request, info?: ClientInfo): Promise<Response> {
    return (await this.respond(request, info)) ?? new Response(null, { status: 404 });
  }

  /** The same, and undefined for what is no route of this app. */
  async respond(request: Request, info?: ClientInfo): Promise<Response | undefined> {
    const sent = incomingOf(request, info);
    const path = this.pathOf(sent);
    if (path === undefined) {
      return undefined;
    }
    const route = this.#routes.get(path);
    if (route) {
      return this.#guarded(route.needs, route.handler, request, sent);
    }
    const answer = await this.answer(path, sent);
    return answer && responseOf(answer);
  }

  /** @internal Answers one of the platform's routes by its path below where the app is mounted. */
  async answer(path: string, sent: Incoming): Promise<WireResponse | undefined> {
    const method = this.methodOf(path);
    if (method === undefined) {
      return undefined;
    }
    if (sent.method !== method && !(method === "GET" && sent.method === "HEAD")) {
      return { status: 405, headers: { allow: method === "GET" ? "GET,HEAD" : method }, body: null };
    }
    try {
      return await this.platform(path, sent);
    } catch (error) {
      return this.refuse(error, sent);
    }
  }

  /** @internal Logs why and answers it; `first`: of this request nothing was said to `onRejected` yet. */
  refuse(error: unknown, { method, target, address }: Incoming, first = true): WireResponse {
    const answer = refusal(error);
    const { onRejected, logger } = this.#options;
    const request = { method, path: target.split("?")[0]!, address };
    if (onRejected && first) {
      const { code, message } = error as LicenseError;
      const told = error instanceof VerifyError ? error : internal.fault(code, "misuse", message);
      settings.quietly(() => onRejected(told, request)); // no log changes an answer
    }
    if (logger) {
      settings.quietly(() => logger[answer.status < 500 ? "warn" : "error"](rejected(error as LicenseError, request)));
    }
    return answer;
  }

  /** @internal Writes what went wrong beside an answer that stands. */
  lost(what: string, error: unknown): void {
    const { logger } = this.#options;
    const { code, name } = Object(error) as { code?: unknown; name?: unknown };
    settings.quietly(() => logger?.error(oneLine(`app-license: ${what} (${String(code ?? name)})`)));
  }

  /** @internal What cannot be meant, and a feature that the map does not have, are mistakes of the app:
   * nothing may be served by them. Answers a copy that nobody can change. */
  checkNeeds(needs: RouteNeeds<string>): RouteNeeds<string> {
    if (this.#checked.has(needs)) {
      return needs;
    }
    needs = settings.hold("needs", needs, NEEDS, Object.keys(Object(needs)).filter((name) => /^(requires|feature)$/.test(name)));
    const { requires, feature } = needs;
    if (requires !== undefined && feature !== undefined) {
      throw misuse("needs: `requires` or `feature`, not both");
    }
    const capability = feature === undefined ? requires : this.#features.requirement(feature);
    if (asksNothing(needs) && needs.policy !== undefined) {
      throw misuse("needs: a `policy` alone gates nothing: pass `requires` or `feature` with it, or `{}` for no license");
    }
    const checked = frozen(needs);
    this.#checked.add(checked);
    if (capability !== undefined) {
      this.asked(capability, settings.own({ ...this.#options.policy, ...checked.policy }));
    }
    return checked;
  }

  /** @internal */
  now(): Date {
    return this.#options.clock?.() ?? new Date();
  }

  get #features(): FeatureMap {
    const { features } = this.#options;
    if (!features) {
      throw new LicenseError("unknown_feature", "the app has no feature map: pass `features: new FeatureMap({ … })` where it is made");
    }
    return features;
  }

  #decide(license: License<"verified">, { requires, feature, policy }: RouteNeeds<string>): Decision {
    const rest = { ...this.#options.policy, ...policy, now: this.now() };
    const what = feature === undefined ? { ...rest, requires } : { ...rest, feature, features: this.#features };
    return check<string>(license, what as Check<string>);
  }

  async #guarded(
    needs: RouteNeeds<string>,
    handler: RouteHandler<V>,
    request: Request,
    sent: Incoming,
  ): Promise<Response> {
    let admitted: Admitted<V>;
    try {
      admitted = await this.admit(sent, needs);
    } catch (error) {
      return responseOf(this.refuse(error, sent));
    }
    const response: unknown = await handler(request, admitted);
    const { status, headers } = Object(response) as Partial<Response>;
    if (typeof status != "number" || typeof headers != "object") {
      const why = misuse("the handler of a route must answer a `Response`: is a `return` missing?");
      return responseOf(this.refuse(why, sent));
    }
    return response as Response;
  }

  /** @internal A gate asks for a capability: whether anybody can have it. */
  protected asked(_capability: string, _policy: Policy): void {}

  /** @internal The path of one of the platform's routes: below where the app is mounted, or `below` a router. */
  platformPath(sent: Incoming, below?: string): string | undefined {
    return [this.pathOf(sent), below].find((path) => path !== undefined && this.methodOf(path) !== undefined);
  }

  /** The path below where the app is mounted; undefined outside of it. */
  protected pathOf({ target }: Incoming): string | undefined {
    return target.split("?")[0]!;
  }

  protected abstract prove(sent: Incoming, kind: "request" | "context"): Promise<V>;
  protected abstract findLicense(verified: V, policy: Policy): Promise<License<"verified">>;
  protected abstract methodOf(path: string): "GET" | "POST" | undefined;
  protected abstract platform(path: string, sent: Incoming): Promise<WireResponse>;
}

/** One line, whatever a request sent. */
function rejected({ code, message }: LicenseError, { method, path, address }: RejectedRequest): string {
  const from = address === null ? "" : ` from ${address}`;
  const line = `app-license: ${method} ${path.slice(0, 200)}${from} was not let through (${code}): ${message}`;
  return oneLine(line);
}

const oneLine = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "?");

/** @internal Settings that decide, as they are now: nobody changes them afterwards, and nothing is added to them. */
export function frozen<O extends object>(options: O): O {
  const copy = settings.own(options) as Record<string, unknown>;
  for (const name of ["policy", "cloud", "descriptor"]) {
    const value = copy[name];
    if (settings.isTable(value)) {
      copy[name] = Object.freeze(settings.own(name === "cloud" ? structuredClone(value) : value));
    }
  }
  return Object.freeze(copy) as O;
}

const asksNothing = ({ requires, feature }: RouteNeeds<string>) => requires === undefined && feature === undefined;

function isHandler(handler: unknown): void {
  if (typeof handler != "function") {
    throw misuse("a route needs a handler: a function of a `Request`");
  }
}

/**
 * One function of a `Request` for several apps, as for an app of Connect that moves to Forge: each
 * answers its own routes.
 *
 * @throws what the app's own functions throw: refusals are answers.
 *
 * @example
 * ```ts
 * const connect = new ConnectApp({ appKey, baseUrl, store });
 * const remote = new ForgeRemote({ appId, store });
 * export default { fetch: handler(connect, remote) };
 * ```
 */
export function handler(
  ...apps: Pick<Backend<object>, "respond">[]
): (request: Request, info?: ClientInfo) => Promise<Response> {
  return async (request, info) => {
    for (const app of apps) {
      const response = await app.respond(request, info);
      if (response) {
        return response;
      }
    }
    return new Response(null, { status: 404 });
  };
}
