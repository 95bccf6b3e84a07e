// The app of a contract case, and the protocol of tests/contract/README.md: what the shells of
// Express and of the Fetch API have in common.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import Database from "better-sqlite3";

import { ConnectApp, ForgeRemote, HookRunner, MemoryStore, SqliteStore } from "../../dist/fetch.js";
import {
  ConnectLicenseApi,
  FeatureMap,
  LicenseError,
  acceptedBefore,
  deliver,
} from "../../dist/server.js";

const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const KINDS = { page: "request", api: "context" };

/** The routes of a Connect app, with what they need and what they answer beyond `ok`. */
export const CONNECT_ROUTES = {
  "/page": [{}, ({ verified }) => ({ client_key: verified.clientKey, account_id: verified.accountId })],
  "/a%20b": [{}],
  "/panel": [
    {},
    async ({ verified }, app) => ({
      client_key: verified.clientKey,
      decision: await app.decision(verified, { requires: "capabilityStandard" }),
    }),
  ],
  "/standard": [{ requires: "capabilityStandard" }],
  "/advanced": [{ requires: "capabilityAdvanced" }],
  "/feature": [{ feature: "bulk-export" }],
  "/no-feature": [{ feature: "misspelled" }],
  "/api/me": [
    { kind: KINDS.api },
    ({ verified }) => ({ client_key: verified.clientKey, account_id: verified.accountId }),
  ],
  "/api/standard": [{ kind: KINDS.api, requires: "capabilityStandard" }],
  "/api/advanced": [{ kind: KINDS.api, requires: "capabilityAdvanced" }],
  "/api/feature": [{ kind: KINDS.api, feature: "bulk-export" }],
};

/** Those of a Forge remote. */
export const FORGE_ROUTES = {
  "/remote/me": [
    {},
    ({ verified }) => ({
      app: verified.appId,
      installation: verified.installationId,
      browser: verified.isFromUserInterface,
      system_token: verified.systemToken !== null,
    }),
  ],
  "/remote/license": [
    {},
    async ({ verified }, app) => ({ decision: await app.decision(verified, { requires: "capabilityStandard" }) }),
  ],
  "/remote/standard": [{ requires: "capabilityStandard" }],
  "/remote/advanced": [{ requires: "capabilityAdvanced" }],
  "/remote/feature": [{ feature: "bulk-export" }],
  "/remote/no-feature": [{ feature: "misspelled" }],
};

/** Every URL of the platform is asked at one address; Node's `fetch` cannot choose `Host`. */
const rerouted = (platform) => (url, init) =>
  fetch(`http://${platform}/`, { ...init, headers: { ...init.headers, "x-platform-url": url } });

const policyOf = (said = {}) => ({
  whenAbsent: said.when_absent ?? undefined,
  whenAbsentOutsideProduction: said.when_absent_outside_production ?? undefined,
  maxAge: said.max_age ?? undefined,
  productionOnly: said.production_only,
  confirmedOnly: said.confirmed_only,
  ignoreUserAccess: said.ignore_user_access,
});

class World {
  #serve;
  #start;
  #server;
  #store;
  #hooks;
  #calls = [];
  #later;
  now;

  constructor(start, serve) {
    this.#start = start;
    this.#serve = serve;
    this.now = start.clock;
    // both stores keep the contract: SQLite, sealed, where the run says so
    const sealed = { keys: KEY, refusePlainText: true };
    const isSqlite = process.env.CONTRACT_STORE === "sqlite";
    this.#store = isSqlite ? new SqliteStore(new Database(":memory:"), sealed) : new MemoryStore();
  }

  async open() {
    for (const seed of this.#start.store) {
      plant(this.#store, this.#start, seed);
    }
    // what happened before the case is no news
    await new HookRunner(this.#store, "contract", () => {}).runOnce();
    let failures = this.#start.hook_failures;
    // an hour later at every turn: what failed is due
    let hours = 0;
    this.#later = () => (hours += 1);
    const clock = () => new Date((this.now + hours * 3600) * 1000);
    this.#hooks = new HookRunner(this.#store, "contract", ({ key, changes }) => {
      for (const name of changes.map(hookOf).filter(Boolean)) {
        this.#calls.push(`${key} ${name}`);
        if (failures > 0) {
          failures -= 1;
          throw new Error("the hook was told to fail");
        }
      }
    }, { clock });
    return this.listen();
  }

  async listen() {
    this.close();
    const { app, platform, store_fault: fault, clock: began } = this.#start;
    // as the apps have it: an object of its own each time, as in a new process
    const store = failing(this.#store, (method) => {
      const at = this.now - began;
      return fault && fault.from <= at && at < fault.until && !(fault.writes && READS.has(method));
    });
    const clock = () => new Date(this.now * 1000);
    const fetching = { fetch: rerouted(platform), timeout: 1500, allowTestKeys: true, clock };
    const connect = app.connect && connectApp(app.connect, store, fetching);
    const forge = app.forge && forgeRemote(app.forge, store, fetching);
    this.#server = createServer(this.#serve(connect, forge, app.connect ? mountOf(app.connect) : ""));
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return { ok: true, port: this.#server.address().port };
  }

