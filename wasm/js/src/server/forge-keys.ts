import { VerifyError, ask } from "./core.js";
import { Op } from "./op.js";
import * as settings from "./settings.js";
import { PlatformFault, get, passed, refuseTestKey, statusFault, unreadable } from "./get.js";
import type { FetchOptions } from "./get.js";
import { invocationKeyOf, proveInvocation } from "./forge.js";
import type { ExpectedInvocation, Invocation, ProvenInvocation } from "./forge.js";

/** Settings of {@link ForgeKeys}. */
export interface ForgeKeysOptions extends FetchOptions {
  /** Where the key set is; the commercial cloud's, when left out. Never from a request. */
  url?: string | undefined;
  /** From which age on the set is fetched again while it is served, in seconds; 300. */
  refreshAfter?: number | undefined;
  /** From which age on it is fetched again before it is served, in seconds; 900. */
  expireAfter?: number | undefined;
  /** For how long an expired set is served when it cannot be fetched, in seconds; a day. */
  keepThroughOutage?: number | undefined;
  /** The least time between two fetches for key ids that are unknown or do not match, in seconds; 60. */
  cooldown?: number | undefined;
  /** How long a failed fetch stands while there is no set at all, in seconds; 5. */
  backOff?: number | undefined;
  /** Whether keys whose ids begin with `test-` count, as those of the mock host: for tests. */
  allowTestKeys?: boolean | undefined;
  /** The clock, in milliseconds. */
  clock?: (() => number) | undefined;
}

interface KeySet {
  text: string;
  kids: Set<string>;
  at: number;
}

/** What to do about a key id: serve this set, wait for a fetch and serve `stale` when it fails, or
 * nothing. */
type Step = { serve: KeySet; refresh: boolean } | { wait: true; stale?: KeySet } | { fail: VerifyError };

const RULES = {
  ...settings.FETCH,
  url: settings.text,
  refreshAfter: settings.seconds,
  expireAfter: settings.seconds,
  keepThroughOutage: settings.seconds,
  cooldown: settings.seconds,
  backOff: settings.seconds,
  allowTestKeys: settings.flag,
  clock: settings.clocks,
};
const MAX_JWKS = 256 * 1024;
const COMMERCIAL = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json";

/**
 * The platform's keys of invocation tokens. The set is served while it is fetched again, and
 * through an outage; an unknown id, or one that does not match, makes it be fetched at most once a
 * minute, whatever the flood.
 *
 * ```ts
 * const keys = new ForgeKeys();
 * const { license } = await keys.verify(request.headers.authorization, { appId });
 * ```
 */
export class ForgeKeys {
  readonly #options: ForgeKeysOptions;
  #set: KeySet | undefined;
  #flight: Promise<KeySet> | undefined;
  /** The last fetch, if it failed. */
  #failed: { at: number; error: VerifyError } | undefined;
  /** When a fetch was last started because of what a token said. */
  #asked: number | undefined;

  constructor(options: ForgeKeysOptions = {}) {
    settings.hold("ForgeKeys", options, RULES);
    this.#options = options;
  }

  /** Verifies an invocation token. Throws {@link VerifyError}, 503 when keys cannot be had. */
  async verify(
    authorization: string | readonly string[] | undefined,
    expected: ExpectedInvocation,
  ): Promise<Invocation> {
    return (await this.prove(authorization, expected)).invocation;
  }

  /** @internal */
  async prove(authorization: string | readonly string[] | undefined, expected: ExpectedInvocation): Promise<ProvenInvocation> {
    const kid = invocationKeyOf(authorization);
    const jwks = await this.jwksFor(kid);
    try {
      return proveInvocation(authorization, jwks, expected);
    } catch (error) {
      if (!(error instanceof VerifyError) || error.code !== "signature") {
        throw error;
      }
      // the platform may have replaced the key under this id
      const again = await this.recheck(kid);
      if (again === jwks) {
        throw error;
      }
      return proveInvocation(authorization, again, expected);
    }
  }

  /** The text of a key set that has a key of this id. Throws `unknown_key` when there is none. */
  jwksFor(kid: string): Promise<string> {
    return this.#find(kid, () => this.#step(kid));
  }

