import type { License } from "../index.js";
import type { Signer } from "./connect.js";
import { Bounded } from "./bounded.js";
import { get, thrown } from "./get.js";
import type { Fetched } from "./get.js";
import { connectLicense, signedCall } from "./license-api.js";
import type { LicenseAnswer, LicenseApiOptions, LicenseStep } from "./license-api.js";
import { cloudOf } from "./lifecycle.js";
import { ALL_TRIES, ANSWERS_KEPT, CONNECT_ANSWER } from "./limits.js";
import { Plan, machine } from "./machine.js";
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

const RULES = { ...settings.LICENSE_API, cloud: settings.cloud, attempts: settings.table };

/** A question about one site. */
interface Question {
  id: string;
  app: string;
  since: number;
  installedAt: number;
  newer: boolean;
}

/**
 * Asks the Connect License API of a site, with a signed request. An answer counts for five minutes;
 * through an outage the last one counts with its age, for a day; a refusal, 401 or 403, ends it. A
 * fault is tried again twice, and then left alone for half a minute or as long as the site says.
 *
 * Platform page: https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps
 *
 * @example
 * ```ts
 * const api = new ConnectLicenseApi();
 * const licenseOf = async (clientKey: string, secret: string, site: string) =>
 *   api.license({ appKey, clientKey, secret, baseUrl: site });
 * ```
 */
export class ConnectLicenseApi {
  readonly #options: ConnectLicenseApiOptions;
  readonly #plan: Plan;
  readonly #flights = new Map<string, Promise<LicenseAnswer>>();
  /** The sites that a call was signed for, by tenant: they are of the cloud. */
  readonly #sites = new Bounded<string>(ANSWERS_KEPT);

  constructor(options: ConnectLicenseApiOptions = {}) {
    options = settings.hold("ConnectLicenseApi", options, RULES);
    const pause = settings.count(0, 600_000);
    const attempts = { count: settings.count(1, 10), first: pause, longest: pause };
    settings.hold("ConnectLicenseApi: `attempts`", options.attempts ?? {}, attempts, options.attempts && Object.keys(attempts));
    this.#options = options;
    const { freshFor, keepThroughOutage, backOff, tenantsKept } = options;
    this.#plan = new Plan("license", { freshFor, keepThroughOutage, backOff, tenantsKept });
  }

  /**
   * The license of the app on one site.
   *
   * @throws a {@link VerifyError} when nothing is known: of the class `unavailable`, or `refused`.
   */
  async license(signer: Signer): Promise<License<"verified">> {
    return (await this.answer(signer)).license;
  }

  /**
   * What the site says, asked again where what is known is more than a few seconds older than
   * `since` (seconds of Unix time): when a page was opened that states something else, say. What was
   * said before `installedAt` is forgotten. `newer` says that a signed request states more than what is
   * known: that is asked for again at once, and every five minutes while the two disagree.
   */
  async answer(signer: Signer, since = 0, installedAt = 0, newer = false): Promise<LicenseAnswer> {
    settings.called("ConnectLicenseApi", { signer });
    const question = { id: signer.clientKey, app: signer.appKey, since, installedAt, newer };
    const call = () => signedCall({ ...signer, now: new Date(this.#now() * 1000) }, cloudOf(this.#options.cloud));
    if (this.#sites.get(question.id) !== signer.baseUrl) {
      call(); // a site of another cloud is not asked, whatever is known
      this.#sites.set(question.id, signer.baseUrl);
    }
    const step = this.#step("next", question);
    if (step.step !== "ask") {
      return settled(step);
    }
    let flight = this.#flights.get(question.id);
    if (!flight) {
      flight = this.#learn(question, call).finally(() => this.#flights.delete(question.id));
      this.#flights.set(question.id, flight);
    }
    return flight;
  }

  #now(): number {
    return Math.floor((this.#options.clock ?? Date.now)() / 1000);
  }

  #step(name: string, question: Question, more: object = {}): LicenseStep {
    return this.#plan.call(name, { ...question, now: this.#now(), ...more });
  }

  async #learn(question: Question, call: () => Call): Promise<LicenseAnswer> {
    const fetched = await inTime(this.#ask(question.app, call), new URL(call().url).host);
    return settled(this.#step("answered", question, { fetched }));
  }

  /** Asks until the core has enough of it. */
  async #ask(app: string, call: () => Call): Promise<Fetched> {
    const { attempts } = this.#options;
    for (let failures = 1; ; failures += 1) {
      const { url, headers } = call();
      const fetched = await get(url, CONNECT_ANSWER, this.#options, headers);
      const { atLeast, jitter } = retry({ app, failures, attempts, fetched });
      if (atLeast === null) {
        return fetched;
      }
      await new Promise((resolve) => setTimeout(resolve, atLeast + Math.random() * jitter!));
    }
  }
}

type Call = ReturnType<typeof signedCall>;

/** The pause before the next try, in milliseconds; null where there is none. */
const retry = (tried: object) => machine<{ atLeast: number | null; jitter: number | null }>("license.retry", tried);

function settled({ document, asOf, problem }: LicenseStep): LicenseAnswer {
  if (asOf === undefined) {
    throw thrown(problem!);
  }
  return { license: connectLicense({ raw: document ?? null, at: asOf }), fault: problem ? thrown(problem) : null };
}

async function inTime(asked: Promise<Fetched>, host: string): Promise<Fetched> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Fetched>((resolve) => {
    timer = setTimeout(() => resolve({ outcome: "timed_out", host }), ALL_TRIES);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
