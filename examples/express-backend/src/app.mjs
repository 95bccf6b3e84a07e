import express from "express";
import { check } from "@app-license/sdk/server";
import { lifecycle, requireCapability, verified } from "@app-license/sdk/express";

const descriptor = ({ appKey, baseUrl }) => ({
  key: appKey,
  name: "Exports",
  baseUrl,
  authentication: { type: "jwt" },
  apiVersion: 1,
  apiMigrations: { "signed-install": true, "context-qsh": true },
  enableLicensing: true,
  scopes: ["READ"],
  lifecycle: {
    installed: "/installed",
    uninstalled: "/uninstalled",
    enabled: "/enabled",
    disabled: "/disabled",
  },
  modules: {
    generalPages: [{ key: "exports", name: { value: "Exports" }, url: "/panel" }],
  },
});

/** The app: `options` are those of `lifecycle()`. */
export function exportsApp(store, options) {
  const app = express();
  app.disable("x-powered-by");
  app.get("/atlassian-connect.json", (_, response) => response.json(descriptor(options)));

  // before anything that parses bodies: what is verified are the bytes that were sent
  app.use(lifecycle(store, options));

  app.get("/panel", verified(store, options), (_, response) => {
    const { license } = response.locals;
    const { allowed } = check(license, { requires: "capabilityAdvanced" });
    const button = allowed ? "<button>Export everything</button>" : "<p>Part of Advanced.</p>";
    response.type("html").send(`<!doctype html><h1>Exports</h1>${button}`);
  });

  // hidden is not forbidden: the route decides for itself
  app.get("/export", verified(store, options), requireCapability("capabilityAdvanced"), (_, response) =>
    response.json({ exported: ["ABC-1", "ABC-2"] }),
  );
  return app;
}
