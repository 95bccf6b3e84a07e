import { internal } from "../server.js";
import type { Change, InstallKey, Installation, InstallationRecord, Outcome, StoredMark } from "../server.js";
import { Sealer } from "./sealer.js";
import type { Column, Sealed, SealingOptions } from "./sealer.js";
import { emptyLog, open } from "./sqlite-file.js";
import type { SqliteDatabase, Statement } from "./sqlite-file.js";
import { MARK_GRACE, MAX_KEYS } from "../server/limits.js";
import { aheadOf, isHeld, latestEnd } from "../server/wrong-clock.js";
import { consumerName, corrupt, lasting } from "./store.js";
import type { CachedLicense, Decide, HistoryEntry, InstallationStore, Stopped } from "./store.js";

/** How secrets are kept in a `SqliteStore`: `keys`, or `plainText`. */
export interface SqliteStoreOptions extends SealingOptions {}

interface Row {
  id: number;
  tenant: string;
  record: string;
  secret: Buffer | null;
  secret_key: string | null;
  previous: Buffer | null;
  previous_key: string | null;
  previous_at: number | null;
}

interface HistoryRow {
  sequence: number;
  tenant: string;
  at: number;
  event: string;
  changes: string;
}

const COLUMNS = "id, tenant, record, secret, secret_key, previous, previous_key, previous_at";
const HISTORY = `SELECT h.sequence, i.tenant, h.at, h.event, h.changes
  FROM history h JOIN installation i ON i.id = h.installation`;
/** The last number of the history. What was erased had one too: the highest is kept among the cursors, under
 * a name that no consumer can have. */
const LAST = `max((SELECT coalesce(max(sequence), 0) FROM history),
  (SELECT coalesce(max(sequence), 0) FROM consumer WHERE name = ' last'))`;

/** The members of a record that this version knows: what a later one wrote besides is kept. */
const MEMBERS: Record<keyof InstallationRecord, true> = {
  key: true,
  status: true,
  statusSince: true,
  firstInstalledAt: true,
  installedAt: true,
  updatedAt: true,
  uninstalledAt: true,
  blockedAt: true,
  appKey: true,
  appId: true,
  appVersion: true,
  environmentId: true,
  baseUrl: true,
  displayUrl: true,
  productType: true,
  description: true,
  oauthClientId: true,
  cloudId: true,
  installationId: true,
  entitlement: true,
  capabilitySet: true,
  license: true,
  tenant: true,
  joined: true,
  trialNotice: true,
  issued: true,
};

const { fault, settings } = internal;
const DATABASE = settings.having(["exec", "pragma", "prepare", "transaction"], "an open database: write `new SqliteStore(new Database(\"installations.db\"), { keys })` with `Database` of better-sqlite3");
const RULES = { keys: settings.texts, plainText: settings.flag, refusePlainText: settings.flag };

/** Holds options to their rules, and answers a copy that has nothing else. Of what was found the type alone is said: it
 * may be a key. */
function hold(given: unknown): SqliteStoreOptions {
  const typeOf = (value: unknown) => (value === null ? "null" : Array.isArray(value) ? "a list" : `a value of type ${typeof value}`);
  if (!settings.isTable(given)) {
    throw settings.misuse(`SqliteStore: expected a plain object with options, found ${typeOf(given)}`);
  }
  const options: Record<string, unknown> = settings.own(given);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(RULES, name)) {
      const named = /^[a-z]{1,20}$/i.test(name) ? ` \`${name}\`` : " of the name that is given";
      throw settings.misuse(`SqliteStore: there is no option${named}; there are ${Object.keys(RULES).join(", ")}`);
    }
  }
  for (const [name, rule] of Object.entries(RULES)) {
    const expected = options[name] === undefined ? undefined : rule(options[name]);
    if (expected !== undefined) {
      throw settings.misuse(`SqliteStore: \`${name}\` must be ${expected}, found ${typeOf(options[name])}`);
    }
  }
  if (options["plainText"] === true && options["refusePlainText"] === true) {
    throw settings.misuse("SqliteStore: `plainText` asks for what `refusePlainText` refuses: one of them has to go");
  }
  return options as SqliteStoreOptions;
}
const seconds = (date: Date) => Math.floor(+date / 1000);
const date = (at: number) => new Date(at * 1000);

/** The key of an installation with its platform, as the file has it. */
const tenantOf = (key: string) => `${key.startsWith("ari:") ? "forge" : "connect"}:${key}`;
const keyOf = (tenant: string) => tenant.slice(tenant.indexOf(":") + 1);

