// A server component verifies, and hands the license to the page as a hint.
import { check, fromFunctionContext } from "@app-license/sdk/server";
import { functionContext } from "@app-license/sdk/testing";

import { Panel } from "./panel.jsx";

export const dynamic = "force-dynamic";

export default function Page() {
  const license = fromFunctionContext(functionContext("advanced"));
  const { reason } = check(license, { requires: "capabilityAdvanced" });
  return (
    <main>
      <p>{`server: ${license.trust} ${reason}`}</p>
      <Panel json={license.toJSON()} />
    </main>
  );
}
