// One request to a configured host: https only, no redirects, within limits of time and size.
import { VerifyError } from "./core.js";
import { FETCH_TIME } from "./limits.js";
import { machine } from "./machine.js";
import { fault } from "./refusals.js";

/** How requests are made. */
export interface FetchOptions {
  /** The `fetch` to use; the platform's, when left out. */
  fetch?: typeof fetch | undefined;
  /** How long one request may take, in milliseconds; 5000. */
  timeout?: number | undefined;
}

/** What came of a request: what follows from it, the core says. */
export interface Fetched {
  outcome: "answered" | "redirected" | "too_large" | "timed_out" | "unreachable" | "cache";
  host?: string;
  status?: number;
  body?: string;
  retryAfter?: string | null;
  limit?: number;
}

/** Why something is not known or refused, as the core says it. */
export interface Problem {
  code: string;
  class: VerifyError["class"];
  message: string;
  answered: number | null;
  retryAfter: number | null;
}

interface Traits {
  passing: boolean;
  ofTheHost: boolean;
  tokenRefused: boolean;
}

/** Nothing was learned, a later try may: 503. `answered` is the status of the host, if it had one. */
export class PlatformFault extends VerifyError {
  readonly answered: number | null;
  readonly retryAfter: number | null;

  override get name(): string {
    return "PlatformFault";
  }

  constructor(code: string, message: string, answered: number | null = null, retryAfter: number | null = null) {
    super(code, message, "unavailable", fault(code, "unavailable", message).status);
    this.answered = answered;
    this.retryAfter = retryAfter;
  }

  /** Whether trying the same again at once may help. */
  get isPassing(): boolean {
    return this.#traits().passing;
  }

  /** Whether the whole host is at fault, not the one question. */
  get isOfTheHost(): boolean {
    return this.#traits().ofTheHost;
  }

  /** Whether the token that the host was asked with was refused. */
  get isTokenRefused(): boolean {
    return this.#traits().tokenRefused;
  }

  #traits(): Traits {
    return machine<Traits>("problem", { code: this.code, answered: this.answered });
  }
}

/** The error for a problem. */
export function thrown({ code, class: of, message, answered, retryAfter }: Problem): VerifyError {
  return of === "unavailable" ? new PlatformFault(code, message, answered, retryAfter) : fault(code, of, message);
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Asks a host. `http` is for this machine only. Throws {@link VerifyError} for another. */
export async function get(
  url: string,
  limit: number,
  options: FetchOptions,
  headers: Record<string, string> = {},
): Promise<Fetched> {
  const { protocol, hostname, host } = new URL(url);
  if (protocol !== "https:" && !(protocol === "http:" && LOOPBACK.has(hostname))) {
    throw fault("invalid_url", "misuse", `\`${host}\` is not asked over https`);
  }
  const { fetch: ask = fetch, timeout = FETCH_TIME } = options;
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await ask(url, { redirect: "manual", signal, headers });
    const { status, type } = response;
    if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
      await response.body?.cancel();
      return { outcome: "redirected", host, status };
    }
    const body = await limited(response, limit);
    if (body === null) {
      return { outcome: "too_large", host, limit };
    }
    return { outcome: "answered", host, status, body, retryAfter: response.headers.get("retry-after") };
  } catch {
    return { outcome: signal.aborted ? "timed_out" : "unreachable", host };
  }
}

/** The body; null for one of more than `limit` bytes. */
async function limited(response: Response, limit: number): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let size = Number(response.headers.get("content-length") ?? 0);
  if (size > limit) {
    await response.body?.cancel();
    return null;
  }
  size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader!.read()) {
    size += part.value.length;
    if (size > limit) {
      await reader!.cancel();
      return null;
    }
    parts.push(part.value);
  }
  return Buffer.concat(parts).toString("utf8");
}