/**
 * Keeps installations in a database of `better-sqlite3`, which the app opens and closes: a file of its own,
 * of the schema of the Rust store, which `app-license store` reads and changes. Secrets are sealed with a key.
 *
 * Tables of an earlier version are brought to this one, those that this package had of its own, too.
 *
 * @throws `no_encryption_key` without `keys`, unless `plainText` is asked for; `encryption_key`;
 * `newer_schema` for a file of a later version, `foreign_database` for one with other tables.
 *
 * @example
 * ```ts
 * import Database from "better-sqlite3";
 * const store = new SqliteStore(new Database("installations.db"), { keys: process.env.APP_LICENSE_KEYS });
 * const app = new ConnectApp({ appKey, baseUrl, store });
 * ```
 */
export class SqliteStore implements InstallationStore {
  readonly #db: SqliteDatabase;
  readonly #sealer: Sealer;
  readonly #statements = new Map<string, Statement>();

  constructor(db: SqliteDatabase, options: SqliteStoreOptions) {
    settings.hold("SqliteStore", { db }, { db: DATABASE }, ["db"]);
    const given = hold(options ?? {});
    this.#db = db;
    this.#sealer = new Sealer(given);
    open(db, () => void this.#sealAll(false));
  }

  load(key: string): Installation | null {
    const row = this.#find(tenantOf(key));
    return row ? this.#installationOf(row) : null;
  }

  deliver(key: string, token: string | null, decide: Decide, now: Date): Outcome {
    return this.#db
      .transaction(() => {
        const row = this.#find(tenantOf(key));
        const known = row ? this.#installationOf(row) : null;
        const before = known && JSON.stringify(known);
        const outcome = decide(known, token === null ? null : this.#mark(token));
        const { repeated, installation, mark, entries } = outcome;
        if (repeated) {
          return outcome;
        }
        if (token !== null && mark) {
          this.#keepMark(token, mark, now);
        }
        const isSame = installation === null || JSON.stringify(installation) === before;
        const id = isSame ? row?.id : this.#write(tenantOf(key), installation, row, now);
        for (const { event, changes } of entries) {
          const sql = `INSERT INTO history (sequence, installation, at, event, changes) VALUES (${LAST} + 1, ?, ?, ?, ?)`;
          this.#sql(sql).run(id, seconds(now), event, JSON.stringify(changes));
        }
        return outcome;
      })
      .immediate();
  }

  /** Every installation, in the order of keys. */
  list(): Installation[] {
    const sql = `SELECT ${COLUMNS} FROM installation ORDER BY substr(tenant, instr(tenant, ':') + 1)`;
    return (this.#sql(sql).all() as Row[]).map((row) => this.#installationOf(row));
  }

  /** Seals every secret anew that the first of the keys did not seal; answers of how many installations.
   * Afterwards the others may go. The log of the database is emptied of what was: where another process reads it,
   * a warning (`APP_LICENSE_LOG_NOT_EMPTY`) says that it could not be, and to call this again. */
  reencryptAll(): number {
    const written = this.#db.transaction(() => this.#sealAll()).immediate();
    emptyLog(this.#db);
    return written;
  }

  /** What happened to one installation after an entry, oldest first: all, or a page. */
  history(key: string, after = 0, limit = -1): HistoryEntry[] {
    const sql = `${HISTORY} WHERE i.tenant = ? AND h.sequence > ? ORDER BY h.sequence LIMIT ?`;
    return (this.#sql(sql).all(tenantOf(key), after, limit) as HistoryRow[]).map(entryOf);
  }

  historyAfter(sequence: number, limit: number): HistoryEntry[] {
    const sql = `${HISTORY} WHERE h.sequence > ? ORDER BY h.sequence LIMIT ?`;
    return (this.#sql(sql).all(sequence, limit) as HistoryRow[]).map(entryOf);
  }

  cursor(consumer: string): number {
    const row = this.#sql("SELECT sequence FROM consumer WHERE name = ?").get(consumer) as { sequence: number } | undefined;
    return row?.sequence ?? 0;
  }

  advance(consumer: string, sequence: number): void {
    consumerName(consumer);
    const sql = `INSERT INTO consumer (name, sequence) VALUES (?, ?) ON CONFLICT (name)
      DO UPDATE SET sequence = max(sequence, excluded.sequence)`;
    this.#db
      .transaction(() => {
        const { last } = this.#sql(`SELECT ${LAST} AS last`).get() as { last: number };
        if (sequence > last) {
          throw settings.misuse(`a cursor cannot stand at ${sequence}: the last event is ${last}`);
        }
        this.#sql(sql).run(consumer, sequence);
      })
      .immediate();
  }

  stopped(consumer: string): Stopped[] {
    const sql = "SELECT tenant, sequence, tries, retry_at FROM stopped WHERE consumer = ? ORDER BY sequence";
    const rows = this.#sql(sql).all(consumer) as { tenant: string; sequence: number; tries: number; retry_at: number }[];
    return rows.map((row) => ({ key: keyOf(row.tenant), at: row.sequence, tries: row.tries, retryAt: date(row.retry_at) }));
  }

  stop(consumer: string, { key, at, tries, retryAt }: Stopped): void {
    const sql = "INSERT OR REPLACE INTO stopped (consumer, tenant, sequence, tries, retry_at) VALUES (?, ?, ?, ?, ?)";
    this.#sql(sql).run(consumer, tenantOf(key), at, tries, seconds(retryAt));
  }

  resume(consumer: string, key: string): void {
    this.#sql("DELETE FROM stopped WHERE consumer = ? AND tenant = ?").run(consumer, tenantOf(key));
  }

  license(key: string, source: string): CachedLicense | null {
    const sql = "SELECT document, fetched_at FROM license WHERE tenant = ? AND license_source = ?";
    const row = this.#sql(sql).get(tenantOf(key), source) as { document: string | null; fetched_at: number } | undefined;
    return row ? { document: row.document, fetchedAt: date(row.fetched_at) } : null;
  }

  putLicense(key: string, source: string, { document, fetchedAt }: CachedLicense): void {
    const sql = `INSERT INTO license (tenant, license_source, document, fetched_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (tenant, license_source) DO UPDATE SET document = excluded.document, fetched_at = excluded.fetched_at
      WHERE excluded.fetched_at >= license.fetched_at OR license.fetched_at > ?`;
    this.#sql(sql).run(tenantOf(key), source, document, seconds(fetchedAt), seconds(aheadOf(fetchedAt)));
  }

  tryLease(lease: string, holder: string, now: Date, ttl: number): Date | null {
    lasting(ttl);
    return this.#db
      .transaction(() => {
        const held = this.#sql("SELECT until FROM lease WHERE name = ?").get(lease) as { until: number } | undefined;
        if (held && isHeld(date(held.until), date(seconds(now)))) {
          return date(held.until);
        }
        const sql = "INSERT OR REPLACE INTO lease (name, holder, until) VALUES (?, ?, ?)";
        this.#sql(sql).run(lease, holder, seconds(now) + ttl);
        return null;
      })
      .immediate();
  }

  renewLease(lease: string, holder: string, now: Date, ttl: number): boolean {
    lasting(ttl);
    const sql =
      "UPDATE lease SET until = ? WHERE name = ? AND holder = ? AND until > ? AND until <= ? RETURNING until";
    const held = [lease, holder, seconds(now), seconds(latestEnd(now))];
    return this.#sql(sql).get(seconds(now) + ttl, ...held) !== undefined;
  }

  releaseLease(lease: string, holder: string): void {
    this.#sql("DELETE FROM lease WHERE name = ? AND holder = ?").run(lease, holder);
  }

  installKeys(limit: number): InstallKey[] {
    const sql = "SELECT id AS kid, pem FROM install_key ORDER BY kept_at DESC, id LIMIT ?";
    return this.#sql(sql).all(limit) as InstallKey[];
  }

  /** Keeps a key, in place of one of the same id; `now` is the moment that is said of it. */
  putInstallKey({ kid, pem }: InstallKey, now = new Date()): void {
    // of two in one second, the later one is the newer
    const keep = `INSERT OR REPLACE INTO install_key (id, pem, kept_at)
      VALUES (?, ?, max(?, (SELECT coalesce(max(kept_at), 0) + 1 FROM install_key)))`;
    const forget = `DELETE FROM install_key WHERE id IN
      (SELECT id FROM install_key ORDER BY kept_at DESC, id LIMIT -1 OFFSET ?)`;
    this.#db
      .transaction(() => {
        this.#sql(keep).run(kid, pem, seconds(now));
        this.#sql(forget).run(MAX_KEYS);
      })
      .immediate();
  }

  #sql(sql: string): Statement {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  #find(tenant: string): Row | undefined {
    return this.#sql(`SELECT ${COLUMNS} FROM installation WHERE tenant = ?`).get(tenant) as Row | undefined;
  }

  #write(tenant: string, { record, secrets }: Installation, old: Row | undefined, now: Date): number {
    const { current, previous } = secrets;
    const seal = (column: Column, secret: string | null | undefined) =>
      typeof secret == "string" ? this.#sealer.seal(tenant, column, secret) : { bytes: null, keyId: null };
    const [first, second] = [seal("secret", current), seal("previous secret", previous?.secret)];
    const sql = `INSERT INTO installation
        (tenant, status, record, secret, secret_key, previous, previous_key, previous_at, changed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant) DO UPDATE SET status = excluded.status, record = excluded.record,
        secret = excluded.secret, secret_key = excluded.secret_key, previous = excluded.previous,
        previous_key = excluded.previous_key, previous_at = excluded.previous_at, changed_at = excluded.changed_at
      RETURNING id`;
    const at = previous ? seconds(previous.replacedAt) : null;
    const text = JSON.stringify(old ? withUnknown(record, old.record) : record);
    const written = this.#sql(sql).get(
      tenant, record.status, text, first.bytes, first.keyId, second.bytes, second.keyId, at, seconds(now),
    );
    return (written as { id: number }).id;
  }

  /** What was taken over is in plain text, and is refused from then on. */
  #sealAll(refusesPlainText?: boolean): number {
    const rows = this.#sql(`SELECT ${COLUMNS} FROM installation`).all() as Row[];
    const sql = "UPDATE installation SET secret = ?, secret_key = ?, previous = ?, previous_key = ? WHERE id = ?";
    let written = 0;
    for (const row of rows) {
      const [secret, previous] = [sealedOf(row, "secret"), sealedOf(row, "previous secret")];
      if ([secret, previous].every((one) => one === null || this.#sealer.isCurrent(one))) {
        continue;
      }
      const anew = (column: Column, sealed: Sealed | null) =>
        sealed && this.#sealer.seal(row.tenant, column, this.#sealer.open(row.tenant, column, sealed, refusesPlainText));
      const [first, second] = [anew("secret", secret), anew("previous secret", previous)];
      this.#sql(sql).run(first?.bytes ?? null, first?.keyId ?? null, second?.bytes ?? null, second?.keyId ?? null, row.id);
      written += 1;
    }
    return written;
  }

  #installationOf(row: Row): Installation {
    const open = (column: Column) => {
      const sealed = sealedOf(row, column);
      return sealed && this.#sealer.open(row.tenant, column, sealed);
    };
    const record = recordOf(row);
    const previous = open("previous secret");
    const replacedAt = date(row.previous_at ?? 0);
    return {
      record,
      secrets: { current: open("secret"), previous: previous === null ? null : { secret: previous, replacedAt } },
    };
  }

  #mark(token: string): StoredMark | null {
    const row = this.#sql("SELECT body, expires_at FROM mark WHERE token = ?").get(hash(token)) as
      | { body: Buffer; expires_at: number }
      | undefined;
    return row ? { body: row.body.toString("hex"), expiresAt: date(row.expires_at) } : null;
  }

  #keepMark(token: string, { body, expiresAt }: StoredMark, now: Date): void {
    this.#sql("DELETE FROM mark WHERE expires_at < ?").run(seconds(now) - MARK_GRACE);
    const sql = "INSERT OR REPLACE INTO mark (token, body, expires_at) VALUES (?, ?, ?)";
    this.#sql(sql).run(hash(token), hash(body), seconds(expiresAt));
  }
}

