// One request to a configured host: https only, no redirects, within limits of time and size.
import { VerifyError } from "./core.js";

/** How requests are made. */
export interface FetchOptions {
  /** The `fetch` to use; the platform's, when left out. */
  fetch?: typeof fetch | undefined;
  /** How long one request may take, in milliseconds; 5000. */
  timeout?: number | undefined;
}

/** What a host answered. */
export interface Answer {
  status: number;
  body: string;
  /** The seconds after which it wants to be asked again; null where it does not say. */
  retryAfter: number | null;
  host: string;
}

/** Nothing was learned, a later try may: 503. `answered` is the status of the host, if it had one. */
export class PlatformFault extends VerifyError {
  readonly answered: number | null;
  readonly retryAfter: number | null;

  constructor(code: string, message: string, answered: number | null = null, retryAfter: number | null = null) {
    super(code, message, "unavailable", 503);
    this.name = "PlatformFault";
    this.answered = answered;
    this.retryAfter = retryAfter;
  }

  /** Whether trying the same again at once may help. */
  get isPassing(): boolean {
    return this.isOfTheHost || PASSING.has(this.answered ?? 0);
  }

  /** Whether the whole host is at fault, not the one question. */
  get isOfTheHost(): boolean {
    return this.code === "unreachable" || this.code === "timed_out";
  }

  /** Whether the token that the host was asked with was refused. */
  get isTokenRefused(): boolean {
    return this.code === "tokens_refused" || this.answered === 401 || this.answered === 403;
  }
}

const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** An answer other than success. */
export const statusFault = ({ host, status, retryAfter }: Answer) =>
  new PlatformFault("status", `\`${host}\` answered ${status}`, status, retryAfter);

/** An answer that is not what was asked for. */
export const unreadable = (host: string, what: string) =>
  new PlatformFault("unreadable", `\`${host}\` answered something that is no ${what}`);

/** Whether so many seconds have passed. A clock that was set back counts as passed. */
export const passed = (now: number, then: number, seconds: number) => now < then || now - then >= seconds;

/** Keys of tests prove nothing, unless it is said that this is a test. */
export function refuseTestKey(kid: string, allowed = false): void {
  if (kid.startsWith("test-") && !allowed) {
    throw new VerifyError("test_key", "a key for tests proves nothing here", "refused", 401);
  }
}

/** `http` is for this machine only. Throws {@link PlatformFault}. */
export async function get(
  url: string,
  limit: number,
  options: FetchOptions,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { protocol, hostname, host } = new URL(url);
  if (protocol !== "https:" && !(protocol === "http:" && LOOPBACK.has(hostname))) {
    throw new VerifyError("invalid_url", `\`${host}\` is not asked over https`, "misuse", 500);
  }
  const { fetch: ask = fetch, timeout = 5000 } = options;
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await ask(url, { redirect: "manual", signal, headers });
    const { status, type } = response;
    if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
      await response.body?.cancel();
      throw new PlatformFault("redirected", `\`${host}\` answered ${status}, and redirects are not followed`);
    }
    const body = await limited(response, limit, host);
    return { status, body, retryAfter: wish(response.headers.get("retry-after")), host };
  } catch (error) {
    if (error instanceof VerifyError) {
      throw error;
    }
    throw signal.aborted
      ? new PlatformFault("timed_out", `\`${host}\` did not answer in time`)
      : new PlatformFault("unreachable", `\`${host}\` cannot be reached`);
  }
}

/** A number of seconds; a date is not read. */
function wish(value: string | null): number | null {
  const text = value?.trim() ?? "";
  return /^\d+$/.test(text) ? Number(text) : null;
}

async function limited(response: Response, limit: number, host: string): Promise<string> {
  const tooLarge = () => new PlatformFault("answer_too_large", `\`${host}\` answered more than ${limit} bytes`);
  const parts: Uint8Array[] = [];
  let size = Number(response.headers.get("content-length") ?? 0);
  if (size > limit) {
    await response.body?.cancel();
    throw tooLarge();
  }
  size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader!.read()) {
    size += part.value.length;
    if (size > limit) {
      await reader!.cancel();
      throw tooLarge();
    }
    parts.push(part.value);
  }
  return Buffer.concat(parts).toString("utf8");
}
