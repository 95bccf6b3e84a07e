// A panel that atlassian-connect-express verifies, its tenants in SQLite.
// node ace.mjs PORT TENANTS.json FOLDER

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const [port, tenants, folder] = process.argv.slice(2);
process.chdir(folder);
const express = require("express");
const ace = require("atlassian-connect-express");

const app = express();
app.set("env", "production");
const silent = { info() {}, warn() {}, error: console.error };
const addon = ace(
  app,
  {
    config: {
      descriptorTransformer: () => ({
        key: "com.example.app",
        name: "Example",
        baseUrl: `http://127.0.0.1:${port}`,
        authentication: { type: "jwt" },
      }),
      production: {
        port,
        localBaseUrl: `http://127.0.0.1:${port}`,
        store: { adapter: "sequelize", dialect: "sqlite", storage: join(folder, "ace.db"), logging: false },
      },
    },
  },
  silent,
);
app.use(express.urlencoded({ extended: false }), express.json());
app.use(addon.middleware());
app.get("/panel", addon.authenticate(), (_request, response) => response.send("active"));

await addon.settings.connectionPromise;
for (const tenant of JSON.parse(readFileSync(tenants, "utf8"))) {
  await addon.settings.set("clientInfo", tenant, tenant.clientKey);
}
app.listen(Number(port), "127.0.0.1", () => console.log("listening"));
process.stdin.on("end", () => process.exit()).resume();
