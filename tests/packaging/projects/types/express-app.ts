// An app in Express' own types: what gates make is its middleware, and what they leave is read without a cast.
import express from "express";
import type { Request, RequestHandler, Response } from "express";
import { ConnectApp, MemoryStore, lifecycle, requireCapability, requireFeature, verified } from "@app-license/sdk/express";
import type { Locals } from "@app-license/sdk/express";
import type { License } from "@app-license/sdk";

const app = new ConnectApp({ appKey: "com.example.app", baseUrl: "https://app.example.com", store: new MemoryStore() });
const server = express();
server.use(lifecycle(app));
server.use(express.json());

const gate: RequestHandler = requireCapability(app, "capabilityAdvanced", {
  onDenied: ({ reason }, request, response) => response.status(402).json({ reason, path: request.path }),
});
server.get("/export", gate, (_request: Request, response: Response<unknown, Locals>) => {
  response.locals.license satisfies License<"verified">;
  // @ts-expect-error it has no such field
  response.locals.licens;
  response.json({ edition: response.locals.license.edition, site: response.locals.connect?.clientKey });
});
server.get("/feature", requireFeature(app, "bulk-export"), (_request, response) => void response.end());
server.post("/rows", verified(app), (_request, response) => void response.end());
const router = express.Router();
router.get("/", verified(app, { kind: "context" }), gate, (_request, response) => void response.end());
server.use("/panel", router);