  async state() {
    for (let tries = 0; tries < 10; tries += 1) {
      try {
        await this.#hooks.runOnce();
        break;
      } catch {
        this.#later();
      }
    }
    // links are no installations, but how a backend finds them
    const customers = this.#store.list().filter(({ record }) => record.status !== "linked");
    return { ok: true, installations: customers.map(described), hooks: this.#calls };
  }

  close() {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

const READS = new Set(["load", "historyAfter", "cursor", "license", "installKeys"]);

/** The same store, whose methods reject while `fails` says so. */
const failing = (store, fails) =>
  new Proxy(store, {
    get(_, name) {
      const method = store[name];
      const called = async (...given) => {
        if (fails(name)) {
          throw new Error("the case says that the store fails");
        }
        return method.apply(store, given);
      };
      return typeof method === "function" ? called : method;
    },
  });

function connectApp(said, store, fetching) {
  const further = said.accept_key_hosts || said.accept_site_domains;
  const cloud = further
    ? { name: said.cloud ?? "commercial", keyHosts: said.accept_key_hosts ?? [], sites: said.accept_site_domains ?? [] }
    : (said.cloud ?? undefined);
  const { allowTestKeys: _, ...asking } = { ...fetching, clock: () => +fetching.clock() };
  const attempts = { count: 3, first: 1, longest: 1 };
  return new ConnectApp({
    ...fetching,
    allowTestKeys: !said.refuse_test_keys,
    appKey: said.key,
    baseUrl: [said.base_url, ...(said.accept_base_urls ?? [])],
    store,
    cloud,
    proxyStripsBasePath: said.proxy_strips_base_path,
    mountPath: mountOf(said),
    leeway: said.leeway ?? undefined,
    grace: said.secret_grace ?? undefined,
    storedFor: said["stored_hint"] ?? undefined,
    policy: { ...policyOf(said.policy), sellsNothing: said.sells_nothing },
    features: said.features ? new FeatureMap(said.features) : undefined,
    clientAddressHeader: said.client_address_header ?? undefined,
    descriptor: said.region_base_urls ? { regionBaseUrls: said.region_base_urls } : undefined,
    licenseApi: said.license_api ? new ConnectLicenseApi({ ...asking, cloud, attempts }) : false,
  });
}

function forgeRemote(said, store, fetching) {
  return new ForgeRemote({
    ...fetching,
    allowTestKeys: !said.refuse_test_keys,
    appId: said.app_ids,
    isolatedCloud: said.isolated_cloud ?? undefined,
    store: said.store ? store : undefined,
    licenseApi: said.license_api,
    leeway: said.leeway ?? undefined,
    policy: policyOf(said.policy),
    features: said.features ? new FeatureMap(said.features) : undefined,
  });
}

/** Where the routes are. */
function mountOf({ mount, proxy_strips_base_path, base_url }) {
  if (mount !== undefined && mount !== null) {
    return mount;
  }
  return proxy_strips_base_path || !URL.canParse(base_url) ? "" : new URL(base_url).pathname.replace(/\/+$/, "");
}

/** Lets the store take an event, as if it had been verified. */
function plant(store, { clock }, { at, connect, forge, block }) {
  const now = new Date((clock + at) * 1000);
  const take = (key, on, event) =>
    store.deliver(key, null, (known, mark) => deliver({ key, on, event }, known, mark, now), now);
  if (connect) {
    const body = acceptedBefore(JSON.stringify(connect));
    take(body.clientKey, "connect", { connect: body });
  }
  if (forge) {
    const { id, eventType: kind } = forge.payload ?? forge;
    const prefix = "ari:cloud:ecosystem::installation/";
    const key = id.startsWith(prefix) ? id : `${prefix}${id}`;
    take(key, "forge", { forge: acceptedBefore({ kind: kind ?? forge.eventType, payload: forge }) });
  }
  if (block) {
    const on = block.forge === undefined ? "connect" : "forge";
    take(block[on], on, { block: true });
  }
}

function hookOf({ change, to }) {
  switch (change) {
    case "reinstalled":
      return "installed";
    case "installed":
    case "uninstalled":
    case "enabled":
    case "disabled":
      return change;
    case "edition_changed":
    case "site_renamed":
      return `${change} ${to}`;
    case "license_changed":
      return `${change} ${to.state}`;
    default:
      return null;
  }
}

/** An installation as the contract writes it: of secrets the beginning of a hash. */
function described({ record, secrets }) {
  const hashed = (secret) => createHash("sha256").update(secret).digest("hex").slice(0, 16);
  const { connect, forge } = record.key;
  return {
    key: connect ?? forge,
    state: record.status,
    secret: secrets.current === null ? null : hashed(secrets.current),
    previous_secret: secrets.previous && hashed(secrets.previous.secret),
    base_url: record.baseUrl ?? null,
    product_type: record.productType ?? null,
    display_url: record.displayUrl ?? record.baseUrl ?? null,
    installation_id: forge ?? record.installationId ?? null,
    entitlement_id: record.entitlement.id ?? null,
    app_version: record.appVersion ?? null,
    capability_set: record.capabilitySet ?? null,
    license: record.license?.state ?? null,
  };
}

/** Answers the commands on standard input. `serve` makes a listener of a Connect app and a remote. */
export async function run(serve) {
  let world;
  const perform = {
    async start(command) {
      world?.close();
      world = new World(command, serve);
      return world.open();
    },
    clock({ now }) {
      world.now = now;
      return { ok: true };
    },
    restart: () => world.listen(),
    state: () => world.state(),
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    let answer;
    try {
      answer = await perform[command.do](command);
    } catch (error) {
      const code = error instanceof LicenseError ? error.code : "protocol";
      answer = { ok: false, code, message: `${error.stack}` };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  world?.close();
}
