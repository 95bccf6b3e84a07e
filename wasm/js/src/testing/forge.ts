// The platform around a Forge function, for the real `@forge/api` and `@forge/kvs` in a test runner.
import { appContext } from "./contexts.js";
import type { FixtureOptions } from "./contexts.js";
import { forgeLicense, snapshotOf } from "./license.js";
import type { Scenario } from "./license.js";
import { hold } from "./options.js";

/** What the fake platform answers besides. */
export interface FakeForgeOptions extends Pick<FixtureOptions, "now"> {
  /** The platform says nothing of a user here: pass these to the function's own context. */
  user?: never;
  userAccess?: never;
  extension?: never;
  /** `PRODUCTION` for what a customer buys, `DEVELOPMENT` for overrides and for `absent`, when left out. */
  environmentType?: "PRODUCTION" | "STAGING" | "DEVELOPMENT" | undefined;
  /**
   * Whether `getAppContext()` names the license; no, when left out, so that functions whose context
   * names none ask the License API, as scheduled triggers do.
   */
  licenseInAppContext?: boolean | undefined;
  /** Answers all other calls of `requestJira`, `requestConfluence`, `fetch`; they reject, when left out. */
  fetch?: ((path: string, init?: { method?: string; body?: string; headers?: unknown }) => unknown) | undefined;
}

/** A platform that was installed. */
export interface FakeForgeRuntime {
  /**
   * The customer changes: what the License API and `getAppContext()` say from now on. What the app
   * has stored of the license is forgotten, as it is after an hour. Ends {@link fail}.
   */
  set(scenario: Scenario): void;
  /** The License API answers this status from now on. */
  fail(status: number): void;
  /** How often the License API was asked. */
  readonly asked: number;
  /** What the app keeps in `@forge/kvs`, by key. */
  readonly storage: Map<string, unknown>;
  /** Takes the platform away, and leaves what was there before. */
  uninstall(): void;
}

const OPTIONS = ["now", "environmentType", "licenseInAppContext", "fetch"];
/** Where `@forge/api` and `@forge/kvs` look for the platform. */
const NAMES = ["__forge_runtime__", "__forge_fetch__"] as const;
const LICENSE_API = "/forge/app/v1/license";
/** The app's id in {@link appContext}. */
const APP = "35559c21-6120-406b-b7cd-d87f468f6d32";

let installations = 0;
const nextInstallation = () => `7ab5a4a1-0000-4000-8000-${`${(installations += 1)}`.padStart(12, "0")}`;

/** What both packages read of a response; jsdom has no `Response`. */
function response(status: number, body: unknown) {
  const text = typeof body == "string" ? body : JSON.stringify(body);
  return {
    status,
    statusText: `${status}`,
    ok: status >= 200 && status < 300,
    headers: { get: () => null, has: () => false },
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
  };
}

interface StorageRequest {
  key: string;
  value?: unknown;
  entityName?: string;
  options?: { keyPolicy?: string; returnValue?: string };
}

/** `@forge/kvs`: values, secrets and entities by key. */
function store(storage: Map<string, unknown>, path: string, request: StorageRequest) {
  const [, kind = "", call] = /^\/api\/v1\/(?:(secret|entity)\/)?(get|set|delete)$/.exec(path) ?? [];
  const { value, options } = request;
  const place = kind && `${kind}${request.entityName ?? ""}:`;
  const key = `${place}${request.key}`;
  const before = storage.get(key);
  if (call === "get") {
    return before === undefined
      ? response(404, { code: "KEY_NOT_FOUND", message: "there is no such key" })
      : response(200, { key: request.key, value: before });
  }
  if (call === "delete") {
    storage.delete(key);
    return response(204, "");
  }
  if (call !== "set") {
    return response(501, { code: "NOT_IMPLEMENTED", message: `the fake storage has no ${path}: only get, set and delete` });
  }
  if (options?.keyPolicy === "FAIL_IF_EXISTS" && before !== undefined) {
    return response(409, { code: "KEY_ALREADY_EXISTS", message: "the key is there already" });
  }
  storage.set(key, JSON.parse(JSON.stringify(value)));
  const back = options?.returnValue === "PREVIOUS" ? before : options?.returnValue === "LATEST" ? value : undefined;
  return response(200, back === undefined ? "" : { key: request.key, value: back });
}

