import { Bounded } from "./bounded.js";
import { VerifyError, ask } from "./core.js";
import { Op } from "./op.js";
import * as settings from "./settings.js";
import { PlatformFault, get, passed, refuseTestKey, statusFault, unreadable } from "./get.js";
import type { FetchOptions } from "./get.js";
import type { IncomingRequest } from "./connect.js";
import { Lanes } from "./lanes.js";
import type { Lane } from "./lanes.js";
import { installKeyOf } from "./lifecycle.js";
import type { Cloud } from "./lifecycle.js";

/** A public key of the platform, as its host served it. */
export interface InstallKey {
  kid: string;
  pem: string;
}

/** Where keys that proved themselves are kept, so that a new process knows them. */
export interface InstallKeyStore {
  /** The keys that are kept, the newest first, `limit` at most. */
  installKeys(limit: number): InstallKey[] | Promise<InstallKey[]>;
  /** Keeps a key, in place of one of the same id. */
  putInstallKey(key: InstallKey): void | Promise<void>;
}

/** Settings of {@link InstallKeys}. */
export interface InstallKeysOptions extends FetchOptions {
  /** Whose key hosts are asked; the commercial cloud's, when left out. Never from a request. */
  cloud?: Cloud | undefined;
  /** How long an unknown or weak key stays refused, in seconds; 60. */
  refusedFor?: number | undefined;
  /** How long a host that fails is left alone, in seconds; 5. */
  backOff?: number | undefined;
  /** How many keys are kept; 256. */
  keysKept?: number | undefined;
  /** How many ids that turn out to be no key one caller may ask about in a minute before its
   * questions wait behind those of others; 5. */
  unknownPerCaller?: number | undefined;
  /** Where keys that proved themselves are kept over a restart; nowhere, when left out. */
  store?: InstallKeyStore | undefined;
  /** Whether keys whose ids begin with `test-` count, as those of the mock host: for tests. */
  allowTestKeys?: boolean | undefined;
  /** The clock, in milliseconds. */
  clock?: (() => number) | undefined;
}

/** Whose question it is, for the budgets that keep a flood from shutting the platform out. */
export interface KeyCaller {
  /** The address of the client; nothing, where nobody knows it. */
  address?: string | null | undefined;
  /** The tenant that the request names, which proves nothing yet. */
  tenant?: string | undefined;
}

interface Miss {
  since: number;
  seconds: number;
  error: VerifyError;
}

const RULES = {
  ...settings.FETCH,
  cloud: settings.cloud,
  refusedFor: settings.seconds,
  backOff: settings.seconds,
  keysKept: settings.count(1, 10_000_000),
  unknownPerCaller: settings.count(0, 10_000_000),
  store: settings.having(["installKeys", "putInstallKey"], "a store of keys"),
  allowTestKeys: settings.flag,
  clock: settings.clocks,
};
const MAX_PEM = 16 * 1024;
/** Answers that are no key. */
const MISSES = 1024;
/** How many keys are kept in the store: the platform has a handful at a time. */
const STORED = 64;
/** In seconds. */
const RECHECK = 60;
const REFRESH = 60;

/**
 * The platform's keys of lifecycle events, by their id. A key that a token was verified with is
 * kept; unknown and weak ones are refused for a minute, faults stand for a moment. No stranger can
 * keep the platform out by asking for keys that nobody has: half of the fetches is for callers who
 * asked for few.
 *
 * ```ts
 * const keys = new InstallKeys();
 * const event = verifyInstall(request, await keys.pemOf(request), expected);
 * ```
 */
export class InstallKeys {
  readonly #options: InstallKeysOptions;
  readonly #keys: Bounded<string>;
  readonly #misses = new Bounded<Miss>(MISSES);
  readonly #rechecked: Bounded<number>;
  readonly #flights = new Map<string, Promise<string>>();
  readonly #lanes: Lanes;
  /** When a host was last found to be down, and how. */
  readonly #down = new Map<string, { since: number; error: VerifyError }>();
  #lookedAt: number | undefined;
  #stored: InstallKey[] = [];

