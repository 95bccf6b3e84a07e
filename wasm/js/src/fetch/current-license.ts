// Which statement about the license counts for a request: asked for, loaded and stored by the app,
// decided in the core.
import { PlatformFault, VerifyError, internal } from "../server.js";
import type { License, Policy } from "../server.js";

const { bitsOf, documentOf, fault, judged, machine, seconds } = internal;

/** What the License API states, or why it states nothing; null where none is configured. */
export type ApiStatement = { license: License<"verified"> } | { error: VerifyError } | null;

/** What an app does for it. */
export interface Statements {
  now(): Date;
  /** How old a stored statement may be that counts, in seconds; none counts, when left out. */
  storedFor?: number | undefined;
  /** Since when, and until when, the app was installed; in seconds. */
  installedAt?: number | undefined;
  uninstalledAt?: number | undefined;
  /** Asks the License API for a statement about as new as `since`, of this very installation. */
  ask(since: number, installedAt: number): Promise<ApiStatement>;
  /** The last statement of the License API that is stored. */
  load(): Promise<License<"verified"> | null>;
  /** Hooks and history hear of this one. */
  observe(license: License<"verified">): Promise<void>;
}

type Of = "request" | "license_api" | "stored";

type Step =
  | { next: "ask"; since: number; installedAt: number }
  | { next: "load" }
  | { next: "use"; of: Of; news: Of; noAccess: boolean }
  | { next: "could_not_check" };

/** The bit of a license whose user the platform says to have no access. */
const NO_ACCESS = 512;

/** The license that counts. Throws 503 when the License API could not be asked and nothing else spoke. */
export async function currentLicense(
  request: License<"verified">,
  { confirmedOnly, sellsNothing }: Policy,
  app: Statements,
): Promise<License<"verified">> {
  const { storedFor, installedAt, uninstalledAt } = app;
  const known = { confirmedOnly, sellsNothing, storedFor, installedAt, uninstalledAt, request: statementOf(request) };
  let answer: ApiStatement | undefined;
  let stored: License<"verified"> | null | undefined;
  for (;;) {
    const step = machine<Step>("current_license", {
      ...known,
      now: seconds(app.now()),
      licenseApi: answer === undefined ? undefined : answeredBy(answer),
      stored: stored === undefined ? undefined : { statement: stored && statementOf(stored) },
    });
    switch (step.next) {
      case "ask":
        answer = await app.ask(step.since, step.installedAt);
        break;
      case "load":
        stored = await app.load();
        break;
      case "use": {
        const licenses = { request, license_api: answer && "license" in answer ? answer.license : null, stored };
        await app.observe(licenses[step.news]!);
        return withAccess(licenses[step.of]!, step.noAccess);
      }
      default:
        throw answer && "error" in answer ? answer.error : fault("license_api", "unavailable");
    }
  }
}

function statementOf(license: License<"verified">) {
  const { source, environment, asOf } = license;
  return {
    source,
    environment,
    document: documentOf(license),
    asOf: asOf ? seconds(asOf) : undefined,
    noAccess: (bitsOf(license) & NO_ACCESS) !== 0,
  };
}

function answeredBy(answer: ApiStatement) {
  if (answer === null) {
    return { outcome: "not_configured" };
  }
  if ("license" in answer) {
    return { outcome: "stated", statement: statementOf(answer.license) };
  }
  const { error } = answer;
  return { outcome: error instanceof PlatformFault && error.isTokenRefused ? "token_refused" : "failed" };
}

/** The same license, for a user who has no access. */
function withAccess(license: License<"verified">, noAccess: boolean): License<"verified"> {
  const bits = bitsOf(license);
  if (!noAccess || bits & NO_ACCESS) {
    return license;
  }
  const { source, capabilitySet, raw, asOf, environment } = license;
  return judged(source, [`${bits | NO_ACCESS}`, capabilitySet], 0, raw && JSON.stringify(raw), asOf, environment);
}
