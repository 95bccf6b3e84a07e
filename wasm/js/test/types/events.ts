// Which event a verifier takes, and which events count, the compiler says too.
import { LifecycleReducer, acceptedBefore, readLifecycleBody, verifyInstall, verifyLifecycle } from "@app-license/sdk/server";
import type { ForgeEvent, IncomingRequest, LifecycleEvent, Tenant } from "@app-license/sdk/server";
import { ConnectApp, MemoryStore } from "@app-license/sdk/fetch";

declare const request: IncomingRequest & { body: string };
declare const tenant: Tenant;
const expected = { appKey: "com.example.app", baseUrl: "https://app.example.com" };

verifyLifecycle(request, tenant, { ...expected, event: "enabled" }) satisfies LifecycleEvent;
verifyInstall(request, "", { ...expected, event: "uninstalled" }) satisfies LifecycleEvent;
// @ts-expect-error the platform signs it
verifyLifecycle(request, tenant, { ...expected, event: "installed" });
// @ts-expect-error the tenant's secret signs it
verifyInstall(request, "", { ...expected, event: "disabled" });

const reducer = new LifecycleReducer();
reducer.apply(null, { connect: acceptedBefore(request.body) });
reducer.apply(null, { forge: acceptedBefore({ kind: "preUninstall", payload: {} }) satisfies ForgeEvent });
// @ts-expect-error nobody vouches for it
reducer.apply(null, { connect: readLifecycleBody(request.body) });

const app = new ConnectApp({ ...expected, store: new MemoryStore() });
app.guard({ kind: "context" }, () => new Response());
app.guard({ requires: "capabilityStandard", policy: { productionOnly: true } }, () => new Response());
// @ts-expect-error a policy alone gates nothing
app.guard({ policy: { productionOnly: true } }, () => new Response());
