import * as settings from "./settings.js";
import { get, thrown } from "./get.js";
import type { FetchOptions, Problem } from "./get.js";
import { authorizationOf } from "./connect.js";
import type { IncomingRequest } from "./connect.js";
import { Lanes } from "./lanes.js";
import type { Lane } from "./lanes.js";
import { MAX_KEYS, MAX_PEM } from "./limits.js";
import { installKeyOf } from "./lifecycle.js";
import type { Cloud } from "./lifecycle.js";
import { Plan } from "./machine.js";

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
  putInstallKey(key: InstallKey, now?: Date): void | Promise<void>;
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

/** What the core says to do about a key id. */
interface Step {
  step: "use" | "load" | "fetch" | "ask" | "refuse" | "none";
  pem?: string;
  place?: number;
  lane?: Lane;
  problem?: Problem;
}

/** A question about a key id. */
interface Question {
  kid: string;
  hosts: number;
}

/** Which key a token names, and where it may be. */
interface TokenKey {
  authorization: string | undefined;
  question: Question;
  urls: string[];
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

/**
 * The platform's keys of lifecycle events, by their id. A key that a token was verified with is
 * kept; unknown and weak ones are refused for a minute, faults stand for a moment. No stranger can
 * keep the platform out by asking for keys that nobody has: half of the fetches is for callers who
 * asked for few.
 *
 * @example
 * ```ts
 * const keys = new InstallKeys();
 * const event = verifyInstall(installed, await keys.pemOf(installed), { event: "installed", appKey, baseUrl });
 * ```
 */
export class InstallKeys {
  readonly #options: InstallKeysOptions;
  readonly #plan: Plan;
  readonly #flights = new Map<string, Promise<string>>();
  readonly #lanes = new Lanes();
  /** What the token of a request names: it is asked for again when the token has proved it. */
  readonly #tokenKeys = new WeakMap<object, TokenKey>();

  constructor(options: InstallKeysOptions = {}) {
    options = settings.hold("InstallKeys", options, RULES);
    this.#options = options;
    const { refusedFor, backOff, keysKept, unknownPerCaller, allowTestKeys } = options;
    this.#plan = new Plan("install_keys", { refusedFor, backOff, keysKept, unknownPerCaller, allowTestKeys });
  }

  /**
   * The key of a request's token, in PEM.
   *
   * @throws a {@link VerifyError}: `unknown_key` or `weak_key` (401) when the platform has no such key, of the
   * class `unavailable` (503) when it cannot be asked.
   */
  async pemOf(request: Pick<IncomingRequest, "authorization">, caller: KeyCaller = {}): Promise<string> {
    const { question, urls } = this.#tokenKey(request);
    const { kid } = question;
    let step = this.#step("next", question, { store: this.#options.store !== undefined });
    if (step.step === "load") {
      step = await this.#load(question);
    }
    if (step.step !== "fetch") {
      return settled(step);
    }
    // who waits with others of the reserved lane takes no place in either
    const flight = this.#flights.get(`reserved ${kid}`);
    if (flight) {
      return flight;
    }
    const from = { address: caller.address, tenant: caller.tenant };
    const { lane } = this.#step("lane", question, from);
    const pem = await this.#start(question, urls, lane!, false);
    this.#step("refund", question, from);
    return pem;
  }

  /**
   * The key of a request's token, asked for again although one is known: for a signature that does
   * not match, in case the key under this id was replaced. At most once a minute a key; what is
   * known stays when nothing better is found.
   */
  async refresh(request: Pick<IncomingRequest, "authorization">): Promise<string> {
    const { question, urls } = this.#tokenKey(request);
    const { step, pem } = this.#step("refresh", question);
    return step === "fetch" ? this.#start(question, urls, "reserved", true).catch(() => pem!) : this.pemOf(request);
  }

  /** Says that a request's token was verified with its key: it is kept in the store, if there is one. */
  async proved(request: Pick<IncomingRequest, "authorization">): Promise<void> {
    const { store } = this.#options;
    if (!store) {
      return;
    }
    const { question } = this.#tokenKey(request);
    const { kid } = question;
    const { pem } = this.#step("proved", question);
    if (pem === undefined) {
      return;
    }
    try {
      await store.putInstallKey({ kid, pem }, new Date((this.#options.clock ?? Date.now)()));
    } catch {
      // the token is verified, whether or not its key is found here the next time
    }
  }

  #tokenKey(request: Pick<IncomingRequest, "authorization">): TokenKey {
    const authorization = authorizationOf(request);
    let key = this.#tokenKeys.get(request);
    if (!key || key.authorization !== authorization) {
      // the id is checked before it becomes part of a URL
      const { kid, urls } = installKeyOf(request, this.#options.cloud);
      key = { authorization, question: { kid, hosts: urls.length }, urls };
      this.#tokenKeys.set(request, key);
    }
    return key;
  }

  #step(name: string, question: Question, more: object = {}): Step {
    const now = Math.floor((this.#options.clock ?? Date.now)() / 1000);
    return this.#plan.call(name, { ...question, now, ...more });
  }

  /** What the app's store has. */
  async #load(question: Question): Promise<Step> {
    const stored = Object.create(null) as Record<string, string>;
    try {
      for (const { kid, pem } of (await this.#options.store!.installKeys(MAX_KEYS)).slice(0, MAX_KEYS)) {
        stored[kid] ??= pem;
      }
    } catch {
      return this.#step("next", question); // the hosts can be asked
    }
    return this.#step("loaded", question, { stored });
  }

  /** One flight an id and lane: who may go ahead does not wait with those who may not. */
  #start(question: Question, urls: string[], lane: Lane, again: boolean): Promise<string> {
    const id = `${lane} ${question.kid}`;
    let flight = this.#flights.get(id);
    if (!flight) {
      flight = this.#answer(question, urls, lane, again).finally(() => this.#flights.delete(id));
      this.#flights.set(id, flight);
    }
    return flight;
  }

  async #answer(question: Question, urls: string[], lane: Lane, again: boolean): Promise<string> {
    const done = await this.#lanes.turn(lane);
    try {
      // the other lane may have had an answer in the meantime
      const known = again ? null : this.#step("next", question);
      if (known && known.step !== "fetch") {
        return settled(known);
      }
      let step = this.#step("ask", question, { again });
      while (step.step === "ask") {
        const { place, problem } = step;
        const fetched = await get(urls[place!]!, MAX_PEM, this.#options);
        step = this.#step("ask", question, { again, place, problem, fetched });
      }
      return settled(step);
    } finally {
      done();
    }
  }
}

function settled({ pem, problem }: Step): string {
  if (pem === undefined) {
    throw thrown(problem!);
  }
  return pem;
}
