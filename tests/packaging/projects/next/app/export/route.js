// A route handler: what proves nothing is refused, and the core answers.
import { ConnectApp, MemoryStore } from "@app-license/sdk/fetch";
import { FakeConnect } from "@app-license/sdk/testing";

const [appKey, baseUrl] = ["com.example.app", "https://app.example.com"];
const site = new FakeConnect({ appKey, baseUrl });
const app = new ConnectApp({ appKey, baseUrl, store: new MemoryStore(), fetch: site.keyServer, allowTestKeys: true });
const exported = app.guard({ requires: "capabilityAdvanced" }, (_request, { license }) => new Response(license.edition));
const installed = app.handle(new Request(...site.lifecycle("installed").fetchArguments));

export const dynamic = "force-dynamic";
export async function GET(request) {
  await installed;
  const scenario = new URL(request.url).searchParams.get("as");
  return exported(scenario ? new Request(site.page("/export", scenario).url) : request);
}
