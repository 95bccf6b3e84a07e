// Fixtures and gates beside the platform's own types: no cast.
import { getAppContext } from "@forge/api";
import { invoke, view } from "@forge/bridge";
import Resolver from "@forge/resolver";
import type { Request } from "@forge/resolver";
import { License } from "@app-license/sdk";
import { getLicense, requires } from "@app-license/sdk/forge";
import type { ResolverRequest } from "@app-license/sdk/forge";
import { fromFunctionContext } from "@app-license/sdk/server";
import { appContext, resolverContext, resolverRequest, uiContext } from "@app-license/sdk/testing";

export const contexts: Awaited<ReturnType<typeof view.getContext>>[] = [
  uiContext("advanced"),
  uiContext("absent", { user: false, extension: { issue: { key: "T-1" } } }),
];
export const requests: Request<{ rows: number }>[] = [resolverRequest("advanced", { rows: 3 })];
export const context: Request["context"] = resolverContext("expired");
type App = ReturnType<typeof getAppContext>;
export const app: Pick<App, "environmentType" | "license" | "installation" | "moduleKey"> = appContext("advanced");

const resolver = new Resolver();
resolver.define("export", requires("capabilityAdvanced", ({ payload }, { license }) => ({ rows: payload.rows, edition: license.edition })));
type Export = ResolverRequest & { payload: { rows: number } };
const typed = requires("capabilityAdvanced", ({ payload }: Export, { license }) => ({ rows: payload.rows satisfies number, edition: license.edition }));
resolver.define("typed", typed);
resolver.define<Export["payload"]>("typed", typed);
/** What docs/npm/forge.md writes in a page. */
export async function exported(): Promise<string> {
  const answer = (await invoke("export", {})) as { refused?: string } | undefined;
  return answer?.refused ?? "Done";
}
// @ts-expect-error misspelled
resolver.define("export", requires("capabilityAdvancd", () => ({})));
resolver.define("read", (request) => ({ edition: fromFunctionContext(request.context).edition }));
export const handler = resolver.getDefinitions();

export const nightly = async (_event: unknown, context: { installContext: string }) => (await getLicense(context)).edition;
export const page = async () => License.fromForgeContext(await view.getContext()).trust satisfies "hint";
