/**
 * An app or a remote in Express 4 and 5: what `@app-license/sdk/fetch` decides, as middleware.
 *
 * @packageDocumentation
 */
import { internal } from "./server.js";
import type { Decision, License } from "./server.js";
import type { Backend, ConnectRequest, ForgeInvocation, Incoming, RouteNeeds, WireResponse } from "./fetch.js";
import type { KnownCapability, Policy, Requires } from "./server.js";

export { ConnectApp, DeniedError, ForgeRemote, HookRunner, MemoryStore, SqliteStore } from "./fetch.js";
export type {
  ConnectAppOptions,
  ConnectRequest,
  Descriptor,
  ForgeInvocation,
  ForgeRemoteOptions,
  HistoryEntry,
  InstallationStore,
  SqliteDatabase,
  SqliteStoreOptions,
} from "./fetch.js";

/** A request, of Express 4 or 5. */
export interface ExpressRequest {
  method: string;
  originalUrl: string;
  /** The path of the routers that it came through. */
  baseUrl?: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  rawHeaders: string[];
  socket: { remoteAddress?: string | undefined };
  body?: unknown;
  rawBody?: unknown;
  readableEnded?: boolean;
  [Symbol.asyncIterator](): AsyncIterableIterator<unknown>;
}

/** A response, of Express 4 or 5. */
export interface ExpressResponse {
  /** Any, as in Express; what gates leave there is {@link Locals}. */
  locals: Record<string, any>;
  headersSent?: boolean;
  writableEnded?: boolean;
  destroyed?: boolean;
  status(code: number): this;
  setHeader(name: string, value: string): unknown;
  end(body?: string): unknown;
  json(body: unknown): unknown;
  send(body: unknown): unknown;
  redirect(url: string): unknown;
  render(view: string, options?: object): unknown;
  once?(event: "close", listener: () => void): unknown;
}

/** A middleware, of Express 4 or 5. */
export type Middleware = (
  request: ExpressRequest,
  response: ExpressResponse,
  next: (error?: unknown) => void,
) => void;

/** What gates and {@link verified} leave in `response.locals`. */
export interface Locals {
  /** Of a Connect request. */
  connect?: ConnectRequest;
  /** Of a Forge remote's request. */
  invocation?: ForgeInvocation;
  /** The license that counts: of a gate; of {@link verified}, the one that the request proves. */
  license: License<"verified">;
  /** Of a gate. */
  decision?: Decision;
}

/** Settings of a gate. */
export interface GateOptions {
  /** Which tokens of Connect a route takes; those of URLs, when left out. */
  kind?: "request" | "context" | undefined;
  /** In place of the app's policy. */
  policy?: Policy | undefined;
  /** Answers a request that the license does not allow. Where it throws or rejects, the ordinary refusal
   * is sent; where it has begun no answer after five seconds, 500, and a line in the log. */
  onDenied?: ((decision: Decision, request: ExpressRequest, response: ExpressResponse) => unknown) | undefined;
}

type App = Backend<ConnectRequest> | Backend<ForgeInvocation>;

const { settings } = internal;
const isApp = settings.having(["admit", "answer", "checkNeeds"], "a `ConnectApp` or a `ForgeRemote`");

/** A request as it was sent: routers rewrite `url`, and Node drops a second `Authorization`. */
function incoming(request: ExpressRequest): Incoming {
  const { method, originalUrl: target, rawHeaders, socket } = request;
  const all = (name: string) => {
    const values: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      if (rawHeaders[i]!.length === name.length && rawHeaders[i]!.toLowerCase() === name) {
        values.push(rawHeaders[i + 1]!);
      }
    }
    return values;
  };
  return {
    method,
    target,
    authorization: all("authorization"),
    header: (name) => all(name.toLowerCase()).at(-1) ?? null,
    address: socket.remoteAddress ?? null,
    body: (limit) => bodyOf(request, limit),
  };
}

async function bodyOf(request: ExpressRequest, limit: number): Promise<Uint8Array> {
  const known = [request.rawBody, request.body].find((it) => typeof it === "string" || it instanceof Uint8Array);
  if (known === undefined && request.readableEnded) {
    const message = "the body was parsed before it was verified: mount lifecycle() before express.json()";
    throw internal.fault("raw_body", "misuse", message);
  }
  return internal.collect(known === undefined ? (request as AsyncIterable<Uint8Array>) : [Buffer.from(known as string)], limit);
}

function send({ status, headers, body }: WireResponse, response: ExpressResponse): void {
  response.status(status);
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, value);
  }
  response.end(body ?? undefined);
}

/**
 * Takes what the platform sends to an app or a remote: lifecycle events and, of Connect, the
 * descriptor and the health check. Mount it before `express.json()`: signatures and replay marks are
 * over the bytes that were sent.
 *
 * Its routes are where `handle` has them, below the path of `baseUrl` or `mountPath`, also when it is mounted below
 * a path; and there below that.
 *
 * @throws `misuse` for what is no app or remote.
 *
 * @example
 * ```ts
 * const app = new ConnectApp({ appKey, baseUrl, store });
 * server.use(lifecycle(app));
 * ```
 */
