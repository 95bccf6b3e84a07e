// Secrets at rest, in the form of the Rust store: sealed with a key from the configuration, or in plain
// text where that is asked for.
import * as crypto from "node:crypto";

import { PlatformFault, internal } from "../server.js";

/** Which secret of an installation. */
export type Column = "secret" | "previous secret";

/** A secret as it stands in the file: `keyId` names the key that sealed it; none for plain text. */
export interface Sealed {
  bytes: Uint8Array;
  keyId: string | null;
}

interface Key {
  id: string;
  bytes: Uint8Array;
}

/** What a store is told of its keys. */
export interface SealingOptions {
  /**
   * The keys that seal secrets, each 32 random bytes as base64 (`openssl rand -base64 32`): the current one
   * first, then those that still open what they sealed. A list, or one text with commas between, as
   * `app-license store` reads it from `APP_LICENSE_KEYS`.
   */
  keys?: string | readonly string[] | undefined;
  /** Lets secrets stand in the file in plain text where there are no keys: for tests, and where the disk
   * is sealed and backups are too. Who has a secret can act as the platform toward the app. */
  plainText?: boolean | undefined;
  /** Refuses secrets that stand in plain text, where there are keys. Without it they are read, so that
   * sealing can be turned on. */
  refusePlainText?: boolean | undefined;
}

const NONCE = 24;
const TAG = 16;
const { fault } = internal;

/** Seals and opens: XChaCha20-Poly1305 under a random nonce, bound to tenant and column. */
export class Sealer {
  readonly #keys: readonly Key[];
  readonly #refusesPlainText: boolean;
  /** What was opened, by all that it was opened from: a tenant's secret is read again and again. */
  readonly #opened = new internal.Bounded<string>(10_000);

  constructor({ keys = [], plainText = false, refusePlainText = false }: SealingOptions) {
    const given = typeof keys == "string" ? keys.split(",") : keys;
    this.#keys = given.map((key) => key.trim()).filter((key) => key !== "").map(keyOf);
    this.#refusesPlainText = refusePlainText;
    if (!this.#keys.length && !plainText) {
      const message =
        "SqliteStore: no key is given that seals secrets: make one by `openssl rand -base64 32`, keep it apart from " +
        "the file and pass it, `{ keys: process.env.APP_LICENSE_KEYS }`; or ask for plain text by name, `{ plainText: true }`";
      throw fault("no_encryption_key", "misuse", message);
    }
    try {
      this.seal("", "secret", "a secret"); // found out now, not when the first customer comes
    } catch (error) {
      const message = "SqliteStore: `node:crypto` of this runtime has no ChaCha20, which seals secrets";
      throw Object.assign(fault("encryption_key", "misuse", message), { cause: error });
    }
  }

  /** Whether a stored secret is as it would be written now. */
  isCurrent({ keyId }: Sealed): boolean {
    return keyId === (this.#keys[0]?.id ?? null);
  }

  seal(tenant: string, column: Column, secret: string): Sealed {
    const plain = Buffer.from(secret, "utf8");
    const [key] = this.#keys;
    if (!key) {
      return { bytes: plain, keyId: null };
    }
    const nonce = crypto.randomBytes(NONCE);
    const { subkey, rest } = derived(key.bytes, nonce);
    const cipher = crypto.createCipheriv("chacha20-poly1305", subkey, rest, { authTagLength: TAG });
    cipher.setAAD(boundTo(tenant, column), { plaintextLength: plain.length });
    const bytes = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { bytes, keyId: key.id };
  }

  /** Throws, 503, what the Rust store says: the app serves nobody by a secret that does not open. */
  open(tenant: string, column: Column, { bytes, keyId }: Sealed, refusesPlainText = this.#refusesPlainText): string {
    if (keyId === null) {
      if (this.#keys.length && refusesPlainText) {
        throw new PlatformFault("plain_text_refused", `the stored ${column} is in plain text, which is refused`);
      }
      return textOf(bytes, column);
    }
    const key = this.#keys.find(({ id }) => id === keyId);
    if (!key) {
      const message = `the stored ${column} is sealed with key \`${keyId}\`, which is not configured`;
      throw new PlatformFault("unknown_encryption_key", message);
    }
    const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const from = `${keyId}\0${column}\0${tenant}\0${sealed.toString("latin1")}`;
    const known = this.#opened.get(from);
    if (known !== undefined) {
      return known;
    }
    const plain = opened(key, sealed, boundTo(tenant, column));
    if (plain === null) {
      throw new PlatformFault("does_not_open", `the stored ${column} does not open with key \`${keyId}\``);
    }
    const text = textOf(plain, column);
    this.#opened.set(from, text);
    return text;
  }
}

function textOf(bytes: Uint8Array, column: Column): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  // what is no UTF-8 is read as U+FFFD
  if (text === "" || (text.includes("\ufffd") && !Buffer.from(text, "utf8").equals(bytes))) {
    throw new PlatformFault("store_corrupt", `the stored ${column} is no text`);
  }
  return text;
}

function opened(key: Key, sealed: Buffer, about: Buffer): Buffer | null {
  if (sealed.length < NONCE + TAG) {
    return null;
  }
  const { subkey, rest } = derived(key.bytes, sealed.subarray(0, NONCE));
  const cipher = crypto.createDecipheriv("chacha20-poly1305", subkey, rest, { authTagLength: TAG });
  const text = sealed.subarray(NONCE, -TAG);
  cipher.setAAD(about, { plaintextLength: text.length });
  cipher.setAuthTag(sealed.subarray(-TAG));
  try {
    return Buffer.concat([cipher.update(text), cipher.final()]);
  } catch {
    return null;
  }
}

/** A key is named by what it is, so that it cannot be configured under the name of another. */
function keyOf(text: string): Key {
  const bytes = Buffer.from(text, "base64");
  const invalid = (reason: string) => fault("encryption_key", "misuse", `SqliteStore: a key is not usable: ${reason}`);
  if (bytes.toString("base64") !== text) {
    throw invalid("it is not base64");
  }
  if (bytes.length !== 32) {
    throw invalid("it is not 32 bytes");
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    throw invalid("all its bytes are the same");
  }
  const id = crypto.createHash("sha256").update("app-license-store key id\0").update(bytes).digest("hex").slice(0, 16);
  return { id, bytes };
}

/** What a sealed secret is bound to. No part can hold a NUL, so no two pairs give one text. */
const boundTo = (tenant: string, column: Column) => Buffer.from(`app-license-store/1\0${column}\0${tenant}`, "utf8");

const CONSTANTS = Buffer.from("expand 32-byte k", "ascii");

/**
 * The key and the nonce of ChaCha20-Poly1305 that XChaCha20-Poly1305 comes to: Node has no cipher of that
 * name. HChaCha20 is a block of ChaCha20 before its last step, which adds the words that it began with.
 */
function derived(key: Uint8Array, nonce: Buffer): { subkey: Buffer; rest: Buffer } {
  const start = nonce.subarray(0, 16);
  const block = crypto.createCipheriv("chacha20", key, start).update(Buffer.alloc(64));
  const subkey = Buffer.alloc(32);
  const take = (from: number, added: Buffer, to: number) => {
    for (let at = 0; at < 16; at += 4) {
      subkey.writeUInt32LE((block.readUInt32LE(from + at) - added.readUInt32LE(at)) >>> 0, to + at);
    }
  };
  take(0, CONSTANTS, 0);
  take(48, start, 16);
  return { subkey, rest: Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]) };
}
