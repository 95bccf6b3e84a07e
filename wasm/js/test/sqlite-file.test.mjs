// The files of SqliteStore: their schema, what is taken over, and secrets in them.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

import Database from "better-sqlite3";

import { SqliteStore } from "@app-license/sdk/fetch";
import { FILE, schema } from "../scripts/schema.mjs";

const MIGRATIONS = new URL("../../../crates/app-license-store/migrations/sqlite/", import.meta.url);
const fixture = (version) =>
  readFileSync(new URL(`../../../crates/app-license-store/tests/fixtures/npm-v${version}.sql`, import.meta.url), "utf8");
/** What the Rust store's tests open, too. */
const SEALED = JSON.parse(readFileSync(new URL("../../../crates/app-license-store/tests/fixtures/sealed.json", import.meta.url), "utf8"));
const WHOSE = JSON.parse(readFileSync(new URL("../../../crates/app-license-store/tests/fixtures/whose-file.json", import.meta.url), "utf8"));
const KEY = SEALED.key;
const OTHER = Buffer.from("a new key, also thirty-two bytes").toString("base64");
const ARI = "ari:cloud:ecosystem::installation/7c265a88-214c-4fc3-bb35-26cbed5d2378";
const plainText = { plainText: true };

function file(t, sql = "") {
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

const memory = (sql = "") => {
  const db = new Database(":memory:");
  db.exec(sql);
  return db;
};
/** Without the table that keeps earlier versions of the package from a file that was taken over. */
const statements = (db) =>
  db.prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name != 'app_license_schema' ORDER BY name").all();
const installed = (key, current, previous = null) => ({
  repeated: false,
  installation: { record: { key: { connect: key }, status: "installed" }, secrets: { current, previous } },
  mark: null,
  entries: [{ event: "installed", changes: [{ change: "installed" }] }],
});

describe("the schema", () => {
  test("is the Rust store's, whose statements are carried", () => {
    assert.equal(readFileSync(FILE, "utf8"), schema(), "run `node scripts/schema.mjs`");
    const rust = memory();
    const names = readdirSync(MIGRATIONS).sort();
    for (const name of names) {
      rust.exec(readFileSync(new URL(name, MIGRATIONS), "utf8"));
    }
    const db = memory();
    new SqliteStore(db, plainText);
    assert.deepEqual(statements(db), statements(rust));
    const pragma = (name) => db.pragma(name, { simple: true });
    assert.deepEqual([pragma("user_version"), pragma("application_id")], [names.length, 0x61704c63]);
  });

  test("is migrated from every version", () => {
    const names = readdirSync(MIGRATIONS).sort();
    const newest = memory();
    new SqliteStore(newest, plainText);
    for (let version = 1; version < names.length; version += 1) {
      const db = memory(names.slice(0, version).map((name) => readFileSync(new URL(name, MIGRATIONS), "utf8")).join("\n"));
      db.pragma(`application_id = ${0x61704c63}`);
      db.pragma(`user_version = ${version}`);
      db.exec(`INSERT INTO installation (tenant, status, record, changed_at) VALUES ('connect:a', 'installed', '{"key":{"connect":"a"}}', 0)`);
      const store = new SqliteStore(db, plainText);
      assert.deepEqual(statements(db), statements(newest));
      assert.deepEqual(store.load("a").record, { key: { connect: "a" } });
    }
  });

  test("of a later version, or of another program, is refused and left alone", () => {
    const later = memory();
    new SqliteStore(later, plainText);
    later.pragma("user_version = 6");
    const shared = memory(`CREATE TABLE users (name TEXT);${fixture(2)}`);
    for (const [db, code, said] of [
      [later, "newer_schema", /version 6, newer than the 5/],
      [memory("CREATE TABLE users (name TEXT)"), "foreign_database", /table `users`.*a file of its own/],
      [memory("CREATE TABLE users (name TEXT); PRAGMA user_version = 4"), "foreign_database", /users/],
      [memory("PRAGMA application_id = 7"), "foreign_database", /application id 7/],
      [memory("PRAGMA user_version = 3"), "foreign_database", /version 3/],
      [memory(fixture(2).replace('_schema" VALUES(2)', '_schema" VALUES(3)')), "newer_schema", /version 3, newer than the 2/],
      [shared, "foreign_database", /docs\/store\.md/],
    ]) {
      const before = db.serialize();
      assert.throws(() => new SqliteStore(db, plainText), (error) => error.code === code && said.test(error.message));
      assert.ok(before.equals(db.serialize()), code);
    }
    assert.equal(shared.prepare("SELECT count(*) AS n FROM app_license_installations").get().n, 3);
  });

  test("whose file it is, is said as the Rust store says it", () => {
    for (const { of, sql, refused } of WHOSE) {
      const db = memory(of === "npm-v2" ? fixture(2) : "");
      db.exec(sql);
      const open = () => new SqliteStore(db, plainText);
      if (refused) {
        assert.throws(open, { code: "foreign_database" }, `${of} ${sql}`);
      } else {
        assert.doesNotThrow(open, `${of} ${sql}`);
      }
    }
  });

  test("a file that is busy is waited for, and one that cannot be kept in WAL mode is refused", (t) => {
    const { db } = file(t);
    const { pragma } = db;
    const answering = (answer) => {
      db.pragma = (source, options) => (source === "journal_mode = WAL" ? answer(() => pragma.call(db, source, options)) : pragma.call(db, source, options));
    };
    let tries = 0;
    answering((real) => {
      if ((tries += 1) < 3) {
        throw Object.assign(new Error("busy"), { code: "SQLITE_BUSY_RECOVERY" });
      }
      return real();
    });
    new SqliteStore(db, plainText);
    assert.equal(tries, 3);
    answering(() => "delete");
    assert.throws(() => new SqliteStore(db, plainText), { code: "misuse", message: /WAL.*`delete`/ });
  });

  test("keeps the members of a record that a later version wrote", () => {
    const db = memory();
    const store = new SqliteStore(db, plainText);
    store.deliver("a", null, () => installed("a", "s"), new Date());
    db.exec(`UPDATE installation SET record = json_insert(record, '$.tomorrow', json('{"n":1}'), '$.blockedAt', 'x')`);
    store.deliver("a", null, () => installed("a", "t"), new Date());
    assert.deepEqual(store.load("a").record, { tomorrow: { n: 1 }, key: { connect: "a" }, status: "installed" });
  });

  test("numbers go on after an erasure, and a consumer that Rust stopped is left alone", () => {
    const db = memory();
    const store = new SqliteStore(db, plainText);
    store.deliver("a", null, () => installed("a", "s"), new Date());
    db.exec(`INSERT INTO stopped VALUES ('hooks', 'connect:a', 1, 3, 5); INSERT INTO consumer VALUES (' last', 7)`);
    store.deliver("b", null, () => installed("b", "s"), new Date());
    assert.deepEqual(store.historyAfter(0, 9).map(({ sequence }) => sequence), [1, 8]);
    assert.throws(() => store.advance("hooks", 9), { code: "misuse", message: /cannot stand at 9: the last event is 8/ });
    assert.equal(store.cursor("hooks"), 0);
    store.advance("hooks", 8);
    assert.equal(db.prepare("SELECT count(*) AS n FROM stopped").get().n, 1);
    assert.throws(() => store.advance(" last", 99), { code: "misuse" });
  });
});

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

const marks = (version) => memory(fixture(version)).prepare("SELECT * FROM app_license_marks ORDER BY expires_at DESC").all();

describe("secrets", () => {
  test("are sealed unless plain text is asked for by name", () => {
    for (const options of [undefined, {}, { keys: undefined }, { keys: "" }, { keys: " , " }, { plainText: false }, { keys: [""] }]) {
      const db = memory();
      assert.throws(() => new SqliteStore(db, options), (error) => error.code === "no_encryption_key" && /openssl rand -base64 32/.test(error.message));
      assert.deepEqual(statements(db), [], "nothing is written");
    }
    for (const keys of ["c2hvcnQ=", "not base64", Buffer.alloc(32).toString("base64"), `${KEY},x`]) {
      assert.throws(() => new SqliteStore(memory(), { keys }), { code: "encryption_key" }, keys);
    }
    for (const options of [{ key: KEY }, { keys: 1 }, { keys: [] }, { plainText: "yes" }, null]) {
      assert.throws(() => new SqliteStore(memory(), options), (error) => /^(misuse|no_encryption_key)$/.test(error.code));
    }
  });

  test("no part of a key is in a message, wherever the key was put", () => {
    const misplaced = [KEY, [KEY], [[KEY]], { plainText: KEY }, { refusePlainText: KEY }, { plainText: [KEY] }, { [KEY]: true }, { key: KEY }]
      .concat({ keys: { [KEY]: KEY } }, { keys: [KEY, 1] }, { keys: `${KEY}x` }, { keys: KEY.slice(1) }, { keys: KEY.slice(4) }, new Map([[KEY, KEY]]));
    for (const options of misplaced) {
      assert.throws(() => new SqliteStore(memory(), options), (error) => {
        for (let at = 0; at + 6 <= KEY.length; at += 1) {
          assert.ok(!`${error.message} ${error.stack}`.includes(KEY.slice(at, at + 6)), error.message);
        }
        return error.code === "misuse" || error.code === "encryption_key";
      });
    }
    assert.throws(() => new SqliteStore(memory(), { keyz: KEY }), { message: /no option `keyz`; there are keys/ });
  });

  test("are in no byte of the file, and open again", (t) => {
    const { db, bytes } = file(t);
    const store = new SqliteStore(db, { keys: [KEY] });
    const previous = { secret: "an-older-secret-ü", replacedAt: new Date(5000) };
    store.deliver("a", null, () => installed("a", "a-shared-secret-ü", previous), new Date());
    assert.ok(!/shared-secret|older-secret/.test(bytes()));
    assert.deepEqual(store.load("a").secrets, { current: "a-shared-secret-ü", previous });
    const sealed = () => db.prepare("SELECT secret FROM installation").get().secret;
    const first = sealed();
    store.deliver("a", null, () => installed("a", "a-shared-secret-ü"), new Date());
    assert.ok(!sealed().equals(first), "the nonce is random");
  });

  test("are as the Rust store seals them: its key, its value", () => {
    const db = memory();
    const store = new SqliteStore(db, { keys: KEY });
    const previous = { secret: "x", replacedAt: new Date(0) };
    store.deliver("tenant-1", null, () => installed("tenant-1", "x", previous), new Date());
    assert.equal(db.prepare("SELECT secret_key FROM installation").get().secret_key, SEALED.keyId);
    const [first, second] = SEALED.sealed.map(({ bytes }) => Buffer.from(bytes, "hex"));
    db.prepare("UPDATE installation SET secret = ?, previous = ?").run(first, second);
    const { secrets } = store.load("tenant-1");
    assert.deepEqual([secrets.current, secrets.previous.secret], SEALED.sealed.map(({ secret }) => secret));
  });

  test("that are damaged, cut or moved do not open", () => {
    const db = memory();
    const store = new SqliteStore(db, { keys: KEY });
    const previous = { secret: "older", replacedAt: new Date(0) };
    store.deliver("a", null, () => installed("a", "a secret", previous), new Date());
    store.deliver("b", null, () => installed("b", "b secret"), new Date());
    const put = db.prepare("UPDATE installation SET secret = ? WHERE tenant = 'connect:a'");
    const { secret } = db.prepare("SELECT secret FROM installation WHERE tenant = 'connect:a'").get();
    const isRefused = () => assert.throws(() => store.load("a"), { code: "does_not_open", status: 503 });
    for (let at = 0; at < secret.length; at += 1) {
      const flipped = Buffer.from(secret);
      flipped[at] ^= 1;
      put.run(flipped);
      isRefused();
      put.run(secret.subarray(0, at));
      isRefused();
    }
    for (const other of ["SELECT secret AS it FROM installation WHERE tenant = 'connect:b'", "SELECT previous AS it FROM installation WHERE tenant = 'connect:a'"]) {
      put.run(db.prepare(other).get().it);
      isRefused();
    }
    put.run(secret);
    assert.equal(store.load("a").secrets.current, "a secret");
    put.run(Buffer.from([0xff]));
    db.exec("UPDATE installation SET secret_key = NULL");
    assert.throws(() => store.load("a"), { code: "store_corrupt" });
  });

  test("keys rotate, and the old one can go", () => {
    const db = memory();
    const previous = { secret: "older", replacedAt: new Date(0) };
    new SqliteStore(db, { keys: KEY }).deliver("a", null, () => installed("a", "a secret", previous), new Date());
    assert.throws(() => new SqliteStore(db, { keys: OTHER }).load("a"), { code: "unknown_encryption_key", status: 503 });
    assert.throws(() => new SqliteStore(db, plainText).load("a"), { code: "unknown_encryption_key" });
    const both = new SqliteStore(db, { keys: `${OTHER}, ${KEY}` });
    assert.equal(both.load("a").secrets.current, "a secret");
    assert.deepEqual([both.reencryptAll(), both.reencryptAll()], [1, 0]);
    assert.deepEqual(new SqliteStore(db, { keys: [OTHER] }).load("a").secrets, { current: "a secret", previous });
  });

  test("in plain text are read until they are refused or sealed", () => {
    const db = memory();
    new SqliteStore(db, plainText).deliver("a", null, () => installed("a", "a secret"), new Date());
    assert.equal(db.prepare("SELECT secret FROM installation").get().secret.toString(), "a secret");
    const strict = new SqliteStore(db, { keys: KEY, refusePlainText: true });
    assert.throws(() => strict.load("a"), { code: "plain_text_refused", status: 503 });
    const store = new SqliteStore(db, { keys: KEY });
    assert.equal(store.load("a").secrets.current, "a secret");
    assert.equal(store.reencryptAll(), 1);
    assert.throws(() => new SqliteStore(db, { plainText: true, refusePlainText: true }), { code: "misuse" });
    assert.equal(strict.load("a").secrets.current, "a secret");
  });
});

test("a key is kept as of the moment that is given", () => {
  const db = memory();
  new SqliteStore(db, plainText).putInstallKey({ kid: "k", pem: "pem" }, new Date(5000));
  assert.deepEqual(db.prepare("SELECT kept_at FROM install_key").get(), { kept_at: 5 });
});

test("a rotation empties the log of what was there before", (t) => {
  const { db, bytes } = file(t);
  new SqliteStore(db, plainText).deliver("a", null, () => installed("a", "a-shared-secret"), new Date());
  assert.ok(bytes().includes("a-shared-secret"));
  new SqliteStore(db, { keys: KEY }).reencryptAll();
  assert.ok(!bytes().includes("a-shared-secret"));
});

test("the hash of a token is one: a mark under something else would stand for every token", () => {
  const store = new SqliteStore(memory(), plainText);
  for (const token of ["", "token", "A".repeat(64), "a".repeat(63)]) {
    assert.throws(() => store.deliver("a", token, () => installed("a", "s"), new Date()), { code: "field_value" });
  }
  assert.equal(store.load("a"), null);
});
