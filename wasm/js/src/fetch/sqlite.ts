import type { Change, InstallKey, Installation, InstallationRecord, Outcome, StoredMark } from "../server.js";
import { MARK_GRACE } from "./store.js";
import type { CachedLicense, Decide, HistoryEntry, InstallationStore } from "./store.js";

interface Statement {
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
  run(...values: unknown[]): unknown;
}

/** What of a `better-sqlite3` database is used. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  pragma(source: string, options?: { simple?: boolean }): unknown;
  prepare(sql: string): Statement;
  transaction<A extends unknown[], R>(run: (...args: A) => R): { immediate(...args: A): R };
}

/** What a database of each version lacks of the next one. */
const MIGRATIONS = [
  `
  CREATE TABLE app_license_installations (
    client_key TEXT PRIMARY KEY,
    record TEXT NOT NULL,
    secret TEXT,
    previous TEXT,
    replaced_at INTEGER
  ) STRICT;
  CREATE TABLE app_license_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_key TEXT NOT NULL,
    at INTEGER NOT NULL,
    changes TEXT NOT NULL
  ) STRICT;
  CREATE INDEX app_license_history_of ON app_license_history (client_key, id);
  CREATE TABLE app_license_marks (
    token TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX app_license_marks_by_age ON app_license_marks (expires_at);
  CREATE TABLE app_license_schema (version INTEGER NOT NULL) STRICT;
  INSERT INTO app_license_schema VALUES (1);
`,
  `
  ALTER TABLE app_license_history ADD COLUMN event TEXT NOT NULL DEFAULT '';
  CREATE TABLE app_license_cursors (
    consumer TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE app_license_licenses (
    key TEXT NOT NULL,
    touchpoint TEXT NOT NULL,
    document TEXT,
    fetched_at INTEGER NOT NULL,
    PRIMARY KEY (key, touchpoint)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE app_license_leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE app_license_install_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kid TEXT NOT NULL UNIQUE,
    pem TEXT NOT NULL
  ) STRICT;
  UPDATE app_license_schema SET version = 2;
`,
];

interface Row {
  record: string;
  secret: string | null;
  previous: string | null;
  replaced_at: number | null;
}

interface HistoryRow {
  id: number;
  client_key: string;
  at: number;
  event: string;
  changes: string;
}

const COLUMNS = "record, secret, previous, replaced_at";
const MOST_KEYS = 64;
const seconds = (date: Date) => Math.floor(+date / 1000);
const date = (at: number) => new Date(at * 1000);

/**
 * Keeps installations in a database of `better-sqlite3`, which the app opens and closes. Secrets
 * are stored as they are: keep the file to yourself.
 *
 * @throws for tables of a later version.
 *
 * @example
 * ```ts
 * import Database from "better-sqlite3";
 * const store = new SqliteStore(new Database(":memory:"));
 * const app = new ConnectApp({ appKey, baseUrl, store });
 * ```
 */
export class SqliteStore implements InstallationStore {
  readonly #db: SqliteDatabase;
  readonly #load: Statement;

  /** Makes its tables when there are none. Throws for tables of a later version. */
  constructor(db: SqliteDatabase) {
    this.#db = db;
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("busy_timeout = 5000");
    db.transaction(() => migrate(db)).immediate();
    this.#load = db.prepare(`SELECT ${COLUMNS} FROM app_license_installations WHERE client_key = ?`);
  }

  load(key: string): Installation | null {
    const row = this.#load.get(key) as Row | undefined;
    return row ? installationOf(row) : null;
  }

