/**
 * For Forge functions: the license wherever a function is called from, and gates for resolvers.
 * `@forge/api` and `@forge/kvs` are those of the app; its manifest has the scope `storage:app`.
 *
 * @packageDocumentation
 */
import { getAppContext } from "@forge/api";

import { ASK, licenseOfApi } from "./forge/license-api.js";
import type { AskOptions } from "./forge/license-api.js";
import { DeniedError, check, fromFunctionContext, internal } from "./server.js";
import type { Carrier, Check, Decision, FeatureMap, KnownCapability, License } from "./server.js";
import type { NameIn, Policy, Requires, WrittenFeatures } from "./server.js";

export { DeniedError, FeatureMap, License, LicenseError, PlatformFault, VerifyError, check, isUnlimited } from "./server.js";
export type { Capability, Check, Decision, Edition, ErrorCode, Features, Policy, Reason, LicenseSource } from "./server.js";

/** How the license is found out. */
export type GetLicenseOptions = AskOptions;

/**
 * The license of the customer whose call this is: of the function's context; where that says
 * nothing, as in scheduled triggers, of `getAppContext()`; where that says nothing either, of the
 * License API. Its answer is kept in the app's storage for an hour, and the API is asked once in
 * five minutes, whatever the app does.
 *
 * What is absent after all that is absent: nothing was bought, or the environment is not
 * production. The environment is read for policies, so that `whenAbsentOutsideProduction` and
 * `productionOnly` hold.
 *
 * `context` is the second argument of a function, or a resolver's `context`: what the platform
 * gave to the function, never what a page sent. Leave it out where there is none.
 *
 * Platform page: https://developer.atlassian.com/platform/forge/apis-reference/license-api/
 *
 * @throws `misuse` for a whole request, and a {@link PlatformFault} of the class `unavailable` when the API
 * could not tell and nothing is known from before: `status`, `unreachable`, `unreadable`, `leased` while it may not be asked
 * again, `tokens_refused`, or `cache` for the app's storage. `isTokenRefused` is whether it refused the app.
 *
 * @example
 * ```ts
 * export const nightly = async (_event, context) => {
 *   const license = await getLicense(context);
 *   if (!check(license, { requires: "capabilityAdvanced" }).allowed) return;
 * };
 * ```
 */
export async function getLicense(
  context?: Carrier | null,
  options: GetLicenseOptions = {},
): Promise<License<"verified">> {
  options = settings.hold("getLicense", options, ASK);
  const app = appContext();
  const now = options.clock?.() ?? new Date();
  const read = { asOf: now, environmentType: app?.environmentType };
  const stated = fromFunctionContext(context, read);
  if (stated.state !== "absent") {
    return stated;
  }
  // it denies wherever the license is read
  const { userAccess } = (context ?? {}) as { userAccess?: unknown };
  const ofApp = fromFunctionContext({ license: app?.license, userAccess } as Carrier, read);
  return ofApp.state !== "absent" ? ofApp : licenseOfApi(app?.environmentType, now, userAccess, options);
}

/** Null outside of an invocation, as in tests. */
function appContext() {
  try {
    return getAppContext();
  } catch {
    return null;
  }
}

/** What a resolver's function is called with. */
export interface ResolverRequest {
  payload?: any;
  context: { [name: string]: any };
}

/** What a gate found out, for the function behind it. */
export interface Granted {
  readonly license: License<"verified">;
  readonly decision: Decision;
}

/** What is asked beyond the capability, and what a refusal answers: `R` is of a type of its own. */
export interface GateOptions<Q, R> extends Policy, GetLicenseOptions {
  /** In place of throwing {@link DeniedError}: what the page gets. */
  onDenied?: ((decision: Decision, request: Q) => R | Promise<R>) | undefined;
}

const { settings } = internal;
/** A clock is looked at when a function is called: here may be no invocation yet. */
const OPTIONS = { ...ASK, onDenied: settings.callback };
const NEEDED = { requires: settings.capability, feature: settings.text, features: settings.features };

/** A capability, or a feature of a map. */
export type Needed<C extends string = KnownCapability, M extends WrittenFeatures = any> =
  | Requires<C>
  | { readonly feature: NameIn<M, "features">; readonly features: FeatureMap<M> };

/**
 * A function for `@forge/resolver` that runs only for customers who may use it; others get a
 * {@link DeniedError}, or what `onDenied` answers.
 *
 * @throws `unknown_feature` at once, when the app starts, and `misuse` for everything that cannot be meant; a
 * misspelled capability is a type error too.
 *
 * @example
 * ```ts
 * import Resolver from "@forge/resolver";
 * const resolver = new Resolver();
 * resolver.define("export", requires("capabilityAdvanced", ({ payload }) => exportRows(payload)));
 * resolver.define("bulk", requires({ features, feature: "export" }, exportRows));
 * ```
 */
export function requires<
  Q extends ResolverRequest,
  R,
  C extends string = KnownCapability,
  M extends WrittenFeatures = any,
  D = never,
>(
  needed: Needed<C, M>,
  handler: (request: Q, granted: Granted) => R | Promise<R>,
  options: GateOptions<Q, D> = {},
): (request: Q) => Promise<R | D> {
  const policyNames = Object.keys(Object(options)).filter((name) => !Object.hasOwn(OPTIONS, name));
  options = settings.hold("requires", options, { ...OPTIONS, ...Object.fromEntries(policyNames.map((name) => [name, () => undefined])) });
  const { onDenied, clock, freshFor, keepThroughOutage, ...policy } = options;
  settings.hold("requires", { policy }, { policy: settings.policy });
  // a copy: what is needed is decided here
  let what = (typeof needed == "string" ? { requires: needed } : needed) as Check<string>;
  const names = Object.hasOwn(Object(what), "requires") ? ["requires"] : ["feature", "features"];
  what = settings.hold("requires", what, NEEDED, names);
  if (what.requires !== undefined && (what.feature !== undefined || what.features !== undefined)) {
    throw settings.misuse("requires: a capability, or a feature of a map, not both");
  }
  what.features?.requirement(what.feature!); // a typing mistake is loud when the app starts
  if (typeof handler != "function") {
    throw settings.misuse("write `requires(\"capabilityAdvanced\", handler)`");
  }
  return async (request) => {
    if (Object(request?.context) !== request?.context) {
      throw settings.misuse("expected a resolver's request, with its `context`");
    }
    const license = await getLicense(request.context, { clock, freshFor, keepThroughOutage });
    const decision = check<string>(license, { now: clock?.(), ...policy, ...what });
    if (decision.allowed) {
      return handler(request, { license, decision });
    }
    if (onDenied) {
      return onDenied(decision, request);
    }
    throw new DeniedError(decision);
  };
}
