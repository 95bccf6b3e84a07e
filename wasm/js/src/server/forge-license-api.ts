import { License } from "../index.js";
import { Bounded } from "./bounded.js";
import { VerifyError, ask, seconds } from "./core.js";
import { Op } from "./op.js";
import { PlatformFault, get, passed, statusFault, unreadable } from "./get.js";
import type { LicenseApiOptions } from "./license-api.js";
import * as settings from "./settings.js";
import { carrier, verified } from "./verified.js";

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

interface Found {
  body: string;
  /** Whether every app could be checked. */
  whole: boolean;
  at: number;
  fault?: PlatformFault | undefined;
}

interface Known {
  said?: Found | undefined;
  fault?: { since: number; error: PlatformFault } | undefined;
  /** Since when, and how often since, the platform refused the token it was asked with. */
  refused?: { since: number; count: number } | undefined;
}

const CACHE = ["get", "put", "lease", "prolong", "release"];
const RULES = {
  ...settings.LICENSE_API,
  origin: settings.text,
  cache: settings.having(CACHE, "a `ForgeLicenseCache`"),
  wait: settings.count(0, 600_000),
};
const MAX_ANSWER = 256 * 1024;
/** How many calls with a token that the platform refuses are made in the time of one lease. */
const MAX_REFUSED = 3;
/** How long the right to ask is held, in seconds: 300, and what clocks may differ. */
const LEASE = 330;
const POLL = 200;

/**
 * Asks the Forge License API for one installation, once in five and a half minutes whatever becomes
 * of it. An answer counts for an hour, through an outage for a day with its age; a token that is
 * refused, 401 or 403, is answered so, and three of them end the asking for a while.
 *
 * Platform page: https://developer.atlassian.com/platform/forge/apis-reference/license-api/
 */
export class ForgeLicenseApi {
  readonly #options: ForgeLicenseApiOptions;
  readonly #cache: ForgeLicenseCache;
  readonly #known: Bounded<Known>;
  readonly #flights = new Map<string, Promise<Found>>();

  constructor(options: ForgeLicenseApiOptions = {}) {
    settings.hold("ForgeLicenseApi", options, RULES);
    this.#options = options;
    this.#cache = options.cache ?? new MemoryLicenseCache();
    this.#known = new Bounded(options.tenantsKept ?? 2048);
  }

  /**
   * The license of the app at an installation; `token` is the installation's system token, opaque.
   * Throws {@link VerifyError} when nothing is known. The options say which app, and what a proof of
   * the same installation adds: the API names neither environment nor user.
   */
  async license(
    installationId: string,
    token: string,
    options: {
      appId?: string;
      environmentType?: string | undefined;
      userMayAccess?: boolean;
      /** Since when the app is installed: what was said before counts no more. */
      installedAt?: Date | undefined;
    } = {},
  ): Promise<License<"verified">> {
    const { appId, environmentType, userMayAccess, installedAt } = options;
    const { body, at } = await this.#find(installationId, token, installedAt ? seconds(installedAt) : 0);
    const [, , raw] = ask(Op.ForgeLicense, { status: "200", body, appKey: appId });
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

  async #find(id: string, token: string, since: number): Promise<Found> {
    const before = this.#known.get(id);
    if (before?.said && before.said.at < since) {
      this.#known.set(id, { ...before, said: undefined });
    }
    const known = this.#answered(id);
    if (known) {
      return known;
    }
    for (let tries = MAX_REFUSED; ; tries -= 1) {
      let flight = this.#flights.get(id);
      const joined = flight !== undefined;
      if (!flight) {
        flight = this.#answer(id, token, since).finally(() => this.#flights.delete(id));
        this.#flights.set(id, flight);
      }
      try {
        return await flight;
      } catch (error) {
        // another asker's token was refused; this one may be better
        const again = error instanceof PlatformFault && error.isTokenRefused && joined && tries > 1;
        if (!again) {
          throw error;
        }
      }
    }
  }

  /** What is known without asking anybody. */
  #answered(id: string): Found | undefined {
    const { said, fault } = this.#known.get(id) ?? {};
    if (said && this.#isFresh(said)) {
      return said;
    }
    const { backOff = 5 } = this.#options;
    return fault && !passed(this.#now(), fault.since, backOff) ? this.#despite(said, fault.error) : undefined;
  }

