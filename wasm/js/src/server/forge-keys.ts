import { Op, VerifyError, ask } from "./core.js";
import { get, refuseTestKey, unavailable } from "./fetch.js";
import type { FetchOptions } from "./fetch.js";
import { invocationKeyOf, verifyInvocation } from "./forge.js";
import type { ExpectedInvocation, Invocation } from "./forge.js";

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
  /** The least time between two fetches for unknown key ids, in seconds; 60. */
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

const MAX_JWKS = 256 * 1024;
const COMMERCIAL = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json";

/**
 * The platform's keys of invocation tokens. The set is served while it is fetched again, and
 * through an outage; an unknown id makes it be fetched at most once a minute, whatever the flood.
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
  #failed: { at: number; error: VerifyError } | undefined;
  #askedUnknown: number | undefined;

  constructor(options: ForgeKeysOptions = {}) {
    this.#options = options;
  }

  /** Verifies an invocation token. Throws {@link VerifyError}, 503 when keys cannot be had. */
  async verify(
    authorization: string | readonly string[],
    expected: ExpectedInvocation,
  ): Promise<Invocation> {
    const jwks = await this.jwksFor(invocationKeyOf(authorization));
    return verifyInvocation(authorization, jwks, expected);
  }

  /** The text of a key set that has a key of this id. Throws `unknown_key` when there is none. */
  async jwksFor(kid: string): Promise<string> {
    refuseTestKey(kid, this.#options.allowTestKeys);
    const { refreshAfter = 300, expireAfter = 900, keepThroughOutage = 86_400 } = this.#options;
    const set = this.#set;
    if (!set) {
      const fetched = await this.#fetchUnless(this.#options.backOff ?? 5);
      if (!fetched.kids.has(kid)) {
        throw refused();
      }
      return fetched.text;
    }
    if (!set.kids.has(kid)) {
      return this.#unknown(kid);
    }
    const age = (this.#now() - set.at) / 1000;
    if (age < refreshAfter) {
      return set.text;
    }
    const outage = this.#failed !== undefined;
    if (age < expireAfter || (outage && age < expireAfter + keepThroughOutage)) {
      this.#refresh();
      return set.text;
    }
    try {
      const fetched = await this.#fetchUnless(this.#options.cooldown ?? 60);
      return fetched.kids.has(kid) ? fetched.text : this.#unknown(kid);
    } catch (error) {
      if (age < expireAfter + keepThroughOutage) {
        return set.text;
      }
      throw error;
    }
  }

  #now(): number {
    return (this.#options.clock ?? Date.now)();
  }

  async #unknown(kid: string): Promise<string> {
    const cooldown = (this.#options.cooldown ?? 60) * 1000;
    const cooled = this.#now() - (this.#askedUnknown ?? -Infinity) >= cooldown;
    if (!this.#flight && !cooled) {
      throw this.#failed?.error ?? refused();
    }
    if (!this.#flight) {
      this.#askedUnknown = this.#now();
    }
    const set = await this.#fetchUnless(this.#options.cooldown ?? 60);
    if (!set.kids.has(kid)) {
      throw refused();
    }
    return set.text;
  }

  /** Fetches in the background, unless that failed a moment ago. */
  #refresh(): void {
    this.#fetchUnless(this.#options.cooldown ?? 60).catch(() => {
      // what is known is served on
    });
  }

  #fetchUnless(backOff: number): Promise<KeySet> {
    if (this.#flight) {
      return this.#flight;
    }
    if (this.#failed && this.#now() - this.#failed.at < backOff * 1000) {
      return Promise.reject(this.#failed.error);
    }
    this.#flight = this.#fetch().finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  async #fetch(): Promise<KeySet> {
    try {
      const { status, body: text } = await get(this.#options.url ?? COMMERCIAL, MAX_JWKS, this.#options);
      if (status < 200 || status >= 300) {
        throw unavailable("key_server", `the key set answers status ${status}`);
      }
      const kids = new Set(kidsOf(text));
      const set = { text, kids, at: this.#now() };
      this.#set = set;
      this.#failed = undefined;
      return set;
    } catch (error) {
      this.#failed = { at: this.#now(), error: error as VerifyError };
      throw error;
    }
  }
}

/** An outage's page is no key set. */
function kidsOf(text: string): string[] {
  try {
    return ask(Op.KeySet, { keys: text }).slice(1) as string[];
  } catch {
    throw unavailable("key_server", "what is answered is no key set");
  }
}

const refused = () =>
  new VerifyError("unknown_key", "the platform has no such key", "refused", 401);
