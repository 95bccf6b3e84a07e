// A request as it arrived, and what is answered, whatever carries them.
import { DeniedError, LicenseError, VerifyError, internal } from "../server.js";
import type { IncomingRequest } from "../server.js";

/** A request as it arrived: what a {@link Request} is taken for, and what other frameworks hand in. */
export interface Incoming extends IncomingRequest {
  authorization: readonly string[];
  /** A header's value, the last one of several. */
  header(name: string): string | null;
  /** The address of the client, where it is known: for budgets alone. */
  address: string | null;
  /** The body's bytes as they were sent; throws `too_large` beyond `limit` bytes. */
  body(limit: number): Promise<Uint8Array>;
}

/** What a server knows of a request that is not in it. */
export interface ClientInfo {
  /** The address at the other end of the connection. */
  address?: string | null | undefined;
}

/** What is answered. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | null;
}

const MAX_BODY = 256 * 1024;
/** Refusals whose own words tell nobody what a token should have been. */
const PLAIN = new Set(["unknown_tenant", "tenant_disabled", "replayed"]);

/** @internal */
export const unknownTenant = () =>
  new VerifyError("unknown_tenant", "the app is not installed there", "refused", 401);

/** @internal Words for the caller: what was expected of a token is nobody's business but the log's. */
function words(error: LicenseError): string {
  if (!(error instanceof VerifyError) || error instanceof DeniedError || PLAIN.has(error.code)) {
    return error.message;
  }
  switch (error.class) {
    case "refused":
      return `the request is not proved to come from the platform (${error.code})`;
    case "unavailable":
      return "could not check: what the answer depends on is out of reach";
    default:
      return error.message;
  }
}

/**
 * The answer to a request that was not let through: one JSON object, never cached. What is no
 * refusal, the app's own mistakes, is thrown again.
 */
export function refusal(error: unknown): Answer {
  if (!(error instanceof LicenseError)) {
    throw error;
  }
  const decision = error instanceof DeniedError ? error.decision : null;
  const body = JSON.stringify({ error: { code: error.code, message: words(error), decision } });
  const status = error instanceof VerifyError ? error.status : 500;
  const headers: Record<string, string> = { "content-type": "application/json", "cache-control": "no-store" };
  if (status === 503) {
    headers["retry-after"] = "5";
  }
  return { status, headers, body };
}

/** @internal */
export const NO_CONTENT: Answer = { status: 204, headers: {}, body: null };

/** @internal */
export const json = (body: unknown): Answer => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** @internal */
export const responseOf = ({ status, headers, body }: Answer) => new Response(body, { status, headers });

/** @internal The body of an event, as text. */
export async function textOf(sent: Incoming): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await sent.body(MAX_BODY));
  } catch (error) {
    if (error instanceof VerifyError) {
      throw error;
    }
    throw error instanceof TypeError
      ? new VerifyError("json_syntax", "the body is not UTF-8", "malformed", 400)
      : new VerifyError("body_unreadable", "the body could not be read", "malformed", 400);
  }
}

/** @internal A request of the Fetch API. */
export function incomingOf(request: Request, info: ClientInfo = {}): Incoming {
  const { pathname, search } = new URL(request.url);
  // headers that came twice stand in one value, and no token has a comma in it
  const authorization = request.headers.get("authorization")?.split(/,\s*/) ?? [];
  return {
    method: request.method,
    target: `${pathname}${search}`,
    authorization,
    header: (name) => request.headers.get(name),
    address: info.address ?? null,
    body: async (limit) => {
      if (request.bodyUsed) {
        const message = "the body was read before it was verified: pass the request on unread, or a clone of it";
        throw new VerifyError("raw_body", message, "misuse", 500);
      }
      return internal.collect(request.body ? piecesOf(request.body) : none(), limit);
    },
  };
}

async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

async function* none(): AsyncIterable<Uint8Array> {}
