// A panel that this package verifies in Express, its tenants in SQLite; the other of served.mjs is benches/peers/ace.mjs.
// node served-app.mjs PORT TENANTS.json FOLDER
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import Database from "better-sqlite3";

import { ConnectApp, SqliteStore, lifecycle, requireCapability, verified } from "../dist/express.js";
import { acceptedBefore, deliver } from "../dist/server.js";

const [port, tenants, folder] = process.argv.slice(2);
const express = createRequire(new URL("../../../benches/peers/ace.mjs", import.meta.url))("express");

const store = new SqliteStore(new Database(join(folder, "ours.db")), { keys: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" });
for (const body of JSON.parse(readFileSync(tenants, "utf8"))) {
  const event = { connect: acceptedBefore(JSON.stringify(body)) };
  const delivery = { key: body.clientKey, on: "connect", event };
  const now = new Date();
  store.deliver(body.clientKey, null, (known, mark) => deliver(delivery, known, mark, now), now);
}
const connect = new ConnectApp({ appKey: "com.example.app", baseUrl: `http://127.0.0.1:${port}`, store });
const app = express();
app.set("env", "production");
app.use(lifecycle(connect));
app.use(express.urlencoded({ extended: false }), express.json());
app.get("/plain", (_request, response) => response.send("active"));
app.get("/panel", verified(connect), (_request, response) => response.send("active"));
app.get("/gated", requireCapability(connect, "capabilityStandard"), (_request, response) => response.send("active"));
app.listen(Number(port), "127.0.0.1", () => console.log("listening"));
process.stdin.on("end", () => process.exit()).resume();