  /**
   * The same, asked for again although the set has a key of this id: for a signature that does not
   * match. At most once a minute; the set that is kept is answered in between.
   */
  recheck(kid: string): Promise<string> {
    return this.#find(kid, () => {
      const step = this.#step(kid);
      return "serve" in step && (this.#flight || this.#mayAsk()) ? { wait: true, stale: step.serve } : step;
    });
  }

  async #find(kid: string, plan: () => Step): Promise<string> {
    refuseTestKey(kid, this.#options.allowTestKeys);
    const step = plan();
    if ("fail" in step) {
      throw step.fail;
    }
    if ("serve" in step) {
      if (step.refresh) {
        this.#fly().catch(() => {
          // what is known is served on
        });
      }
      return step.serve.text;
    }
    let fetched: KeySet;
    try {
      fetched = await this.#fly();
    } catch (error) {
      if (step.stale) {
        return step.stale.text;
      }
      throw error;
    }
    if (!fetched.kids.has(kid)) {
      throw refused();
    }
    return fetched.text;
  }

  #now(): number {
    return Math.floor((this.#options.clock ?? Date.now)() / 1000);
  }

  #step(kid: string): Step {
    const { refreshAfter = 300, expireAfter = 900, keepThroughOutage = 86_400 } = this.#options;
    const { cooldown = 60, backOff = 5 } = this.#options;
    const set = this.#set;
    if (!set) {
      const error = this.#backingOff(backOff);
      return error && !this.#flight ? { fail: error } : { wait: true };
    }
    if (!set.kids.has(kid)) {
      if (this.#flight || this.#mayAsk()) {
        return { wait: true };
      }
      return { fail: this.#failed?.error ?? refused() };
    }
    const now = this.#now();
    if (!passed(now, set.at, refreshAfter)) {
      return { serve: set, refresh: false };
    }
    const error = this.#backingOff(cooldown);
    const refresh = !error && !this.#flight;
    if (!passed(now, set.at, expireAfter)) {
      return { serve: set, refresh };
    }
    if (passed(now, set.at, expireAfter + keepThroughOutage)) {
      return error && !this.#flight ? { fail: error } : { wait: true };
    }
    // an outage that is known is not waited for to be found again
    return this.#failed ? { serve: set, refresh } : { wait: true, stale: set };
  }

  /** Whether a token may cause a fetch now; if so, its turn is taken. */
  #mayAsk(): boolean {
    const { cooldown = 60 } = this.#options;
    const now = this.#now();
    const may = !this.#backingOff(cooldown) && (this.#asked === undefined || passed(now, this.#asked, cooldown));
    if (may) {
      this.#asked = now;
    }
    return may;
  }

  #backingOff(seconds: number): VerifyError | undefined {
    return this.#failed && !passed(this.#now(), this.#failed.at, seconds) ? this.#failed.error : undefined;
  }

  #fly(): Promise<KeySet> {
    this.#flight ??= this.#fetch().finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  async #fetch(): Promise<KeySet> {
    try {
      const answer = await get(this.#options.url ?? COMMERCIAL, MAX_JWKS, this.#options);
      if (answer.status < 200 || answer.status >= 300) {
        throw statusFault(answer);
      }
      const kids = new Set(kidsOf(answer.body, answer.host));
      // a set without a usable key would lock out everybody whose key is known
      if (!kids.size && this.#set?.kids.size) {
        throw unreadable(answer.host, "key set");
      }
      const set = { text: answer.body, kids, at: this.#now() };
      this.#set = set;
      this.#failed = undefined;
      return set;
    } catch (error) {
      if (error instanceof PlatformFault) {
        this.#failed = { at: this.#now(), error };
      }
      throw error;
    }
  }
}

/** An outage's page is no key set. */
function kidsOf(text: string, host: string): string[] {
  try {
    return ask(Op.KeySet, { keys: text }).slice(1) as string[];
  } catch {
    throw unreadable(host, "key set");
  }
}

const refused = () =>
  new VerifyError("unknown_key", "the platform has no such key", "refused", 401);
