import express from "express";
import { ConnectApp, lifecycle, requireCapability, verified } from "@app-license/sdk/express";

// what the package relies on, as signed installs, is set in it
const descriptor = {
  name: "Exports",
  apiVersion: 1,
  enableLicensing: true,
  editionsEnabled: true,
  scopes: ["READ"],
  modules: {
    generalPages: [{ key: "exports", name: { value: "Exports" }, url: "/panel" }],
  },
};

/** The app: `options` are those of `ConnectApp`. */
export function exportsApp(options) {
  const connect = new ConnectApp({ descriptor, ...options });
  const app = express();
  app.disable("x-powered-by");

  // before anything that parses bodies: what is verified are the bytes that were sent
  app.use(lifecycle(connect));

  app.get("/panel", verified(connect), async (_, response) => {
    const { allowed } = await connect.decision(response.locals.connect, { requires: "capabilityAdvanced" });
    const button = allowed ? "<button>Export everything</button>" : "<p>Part of Advanced.</p>";
    response.type("html").send(`<!doctype html><h1>Exports</h1>${button}`);
  });

  // hidden is not forbidden: the route decides for itself
  app.get("/export", requireCapability(connect, "capabilityAdvanced"), (_, response) =>
    response.json({ exported: ["ABC-1", "ABC-2"] }),
  );
  return app;
}
