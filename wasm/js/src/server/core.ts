// The core in WebAssembly: the fields of a question go in, the fields of an answer come out.
import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { TextEncoder } from "node:util";
import { brotliDecompressSync } from "node:zlib";
import packed from "#core";
import { LicenseError } from "../index.js";
import type { Op } from "./op.js";

/**
 * Why something was refused or could not be read.
 *
 * `class` says whose fault it is, `status` what to answer the caller with: 401 for a proof that
 * does not hold, 503 for a platform that could not tell.
 */
export class VerifyError extends LicenseError {
  readonly class: "malformed" | "too_large" | "refused" | "unavailable" | "misuse";
  /** The HTTP status to answer with. */
  readonly status: number;

  constructor(code: string, message: string, failure: VerifyError["class"], status: number) {
    super(code, message);
    this.name = "VerifyError";
    this.class = failure;
    this.status = status;
  }
}

/** The fields of a question, in the order that the core has them. */
export interface Question {
  authorization?: string | undefined;
  method?: string | undefined;
  target?: string | undefined;
  form?: string | undefined;
  baseUrl?: string | undefined;
  leeway?: number | undefined;
  now?: number | undefined;
  clientKey?: string | undefined;
  secret?: string | undefined;
  previous?: string | undefined;
  body?: string | undefined;
  event?: string | undefined;
  appKey?: string | undefined;
  cloud?: string | undefined;
  sites?: string | undefined;
  keys?: string | undefined;
  status?: string | undefined;
  extra?: string | undefined;
  /** `p`: a proxy strips the path of the base URL. */
  flags?: string | undefined;
}

const FIELDS = 19;
const HEAD = 4 * (FIELDS + 1);
const MOST_KEYS = 64;

interface Exports {
  memory: WebAssembly.Memory;
  room(bytes: number): number;
  ask(): number;
}

// Node's own: jest with jsdom has no global one
const encoder = new TextEncoder();
const parsedKeys = new Map<string, KeyObject>();
let core: Exports | undefined;
// views of the core's memory, made anew when it grows
let bytes = Buffer.alloc(0);
let words = new Int32Array();
let room = bytes.subarray(0);

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

/** What the core asks of its host: RS256, which Node has and the module would have to carry. */
function rs256Verify(...at: number[]): number {
  const part = (i: number) => Buffer.from(bytes.buffer, at[i]!, at[i + 1]!);
  try {
    fresh();
    const key = parsedKey(part(0).toString("base64url"), part(2).toString("base64url"));
    return verify("sha256", part(4), key, part(6)) ? 1 : 0;
  } catch {
    return 0;
  }
}

function load(): Exports {
  const module = new WebAssembly.Module(brotliDecompressSync(Buffer.from(packed, "base64")));
  const host = { rs256_verify: rs256Verify };
  core = new WebAssembly.Instance(module, { host }).exports as unknown as Exports;
  return core;
}

function fresh(): void {
  const { buffer } = core!.memory;
  if (bytes.buffer !== buffer) {
    bytes = Buffer.from(buffer);
    words = new Int32Array(buffer);
    room = bytes.subarray(0);
  }
}

/** Asks the core. Throws {@link VerifyError} for a refusal. */
export function ask(op: Op, q: Question): (string | null)[] {
  const { room: make, ask: respond } = core ?? load();
  const fields = [
    q.authorization, q.method, q.target, q.form, q.baseUrl,
    q.leeway === undefined ? undefined : `${q.leeway}`,
    q.now === undefined ? undefined : `${q.now}`,
    q.clientKey, q.secret, q.previous, q.body, q.event, q.appKey, q.cloud, q.sites, q.keys,
    q.status, q.extra, q.flags,
  ];
  let text = "";
  for (const field of fields) {
    text += field ?? "";
  }
  const at = make(HEAD + 3 * text.length);
  if (!at) {
    throw new VerifyError("too_large", "the question is larger than any honest one", "too_large", 413);
  }
  fresh();
  if (room.byteOffset !== at + HEAD) {
    room = bytes.subarray(at + HEAD);
  }
  // ASCII has as many bytes as characters
  const plain = encoder.encodeInto(text, room).written === text.length;
  words[at / 4] = op;
  let end = 0;
  for (let i = 0; i < FIELDS; i += 1) {
    const field = fields[i];
    let length = field?.length ?? -1;
    if (length > 0) {
      length = plain ? length : encoder.encodeInto(field!, room.subarray(end)).written;
      end += length;
    }
    words[at / 4 + 1 + i] = length;
  }
  let place: number;
  try {
    place = respond();
  } catch (error) {
    core = undefined; // a module that stopped in the middle is not to be trusted
    throw error;
  }
  return answered(place);
}

function answered(place: number): (string | null)[] {
  fresh();
  const [lengthsAt, count, textAt] = [words[place / 4]! / 4, words[place / 4 + 1]!, words[place / 4 + 2]!];
  const text = bytes.toString("utf8", textAt, textAt + words[lengthsAt + count - 1]!);
  const answer: (string | null)[] = [];
  let start = 0;
  for (let i = 0; i < count - 1; i += 1) {
    const length = words[lengthsAt + i]!;
    answer.push(length < 0 ? null : text.slice(start, start + length));
    start += Math.max(length, 0);
  }
  const [code, failure, status, message] = answer;
  if (code !== null) {
    throw new VerifyError(code!, message!, failure as VerifyError["class"], Number(status));
  }
  return answer;
}

/** Seconds since 1970. */
export const seconds = (date: Date | undefined) => Math.floor(+(date ?? new Date()) / 1000);
export const date = (at: string | null | undefined) => new Date(Number(at) * 1000);
