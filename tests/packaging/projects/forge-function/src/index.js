// A Forge function as an app writes it: the license of its context, and a token refused by the core.
import { LicenseError, check, fromFunctionContext, verifyInvocation } from "@app-license/sdk/server";

export async function run(_payload, context) {
  const license = fromFunctionContext(context);
  const { allowed, reason } = check(license, { requires: "capabilityAdvanced" });
  const code = await Promise.resolve()
    .then(() => verifyInvocation("Bearer nonsense", '{"keys":[]}', { appId: "ari:cloud:ecosystem::app/0" }))
    .catch((error) => (error instanceof LicenseError ? error.code : `${error}`));
  return { allowed, reason, trust: license.trust, code };
}