/** The bytes of a hash, which is given as the core writes it. */
function hash(digits: string): Buffer {
  if (!/^[\da-f]{64}$/.test(digits)) {
    throw fault("field_value", "misuse", "the hash of a token or a body is 64 hexadecimal digits");
  }
  return Buffer.from(digits, "hex");
}

function sealedOf(row: Row, column: Column): Sealed | null {
  const [bytes, keyId] = column === "secret" ? [row.secret, row.secret_key] : [row.previous, row.previous_key];
  return bytes && { bytes, keyId };
}

function recordOf({ record, tenant }: Row): InstallationRecord {
  let read: InstallationRecord;
  try {
    read = JSON.parse(record) as InstallationRecord;
  } catch (error) {
    throw corrupt(error);
  }
  const { connect, forge } = Object(Object(read).key) as { connect?: string; forge?: string };
  if (`connect:${connect}` !== tenant && `forge:${forge}` !== tenant) {
    throw corrupt(new Error("it is of another tenant"));
  }
  return read;
}

function withUnknown(record: InstallationRecord, old: string): object {
  const before = Object.entries(JSON.parse(old) as object).filter(([name]) => !Object.hasOwn(MEMBERS, name));
  return { ...Object.fromEntries(before), ...record };
}

const entryOf = ({ sequence, tenant, at, event, changes }: HistoryRow): HistoryEntry => ({
  sequence,
  key: keyOf(tenant),
  at: date(at),
  event,
  changes: JSON.parse(changes) as Change[],
});
