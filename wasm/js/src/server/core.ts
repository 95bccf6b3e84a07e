// The core in WebAssembly: the fields of a question go in, the fields of an answer come out.
import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { brotliDecompressSync } from "node:zlib";
import packed from "#core";
import { LicenseError } from "../index.js";

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

/** The operations, by the numbers that the core gives them. */
export const enum Op {
  Tenant = 1,
  Request,
  Context,
  QueryHash,
  Sign,
  ConnectLicense,
  InstallKey,
  Install,
  Lifecycle,
  LifecycleBody,
  InvocationKey,
  Invocation,
  KeySet,
  ForgeLicense,
  Decide,
  Apply,
  Secrets,
  ForgeLicenseUrl,
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
}

const FIELDS = 18;
const HEAD = 4 * (FIELDS + 1);
const MOST_KEYS = 64;

interface Exports {
  memory: WebAssembly.Memory;
  room(bytes: number): number;
  ask(): number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const parsedKeys = new Map<string, KeyObject>();
let core: Exports | undefined;
let bytes = new Uint8Array();

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
    bytes = fresh();
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

const fresh = () =>
  bytes.buffer === core!.memory.buffer ? bytes : (bytes = new Uint8Array(core!.memory.buffer));

/** Asks the core. Throws {@link VerifyError} for a refusal. */
export function ask(op: Op, q: Question): (string | null)[] {
  const { room, ask: respond } = core ?? load();
  const fields = [
    q.authorization, q.method, q.target, q.form, q.baseUrl,
    q.leeway === undefined ? undefined : `${q.leeway}`,
    q.now === undefined ? undefined : `${q.now}`,
    q.clientKey, q.secret, q.previous, q.body, q.event, q.appKey, q.cloud, q.sites, q.keys,
    q.status, q.extra,
  ];
  let most = HEAD;
  for (const field of fields) {
    most += field === undefined ? 0 : 3 * field.length;
  }
  const at = room(most);
  if (!at) {
    throw new VerifyError("too_large", "the question is larger than any honest one", "too_large", 413);
  }
  const memory = fresh();
  const head = new Int32Array(memory.buffer, at, FIELDS + 1);
  head[0] = op;
  let end = at + HEAD;
  for (let i = 0; i < FIELDS; i += 1) {
    const field = fields[i];
    let written = -1;
    if (field !== undefined) {
      written = field === "" ? 0 : encoder.encodeInto(field, memory.subarray(end)).written;
      end += written;
    }
    head[i + 1] = written;
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
  const memory = fresh();
  const [lengthsAt, count, textAt] = new Uint32Array(memory.buffer, place, 3) as unknown as [
    number,
    number,
    number,
  ];
  const lengths = new Int32Array(memory.buffer, lengthsAt, count);
  const text = decoder.decode(memory.subarray(textAt, textAt + lengths[count - 1]!));
  const answer: (string | null)[] = [];
  let start = 0;
  for (let i = 0; i < count - 1; i += 1) {
    const length = lengths[i]!;
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
