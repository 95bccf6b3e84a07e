// What SqliteStore takes over: the tables that the package had of its own.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Database from "better-sqlite3";

import { SqliteStore } from "@app-license/sdk/fetch";
import { KEY, file, fixture, installed, memory, plainText, statements } from "./sqlite-files.mjs";

const ARI = "ari:cloud:ecosystem::installation/7c265a88-214c-4fc3-bb35-26cbed5d2378";

const marks = (version) => memory(fixture(version)).prepare("SELECT * FROM app_license_marks ORDER BY expires_at DESC").all();

describe("a file of before is taken over", () => {
  for (const version of [1, 2]) {
    test(`version ${version}, with all it holds, and its secrets are sealed`, (t) => {
      const { db, bytes } = file(t, fixture(version));
      assert.ok(bytes().includes("secret-of-acme"));
      const store = new SqliteStore(db, { keys: KEY, refusePlainText: true });
      assert.ok(!bytes().includes("secret-of-acme"), "in no free page and no log");
      const newest = memory();
      new SqliteStore(newest, plainText);
      assert.deepEqual(statements(db), statements(newest));

      assert.deepEqual(store.list().map(({ record }) => record.key), [{ forge: ARI }, { connect: "client-acme" }, { connect: "client-globex" }]);
      const { record, secrets } = store.load("client-acme");
      assert.deepEqual([record.status, record.baseUrl, record.entitlement], ["enabled", "https://acme.atlassian.net", { number: "E-1" }]);
      const replacedAt = new Date("2026-11-01T00:05:00Z");
      assert.deepEqual(secrets, {
        current: "second-secret-of-acme-0123456789",
        previous: { secret: "first-secret-of-acme-0123456789", replacedAt },
      });
      assert.equal(store.load("client-globex").record.blockedAt, "2026-11-01T00:05:00Z");
      assert.deepEqual(store.load(ARI).secrets, { current: null, previous: null });

      const history = store.historyAfter(0, 99).map(({ sequence, key, event }) => [sequence, key, event]);
      const named = (name) => (version === 1 ? "unknown" : name);
      assert.deepEqual(history, [
        [1, "client-acme", named("installed")],
        [2, "client-acme", named("enabled")],
        [3, "client-globex", named("installed")],
        [5, "client-acme", named("installed")],
        [6, "client-globex", named("block")],
        [8, ARI, named("avi:forge:installed:app")],
      ]);
      assert.deepEqual(store.history("client-globex")[1].changes, [{ change: "blocked" }]);
      store.deliver("late", null, () => installed("late", "s"), new Date());
      assert.equal(store.historyAfter(8, 9)[0].sequence, 9, "no number is given twice");

      const [{ token, body, expires_at }] = marks(version);
      store.deliver("client-acme", token, (_, mark) => {
        assert.deepEqual(mark, { body, expiresAt: new Date(expires_at * 1000) });
        return { repeated: true, installation: null, mark: null, entries: [] };
      }, new Date(expires_at * 1000));
      if (version === 2) {
        assert.deepEqual([store.cursor("provision"), store.cursor("my mail")], [4, 8]);
        assert.deepEqual(store.installKeys(9).map(({ kid, pem }) => [kid, pem]), [["test-3", "pem 3"], ["test-2", "pem 2"], ["test-1", "pem 1"]]);
        store.putInstallKey({ kid: "new", pem: "pem" });
        assert.equal(store.installKeys(1)[0].kid, "new");
        const fetchedAt = new Date("2026-11-01T00:07:00Z");
        const document = '{"active":true,"capabilitySet":"capabilityAdvanced"}';
        assert.deepEqual(store.license("client-acme", "connect_license_api"), { document, fetchedAt });
        assert.deepEqual(store.license("client-globex", "connect_license_api"), { document: "", fetchedAt });
        assert.deepEqual(store.license(ARI, "forge_license_api"), { document: null, fetchedAt });
        assert.deepEqual(store.tryLease(`forge-license/${ARI}`, "me", fetchedAt, 60), new Date("2026-11-01T00:12:00Z"));
      }
      assert.deepEqual(new SqliteStore(db, { keys: KEY }).load("client-acme").secrets, secrets, "opened again");
    });
  }

  test("all or nothing", () => {
    const db = memory(fixture(2).replace("1793491380,'[", "1793491380,'x["));
    db.exec("CREATE TRIGGER app_license_no BEFORE DELETE ON app_license_schema BEGIN SELECT RAISE(ABORT, 'no'); END");
    db.exec("UPDATE app_license_history SET client_key = 'client-acme' WHERE id = 3; INSERT INTO app_license_install_keys VALUES (9, '', 'x')");
    const before = statements(db);
    const { exec } = db;
    db.exec = (sql) => {
      if (sql.includes("UPDATE app_license_schema")) {
        exec.call(db, sql);
        throw new Error("the disk is full");
      }
      return exec.call(db, sql);
    };
    assert.throws(() => new SqliteStore(db, plainText), /the disk is full/);
    assert.deepEqual(statements(db), before);
    db.exec = exec;
    assert.ok(new SqliteStore(db, plainText).load("client-acme"));
  });

  test("a damaged record is one tenant's fault", () => {
    const db = memory(fixture(2));
    db.exec("UPDATE app_license_installations SET record = '{' WHERE client_key = 'client-globex'");
    const store = new SqliteStore(db, plainText);
    assert.ok(store.load("client-acme"));
    assert.throws(() => store.load("client-globex"), { code: "store_corrupt", status: 503 });
    const { record } = db.prepare("SELECT record FROM installation WHERE tenant = 'connect:client-acme'").get();
    db.prepare("UPDATE installation SET record = ? WHERE tenant = 'connect:client-globex'").run(record);
    assert.throws(() => store.load("client-globex"), { code: "store_corrupt", status: 503 }, "it is of another tenant");
  });

  /** What an earlier version of the package writes into a file of this store. */
  const beside = (db) => db.exec(`DROP TABLE IF EXISTS app_license_schema; ${fixture(2).replace('DELETE FROM "sqlite_sequence";', "")}`);

  test("beside installations it is not, and what to do is said", () => {
    const db = memory();
    new SqliteStore(db, plainText).deliver("a", null, () => installed("a", "s"), new Date());
    beside(db);
    assert.throws(() => new SqliteStore(db, plainText), { code: "foreign_database", message: /drop its tables/ });
    db.exec("DELETE FROM history; DELETE FROM installation");
    assert.ok(new SqliteStore(db, plainText).load("client-acme"));
  });

  test("behind the numbers of a store whose installations were erased", () => {
    const db = memory();
    const store = new SqliteStore(db, plainText);
    const [{ token }] = marks(2);
    db.exec(`INSERT INTO consumer VALUES (' last', 100), ('provision', 100), ('other', 60);
      INSERT INTO mark VALUES (unhex('${token}'), zeroblob(32), 99); INSERT INTO install_key VALUES ('test-1', 'own', 1e9)`);
    beside(db);
    new SqliteStore(db, plainText);
    assert.deepEqual(store.historyAfter(100, 9).map(({ sequence }) => sequence), [101, 102, 103, 105, 106, 108]);
    assert.deepEqual([store.cursor("provision"), store.cursor("other"), store.cursor("my mail")], [104, 60, 108]);
    store.deliver("late", null, () => installed("late", "s"), new Date());
    assert.equal(store.historyAfter(108, 9)[0].sequence, 109);
    assert.equal(store.installKeys(1)[0].pem, "own");
    assert.equal(db.prepare("SELECT count(*) AS n FROM mark").get().n, 7);
  });

  test("and leaves a version that earlier versions of the package refuse", () => {
    const db = memory(fixture(2));
    new SqliteStore(db, plainText);
    assert.deepEqual(db.prepare("SELECT version FROM app_license_schema").all(), [{ version: 3 }]);
    db.exec("UPDATE app_license_schema SET version = 4");
    assert.throws(() => new SqliteStore(db, plainText), { code: "newer_schema" });
  });

  for (const isRead of [true, false]) {
    test(`its secrets are in the log ${isRead ? "as long as another process reads it, which is a warning" : "no longer"}`, async (t) => {
      const { db, path, bytes } = file(t, fixture(2));
      db.pragma("journal_mode = WAL");
      const reader = new Database(path);
      t.after(() => reader.close());
      if (isRead) {
        reader.exec("BEGIN");
        reader.prepare("SELECT count(*) FROM app_license_marks").get();
        db.pragma("wal_autocheckpoint = 0");
      }
      // plain text goes through the log once more
      db.exec("UPDATE app_license_installations SET secret = 'second-secret-of-acme!' WHERE client_key = 'client-acme'");
      const warnings = [];
      t.mock.method(process, "emitWarning", (message, { code }) => warnings.push(`${code} ${message}`));
      const store = new SqliteStore(db, { keys: KEY, refusePlainText: true });
      assert.equal(bytes().includes("secret-of-acme"), isRead);
      assert.equal(warnings.length, isRead ? 1 : 0);
      assert.ok(warnings.every((it) => /^APP_LICENSE_LOG_NOT_EMPTY .*another process reads it/.test(it)), `${warnings}`);
      if (isRead) {
        reader.exec("COMMIT");
        assert.equal(store.reencryptAll(), 0);
        assert.ok(!bytes().includes("secret-of-acme"));
        assert.equal(warnings.length, 1);
      }
    });
  }
});
