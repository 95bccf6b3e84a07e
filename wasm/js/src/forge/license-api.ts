// The License API from within a function: asked once in five minutes an installation, whatever
// many functions do at once, and its answer kept in the app's storage.
import { asApp, route } from "@forge/api";
import { kvs } from "@forge/kvs";

import { License, VerifyError, fromForgeApi, internal } from "../server.js";
import { verified } from "../server/verified.js";

/** How long answers count. */
export interface AskOptions {
  /** How long an answer is given without asking again, in seconds; 3600, 300 at the least. */
  freshFor?: number | undefined;
  /** How old an answer may be that is given when nothing newer can be had, in seconds; a day. */
  keepThroughOutage?: number | undefined;
  /** The clock; now, when left out. */
  clock?: (() => Date) | undefined;
}

/** The limit of the platform: one call of an installation in five minutes. */
const LEAST = 300;
const HOUR = 3600;
const DAY = 86_400;
// storage belongs to one installation of one environment
const ANSWER = "app-license:license";
const TURN = "app-license:license-turn";

/** What the API said, and when, in milliseconds. */
interface Stored {
  readonly body: string;
  readonly at: number;
}

const stored = (value: unknown, now: number): Stored | null => {
  const { body, at } = Object(value) as Stored;
  // what is of the future was written by a clock that is not to be trusted
  return typeof body == "string" && typeof at == "number" && at <= now + LEAST * 1000 ? { body, at } : null;
};

const until = (value: unknown, now: number) => {
  const end = (Object(value) as { until?: unknown }).until;
  return typeof end == "number" && end <= now + 2 * HOUR * 1000 ? end : 0;
};

/** A setting in seconds, or what it is when left out. */
function secondsOf(setting: number | undefined, otherwise: number): number {
  if (setting === undefined) {
    return otherwise;
  }
  if (!Number.isSafeInteger(setting) || setting < 0) {
    throw internal.settings.misuse(`expected seconds, found ${String(setting)}`);
  }
  return setting;
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
  const now = +date;
  const freshFor = Math.max(secondsOf(options.freshFor, HOUR), LEAST) * 1000;
  const keepFor = secondsOf(options.keepThroughOutage, DAY) * 1000;
  const read = ({ body, at }: Stored) => {
    const { raw: license } = fromForgeApi({ status: 200, body });
    const document = { license, userAccess };
    const hint = License.fromFunctionContext(document, { asOf: new Date(at), environmentType });
    return verified(hint, "forge_license_api");
  };
  const known = stored(await storage(() => kvs.get(ANSWER)), now);
  if (known && now - known.at < freshFor) {
    return read(known);
  }
  let fault = new VerifyError("license_api", "the License API was asked within five minutes, and said nothing", "unavailable", 503);
  if (await isOurTurn(now)) {
    const answer = await ask(now);
    if (!(answer instanceof VerifyError)) {
      const license = read(answer); // what cannot be read is not stored
      await kvs.set(ANSWER, answer).catch(() => undefined); // it is right, whether or not it is kept
      return license;
    }
    fault = answer;
  }
  if (known && fault.class !== "refused" && now - known.at < Math.max(keepFor, freshFor)) {
    return read(known);
  }
  throw fault;
}

/** What the app's storage answers. Throws `license_api`, unavailable, when it does not. */
async function storage<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const why = `the app's storage could not be asked: ${(error as Error)?.message}`;
    const hint = "in tests, call `installFakeForge` of @app-license/sdk/testing first";
    throw new VerifyError("license_api", `${why}; ${hint}`, "unavailable", 503);
  }
}

/** Takes the turn to ask; of two functions at once, one gets it. */
async function isOurTurn(now: number): Promise<boolean> {
  if (until(await storage(() => kvs.get(TURN)), now) > now) {
    return false;
  }
  const turn = { until: now + LEAST * 1000 };
  const before = await storage(() => kvs.set(TURN, turn, { keyPolicy: "OVERRIDE", returnValue: "PREVIOUS" }));
  return until(before?.value, now) <= now;
}

async function ask(now: number): Promise<Stored | VerifyError> {
  const unavailable = (why: string) => new VerifyError("license_api", why, "unavailable", 503);
  let response;
  let body;
  try {
    response = await asApp().requestAtlassian(route`/forge/app/v1/license`);
    body = await response.text();
  } catch (error) {
    return unavailable(`the License API could not be asked: ${(error as Error)?.message}`);
  }
  try {
    const retryAfter = response.headers.get("retry-after");
    fromForgeApi({ status: response.status, body, retryAfter });
    return { body, at: now };
  } catch (error) {
    const wait = Number(response.headers.get("retry-after"));
    if (wait > LEAST) {
      await storage(() => kvs.set(TURN, { until: now + Math.min(wait, HOUR) * 1000 }));
    }
    const why = `${(error as Error)?.message}`;
    if (response.status !== 401 && response.status !== 403) {
      return unavailable(why);
    }
    await storage(() => kvs.set(ANSWER, {})); // what the API refuses ends what it said before
    return new VerifyError("license_api", why, "refused", 502);
  }
}