const meter = { incr() {}, measure: () => ({ stop() {} }) };
const metrics = { counter: () => meter, timing: () => meter };

/**
 * Puts the platform around functions that use `@forge/api` and `@forge/kvs`, in vitest, jest and
 * `node --test`: the License API, the app's storage and `getAppContext()`. Nothing is mocked: both
 * packages run as they are, and so does `@app-license/sdk/forge`.
 *
 * @example
 * ```ts
 * const forge = installFakeForge("standard");
 * await nightly({}, scheduledTriggerContext()); // asks the License API
 * forge.set("advanced");
 * forge.uninstall();
 * ```
 */
export function installFakeForge(scenario: Scenario, options: FakeForgeOptions = {}): FakeForgeRuntime {
  hold("installFakeForge", options, OPTIONS, [], "; of a user, a function's context says it: functionContext(\"standard\", { userAccess })");
  const { now, environmentType, licenseInAppContext = false, fetch } = options;
  const clock = () => now ?? new Date();
  const storage = new Map<string, unknown>();
  // what a process remembers of another installation is forgotten, too
  let installationId = nextInstallation();
  let current = scenario;
  let failing = 0;
  let asked = 0;
  snapshotOf(scenario, clock()); // throws for what is none

  const licenseApi = () => {
    asked += 1;
    if (failing) {
      return response(failing, "");
    }
    const data = forgeLicense(current, clock());
    return response(200, { results: [data ? { appId: APP, data } : { appId: APP, error: { type: "NOT_FOUND" } }] });
  };
  const answer = (to: { type?: string }, path: string, init?: { body?: string }) => {
    if (path === LICENSE_API) {
      return licenseApi();
    }
    if (to.type === "kvs") {
      return store(storage, path, JSON.parse(init?.body ?? "{}") as StorageRequest);
    }
    if (!fetch) {
      throw new Error(`the fake platform has no answer to ${path}: installFakeForge(…, { fetch: (path) => new Response(…) })`);
    }
    return fetch(path, init);
  };
  const runtime = () => {
    const { license, environmentType: stated, installation, ...rest } = appContext(current, { now });
    const app = {
      ...rest,
      appId: APP,
      environmentId: "23863033-1de4-4ebf-b30d-c906264a1e92",
      installationId,
      installation: { ...installation, ari: { ...installation.ari, installationId } },
      environmentType: environmentType ?? stated,
      license: licenseInAppContext ? license : null,
    };
    return { appContext: app, lambdaContext: { getRemainingTimeInMillis: () => 25_000 }, metrics };
  };

  const place = globalThis as { [name: string]: unknown };
  const before = NAMES.map((name) => Object.getOwnPropertyDescriptor(place, name));
  Object.defineProperty(place, NAMES[0], { get: runtime, configurable: true });
  Object.defineProperty(place, NAMES[1], {
    value: async (to: { type?: string }, path: string, init?: { body?: string }) => answer(to, path, init),
    configurable: true,
    writable: true,
  });
  return {
    storage,
    get asked() {
      return asked;
    },
    set(next) {
      snapshotOf(next, clock());
      current = next;
      failing = 0;
      installationId = nextInstallation();
      [...storage.keys()].filter((key) => key.startsWith("app-license:")).forEach((key) => storage.delete(key));
    },
    fail(status) {
      failing = status;
    },
    uninstall() {
      NAMES.forEach((name, i) => {
        delete place[name];
        const old = before[i];
        old && Object.defineProperty(place, name, old);
      });
    },
  };
}
