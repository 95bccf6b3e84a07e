// The License API from within a function: the core's plan says when it is asked and what counts until then;
// the answer and the turn to ask are kept in the app's storage, which belongs to one installation of one
// environment and is all that its functions share.
import { asApp, getAppContext, route } from "@forge/api";
import { kvs } from "@forge/kvs";

import { License, PlatformFault, internal } from "../server.js";
import type { Fetched, LicenseStep } from "../server/internal.js";
import { FORGE_API } from "../server/limits.js";
import { carrier, verified } from "../server/verified.js";

const { Bounded, Plan, seconds, settings, thrown } = internal;

/** How long answers count. */
export interface AskOptions {
  /** How long an answer is given without asking again, in seconds; 3600, 300 at the least. */
  freshFor?: number | undefined;
  /** How old an answer may be that is given when nothing newer can be had, in seconds; a day. */
  keepThroughOutage?: number | undefined;
  /** The clock; now, when left out. */
  clock?: (() => Date) | undefined;
}

/** What each option must be. */
export const ASK = { freshFor: settings.seconds, keepThroughOutage: settings.seconds, clock: settings.callback };

const ANSWER = "app-license:license";
const TURN = "app-license:license-turn";
/** What is stored with a time as far ahead was written by a clock that is not to be trusted. */
const AHEAD = { answer: 300, turn: 7200 };

/** What the API said, and when, in seconds. */
interface Shared {
  readonly body: string;
  readonly at: number;
}

const stored = (value: unknown, now: number): Shared | undefined => {
  const { body, at } = Object(value) as Shared;
  const when = Math.floor(at / 1000);
  return typeof body == "string" && body && when >= 0 && when <= now + AHEAD.answer ? { body, at: when } : undefined;
};

/** Until when a turn holds, in seconds. */
const until = (value: unknown, now: number): number => {
  const end = Math.ceil((Object(value) as { until: number }).until / 1000);
  return end <= now + AHEAD.turn ? end : 0;
};

/** The plans by their settings: each remembers how often the API refused the app of late. */
const plans = new Bounded<InstanceType<typeof Plan>>(16);

function planOf({ freshFor, keepThroughOutage }: AskOptions) {
  const key = `${freshFor} ${keepThroughOutage}`;
  const plan = plans.get(key) ?? new Plan("license", { forge: true, freshFor, keepThroughOutage });
  plans.set(key, plan);
  return plan;
}

let unknown = 0;

/** Whose functions run in this process may change from call to call: what is not known, undefined, is nobody
 * else's. */
function installation(): string | undefined {
  try {
    return getAppContext().installationAri?.installationId || undefined;
  } catch {
    return undefined; // outside of an invocation, as in tests
  }
}

/**
 * The license that the License API states, or stated. `userAccess` is what the context says of the
 * user, of which the API knows nothing.
 */
export async function licenseOfApi(
  environmentType: string | undefined,
  date: Date,
  userAccess: unknown,
  options: AskOptions,
): Promise<License<"verified">> {
  const now = seconds(date);
  const plan = planOf(options);
  const shared = stored(await storage(() => kvs.get(ANSWER)), now);
  const known = installation();
  const id = known ?? `unknown ${(unknown += 1)}`;
  // what this process knows counts as long as the storage says the same: other processes may know better
  const question = { id: `${id} ${shared?.at ?? ""}`, installedAt: shared?.at ?? now, now };
  let step = plan.call<LicenseStep>("found", { ...question, shared });
  if (step.step === "lease") {
    const heldUntil = await turn(now, step.seconds!);
    step = plan.call("leased", { ...question, heldUntil });
  }
  if (step.step === "ask") {
    const fetched = await ask();
    step = plan.call("answered", { ...question, askedAt: now, fetched });
    if (shared && step.after!.forget) {
      // the storage says nothing from now on: the refusal counts with those that follow
      plan.call("answered", { ...question, id: `${id} `, askedAt: now, fetched });
    }
    await settle(step, fetched, now, known !== undefined);
  }
  if (step.asOf === undefined) {
    throw thrown(step.problem!);
  }
  const document = { ...carrier(step.document), userAccess };
  const hint = License.fromFunctionContext(document, { asOf: new Date(step.asOf * 1000), environmentType });
  return verified(hint, "forge_license_api");
}

/** Keeps the answer, or ends what was kept, and does with the turn what the core says. Where nobody counts the
 * refusals, because the installation is not known, the turn is not given back: each call would ask again. */
async function settle({ after }: LicenseStep, { body }: Fetched, now: number, isCounted: boolean): Promise<void> {
  const { keep, forget, release, prolong } = after!;
  if (keep) {
    await kvs.set(ANSWER, { body, at: now * 1000 }).catch(() => undefined); // it is right, whether or not it is kept
  }
  if (forget) {
    await storage(() => kvs.set(ANSWER, {}));
  }
  if ((release && isCounted) || prolong !== undefined) {
    await storage(() => kvs.set(TURN, { until: (now + (prolong ?? 0)) * 1000 }));
  }
}

/** What the app's storage answers. Throws `cache`, unavailable, when it does not. */
async function storage<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const why = `the app's storage could not be asked: ${(error as Error)?.message}`;
    throw new PlatformFault("cache", `${why}; in tests, call \`installFakeForge\` of @app-license/sdk/testing first`);
  }
}

/** Takes the turn to ask, of which two functions at once get one: undefined, or until when another has it. */
async function turn(now: number, length: number): Promise<number | undefined> {
  const held = (value: unknown) => {
    const end = until(value, now);
    return end > now ? end : undefined;
  };
  const before = held(await storage(() => kvs.get(TURN)));
  if (before !== undefined) {
    return before;
  }
  const own = { until: (now + length) * 1000 };
  const replaced = await storage(() => kvs.set(TURN, own, { keyPolicy: "OVERRIDE", returnValue: "PREVIOUS" }));
  return held(replaced?.value);
}

async function ask(): Promise<Fetched> {
  const { host } = new URL(FORGE_API);
  try {
    const response = await asApp().requestAtlassian(route`/forge/app/v1/license`);
    const { status, headers } = response;
    return { outcome: "answered", host, status, body: await response.text(), retryAfter: headers.get("retry-after") };
  } catch {
    return { outcome: "unreachable", host };
  }
}
