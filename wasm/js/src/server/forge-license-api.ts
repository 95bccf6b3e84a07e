import { License } from "../index.js";
import { Bounded } from "./bounded.js";
import { seconds } from "./core.js";
import { PlatformFault, get, thrown } from "./get.js";
import type { LicenseApiOptions, LicenseStep } from "./license-api.js";
import { ANSWERS_KEPT, FORGE_ANSWER, FORGE_API, FORGE_LICENSE, POLL, WAIT } from "./limits.js";
import { Plan } from "./machine.js";
import * as settings from "./settings.js";
import { carrier, verified } from "./verified.js";
import { isHeld } from "./wrong-clock.js";

type Awaitable<T> = T | Promise<T>;

/** An answer of the Forge License API as it was sent, and when it was fetched. An empty body says that
 * what was kept before counts no more. */
export interface KeptAnswer {
  body: string;
  at: Date;
}

/** What all replicas of an app share: answers, and the right to ask. */
export interface ForgeLicenseCache {
  /** The last answer that was kept. */
  get(installationId: string): Awaitable<KeptAnswer | null>;
  /** Keeps an answer, unless a later one is kept already. */
  put(installationId: string, kept: KeptAnswer): Awaitable<void>;
  /** Takes the right to ask for so many seconds, if nobody has it: the asker itself included. Null
   * when it is the asker's; until when another has it. */
  lease(installationId: string, now: Date, seconds: number): Awaitable<Date | null>;
  /** Holds the right, just taken, for so many seconds from `now`. */
  prolong(installationId: string, now: Date, seconds: number): Awaitable<void>;
  /** Gives the right back, which the asker has just taken. */
  release(installationId: string): Awaitable<void>;
}

/** Settings of {@link ForgeLicenseApi}. */
export interface ForgeLicenseApiOptions extends LicenseApiOptions {
  /** Another origin than the platform's, for tests. */
  origin?: string | undefined;
  /** Shared by all replicas; one of this process, when left out. */
  cache?: ForgeLicenseCache | undefined;
  /** How long to wait for another replica's answer when nothing at all is known, in milliseconds; 2000. */
  wait?: number | undefined;
}

const CACHE = ["get", "put", "lease", "prolong", "release"];
const RULES = {
  ...settings.LICENSE_API,
  origin: settings.text,
  cache: settings.having(CACHE, "a `ForgeLicenseCache`"),
  wait: settings.count(0, 600_000),
};
const QUESTION = {
  appId: settings.string,
  environmentType: settings.string,
  userMayAccess: settings.flagOrNull,
  installedAt: settings.time,
  newer: settings.flag,
};

/** A question about one installation. */
interface Question {
  id: string;
  app: string | undefined;
  installedAt: number | undefined;
  newer: boolean | undefined;
}

/**
 * Asks the Forge License API for one installation, once in five and a half minutes whatever becomes
 * of it. An answer counts for an hour, through an outage for a day with its age; a token that is
 * refused, 401 or 403, is answered so, and three of them end the asking for a while.
 *
 * Platform page: https://developer.atlassian.com/platform/forge/apis-reference/license-api/
 *
 * @example
 * ```ts
 * const api = new ForgeLicenseApi();
 * const licenseOf = async (installationId: string, systemToken: string) =>
 *   api.license(installationId, systemToken, { appId, environmentType: "PRODUCTION" });
 * ```
 */
export class ForgeLicenseApi {
  readonly #options: ForgeLicenseApiOptions;
  readonly #cache: ForgeLicenseCache;
  readonly #plan: Plan;
  readonly #flights = new Map<string, Promise<LicenseStep>>();

  constructor(options: ForgeLicenseApiOptions = {}) {
    options = settings.hold("ForgeLicenseApi", options, RULES);
    this.#options = options;
    this.#cache = options.cache ?? new MemoryLicenseCache();
    const { freshFor, keepThroughOutage, backOff, tenantsKept } = options;
    this.#plan = new Plan("license", { forge: true, freshFor, keepThroughOutage, backOff, tenantsKept });
  }

  /**
   * The license of the app at an installation; `token` is the installation's system token, opaque.
   * The options say which app, and what a proof of the same installation adds: the API names neither
   * environment nor user.
   *
   * @throws a {@link VerifyError} when nothing is known; `misuse` for options that cannot be meant.
   */
  async license(
    installationId: string,
    token: string,
    options: {
      appId?: string | undefined;
      environmentType?: string | undefined;
      /** Null where a token does not say. */
      userMayAccess?: boolean | null | undefined;
      /** Since when the app is installed: what was said before counts no more. */
      installedAt?: Date | undefined;
      /** Whether a signed request states more than what is known: that is asked for again as soon as
       * the platform allows it. */
      newer?: boolean | undefined;
    } = {},
  ): Promise<License<"verified">> {
    const { appId: app, environmentType, userMayAccess, installedAt, newer } = settings.hold("ForgeLicenseApi.license", options, QUESTION);
    const question = { id: installationId, app, installedAt: installedAt && seconds(installedAt), newer };
    const { document: raw, asOf: at, problem } = await this.#find(question, token);
    if (at === undefined) {
      throw thrown(problem!);
    }
    const document = {
      ...carrier(raw),
      ...(environmentType !== undefined && { environmentType }),
      ...(userMayAccess === false && { userAccess: { enabled: true, hasAccess: false } }),
    };
    const asOf = new Date(at * 1000);
    // the place is read of a page's context alone, and this one is not from a page
    const license = License.fromForgeContext(document, { asOf });
    return verified(license, "forge_license_api");
  }