  constructor(options: InstallKeysOptions = {}) {
    settings.hold("InstallKeys", options, RULES);
    this.#options = options;
    this.#keys = new Bounded(options.keysKept ?? 256);
    this.#rechecked = new Bounded(options.keysKept ?? 256);
    this.#lanes = new Lanes(16, 384, options.unknownPerCaller ?? 5);
  }

  /**
   * The key of a request's token, in PEM. Throws {@link VerifyError}: `unknown_key` or `weak_key`
   * (401) when the platform has no such key, of the class `unavailable` (503) when it cannot be
   * asked.
   */
  async pemOf(request: Pick<IncomingRequest, "authorization">, caller: KeyCaller = {}): Promise<string> {
    // the id is checked before it becomes part of a URL
    const { kid, urls } = installKeyOf(request, this.#options.cloud);
    refuseTestKey(kid, this.#options.allowTestKeys);
    const known = this.#known(kid) ?? (await this.#ofTheStore(kid));
    if (known !== undefined) {
      return known;
    }
    // who waits with others of the reserved lane takes no place in either
    const flight = this.#flights.get(`reserved ${kid}`);
    if (flight) {
      return flight;
    }
    const address = network(caller.address);
    const lane = this.#lanes.of(address, caller.tenant, this.#now());
    const pem = await this.#fly(kid, urls, lane, false);
    this.#lanes.refund(address, caller.tenant);
    return pem;
  }

  /**
   * The key of a request's token, asked for again although one is known: for a signature that does
   * not match, in case the key under this id was replaced. At most once a minute a key; what is
   * known stays when nothing better is found.
   */
  async recheck(request: Pick<IncomingRequest, "authorization">): Promise<string> {
    const { kid, urls } = installKeyOf(request, this.#options.cloud);
    const known = this.#keys.get(kid);
    const last = this.#rechecked.get(kid);
    const now = this.#now();
    if (known === undefined || (last !== undefined && !passed(now, last, RECHECK))) {
      return this.pemOf(request);
    }
    this.#rechecked.set(kid, now);
    return this.#fly(kid, urls, "reserved", true).catch(() => known);
  }

  /** Says that a request's token was verified with its key: it is kept in the store, if there is one. */
  async proved(request: Pick<IncomingRequest, "authorization">): Promise<void> {
    const { kid } = installKeyOf(request, this.#options.cloud);
    const { store } = this.#options;
    const pem = this.#keys.get(kid);
    if (!store || pem === undefined || this.#stored.some((key) => key.kid === kid && key.pem === pem)) {
      return;
    }
    this.#stored = [{ kid, pem }, ...this.#stored.filter((key) => key.kid !== kid)].slice(0, STORED);
    try {
      await store.putInstallKey({ kid, pem });
    } catch {
      // the token is verified, whether or not its key is found here the next time
    }
  }

  #now(): number {
    return Math.floor((this.#options.clock ?? Date.now)() / 1000);
  }

  /** What is known without asking. */
  #known(kid: string): string | undefined {
    const pem = this.#keys.get(kid);
    if (pem !== undefined) {
      return pem;
    }
    const miss = this.#misses.get(kid);
    if (miss && !passed(this.#now(), miss.since, miss.seconds)) {
      throw miss.error;
    }
    return undefined;
  }

  /** The key, if this process or another one kept it. The store is looked into once a minute. */
  async #ofTheStore(kid: string): Promise<string | undefined> {
    const { store } = this.#options;
    const now = this.#now();
    if (!store || (this.#lookedAt !== undefined && !passed(now, this.#lookedAt, REFRESH))) {
      return undefined;
    }
    this.#lookedAt = now;
    try {
      this.#stored = (await store.installKeys(STORED)).slice(0, STORED);
    } catch {
      return undefined; // the hosts can be asked
    }
    for (const key of this.#stored) {
      if (this.#keys.get(key.kid) === undefined && isKey(key.pem)) {
        this.#keys.set(key.kid, key.pem);
      }
    }
    return this.#keys.get(kid);
  }

  /** One flight an id and lane: who may go ahead does not wait with those who may not. */
  #fly(kid: string, urls: string[], lane: Lane, again: boolean): Promise<string> {
    const id = `${lane} ${kid}`;
    let flight = this.#flights.get(id);
    if (!flight) {
      flight = this.#answer(kid, urls, lane, again).finally(() => this.#flights.delete(id));
      this.#flights.set(id, flight);
    }
    return flight;
  }

  async #answer(kid: string, urls: string[], lane: Lane, again: boolean): Promise<string> {
    const done = await this.#lanes.turn(lane);
    try {
      // the other lane may have had an answer in the meantime
      return (again ? undefined : this.#known(kid)) ?? (await this.#learn(kid, urls, again));
    } finally {
      done();
    }
  }

  /** Asks, and remembers what comes of it. */
  async #learn(kid: string, urls: string[], again: boolean): Promise<string> {
    try {
      const pem = await this.#ask(kid, urls);
      this.#keys.set(kid, pem);
      return pem;
    } catch (error) {
      if (!again && error instanceof VerifyError) {
        const { refusedFor = 60, backOff = 5 } = this.#options;
        const seconds = error.class === "refused" ? refusedFor : backOff;
        this.#misses.set(kid, { since: this.#now(), seconds, error });
      }
      throw error;
    }
  }

  /** Asks one host after the other; the id is the same on all of them. */
  async #ask(kid: string, urls: string[]): Promise<string> {
    let fault: VerifyError | undefined;
    for (const url of urls) {
      const { host } = new URL(url);
      const down = this.#down.get(host);
      if (down && !passed(this.#now(), down.since, this.#options.backOff ?? 5)) {
        fault ??= down.error;
        continue;
      }
      try {
        const answer = await get(url, MAX_PEM, this.#options);
        if (answer.status === 404) {
          continue;
        }
        if (answer.status < 200 || answer.status >= 300) {
          throw statusFault(answer);
        }
        checkKey(kid, answer.body, host);
        return answer.body;
      } catch (error) {
        if (!(error instanceof PlatformFault)) {
          throw error;
        }
        fault ??= error;
        // not a host that answers nonsense: a made-up id must not switch it off for everybody
        if (error.isOfTheHost) {
          this.#down.set(host, { since: this.#now(), error });
        }
      }
    }
    // refused only when every host answered, and none knows the key
    throw fault ?? new VerifyError("unknown_key", "the platform has no such key", "refused", 401);
  }
}

/** A short key will not grow: the platform's answer is known, and it proves nothing. */
function checkKey(kid: string, pem: string, host: string): void {
  try {
    ask(Op.PublicKey, { keys: pem });
  } catch (error) {
    throw (error as VerifyError).code === "weak_key"
      ? new VerifyError("weak_key", `the key \`${kid}\` is not accepted`, "refused", 401)
      : unreadable(host, "public key");
  }
}

function isKey(pem: string): boolean {
  try {
    ask(Op.PublicKey, { keys: pem });
    return true;
  } catch {
    return false;
  }
}

/** An IPv4 address, or the first 64 bits of an IPv6 one, which one customer has at the least. */
function network(address: string | null | undefined): string {
  const text = (address ?? "").trim().toLowerCase();
  const four = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(text)?.[1];
  if (four) {
    return four;
  }
  const six = text.replace(/^\[([^\]]*)\].*$/, "$1").split("%")[0]!;
  if (!six.includes(":")) {
    return "";
  }
  const [head = "", tail] = six.split("::");
  const groups = head ? head.split(":") : [];
  if (tail !== undefined) {
    const after = tail ? tail.split(":") : [];
    groups.push(...Array<string>(Math.max(8 - groups.length - after.length, 0)).fill("0"), ...after);
  }
  return groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":");
}
