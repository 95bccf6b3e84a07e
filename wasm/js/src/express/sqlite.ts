import type { Change, Installation, InstallationRecord } from "../server.js";
import { replayed } from "./store.js";
import type { HistoryEntry, InstallationStore, Mark, Outcome } from "./store.js";

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

const VERSION = 1;
const SCHEMA = `
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
  INSERT INTO app_license_schema VALUES (${VERSION});
`;

interface Row {
  record: string;
  secret: string | null;
  previous: string | null;
  replaced_at: number | null;
}

const seconds = (date: Date) => Math.floor(+date / 1000);

/**
 * Keeps installations in a database of `better-sqlite3`, which the app opens and closes. Secrets
 * are stored as they are: keep the file to yourself.
 *
 * ```ts
 * import Database from "better-sqlite3";
 * const store = new SqliteStore(new Database("installations.db"));
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
    this.#load = db.prepare(
      "SELECT record, secret, previous, replaced_at FROM app_license_installations WHERE client_key = ?",
    );
  }

  load(clientKey: string): Installation | null {
    const row = this.#load.get(clientKey) as Row | undefined;
    if (!row) {
      return null;
    }
    const { record, secret, previous, replaced_at } = row;
    return {
      record: JSON.parse(record) as InstallationRecord,
      secrets: {
        current: secret,
        previous:
          previous === null
            ? null
            : { secret: previous, replacedAt: new Date((replaced_at ?? 0) * 1000) },
      },
    };
  }

  update(
    clientKey: string,
    decide: (current: Installation | null) => Outcome,
    now: Date,
    mark?: Mark,
  ): Change[] {
    return this.#db
      .transaction(() => {
        this.#mark(now, mark);
        const { installation, changes } = decide(this.load(clientKey));
        if (installation && changes.length) {
          this.#write(clientKey, installation);
          this.#db
            .prepare("INSERT INTO app_license_history (client_key, at, changes) VALUES (?, ?, ?)")
            .run(clientKey, seconds(now), JSON.stringify(changes));
        }
        return changes;
      })
      .immediate();
  }

  /** What happened, oldest first. */
  history(clientKey: string): HistoryEntry[] {
    const sql = "SELECT at, changes FROM app_license_history WHERE client_key = ? ORDER BY id";
    const rows = this.#db.prepare(sql).all(clientKey) as { at: number; changes: string }[];
    return rows.map(({ at, changes }) => ({
      clientKey,
      at: new Date(at * 1000),
      changes: JSON.parse(changes) as Change[],
    }));
  }

  #write(clientKey: string, { record, secrets }: Installation): void {
    const { current, previous } = secrets;
    this.#db
      .prepare(
        `INSERT INTO app_license_installations VALUES (?, ?, ?, ?, ?) ON CONFLICT (client_key)
         DO UPDATE SET record = excluded.record, secret = excluded.secret,
           previous = excluded.previous, replaced_at = excluded.replaced_at`,
      )
      .run(
        clientKey,
        JSON.stringify(record),
        current,
        previous?.secret ?? null,
        previous ? seconds(previous.replacedAt) : null,
      );
  }

  #mark(now: Date, mark?: Mark): void {
    if (!mark) {
      return;
    }
    this.#db.prepare("DELETE FROM app_license_marks WHERE expires_at < ?").run(seconds(now));
    const known = this.#db
      .prepare("SELECT body FROM app_license_marks WHERE token = ?")
      .get(mark.token) as { body: string } | undefined;
    if (known && known.body !== mark.body) {
      throw replayed();
    }
    this.#db
      .prepare("INSERT OR IGNORE INTO app_license_marks VALUES (?, ?, ?)")
      .run(mark.token, mark.body, seconds(mark.expiresAt));
  }
}

function migrate(db: SqliteDatabase): void {
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'app_license_schema'").get();
  if (!there) {
    db.exec(SCHEMA);
    return;
  }
  const { version } = db.prepare("SELECT version FROM app_license_schema").get() as {
    version: number;
  };
  if (version > VERSION) {
    throw new Error(`the database has tables of version ${version}, this package knows ${VERSION}`);
  }
}
