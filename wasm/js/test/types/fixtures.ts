// Fixtures are assignable to what functions take, without a cast.
import { License } from "@app-license/sdk";
import { fromFunctionContext } from "@app-license/sdk/server";
import {
  appContext,
  consumerContext,
  functionContext,
  resolverContext,
  resolverRequest,
  scheduledTriggerContext,
  webTriggerContext,
  workflowArguments,
} from "@app-license/sdk/testing";

/** https://developer.atlassian.com/platform/forge/function-reference/arguments/ */
interface Context {
  installContext: string;
  principal?: { accountId: string };
  license?: {
    active: boolean;
    isActive: boolean;
    billingPeriod?: string | null;
    capabilitySet?: string | null;
    ccpEntitlementId?: string | null;
    ccpEntitlementSlug?: string | null;
    isEvaluation?: boolean | null;
    subscriptionEndDate?: string | null;
    supportEntitlementNumber?: string | null;
    trialEndDate?: string | null;
    type?: string | null;
  };
  installation?: { ari: { installationId: string }; contexts: { cloudId?: string; workspaceId?: string }[] };
}
/** Of `@forge/resolver`. */
interface Request {
  payload: { [key: string]: any };
  context: { [key: string]: any };
}
/** The license of `@forge/api`. */
interface AppContext {
  environmentType: string;
  license?: { active?: boolean; isActive?: boolean; trialEndDate?: string; capabilitySet?: "capabilityStandard" | "capabilityAdvanced" };
}

export const contexts: Context[] = [
  functionContext("advanced"),
  functionContext("absent", { user: false }),
  scheduledTriggerContext("advanced"),
  consumerContext("expired", { user: true }),
  webTriggerContext("trial-of-advanced"),
  workflowArguments("advanced").context,
];
export const request: Request = resolverRequest("advanced", { rows: 3 }, { now: new Date() });
export const rows: number = resolverRequest("advanced", { rows: 3 }).payload.rows;
export const resolver: Request["context"] = resolverContext("advanced");
export const app: AppContext = appContext("advanced");
License.fromForgeContext(resolverContext("advanced"));
fromFunctionContext(functionContext("advanced"), { environmentType: app.environmentType });

/** A context that never names a license, as its function declares it. */
declare const trigger: { installContext: string };
fromFunctionContext(trigger);
License.fromFunctionContext(scheduledTriggerContext("advanced"));
// @ts-expect-error a promise is no context
License.fromFunctionContext(Promise.resolve(trigger));