  deliver(key: string, token: string | null, decide: Decide, now: Date): Outcome {
    return this.#db
      .transaction(() => {
        const outcome = decide(this.load(key), token === null ? null : this.#mark(token));
        const { repeated, installation, mark, entries } = outcome;
        if (repeated) {
          return outcome;
        }
        if (token !== null && mark) {
          this.#keepMark(token, mark, now);
        }
        if (installation) {
          this.#write(key, installation);
        }
        const sql = "INSERT INTO app_license_history (client_key, at, changes, event) VALUES (?, ?, ?, ?)";
        for (const { event, changes } of entries) {
          this.#db.prepare(sql).run(key, seconds(now), JSON.stringify(changes), event);
        }
        return outcome;
      })
      .immediate();
  }

  /** Every installation, in the order of keys. */
  list(): Installation[] {
    const sql = `SELECT ${COLUMNS} FROM app_license_installations ORDER BY client_key`;
    return (this.#db.prepare(sql).all() as Row[]).map(installationOf);
  }

  /** What happened to one installation, oldest first. */
  history(key: string): HistoryEntry[] {
    const sql = "SELECT * FROM app_license_history WHERE client_key = ? ORDER BY id";
    return (this.#db.prepare(sql).all(key) as HistoryRow[]).map(entryOf);
  }

  historyAfter(sequence: number, limit: number): HistoryEntry[] {
    const sql = "SELECT * FROM app_license_history WHERE id > ? ORDER BY id LIMIT ?";
    return (this.#db.prepare(sql).all(sequence, limit) as HistoryRow[]).map(entryOf);
  }

  cursor(consumer: string): number {
    const sql = "SELECT sequence FROM app_license_cursors WHERE consumer = ?";
    const row = this.#db.prepare(sql).get(consumer) as { sequence: number } | undefined;
    return row?.sequence ?? 0;
  }

  advance(consumer: string, sequence: number): void {
    const sql = `INSERT INTO app_license_cursors VALUES (?, ?) ON CONFLICT (consumer)
      DO UPDATE SET sequence = max(sequence, excluded.sequence)`;
    this.#db.prepare(sql).run(consumer, sequence);
  }

  license(key: string, source: string): CachedLicense | null {
    const sql = "SELECT document, fetched_at FROM app_license_licenses WHERE key = ? AND touchpoint = ?";
    const row = this.#db.prepare(sql).get(key, source) as
      | { document: string | null; fetched_at: number }
      | undefined;
    return row ? { document: row.document, fetchedAt: date(row.fetched_at) } : null;
  }

  putLicense(key: string, source: string, { document, fetchedAt }: CachedLicense): void {
    const sql = `INSERT INTO app_license_licenses VALUES (?, ?, ?, ?) ON CONFLICT (key, touchpoint)
      DO UPDATE SET document = excluded.document, fetched_at = excluded.fetched_at
      WHERE excluded.fetched_at >= fetched_at`;
    this.#db.prepare(sql).run(key, source, document, seconds(fetchedAt));
  }

  tryLease(lease: string, holder: string, now: Date, ttl: number): Date | null {
    return this.#db
      .transaction(() => {
        const sql = "SELECT until FROM app_license_leases WHERE name = ?";
        const held = this.#db.prepare(sql).get(lease) as { until: number } | undefined;
        if (held && held.until > seconds(now)) {
          return date(held.until);
        }
        this.#db
          .prepare("INSERT OR REPLACE INTO app_license_leases VALUES (?, ?, ?)")
          .run(lease, holder, seconds(now) + ttl);
        return null;
      })
      .immediate();
  }

  renewLease(lease: string, holder: string, now: Date, ttl: number): void {
    const sql = "UPDATE app_license_leases SET until = ? WHERE name = ? AND holder = ? AND until > ?";
    this.#db.prepare(sql).run(seconds(now) + ttl, lease, holder, seconds(now));
  }

  releaseLease(lease: string, holder: string): void {
    const sql = "DELETE FROM app_license_leases WHERE name = ? AND holder = ?";
    this.#db.prepare(sql).run(lease, holder);
  }

  installKeys(limit: number): InstallKey[] {
    const sql = "SELECT kid, pem FROM app_license_install_keys ORDER BY id DESC LIMIT ?";
    return this.#db.prepare(sql).all(limit) as InstallKey[];
  }

  putInstallKey({ kid, pem }: InstallKey): void {
    this.#db
      .transaction(() => {
        this.#db.prepare("INSERT OR REPLACE INTO app_license_install_keys (kid, pem) VALUES (?, ?)").run(kid, pem);
        const kept = "SELECT id FROM app_license_install_keys ORDER BY id DESC LIMIT ?";
        this.#db.prepare(`DELETE FROM app_license_install_keys WHERE id NOT IN (${kept})`).run(MOST_KEYS);
      })
      .immediate();
  }

  #write(key: string, { record, secrets }: Installation): void {
    const { current, previous } = secrets;
    this.#db
      .prepare(
        `INSERT INTO app_license_installations VALUES (?, ?, ?, ?, ?) ON CONFLICT (client_key)
         DO UPDATE SET record = excluded.record, secret = excluded.secret,
           previous = excluded.previous, replaced_at = excluded.replaced_at`,
      )
      .run(
        key,
        JSON.stringify(record),
        current,
        previous?.secret ?? null,
        previous ? seconds(previous.replacedAt) : null,
      );
  }

  #mark(token: string): StoredMark | null {
    const sql = "SELECT body, expires_at FROM app_license_marks WHERE token = ?";
    const row = this.#db.prepare(sql).get(token) as { body: string; expires_at: number } | undefined;
    return row ? { body: row.body, expiresAt: date(row.expires_at) } : null;
  }

  #keepMark(token: string, { body, expiresAt }: StoredMark, now: Date): void {
    this.#db.prepare("DELETE FROM app_license_marks WHERE expires_at < ?").run(seconds(now) - MARK_GRACE);
    this.#db
      .prepare("INSERT OR REPLACE INTO app_license_marks VALUES (?, ?, ?)")
      .run(token, body, seconds(expiresAt));
  }
}

function installationOf({ record, secret, previous, replaced_at }: Row): Installation {
  const replacedAt = date(replaced_at ?? 0);
  return {
    record: JSON.parse(record) as InstallationRecord,
    secrets: { current: secret, previous: previous === null ? null : { secret: previous, replacedAt } },
  };
}

const entryOf = ({ id, client_key, at, event, changes }: HistoryRow): HistoryEntry => ({
  sequence: id,
  key: client_key,
  at: date(at),
  event,
  changes: JSON.parse(changes) as Change[],
});

function migrate(db: SqliteDatabase): void {
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'app_license_schema'").get();
  const select = "SELECT version FROM app_license_schema";
  const version = there ? (db.prepare(select).get() as { version: number }).version : 0;
  const latest = MIGRATIONS.length;
  if (version > latest) {
    throw new Error(`the database has tables of version ${version}, this package knows ${latest}`);
  }
  for (const migration of MIGRATIONS.slice(version)) {
    db.exec(migration);
  }
}
