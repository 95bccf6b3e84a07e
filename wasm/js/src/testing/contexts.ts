// The contexts of Forge, in the shapes that were recorded, for every state of a license.
import { forgeLicense, snapshotOf } from "./license.js";
import { FIXTURE, hold, misuse } from "./options.js";
import type { Scenario } from "./license.js";

/** When, and for whom, a fixture is. */
export interface FixtureOptions {
  /** The clock of trials and subscriptions; now, when left out. */
  now?: Date | undefined;
  /** Whether a user is behind the call; nobody is behind triggers and consumers. */
  user?: boolean | undefined;
  /** Whether the user may use the app, where the customer pays by user; the platform says nothing, when left out. */
  userAccess?: { enabled: boolean; hasAccess: boolean } | undefined;
  /** What a module knows besides, as `{ issue: { key: "T-1" } }`. */
  extension?: { [name: string]: unknown } | undefined;
}

const CLOUD = "b2f9a9e0-8f0d-4d0e-9d0a-6d1f0c3a7e55";
const APP = "35559c21-6120-406b-b7cd-d87f468f6d32";
const ENVIRONMENT = "23863033-1de4-4ebf-b30d-c906264a1e92";
const INSTALLATION = "7ab5a4a1-0000-4000-8000-000000000001";
const USER = "5b10a2844c20165700ede21g";
const SITE = `ari:cloud:jira::site/${CLOUD}`;

/**
 * The license object as the platform's types have it. As there, an override of development leaves
 * out more than the types say.
 */
export interface PlatformLicense {
  active: boolean;
  billingPeriod: string;
  capabilitySet: "capabilityStandard" | "capabilityAdvanced";
  ccpEntitlementId: string;
  ccpEntitlementSlug: string;
  isEvaluation: boolean;
  modes: null;
  subscriptionEndDate: string | null;
  supportEntitlementNumber: string | null;
  trialEndDate: string | null;
  type: string;
}

/** The same in a function, with both spellings of `active`. */
export interface FunctionLicense {
  active: boolean;
  isActive: boolean;
  billingPeriod?: string;
  capabilitySet?: "capabilityStandard" | "capabilityAdvanced";
  ccpEntitlementId?: string;
  ccpEntitlementSlug?: string;
  isEvaluation?: boolean;
  subscriptionEndDate?: string;
  supportEntitlementNumber?: string;
  trialEndDate?: string;
  type?: string;
}

type Options = FixtureOptions | Date;

const settings = (fixture: string, options: Options = {}) => {
  const given = options instanceof Date ? { now: options } : options;
  hold(fixture, given, FIXTURE);
  const { now = new Date(), user, userAccess, extension = {} } = given;
  return { now, user, access: userAccess && { userAccess }, extension };
};

const environmentType = (scenario: Scenario, now: Date) =>
  snapshotOf(scenario, now)?.environment ?? "DEVELOPMENT";

/** In a function the license has both spellings. */
function inFunction(scenario: Scenario, now: Date): { license?: FunctionLicense } {
  const license = forgeLicense(scenario, now);
  return license ? { license: { ...license, isActive: license["active"] } as unknown as FunctionLicense } : {};
}

/** An override is of development: beside a platform that says production, it would be what no customer has. */
function holdOverride(scenario: Scenario): void {
  const { __forge_runtime__: platform } = globalThis as { __forge_runtime__?: { appContext?: { environmentType?: string } } };
  if (`${scenario}`.startsWith("override") && platform?.appContext?.environmentType === "PRODUCTION") {
    throw misuse(`\`${scenario}\` is of development, and the fake platform says PRODUCTION: installFakeForge("${scenario}"), or { environmentType: "DEVELOPMENT" }`);
  }
}

const installation = { ari: { installationId: INSTALLATION }, contexts: [{ cloudId: CLOUD }] };

/** What `view.getContext()` answers. */
export function uiContext(scenario: Scenario, options?: Options) {
  const { now, user = true, access, extension } = settings("uiContext", options);
  const license = forgeLicense(scenario, now) as unknown as PlatformLicense | undefined;
  return {
    ...(user && { accountId: USER }),
    cloudId: CLOUD,
    extension,
    environmentId: ENVIRONMENT,
    environmentType: environmentType(scenario, now),
    localId: `${SITE}/module`,
    locale: "en-US" as const,
    moduleKey: "module",
    siteUrl: "https://example.atlassian.net",
    timezone: "UTC",
    ...access,
    ...(license && { license }),
  };
}

