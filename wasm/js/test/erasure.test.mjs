// The statements of docs/store.md by which a customer of the npm package's store is erased.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import Database from "better-sqlite3";

import { ConnectApp, SqliteStore } from "@app-license/sdk/express";
import { FakeConnect } from "@app-license/sdk/testing";

const guide = readFileSync(new URL("../../../docs/store.md", import.meta.url), "utf8");
const [, section] = guide.split("## Of the npm package");
const statements = /```sql\n([^`]*)```/.exec(section)[1].split(";").map((one) => one.trim()).filter(Boolean);

function erase(db, key) {
  for (const sql of statements) {
    const statement = db.prepare(sql);
    const values = sql.includes(":key") ? [{ key }] : [];
    statement.reader ? statement.all(...values) : statement.run(...values);
  }
}

const baseUrl = "https://app.example.com";
const appKey = "com.example.app";
const ari = (last) => `ari:cloud:ecosystem::installation/9d3c0000-0000-4000-8000-00000000000${last}`;

/** A customer of both frameworks, with all that is stored in their name. */
async function customer(store, name, { installationId, cloudId, linked = true }) {
  const site = new FakeConnect({ appKey, baseUrl }, name);
  const connect = new ConnectApp({ appKey, baseUrl, store, fetch: site.keyServer, allowTestKeys: true });
  const fields = linked ? { installationId, cloudId } : {};
  const event = site.lifecycle("installed", { fields });
  assert.equal((await connect.handle(new Request(...event.fetchArguments))).status, 204);
  store.putLicense(site.clientKey, "connect_license_api", { document: `{"of":"${name}"}`, fetchedAt: new Date() });
  store.putLicense(installationId, "forge_license_api", { document: `{"results":["${name}"]}`, fetchedAt: new Date() });
  assert.equal(store.tryLease(`forge-license ${installationId}`, "replica", new Date(), 300), null);
  return site.clientKey;
}

const rows = (db) =>
  Object.fromEntries(
    ["installations", "history", "licenses", "leases"].map((table) => [table, db.prepare(`SELECT * FROM app_license_${table}`).all()]),
  );

function database(t) {
  const folder = mkdtempSync(join(tmpdir(), "app-license-erasure-"));
  const db = new Database(join(folder, "a.db"));
  t.after(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });
  const bytes = () => readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1")).join("");
  return { db, store: new SqliteStore(db), bytes };
}

test("nothing of an erased customer is left, on Connect or on Forge, and nothing of another is gone", async (t) => {
  const { db, store, bytes } = database(t);
  await customer(store, "other", { installationId: ari(2), cloudId: "22222222-2222-4222-8222-222222222222" });
  const others = rows(db);
  const cloudId = "11111111-1111-4111-8111-111111111111";
  const key = await customer(store, "acme", { installationId: ari(1), cloudId });
  assert.deepEqual(Object.values(rows(db)).map((all) => all.length), [6, 6, 4, 2]);
  erase(db, key);
  assert.deepEqual(rows(db), others);
  for (const named of [key, ari(1), cloudId, "acme"]) {
    assert.ok(!bytes().includes(named), named);
  }
  erase(db, key); // once more: there is nothing left of it
  assert.deepEqual(rows(db), others);
});

test("an installation of Forge that is linked to none is erased by its ARI", async (t) => {
  const { db, store, bytes } = database(t);
  const key = await customer(store, "acme", { installationId: ari(1), linked: false });
  erase(db, ari(1));
  assert.ok(!bytes().includes(ari(1)));
  assert.deepEqual(rows(db).installations.map(({ client_key }) => client_key), [key]);
  assert.equal(rows(db).licenses.length, 1);
});

test("what License APIs said under an installation that has no link yet goes with its customer; a link of another stays", async (t) => {
  const { db, store, bytes } = database(t);
  const of = { installationId: ari(1), cloudId: "11111111-1111-4111-8111-111111111111" };
  const key = await customer(store, "acme", of);
  db.pragma("secure_delete = ON"); // what the test itself takes away is no trace
  db.exec("DELETE FROM app_license_installations WHERE record ->> '$.tenant' IS NOT NULL; DELETE FROM app_license_history");
  erase(db, key);
  assert.ok(!bytes().includes(ari(1)));

  const first = await customer(store, "acme", of);
  const second = await customer(store, "late", { ...of, cloudId: undefined, installationId: ari(3) });
  const record = JSON.stringify({ ...store.load(ari(1)).record, tenant: second });
  db.prepare("UPDATE app_license_installations SET record = ? WHERE client_key = ?").run(record, ari(1));
  erase(db, first);
  assert.equal(store.load(ari(1)).record.tenant, second);
});
