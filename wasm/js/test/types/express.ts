// What gates of Express leave behind and hand on has types: those of the framework itself.
import { ConnectApp, MemoryStore, requireCapability, verified } from "@app-license/sdk/express";
import type { ExpressRequest, ExpressResponse, Locals, Middleware } from "@app-license/sdk/express";
import type { License } from "@app-license/sdk";

const app = new ConnectApp({
  appKey: "com.example.app",
  baseUrl: "https://app.example.com",
  store: new MemoryStore(),
  logger: console,
  onRejected: ({ code, status }, { method, path, address }) => [code, status, method, path, address] satisfies unknown[],
});
// @ts-expect-error a logger has `warn` and `error`
new ConnectApp({ appKey: "a", baseUrl: "https://a.example", store: new MemoryStore(), logger: { log() {} } });

verified(app) satisfies Middleware;
requireCapability(app, "capabilityAdvanced", {
  onDenied: ({ reason, has }, request, response) => response.status(402).json({ reason, has, path: request.path }),
});

export function handler(_request: ExpressRequest, { locals }: Omit<ExpressResponse, "locals"> & { locals: Locals }) {
  locals.license satisfies License<"verified">;
  // @ts-expect-error a Forge remote's request has none
  locals.connect.clientKey;
  return locals.connect?.clientKey ?? locals.invocation?.installationId;
}
