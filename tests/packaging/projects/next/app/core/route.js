// A route handler with the core of pages.
import { loadCore } from "@app-license/sdk/wasm";

export const dynamic = "force-dynamic";
export async function GET(request) {
  const { fromConnectQuery } = await loadCore();
  const { edition, trust } = fromConnectQuery(new URL(request.url).search);
  return Response.json([edition, trust]);
}