  #now(): number {
    return Math.floor((this.#options.clock ?? Date.now)() / 1000);
  }

  #step(name: string, question: Question, more: object = {}): LicenseStep {
    return this.#plan.call(name, { ...question, now: this.#now(), ...more });
  }

  async #find(question: Question, token: string): Promise<LicenseStep> {
    const { id } = question;
    const known = this.#step("next", question);
    if (known.step !== "look") {
      return known;
    }
    for (let tries = known.tries!; ; tries -= 1) {
      const flight = this.#flights.get(id);
      if (!flight) {
        const own = this.#ask(question, token).finally(() => this.#flights.delete(id));
        this.#flights.set(id, own);
        return own;
      }
      const { problem } = await flight;
      // another asker's token was refused; this one may be better
      const refused = problem !== undefined && (thrown(problem) as PlatformFault).isTokenRefused;
      if (!refused || tries <= 1) {
        // of this asker's own app
        const step = this.#step("next", question);
        return step.step === "look" ? flight : step;
      }
    }
  }

  /** Looks into the shared cache, and asks the platform when it is our turn. */
  async #ask(question: Question, token: string): Promise<LicenseStep> {
    const { id } = question;
    for (let left = this.#options.wait ?? WAIT; ; left -= POLL) {
      const now = this.#now();
      let step;
      try {
        const kept = await this.#cache.get(id);
        const shared = kept ? { body: kept.body, at: seconds(kept.at) } : undefined;
        step = this.#step("found", question, { shared });
        if (step.step !== "lease") {
          return step;
        }
        const held = await this.#cache.lease(id, new Date(now * 1000), step.seconds!);
        const heldUntil = held ? Math.floor(+held / 1000) : undefined;
        step = this.#step("leased", question, { heldUntil, patient: left > 0 });
      } catch {
        return this.#step("answered", question, { fetched: { outcome: "cache" } });
      }
      if (step.step === "ask") {
        return this.#call(question, token);
      }
      if (step.step !== "wait") {
        return step;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(POLL, left)));
    }
  }

  /** Makes the call that is ours to make, and does with the lease and the cache what the core says. */
  async #call(question: Question, token: string): Promise<LicenseStep> {
    const { id } = question;
    const askedAt = this.#now();
    const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
    const fetched = await get(`${this.#options.origin ?? FORGE_API}${FORGE_LICENSE}`, FORGE_ANSWER, this.#options, headers);
    const step = this.#step("answered", question, { askedAt, fetched });
    const { keep, forget, release, prolong } = step.after!;
    if (keep) {
      await ignored(() => this.#cache.put(id, { body: fetched.body!, at: new Date(askedAt * 1000) }));
    }
    if (forget) {
      await ignored(async () => {
        const kept = await this.#cache.get(id);
        return kept?.body && this.#cache.put(id, { body: "", at: new Date(Math.max(askedAt * 1000, +kept.at)) });
      });
    }
    if (release) {
      await ignored(() => this.#cache.release(id));
    }
    if (prolong !== undefined) {
      await ignored(() => this.#cache.prolong(id, new Date(this.#now() * 1000), prolong));
    }
    return step;
  }
}

/** The answer is right, even if other replicas will not hear of it. */
async function ignored(use: () => Awaitable<unknown>): Promise<void> {
  try {
    await use();
  } catch {
    // the next one asks again
  }
}

/** For one process: what it knows is gone with it. */
class MemoryLicenseCache implements ForgeLicenseCache {
  readonly #kept = new Bounded<KeptAnswer>(ANSWERS_KEPT);
  readonly #leased = new Bounded<Date>(ANSWERS_KEPT);

  get(id: string): KeptAnswer | null {
    return this.#kept.get(id) ?? null;
  }

  put(id: string, kept: KeptAnswer): void {
    // one is asked at a time: the last one is the newest
    this.#kept.set(id, kept);
  }

  lease(id: string, now: Date, seconds: number): Date | null {
    const until = this.#leased.get(id);
    if (until && isHeld(until, now)) {
      return until;
    }
    this.prolong(id, now, seconds);
    return null;
  }

  prolong(id: string, now: Date, seconds: number): void {
    this.#leased.set(id, new Date(+now + seconds * 1000));
  }

  release(id: string): void {
    this.#leased.set(id, new Date(0));
  }
}
