// What the platform writes into a license object, for every state a license can be in.
import { hold, misuse } from "./options.js";

/** The states of a license that tests care about. */
export type Scenario =
  | "standard"
  | "advanced"
  /** Active, but no edition was ever named: counts as Standard. */
  | "active"
  | "trial-of-standard"
  | "trial-of-advanced"
  /** A paid subscription that ended, or was cancelled. */
  | "expired"
  | "trial-ended"
  /** The platform says nothing: free apps, development and staging. */
  | "absent"
  /** `forge install --license …` in development. */
  | "override-active"
  | "override-inactive"
  | "override-trial"
  | "override-standard"
  | "override-advanced";

/** Every scenario. */
export const SCENARIOS: readonly Scenario[] = [
  "standard",
  "advanced",
  "active",
  "trial-of-standard",
  "trial-of-advanced",
  "expired",
  "trial-ended",
  "absent",
  "override-active",
  "override-inactive",
  "override-trial",
  "override-standard",
  "override-advanced",
];

/** What is true of a license, before any license source words it. */
export interface LicenseSnapshot {
  active: boolean;
  evaluation: boolean;
  capabilitySet: string | null;
  environment: "PRODUCTION" | "DEVELOPMENT";
  /** When the trial or the subscription ends, or ended. */
  ends: Date;
}

const DAY = 86_400_000;
const EDITION: Partial<Record<Scenario, string>> = {
  standard: "capabilityStandard",
  advanced: "capabilityAdvanced",
  "trial-of-standard": "capabilityStandard",
  "trial-of-advanced": "capabilityAdvanced",
  expired: "capabilityAdvanced",
  "trial-ended": "capabilityAdvanced",
  "override-standard": "capabilityStandard",
  "override-advanced": "capabilityAdvanced",
};

/** Null when the platform says nothing. */
export function snapshotOf(scenario: Scenario, now: Date): LicenseSnapshot | null {
  if (!SCENARIOS.includes(scenario)) {
    throw misuse(`no scenario is called \`${String(scenario)}\`: ${SCENARIOS.join(", ")}`);
  }
  hold("a scenario", { now }, ["now"], ["now"]);
  if (scenario === "absent") {
    return null;
  }
  const over = scenario === "expired" || scenario === "trial-ended";
  return {
    active: !over && scenario !== "override-inactive",
    evaluation: scenario.includes("trial"),
    capabilitySet: EDITION[scenario] ?? null,
    environment: scenario.startsWith("override") ? "DEVELOPMENT" : "PRODUCTION",
    ends: new Date(+now + (over ? -DAY : 20 * DAY)),
  };
}

/** The object that Forge has in contexts and invocation tokens. */
export function forgeLicense(
  scenario: Scenario,
  now = new Date(),
): Record<string, unknown> | undefined {
  const said = snapshotOf(scenario, now);
  if (!said) {
    return undefined;
  }
  const { active, evaluation, capabilitySet, environment, ends } = said;
  if (environment === "DEVELOPMENT") {
    // as recorded: no entitlement, no isEvaluation, the edition where the override names one
    return {
      active,
      billingPeriod: "MONTHLY",
      state: scenario.slice("override-".length),
      supportEntitlementNumber: null,
      type: "commercial",
      ...(capabilitySet && { capabilitySet }),
      ...(evaluation && { trialEndDate: ends.toISOString() }),
    };
  }
  return {
    active,
    billingPeriod: "MONTHLY",
    ...(capabilitySet && { capabilitySet }),
    ccpEntitlementId: "5e176cc2-7f8f-4e9a-b0a2-3c5b2c2f4a11",
    ccpEntitlementSlug: "X-3SH-1A6-33A-AS0",
    isEvaluation: evaluation,
    subscriptionEndDate: evaluation ? null : ends.toISOString(),
    supportEntitlementNumber: null,
    trialEndDate: evaluation ? ends.toISOString() : null,
    type: "commercial",
    modes: null,
  };
}

/** The object that Connect has in the License API and in `AP.context`. */
export function connectLicense(
  scenario: Scenario,
  now = new Date(),
): Record<string, unknown> | undefined {
  const said = snapshotOf(scenario, now);
  if (!said) {
    return undefined;
  }
  const { active, evaluation, capabilitySet, environment } = said;
  return {
    active,
    type: environment === "DEVELOPMENT" ? "DEVELOPER" : "COMMERCIAL",
    evaluation,
    ...(capabilitySet && { capabilitySet }),
    ...(environment === "PRODUCTION" && {
      supportEntitlementNumber: "SEN-12345678",
      entitlementId: "5e176cc2-7f8f-4e9a-b0a2-3c5b2c2f4a11",
      entitlementNumber: "E-3SH-1A6-33A-AS0",
    }),
  };
}

/** `lic` and `capSet` of an iframe URL. */
export function iframeQuery(scenario: Scenario, now = new Date()): string {
  const said = snapshotOf(scenario, now);
  if (!said) {
    return "";
  }
  const { active, capabilitySet } = said;
  return `lic=${active ? "active" : "none"}${capabilitySet ? `&capSet=${capabilitySet}` : ""}`;
}
