// The core in WebAssembly: how its operations are called, and what it asks of Node.
import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { __wbg_reset_state as makeAnew, initSync, start } from "#core";
import type { Host, InitOutput, Json } from "#core";
import bytes from "#core/module";
import { LicenseError } from "../index.js";

/**
 * Why something was refused or could not be read.
 *
 * `class` says whose fault it is, `status` what to answer the caller with: 401 for a proof that
 * does not hold, 503 for a platform that could not tell.
 *
 * @example
 * ```ts
 * try {
 *   verifyInvocation("Bearer nonsense", jwks, { appId });
 * } catch (error) {
 *   if (!(error instanceof VerifyError)) throw error;
 *   console.log(error.status); // 401
 * }
 * ```
 */
export class VerifyError extends LicenseError {
  readonly class: "malformed" | "too_large" | "refused" | "unavailable" | "misuse";
  /** The HTTP status to answer with. */
  readonly status: number;

  override get name(): string {
    return "VerifyError";
  }

  constructor(code: string, message: string, failure: VerifyError["class"], status: number) {
    super(code, message);
    this.class = failure;
    this.status = status;
  }
}

/** The longest texts of one call, in UTF-16 units: memory that a module once had it keeps. */
const MOST_TEXT = 1_398_000;
const MOST_KEYS = 64;

const parsedKeys = new Map<string, KeyObject>();

/** A public key of the platform, parsed once. */
function parsedKey(n: string, e: string): KeyObject {
  const id = `${n}.${e}`;
  let key = parsedKeys.get(id);
  if (!key) {
    key = createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" });
    if (parsedKeys.size >= MOST_KEYS) {
      parsedKeys.delete(parsedKeys.keys().next().value!);
    }
    parsedKeys.set(id, key);
  }
  return key;
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");

/** What the core asks of Node, which has RS256 where the module would have to carry it. */
const host: Host = {
  rs256Verify(n, e, message, signature) {
    try {
      return verify("sha256", message, parsedKey(base64url(n), base64url(e)), signature);
    } catch {
      return false;
    }
  },
  refusal: (code, message, failure, status) => new VerifyError(code, message, failure, status),
};

let made = false;
let started = false;

function load(): void {
  if (made) {
    makeAnew();
  } else {
    initSync({ module: bytes() });
    made = true;
  }
  start(host);
  started = true;
}

/** How much text is in a value. */
function textIn(value: unknown): number {
  if (typeof value === "string") {
    return value.length;
  }
  let length = 0;
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) {
      length += textIn(part);
    }
  }
  return length;
}

/**
 * Performs an operation that is handed so much text. Throws {@link VerifyError} for a refusal.
 * @internal
 */
export function run<R>(length: number, operation: () => R): R {
  if (length > MOST_TEXT) {
    throw new VerifyError("too_large", "the call is larger than any honest one", "too_large", 413);
  }
  if (!started) {
    load();
  }
  try {
    return operation();
  } catch (error) {
    if (!(error instanceof VerifyError)) {
      started = false; // a module that stopped in the middle is not to be trusted
    }
    if (error instanceof TypeError) {
      // what is handed over by the types traps in the module, if anywhere
      throw new VerifyError("misuse", "expected texts, found another type", "misuse", 500);
    }
    throw error;
  }
}

/**
 * Performs an operation of `op.ts`. Throws {@link VerifyError} for a refusal.
 * @internal
 */
export const call = <A extends readonly unknown[], R>(operation: (...values: A) => R, ...values: A): R =>
  run(textIn(values), () => operation(...values));

/**
 * Performs an operation that answers JSON text.
 * @internal
 */
export const read = <A extends readonly unknown[], T>(operation: (...values: A) => Json<T>, ...values: A): T =>
  JSON.parse(call(operation, ...values)) as T;

/** A text, or nothing where something else was handed in: the core says what is missing. @internal */
export const text = (value: unknown) => (typeof value === "string" ? value : undefined);

/**
 * What the module exports, for tests: its memory, and what wasm-bindgen calls.
 * @internal
 */
export function instance(): InitOutput {
  if (!started) {
    load();
  }
  return initSync(undefined as never);
}

/** Seconds since 1970. */
export const seconds = (date: Date | undefined) => Math.floor(+(date ?? new Date()) / 1000);
export const date = (at: number) => new Date(at * 1000);
