import { Bounded } from "./bounded.js";
import { VerifyError } from "./core.js";
import { get, refuseTestKey, unavailable } from "./fetch.js";
import type { FetchOptions } from "./fetch.js";
import type { IncomingRequest } from "./connect.js";
import { installKeyOf } from "./lifecycle.js";
import type { Cloud } from "./lifecycle.js";

/** Settings of {@link InstallKeys}. */
export interface InstallKeysOptions extends FetchOptions {
  /** Whose key hosts are asked; the commercial cloud's, when left out. Never from a request. */
  cloud?: Cloud | undefined;
  /** How long an unknown key stays refused, in seconds; 60. */
  refusedFor?: number | undefined;
  /** How long a host that cannot be reached is left alone, in seconds; 5. */
  backOff?: number | undefined;
  /** How many keys are kept; 256. */
  keysKept?: number | undefined;
  /** Whether keys whose ids begin with `test-` count, as those of the mock host: for tests. */
  allowTestKeys?: boolean | undefined;
  /** The clock, in milliseconds. */
  clock?: (() => number) | undefined;
}

type Known = { pem: string } | { refused: VerifyError; until: number };

const MAX_PEM = 16 * 1024;
const MAX_WAITING = 1024;

/**
 * The platform's keys of lifecycle events, by their id: kept for good, asked for once, unknown ones
 * remembered briefly.
 *
 * ```ts
 * const keys = new InstallKeys();
 * const event = verifyInstall(request, await keys.pemOf(request), expected);
 * ```
 */
export class InstallKeys {
  readonly #options: InstallKeysOptions;
  readonly #known: Bounded<Known>;
  /** Until when a host is left alone. */
  readonly #down = new Map<string, number>();

  constructor(options: InstallKeysOptions = {}) {
    this.#options = options;
    this.#known = new Bounded(options.keysKept ?? 256);
  }

  /**
   * The key of a request's token, in PEM. Throws {@link VerifyError}: `unknown_key` (401) when the
   * platform has no such key, of the class `unavailable` (503) when it cannot be asked.
   */
  async pemOf(request: Pick<IncomingRequest, "authorization">): Promise<string> {
    // the id is checked before it becomes part of a URL
    const { kid, urls } = installKeyOf(request, this.#options.cloud);
    refuseTestKey(kid, this.#options.allowTestKeys);
    const known = this.#known.get(kid);
    if (known && ("pem" in known || known.until > this.#now())) {
      return told(known);
    }
    if (this.#known.underWay >= MAX_WAITING) {
      throw unavailable("busy", "too many keys are being asked for");
    }
    return told(await this.#known.once(kid, () => this.#learn(kid, urls)));
  }

  #now(): number {
    return (this.#options.clock ?? Date.now)();
  }

  /** Asks one host after the other; the id is the same on all of them. */
  async #learn(kid: string, urls: string[]): Promise<Known> {
    let fault: VerifyError | undefined;
    for (const url of urls) {
      const { host } = new URL(url);
      if ((this.#down.get(host) ?? 0) > this.#now()) {
        fault ??= unavailable("no_connection", `\`${host}\` could not be reached a moment ago`);
        continue;
      }
      try {
        const { status, body } = await get(url, MAX_PEM, this.#options);
        if (status >= 200 && status < 300 && body.trimStart().startsWith("-----BEGIN ")) {
          const known = { pem: body };
          this.#known.set(kid, known);
          return known;
        }
        if (status !== 404) {
          fault = unavailable("key_server", `\`${host}\` answers no key, status ${status}`);
        }
      } catch (error) {
        fault = error as VerifyError;
        if (fault.code === "no_connection" || fault.code === "timed_out") {
          this.#down.set(host, this.#now() + (this.#options.backOff ?? 5) * 1000);
        }
      }
    }
    if (fault) {
      throw fault;
    }
    const refused = new VerifyError("unknown_key", "the platform has no such key", "refused", 401);
    const until = this.#now() + (this.#options.refusedFor ?? 60) * 1000;
    const known = { refused, until };
    this.#known.set(kid, known);
    return known;
  }
}

function told(known: Known): string {
  if ("pem" in known) {
    return known.pem;
  }
  throw known.refused;
}
