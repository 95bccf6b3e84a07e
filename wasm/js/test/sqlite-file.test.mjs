// The files of SqliteStore: their schema, and secrets in them.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";

import Database from "better-sqlite3";

import { SqliteStore } from "@app-license/sdk/fetch";
import { FILE, schema } from "../scripts/schema.mjs";
import { FILE as LIMITS, limits } from "../scripts/limits.mjs";
import { KEY, SEALED, file, fixture, installed, memory, plainText, statements } from "./sqlite-files.mjs";

const MIGRATIONS = new URL("../../../crates/app-license-store/migrations/sqlite/", import.meta.url);
const WHOSE = JSON.parse(readFileSync(new URL("../../../crates/app-license-store/tests/fixtures/whose-file.json", import.meta.url), "utf8"));
const OTHER = Buffer.from("a new key, also thirty-two bytes").toString("base64");

test("limits are those of the Rust crates", () => {
  assert.equal(readFileSync(LIMITS, "utf8"), limits(), "run `node scripts/limits.mjs`");
});

test("what is no database is refused, with what to write", () => {
  for (const db of ["installations.db", undefined, null, {}, new Database(":memory:").prepare("SELECT 1"), Database]) {
    const message = /^SqliteStore: `db` must be an open database: write `new SqliteStore\(new Database\("installations.db"\)/;
    assert.throws(() => new SqliteStore(db, plainText), { name: "VerifyError", code: "misuse", message });
  }
  const answersNothing = Object.fromEntries(["exec", "pragma", "prepare", "transaction"].map((name) => [name, () => undefined]));
  assert.throws(() => new SqliteStore(answersNothing, plainText), { name: "VerifyError", code: "misuse", message: /does not answer/ });
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
      if (version > 1) {
        // by the places of the columns, of which one has another name since version 6
        db.exec(`INSERT INTO license VALUES ('connect:a', 'connect_license_api', '{}', 10)`);
      }
      const store = new SqliteStore(db, plainText);
      assert.deepEqual(statements(db), statements(newest));
      assert.deepEqual(store.load("a").record, { key: { connect: "a" } });
      const answer = version > 1 ? { document: "{}", fetchedAt: new Date(10_000) } : null;
      assert.deepEqual(store.license("a", "connect_license_api"), answer);
    }
  });

  test("of a later version, or of another program, is refused and left alone", () => {
    const later = memory();
    new SqliteStore(later, plainText);
    later.pragma("user_version = 7");
    const shared = memory(`CREATE TABLE users (name TEXT);${fixture(2)}`);
    for (const [db, code, said] of [
      [later, "newer_schema", /version 7, newer than the 6/],
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
