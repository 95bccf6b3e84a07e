import type { License } from "../index.js";
import { Bounded } from "./bounded.js";
import type { Signer } from "./connect.js";
import { ask } from "./core.js";
import { Op } from "./op.js";
import { PlatformFault, get, passed, statusFault, unreadable } from "./get.js";
import type { Answer } from "./get.js";
import { connectLicense, signedCall } from "./license-api.js";
import type { LicenseAnswer, LicenseApiOptions } from "./license-api.js";
import { cloudOf } from "./lifecycle.js";
import * as settings from "./settings.js";
import type { Cloud } from "./lifecycle.js";

/** Settings of {@link ConnectLicenseApi}. */
export interface ConnectLicenseApiOptions extends LicenseApiOptions {
  /** Whose sites may be asked; the commercial cloud's, when left out. */
  cloud?: Cloud | undefined;
  /** How often a site is asked before it is left alone, 3; the first pause between two tries, which
   * doubles, and the longest, in milliseconds: 200 and 2000. */
  attempts?: { count: number; first: number; longest: number } | undefined;
}

interface Entry {
  said?: { raw: string | null; at: number; active: boolean } | undefined;
  fault?: { since: number; seconds: number; error: PlatformFault } | undefined;
}

const RULES = { ...settings.LICENSE_API, cloud: settings.cloud, attempts: settings.table };
const MAX_ANSWER = 256 * 1024;
/** How much older than asked for an answer may be, in seconds. */
const WINDOW = 5;
/** How long a site that says that nothing is active is left alone, in seconds. */
const PAUSE = 60;
/** How long all tries together may take, in milliseconds. */
const DEADLINE = 15_000;

/**
 * Asks the Connect License API of a site, with a signed request. An answer counts for five minutes;
 * through an outage the last one counts with its age, for a day; a refusal, 401 or 403, ends it. A
 * fault is tried again twice, and then left alone for half a minute or as long as the site says.
 *
 * Platform page: https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps
 */
export class ConnectLicenseApi {
  readonly #options: ConnectLicenseApiOptions;
  readonly #known: Bounded<Entry>;
  readonly #flights = new Map<string, Promise<LicenseAnswer>>();

  constructor(options: ConnectLicenseApiOptions = {}) {
    settings.hold("ConnectLicenseApi", options, RULES);
    const pause = settings.count(0, 600_000);
    const attempts = { count: settings.count(1, 10), first: pause, longest: pause };
    settings.hold("ConnectLicenseApi: `attempts`", options.attempts ?? {}, attempts, options.attempts && Object.keys(attempts));
    this.#options = options;
    this.#known = new Bounded(options.tenantsKept ?? 2048);
  }

  /** The license of the app on one site. Throws {@link VerifyError} when nothing is known. */
  async license(signer: Signer): Promise<License<"verified">> {
    return (await this.answer(signer)).license;
  }

  /**
   * What the site says, asked again where what is known is more than a few seconds older than
   * `since` (seconds of Unix time): when a page was opened that states something else, say. What was
   * said before `installedAt` is forgotten.
   */
  async answer(signer: Signer, since = 0, installedAt = 0): Promise<LicenseAnswer> {
    const { clientKey } = signer;
    const entry = this.#known.get(clientKey);
    if (entry?.said && entry.said.at < installedAt) {
      this.#known.set(clientKey, {});
    }
    const call = () => signedCall({ ...signer, now: new Date(this.#now() * 1000) }, cloudOf(this.#options.cloud));
    call(); // a site of another cloud is not asked, whatever is known
    const known = this.#answered(clientKey, since);
    if (known) {
      return known;
    }
    let flight = this.#flights.get(clientKey);
    if (!flight) {
      flight = this.#learn(clientKey, signer.appKey, call).finally(() => this.#flights.delete(clientKey));
      this.#flights.set(clientKey, flight);
    }
    return flight;
  }

  #now(): number {
    return Math.floor((this.#options.clock ?? Date.now)() / 1000);
  }

  /** What is known without asking, unless it is too much older than `since`. */
  #answered(clientKey: string, since: number): LicenseAnswer | undefined {
    const entry = this.#known.get(clientKey);
    const { said, fault } = entry ?? {};
    const now = this.#now();
    const fresh = Math.max(this.#options.freshFor ?? 300, 300);
    if (said && !passed(now, said.at, fresh)) {
      const pause = said.active ? WINDOW : PAUSE;
      if (said.at + WINDOW >= since || !passed(now, said.at, pause)) {
        return { license: connectLicense(said), fault: null };
      }
    }
    return fault && !passed(now, fault.since, fault.seconds) ? this.#despite(said, fault.error) : undefined;
  }

  /** The last answer, if it is not too old, in spite of a fault. */
  #despite(said: Entry["said"], fault: PlatformFault): LicenseAnswer {
    if (said && !passed(this.#now(), said.at, this.#options.keepThroughOutage ?? 86_400)) {
      return { license: connectLicense(said), fault };
    }
    throw fault;
  }

  async #learn(clientKey: string, appKey: string, call: () => Call): Promise<LicenseAnswer> {
    const entry = this.#known.get(clientKey) ?? {};
    try {
      const raw = await inTime(this.#ask(appKey, call), new URL(call().url).host);
      const at = this.#now();
      const license = connectLicense({ raw, at });
      this.#known.set(clientKey, { said: { raw, at, active: license.state === "active" } });
      return { license, fault: null };
    } catch (error) {
      if (!(error instanceof PlatformFault)) {
        throw error;
      }
      // what the site said before does not stand in for a refusal
      const said = error.isTokenRefused ? undefined : entry.said;
      const wish = Math.min(error.retryAfter ?? 0, 3600);
      const seconds = Math.max(wish, this.#options.backOff ?? 30);
      this.#known.set(clientKey, { said, fault: { since: this.#now(), seconds, error } });
      return this.#despite(said, error);
    }
  }

  async #ask(appKey: string, call: () => Call): Promise<string | null> {
    const { count, first, longest } = this.#options.attempts ?? { count: 3, first: 200, longest: 2000 };
    const backOff = (attempt: number) => Math.random() * Math.min(first * 2 ** attempt, longest);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { url, headers } = call();
        return read(appKey, await get(url, MAX_ANSWER, this.#options, headers));
      } catch (error) {
        if (!(error instanceof PlatformFault) || !error.isPassing || attempt >= count) {
          throw error;
        }
        const wish = error.retryAfter === null ? null : error.retryAfter * 1000;
        if (wish !== null && wish > longest) {
          throw error;
        }
        const pause = wish === null ? backOff(attempt) : wish + backOff(0);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}

type Call = ReturnType<typeof signedCall>;

/** The license's object, null where there is none or the site does not have the app. The rest are
 * faults, kept apart from it. */
function read(appKey: string, answer: Answer): string | null {
  const { status, body } = answer;
  const [, what, raw, malformed] = ask(Op.ConnectLicense, { status: `${status}`, body, appKey });
  if (what === "license" || what === "not_found") {
    return raw ?? null;
  }
  throw malformed === "1" ? unreadable(answer.host, "license") : statusFault(answer);
}

async function inTime<T>(asked: Promise<T>, host: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const fault = new PlatformFault("timed_out", `\`${host}\` did not answer in time`);
    timer = setTimeout(() => reject(fault), DEADLINE);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
