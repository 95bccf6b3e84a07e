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
  retryAfter: string | null;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Nothing was learned, a later try may: 503. */
export const unavailable = (code: string, message: string) =>
  new VerifyError(code, message, "unavailable", 503);

/** Keys of tests prove nothing, unless it is said that this is a test. */
export function refuseTestKey(kid: string, allowed = false): void {
  if (kid.startsWith("test-") && !allowed) {
    throw new VerifyError("test_key", "a key for tests proves nothing here", "refused", 401);
  }
}

/** `http` is for this machine only. Throws {@link VerifyError} of the class `unavailable`. */
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
    const response = await ask(url, { redirect: "error", signal, headers });
    const body = await limited(response, limit, host);
    return { status: response.status, body, retryAfter: response.headers.get("retry-after") };
  } catch (error) {
    if (error instanceof VerifyError) {
      throw error;
    }
    throw signal.aborted
      ? unavailable("timed_out", `\`${host}\` did not answer in time`)
      : unavailable("no_connection", `\`${host}\` could not be reached`);
  }
}

async function limited(response: Response, limit: number, host: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader!.read()) {
    size += part.value.length;
    if (size > limit) {
      await reader!.cancel();
      throw unavailable("answer_too_large", `\`${host}\` answers more than ${limit} bytes`);
    }
    parts.push(part.value);
  }
  return Buffer.concat(parts).toString("utf8");
}