  /** Whether an answer need not be asked for again: sooner, where an app could not be checked. */
  #isFresh({ whole, at }: Found): boolean {
    const fresh = Math.max(this.#options.freshFor ?? 3600, 300);
    return !passed(this.#now(), at, whole ? fresh : LEASE);
  }

  #despite(said: Found | undefined, fault: PlatformFault): Found {
    if (said && !passed(this.#now(), said.at, this.#options.keepThroughOutage ?? 86_400)) {
      return { ...said, fault };
    }
    throw fault;
  }

  async #answer(id: string, token: string, since: number): Promise<Found> {
    const known = this.#known.get(id) ?? {};
    try {
      const found = await this.#ask(id, token, since);
      const { fault } = found;
      const next: Known = { ...known, said: { ...found, fault: undefined } };
      next.fault = fault && { since: this.#now(), error: fault };
      this.#known.set(id, next);
      return fault ? this.#despite(next.said, fault) : found;
    } catch (error) {
      if (!(error instanceof PlatformFault)) {
        throw error;
      }
      if (error.isTokenRefused) {
        // it ends what was known before: that does not stand in for a refusal, now or later
        this.#known.set(id, { ...known, said: undefined, refused: this.#refusedAgain(known.refused) });
        throw error;
      }
      this.#known.set(id, { ...known, fault: { since: this.#now(), error } });
      return this.#despite(known.said, error);
    }
  }

  #refusedAgain(before: Known["refused"]): Known["refused"] {
    const now = this.#now();
    return before && !passed(now, before.since, LEASE)
      ? { since: before.since, count: before.count + 1 }
      : { since: now, count: 1 };
  }

  /** Looks into the shared cache, and asks the platform when it is our turn. */
  async #ask(id: string, token: string, since: number): Promise<Found> {
    for (let left = this.#options.wait ?? 2000; ; left -= POLL) {
      const kept = await this.#kept(id, since);
      if (kept && this.#isFresh(kept)) {
        return kept;
      }
      this.#checkRefusals(id);
      const now = this.#now();
      const until = await cached(() => this.#cache.lease(id, new Date(now * 1000), LEASE));
      if (until === null) {
        return this.#call(id, token, kept);
      }
      if (kept || left <= 0) {
        const wait = Math.floor(+until / 1000) - now;
        const message = `another process holds the lease on the question for up to ${wait} s`;
        return despite(kept, new PlatformFault("leased", message));
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(POLL, left)));
    }
  }

  /** Makes the call that is ours to make. */
  async #call(id: string, token: string, kept: Found | undefined): Promise<Found> {
    const now = this.#now();
    try {
      const [, origin, path] = ask(Op.ForgeLicenseUrl, {});
      const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
      const answer = await get(`${this.#options.origin ?? origin!}${path!}`, MAX_ANSWER, this.#options, headers);
      if (answer.status !== 200) {
        throw statusFault(answer);
      }
      const found = read(answer.body, now);
      if (!found) {
        throw unreadable(answer.host, "license");
      }
      await ignored(() => this.#cache.put(id, { body: answer.body, at: new Date(now * 1000) }));
      return found;
    } catch (error) {
      if (!(error instanceof PlatformFault)) {
        throw error;
      }
      if (error.isTokenRefused) {
        const at = new Date(Math.max(now, kept?.at ?? 0) * 1000);
        await ignored(() => kept && this.#cache.put(id, { body: "", at }));
        await ignored(() => this.#cache.release(id));
        throw error;
      }
      // the platform is left alone for as long as it asks, an hour at most
      const wish = Math.min(error.retryAfter ?? 0, 3600);
      if (wish > LEASE) {
        await ignored(() => this.#cache.prolong(id, new Date(this.#now() * 1000), wish));
      }
      return despite(kept, error);
    }
  }

  #checkRefusals(id: string): void {
    const refused = this.#known.get(id)?.refused;
    const now = this.#now();
    if (refused && refused.count >= MAX_REFUSED && !passed(now, refused.since, LEASE)) {
      const wait = LEASE - (now - refused.since);
      const message = `the platform refused the tokens of this installation: it is asked again in ${wait} s`;
      throw new PlatformFault("tokens_refused", message);
    }
  }

  async #kept(id: string, since: number): Promise<Found | undefined> {
    const kept = await cached(() => this.#cache.get(id));
    return kept && seconds(kept.at) >= since ? read(kept.body, seconds(kept.at)) : undefined;
  }
}

function despite(kept: Found | undefined, fault: PlatformFault): Found {
  if (kept) {
    return { ...kept, fault };
  }
  throw fault;
}

/** An answer about one app at least; what cannot be read is as good as nothing. */
function read(body: string, at: number): Found | undefined {
  try {
    const [, any, all] = ask(Op.ForgeLicenseResults, { body });
    return any === "1" ? { body, whole: all === "1", at } : undefined;
  } catch (error) {
    if (error instanceof VerifyError) {
      return undefined;
    }
    throw error;
  }
}

async function cached<T>(use: () => Awaitable<T>): Promise<T> {
  try {
    return await use();
  } catch {
    throw new PlatformFault("cache", "the license cache cannot be used");
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
  readonly #kept = new Bounded<KeptAnswer>(4096);
  readonly #leased = new Bounded<Date>(4096);

  get(id: string): KeptAnswer | null {
    return this.#kept.get(id) ?? null;
  }

  put(id: string, kept: KeptAnswer): void {
    const known = this.#kept.get(id);
    if (!known || known.at <= kept.at) {
      this.#kept.set(id, kept);
    }
  }

  lease(id: string, now: Date, seconds: number): Date | null {
    const until = this.#leased.get(id);
    if (until && until > now) {
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
