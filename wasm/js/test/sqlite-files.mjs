// Files of SqliteStore for its tests.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import Database from "better-sqlite3";

export const fixture = (version) =>
  readFileSync(new URL(`../../../crates/app-license-store/tests/fixtures/npm-v${version}.sql`, import.meta.url), "utf8");
/** What the Rust store's tests open, too. */
export const SEALED = JSON.parse(readFileSync(new URL("../../../crates/app-license-store/tests/fixtures/sealed.json", import.meta.url), "utf8"));
export const KEY = SEALED.key;
export const plainText = { plainText: true };

export function file(t, sql = "") {
  const folder = mkdtempSync(join(tmpdir(), "app-license-store-"));
  const path = join(folder, "installations.db");
  const db = new Database(path);
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  db.exec(sql);
  const bytes = () => readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1")).join("");
  return { db, path, bytes };
}

export const memory = (sql = "") => {
  const db = new Database(":memory:");
  db.exec(sql);
  return db;
};

/** Without the table that keeps earlier versions of the package from a file that was taken over. */
export const statements = (db) =>
  db.prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name != 'app_license_schema' ORDER BY name").all();

export const installed = (key, current, previous = null) => ({
  repeated: false,
  installation: { record: { key: { connect: key }, status: "installed" }, secrets: { current, previous } },
  mark: null,
  entries: [{ event: "installed", changes: [{ change: "installed" }] }],
});
