// Options that there are not are type errors: readers of pages do not look for them.
import { License, check } from "@app-license/sdk";
import type { ReadOptions } from "@app-license/sdk";

const asOf = new Date();
const license = License.fromForgeContext({}, { asOf, environmentType: "STAGING" });
// @ts-expect-error misspelled
License.fromForgeContext({}, { asof: asOf });
// @ts-expect-error a policy's, which `check` takes
License.fromForgeContext({}, { whenAbsentOutsideProduction: "advanced" });
// @ts-expect-error misspelled
License.fromConnectContext({}, { asOf, enviromentType: "STAGING" });
// @ts-expect-error misspelled
License.fromConnectQuery("?lic=active", { asof: asOf });
// @ts-expect-error misspelled
License.fromFunctionContext({}, { environment: "STAGING" });
// @ts-expect-error misspelled
License.fromConnectApi({ key: "com.example.app" }, { asof: asOf });
// @ts-expect-error misspelled
License.fromForgeApi({ results: [] }, { appID: "8db33309-1f69-42a5-8e40-8b6e0b3f8d11" });
// @ts-expect-error misspelled
export const options: ReadOptions = { asof: asOf };

check(license, { requires: "capabilityAdvanced", whenAbsentOutsideProduction: "advanced" });
// @ts-expect-error misspelled
check(license, { requires: "capabilityAdvanced", whenAbsentOutsideProducton: "advanced" });
