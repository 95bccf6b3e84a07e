// The file of a SqliteStore: opened with care, brought to the newest schema, as the Rust store does.
import { internal } from "../server.js";
import { EARLIER_1_TO_2, EARLIER_2_TO_THIS, MIGRATIONS } from "./schema.js";

export interface Statement {
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

/** Marks a file as ours: `apLc`. */
const APPLICATION_ID = 0x61704c63;
/** The last version of the tables that this package had of its own. */
const EARLIER = 2;
/** Their version once they were taken over: it keeps earlier versions of this package away. */
const TAKEN_OVER = 3;
const { fault, settings } = internal;

/** Brings a file to the newest schema. `seal` seals secrets that were in plain text before. */
export function open(db: SqliteDatabase, seal: () => void): void {
  db.pragma("busy_timeout = 5000");
  enterWalMode(db);
  // a 2xx promises durability: the log is synced at every commit, on macOS to the platter
  db.pragma("synchronous = FULL");
  db.pragma("fullfsync = ON");
  db.pragma("foreign_keys = ON");
  db.pragma("trusted_schema = OFF");
  // an overwritten secret is not left in a free page
  db.pragma("secure_delete = ON");
  db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
  const wasEarlier = db.transaction(() => migrate(db, seal)).immediate();
  if (wasEarlier) {
    emptyLog(db);
  }
}

/** Writes the log into the file and empties it: secrets that were sealed anew are in neither in their old form
 * then. What was committed stays so: that it was held up is a warning, and false. */
export function emptyLog(db: SqliteDatabase): boolean {
  let why = "another process reads it";
  try {
    const [result] = db.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
    if (result?.busy === 0) {
      return true;
    }
  } catch (error) {
    why = `it could not be emptied (${String((Object(error) as { code?: unknown }).code)})`;
  }
  const message =
    "SqliteStore: secrets in the form they had before, plain text perhaps, are still in the log of the database " +
    `(\`…-wal\`): ${why}. Call \`reencryptAll()\` again, or \`app-license store rotate-keys\`, once no other process reads it`;
  process.emitWarning(message, { code: "APP_LICENSE_LOG_NOT_EMPTY" });
  return false;
}

/** Two processes that open a new file together both want to do this, and SQLite does not let one wait for
 * the other here. */
function enterWalMode(db: SqliteDatabase): void {
  for (let tries = 1; ; tries += 1) {
    try {
      const mode = String(db.pragma("journal_mode = WAL", { simple: true }));
      const databases = db.pragma("database_list") as { file: string }[];
      if (!Array.isArray(databases)) {
        throw settings.misuse("SqliteStore: the database does not answer as one of better-sqlite3 does");
      }
      const [main] = databases;
      // what is in memory, or temporary, has no file and no log
      if (mode !== "wal" && main?.file) {
        throw settings.misuse(`SqliteStore: the database file cannot be kept in WAL mode: it stays in mode \`${mode}\``);
      }
      return;
    } catch (error) {
      // of extended codes, too: `SQLITE_BUSY_RECOVERY`, `SQLITE_BUSY_SNAPSHOT`
      if (tries === 100 || !String((Object(error) as { code?: unknown }).code).startsWith("SQLITE_BUSY")) {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

/** Answers whether there were tables that this package had of its own. */
function migrate(db: SqliteDatabase, seal: () => void): boolean {
  const number = (pragma: string) => Number(db.pragma(pragma, { simple: true }));
  const id = number("application_id");
  const found = number("user_version");
  const earlier = earlierOf(db);
  const isOurs = id === APPLICATION_ID;
  if (!isOurs) {
    refuseForeign(db, id, found, earlier !== null);
  } else if (found > MIGRATIONS.length) {
    throw newer(found, MIGRATIONS.length);
  }
  if (earlier !== null && earlier > EARLIER && !(isOurs && earlier === TAKEN_OVER)) {
    throw newer(earlier, EARLIER);
  }
  const from = isOurs ? found : 0;
  for (const sql of MIGRATIONS.slice(from)) {
    db.exec(sql);
  }
  if (from < MIGRATIONS.length) {
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }
  if (earlier === null || earlier === TAKEN_OVER) {
    return false;
  }
  if (db.prepare("SELECT 1 FROM installation").get() !== undefined) {
    throw foreign(BOTH);
  }
  if (earlier === 1) {
    db.exec(EARLIER_1_TO_2);
  }
  db.exec(EARLIER_2_TO_THIS);
  seal();
  return true;
}

/** The version of the tables that this package had of its own; null where there are none. */
function earlierOf(db: SqliteDatabase): number | null {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'app_license_schema'").get() === undefined) {
    return null;
  }
  return (db.prepare("SELECT version FROM app_license_schema").get() as { version: number } | undefined)?.version ?? null;
}

function refuseForeign(db: SqliteDatabase, id: number, version: number, isEarlier: boolean): void {
  // as the Rust store asks
  const sql = `SELECT type || ' \`' || name || '\`' AS found FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND NOT (? AND tbl_name LIKE 'app\\_license\\_%' ESCAPE '\\') LIMIT 1`;
  const other = db.prepare(sql).get(Number(isEarlier)) as { found: string } | undefined;
  const numbered = id !== 0 ? `application id ${id}` : version !== 0 && !isEarlier ? `version ${version}` : undefined;
  const found = other?.found ?? numbered;
  if (found === undefined) {
    return;
  }
  const move = isEarlier
    ? ": give the installations a file of their own (see \"Of the npm package\" in docs/store.md)"
    : ": give the store a file of its own";
  throw foreign(found + move);
}

/** The Rust store says the same. */
const BOTH =
  "it has installations, and beside them tables that an earlier version of the npm package had of its own (`app_license_…`): " +
  "stop that version, and drop its tables once nothing of what it wrote is wanted (see \"Of the npm package\" in docs/store.md)";

const foreign = (found: string) =>
  fault("foreign_database", "misuse", `SqliteStore: the database is no store of installations: ${found}`);

const newer = (found: number, known: number) =>
  fault("newer_schema", "misuse", `SqliteStore: the database has schema version ${found}, newer than the ${known} that this package knows`);