export function lifecycle(app: App): Middleware {
  settings.hold("lifecycle", { app }, { app: isApp }, ["app"]);
  return (request, response, next) => {
    const sent = incoming(request);
    // without a router's path, what is outside of the app's own is another's
    const path = app.platformPath(sent, request.baseUrl ? request.path : undefined);
    if (path === undefined) {
      next();
      return;
    }
    app
      .answer(path, sent)
      .then((answer) => (answer ? send(answer, response) : next()))
      .catch(next);
  };
}

/**
 * Lets only verified requests pass, and leaves what they prove in `response.locals`.
 *
 * @throws `misuse` for what is no app or remote, and for options that there are not.
 *
 * @example
 * ```ts
 * const app = new ConnectApp({ appKey, baseUrl, store });
 * server.get("/panel", verified(app), (_request, response) => response.json(response.locals.license));
 * ```
 */
export function verified(app: App, options: Pick<GateOptions, "kind"> = {}): Middleware {
  return gate(app, {}, options, ["kind"]);
}

/**
 * Lets a request pass that is verified and whose license includes the capability; otherwise answers
 * 401, 402 or 403, and why.
 *
 * @throws `misuse` for a capability that is none.
 *
 * @example
 * ```ts
 * const app = new ConnectApp({ appKey, baseUrl, store });
 * server.get("/export", requireCapability(app, "capabilityAdvanced"), handler);
 * ```
 */
export function requireCapability<C extends string = KnownCapability>(
  app: App,
  requires: Requires<C>,
  options: GateOptions = {},
): Middleware {
  return gate(app, { requires } as RouteNeeds<string>, options);
}

/**
 * The same for a feature of the app's map.
 *
 * @throws `unknown_feature` for one that it does not have.
 *
 * @example
 * ```ts
 * const app = new ConnectApp({ appKey, baseUrl, store, features });
 * server.get("/export", requireFeature(app, "export"), handler);
 * ```
 */
export function requireFeature(app: App, feature: string, options: GateOptions = {}): Middleware {
  return gate(app, { feature }, options);
}

/** How long `onDenied`, and what it began, such as a view that is rendered, may take until it answers. */
const ANSWER_WITHIN = 5000;

/** What an answer is written by, which throws where another was sent. */
const WRITERS = ["setHeader", "setHeaders", "appendHeader", "removeHeader", "flushHeaders", "writeHead", "write", "end"] as const;

/** A request that nobody answers would stay open until its sender gives up. What comes later is dropped. */
function mustAnswer(app: App, sent: Incoming, response: ExpressResponse): void {
  const isAnswered = () => response.headersSent || response.writableEnded || response.destroyed;
  const watch = setTimeout(() => {
    if (!isAnswered()) {
      const within = `${ANSWER_WITHIN / 1000} seconds`;
      const why = settings.misuse(`\`onDenied\` must answer within ${within}: is a \`response.send\` missing?`);
      // `onRejected` knows of this request already
      send(app.refuse(why, sent, false), response);
      Object.assign(response, Object.fromEntries(WRITERS.map((name) => [name, () => response])));
    }
  }, ANSWER_WITHIN);
  watch.unref?.();
  response.once?.("close", () => clearTimeout(watch));
}

function gate(app: App, asked: RouteNeeds<string>, options: GateOptions, names = ["kind", "policy", "onDenied"]): Middleware {
  settings.hold("a gate", { app }, { app: isApp }, ["app"]);
  const any = () => undefined; // the app looks at what it needs
  const rules = { kind: any, policy: any, onDenied: settings.callback };
  const known = Object.fromEntries(Object.entries(rules).filter(([name]) => names.includes(name)));
  const { kind, policy, onDenied } = settings.hold("a gate", options, known);
  const needs = app.checkNeeds({ kind, policy, ...asked } as RouteNeeds<string>);
  return (request, response, next) => {
    const sent = incoming(request);
    const refuse = async (error: unknown) => {
      const { decision } = error as { decision?: Decision };
      const answer = app.refuse(error, sent);
      if (decision && onDenied) {
        try {
          mustAnswer(app, sent, response);
          await onDenied(decision, request, response);
          return;
        } catch {
          // refused as without it
        }
      }
      // what was begun cannot be taken back
      response.headersSent ? response.end() : send(answer, response);
    };
    (app as Backend<ConnectRequest | ForgeInvocation>)
      .admit(sent, needs)
      .then(({ verified: proof, license, decision }) => {
        response.locals["installationId" in proof ? "invocation" : "connect"] = proof;
        response.locals["license"] = license ?? proof.license;
        response.locals["decision"] = decision;
        next();
      }, refuse)
      .catch(next);
  };
}
