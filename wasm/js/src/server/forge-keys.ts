import { VerifyError } from "./core.js";
import * as settings from "./settings.js";
import { get, thrown } from "./get.js";
import type { FetchOptions, Problem } from "./get.js";
import { invocationKeyOf, proveInvocation } from "./forge.js";
import type { ExpectedInvocation, Invocation, ProvenInvocation } from "./forge.js";
import { KEY_SET, MAX_JWKS, OF_ANOTHER_KEY } from "./limits.js";
import { Plan } from "./machine.js";

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

/** What the core says to do about a key id. */
interface Step {
  step: "use" | "fetch" | "refuse";
  refresh: boolean;
  stale: boolean;
  problem?: Problem;
}

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

/**
 * The platform's keys of invocation tokens. The set is served while it is fetched again, and
 * through an outage; an unknown id, or one that does not match, makes it be fetched at most once a
 * minute, whatever the flood.
 *
 * @example
 * ```ts
 * const keys = new ForgeKeys();
 * const { license } = await keys.verify(request.headers.authorization, { appId });
 * ```
 */
export class ForgeKeys {
  readonly #options: ForgeKeysOptions;
  readonly #plan: Plan;
  /** The set that the core accepted last. */
  #text = "";
  /** Answers why nothing was learned, if nothing was. */
  #flight: Promise<Problem | undefined> | undefined;

  constructor(options: ForgeKeysOptions = {}) {
    options = settings.hold("ForgeKeys", options, RULES);
    this.#options = options;
    const { refreshAfter, expireAfter, keepThroughOutage, cooldown, backOff, allowTestKeys } = options;
    this.#plan = new Plan("forge_keys", { refreshAfter, expireAfter, keepThroughOutage, cooldown, backOff, allowTestKeys });
  }

  /**
   * Verifies an invocation token.
   *
   * @throws a {@link VerifyError}: 401 as {@link verifyInvocation}, 503 when keys cannot be had.
   */
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
      if (!(error instanceof VerifyError) || error.code !== OF_ANOTHER_KEY) {
        throw error;
      }
      // the platform may have replaced the key under this id
      const again = await this.refresh(kid);
      if (again === jwks) {
        throw error;
      }
      return proveInvocation(authorization, again, expected);
    }
  }

  /**
   * The text of a key set that has a key of this id.
   *
   * @throws a {@link VerifyError}: `unknown_key` when there is none.
   */
  jwksFor(kid: string): Promise<string> {
    return this.#find(kid, false);
  }

  /**
   * The same, asked for again although the set has a key of this id: for a signature that does not
   * match. At most once a minute; the set that is kept is answered in between.
   */
  refresh(kid: string): Promise<string> {
    return this.#find(kid, true);
  }

  async #find(kid: string, again: boolean): Promise<string> {
    let step = this.#step("next", { kid, again, fetching: this.#flight !== undefined });
    if (step.step === "fetch") {
      const failed = await this.#start();
      step = this.#step("after", { kid, stale: step.stale, failed });
    } else if (step.refresh) {
      this.#start().catch(() => {
        // what is known is used on
      });
    }
    if (step.problem) {
      throw thrown(step.problem);
    }
    return this.#text;
  }

  #step(name: string, more: object): Step {
    const now = Math.floor((this.#options.clock ?? Date.now)() / 1000);
    return this.#plan.call(name, { now, ...more });
  }

  #start(): Promise<Problem | undefined> {
    this.#flight ??= this.#fetch().finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  async #fetch(): Promise<Problem | undefined> {
    const fetched = await get(this.#options.url ?? KEY_SET, MAX_JWKS, this.#options);
    const { problem } = this.#step("fetched", { fetched });
    if (!problem) {
      this.#text = fetched.body!;
    }
    return problem;
  }
}
