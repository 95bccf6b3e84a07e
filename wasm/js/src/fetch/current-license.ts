// Which statement about the license counts for a request: asked for, loaded and stored by the app,
// decided in the core.
import { PlatformFault, VerifyError, internal } from "../server.js";
import { NO_ACCESS, TRIAL } from "../server/limits.js";
import type { Installation, License, Policy } from "../server.js";

const { bitsOf, call, documentOf, fault, licenseFrom, op, seconds } = internal;

/** What the License API states, or why it states nothing; null where none is configured. */
export type ApiStatement = { license: License<"verified"> } | { error: VerifyError } | null;

/** What an app does for it. */
export interface Statements {
  now(): Date;
  /** How old a stored statement may be that counts, in seconds; none counts, when left out. */
  storedFor: number | undefined;
  /** What the store knows of the installation: what its license was is no proof. */
  record: Installation["record"] | undefined;
  /** Asks the License API for a statement about as new as `since`, of this very installation; `newer`
   * where the request states more than it does. */
  ask(since: number, installedAt: number, newer: boolean): Promise<ApiStatement>;
  /** The last statement of the License API that is stored. */
  load(): Promise<License<"verified"> | null>;
  /** Hooks and history hear of the first of these that is news: the words of the License API, then those
   * that count. */
  observe(licenses: readonly License<"verified">[]): Promise<void>;
}

type Verified = License<"verified">;

/** The license that counts. Throws 503 when the License API could not be asked and nothing else spoke. */
export async function currentLicense(
  request: Verified,
  { confirmedOnly, sellsNothing }: Policy,
  app: Statements,
): Promise<Verified> {
  const [installedAt, uninstalledAt] = [ownOf(app.record, "installedAt"), ownOf(app.record, "uninstalledAt")];
  const [issued, license] = [ownOf(app.record, "issued"), ownOf(app.record, "license")];
  const evaluation = ownOf(license, "evaluation");
  const time = (at: string | undefined) => (at === undefined ? "" : seconds(new Date(at)));
  const installed = `${time(installedAt)}\n${time(ownOf(issued, "installed"))}\n${time(ownOf(issued, "forgeInstalled"))}`;
  const removed = `${time(uninstalledAt)}\n${time(ownOf(issued, "uninstalled"))}`;
  const trial = evaluation === undefined ? "" : +evaluation;
  const letters = `${sellsNothing ? "s" : ""}${confirmedOnly ? "c" : ""}`;
  const before = `${app.storedFor ?? ""}\n${installed}\n${removed}\n${trial}\n${time(ownOf(license, "asOf"))}`;
  const known = `${before}\n${statement(request)}`;
  let newer = "";
  let answer: ApiStatement | undefined;
  let error: VerifyError | undefined;
  let stored: Verified | null | undefined;
  for (;;) {
    // the lines that the core reads in this order
    let lines = `${seconds(app.now())}\n${letters}${newer}\n${known}`;
    if (answer !== undefined) {
      lines += `\n${answered(answer)}`;
    }
    if (stored !== undefined) {
      lines += stored ? `\nstated\n${statement(stored)}` : "\nnone";
    }
    const [next, first, second, access, wasTrial] = call(op.currentLicense, lines).split("\n");
    switch (next) {
      case "ask":
        answer = await app.ask(+first!, +second!, false);
        error = answer && "error" in answer ? answer.error : undefined;
        break;
      case "ask_newer": {
        const asked = await app.ask(+first!, +second!, true);
        newer = "n";
        if (asked && "error" in asked) {
          ({ error } = asked);
          newer = isRefused(error) ? "r" : "n";
        } else {
          answer = asked;
        }
        break;
      }
      case "load":
        stored = await app.load();
        break;
      case "use": {
        const licenses: Record<string, Verified | null | undefined> = {
          request,
          license_api: answer && "license" in answer ? answer.license : null,
          stored,
        };
        const counting = withFound(licenses[first!]!, access === "d", wasTrial!);
        const words = licenses[second!]!;
        await app.observe(words === licenses[first!] ? [words] : [words, counting]);
        return counting;
      }
      default:
        throw error ?? fault("license_api", "unavailable");
    }
  }
}

/** A field that is there itself: what a library put into `Object.prototype` is none. */
const ownOf = <T extends object, N extends keyof T>(of: T | undefined, name: N): T[N] | undefined =>
  of && Object.hasOwn(of, name) ? of[name] : undefined;

/** A statement in five lines. */
function statement(license: Verified): string {
  const { source, environment, asOf } = license;
  const place = environment === null ? "" : `=${environment.replaceAll("\n", " ")}`;
  return `${source}\n${documentOf(license)}\n${place}\n${asOf ? seconds(asOf) : ""}\n${bitsOf(license) & NO_ACCESS ? "d" : ""}`;
}

const isRefused = (error: VerifyError) => error instanceof PlatformFault && error.isTokenRefused;

/** What came of asking the License API, in six lines. */
function answered(answer: ApiStatement): string {
  if (answer && "license" in answer) {
    return `stated\n${statement(answer.license)}`;
  }
  const outcome = answer === null ? "not_configured" : isRefused(answer.error) ? "token_refused" : "failed";
  return `${outcome}\n\n\n\n\n`;
}

/** The same license, for a user who has no access, and as the trial that it was. */
function withFound(license: Verified, noAccess: boolean, trial: string): Verified {
  const bits = bitsOf(license);
  let found = noAccess ? bits | NO_ACCESS : bits;
  if (trial) {
    found = (found & ~TRIAL) | (+trial << 4);
  }
  if (found === bits) {
    return license;
  }
  const { source, capabilitySet, raw, asOf, environment } = license;
  return licenseFrom(source, found, capabilitySet, raw && JSON.stringify(raw), asOf, environment);
}