/** The second argument of a Forge function: of a product event, an action, a resolver's handler. */
export function functionContext(scenario: Scenario, options?: Options) {
  const { now, user = true, access } = settings("functionContext", options);
  holdOverride(scenario);
  return {
    installContext: SITE,
    installation,
    ...(user && { principal: { accountId: USER } }),
    ...access,
    ...inFunction(scenario, now),
  };
}

/** The same, where nobody is behind the call unless it is said. */
function behindNobody(fixture: string, scenario: Scenario, options?: Options) {
  const { now, user = false, access } = settings(fixture, options);
  return functionContext(scenario, { now, user, ...access });
}

/** What a resolver's function is called with: `resolver.define("x", ({ payload, context }) => …)`. */
export function resolverRequest<P = { [name: string]: unknown }>(
  scenario: Scenario,
  payload?: P,
  options?: Options,
): { payload: P; context: ReturnType<typeof resolverContext> } {
  return { payload: payload ?? ({} as P), context: resolverContext(scenario, options) };
}

/**
 * Calls a function of a resolver as the platform does when a page invokes it: `handler` is what
 * `resolver.getDefinitions()` answers.
 *
 * @example
 * ```ts
 * await invokeResolver(handler, "export", "expired", { rows: 3 }); // rejects: inactive
 * ```
 */
export async function invokeResolver(
  handler: (request: any, backend: any) => unknown,
  functionKey: string,
  scenario: Scenario,
  payload: unknown = {},
  options?: Options,
): Promise<any> {
  // a page's context has no license that a function could trust
  const { license: _, ...context } = uiContext(scenario, options);
  return handler({ call: { functionKey, payload }, context }, functionContext(scenario, options));
}

/** A resolver's `context`: the browser's half, and the license that the platform fills in. */
export function resolverContext(scenario: Scenario, options?: Options) {
  const { now } = settings("resolverContext", options);
  holdOverride(scenario);
  const { license: _, ...page } = uiContext(scenario, options);
  return { ...page, accountType: "licensed", installContext: SITE, installation, ...inFunction(scenario, now) };
}

/** The second argument of a scheduled trigger's function: it names no license, whatever was bought. What the
 * customer has, `installFakeForge` is told; a scenario here says nothing, and may be left out. */
export function scheduledTriggerContext(scenario: Scenario = "absent", options?: Options) {
  snapshotOf(scenario, settings("scheduledTriggerContext", options).now); // throws for what is none
  return { installContext: SITE };
}

/** The second argument of a consumer of async events; nobody is behind it, unless `user` says so. */
export function consumerContext(scenario: Scenario, options?: Options) {
  return behindNobody("consumerContext", scenario, options);
}

/** The second argument of a web trigger's function; nobody is behind it. */
export function webTriggerContext(scenario: Scenario, options?: Options) {
  return behindNobody("webTriggerContext", scenario, options);
}

/** The one argument of a workflow's validator, condition or post function: read its `context`. */
export function workflowArguments(scenario: Scenario, options?: Options) {
  const { now, user = true, access } = settings("workflowArguments", options);
  holdOverride(scenario);
  return {
    issue: { key: "T-1" },
    ...(user && { user: { accountId: USER } }),
    context: { installContext: SITE, ...access, ...inFunction(scenario, now) },
  };
}

/** What `getAppContext()` of `@forge/api` answers. */
export function appContext(scenario: Scenario, options?: Options) {
  const { now } = settings("appContext", options);
  return {
    appAri: `ari:cloud:ecosystem::app/${APP}`,
    appVersion: "1.0.0",
    environmentAri: `ari:cloud:ecosystem::environment/${APP}/${ENVIRONMENT}`,
    environmentType: environmentType(scenario, now),
    installationAri: `ari:cloud:ecosystem::installation/${INSTALLATION}`,
    invocationId: "invocation",
    moduleKey: "module",
    installation,
    ...inFunction(scenario, now),
  };
}
