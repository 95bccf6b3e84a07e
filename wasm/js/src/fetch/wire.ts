// A request as it arrived, and what is answered, whatever carries them.
import { DeniedError, LicenseError, VerifyError, internal } from "../server.js";
import { MAX_BODY } from "../server/limits.js";
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
export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: string | null;
}

const { fault, refusedAs } = internal;

/** @internal */
export const unknownTenant = () => fault("unknown_tenant", "refused");

/**
 * The answer to a request that was not let through: one JSON object, never cached. What is no
 * refusal, the app's own mistakes, is thrown again.
 *
 * @throws what it was handed, where that is no {@link LicenseError}.
 *
 * @example
 * ```ts
 * const app = new ConnectApp({ appKey, baseUrl, store });
 * let status = 200;
 * try {
 *   await app.verify(new Request(baseUrl));
 * } catch (error) {
 *   ({ status } = refusal(error));
 * }
 * console.log(status); // 401
 * ```
 */
export function refusal(error: unknown): WireResponse {
  if (!(error instanceof LicenseError)) {
    throw error;
  }
  const { code, message } = error;
  const decision = error instanceof DeniedError ? error.decision : undefined;
  const { status, headers, body } = refusedAs({
    code,
    message,
    class: error instanceof VerifyError ? error.class : "misuse",
    decision,
  });
  return { status, headers, body };
}

/** @internal */
export const NO_CONTENT: WireResponse = { status: 204, headers: {}, body: null };

/** @internal */
export const json = (body: unknown): WireResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** @internal */
export const responseOf = ({ status, headers, body }: WireResponse) => new Response(body, { status, headers });

/** @internal The body of an event, as text. */
export async function textOf(sent: Incoming): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await sent.body(MAX_BODY));
  } catch (error) {
    if (error instanceof VerifyError) {
      throw error;
    }
    throw error instanceof TypeError
      ? fault("json_syntax", "malformed", "the body is not UTF-8")
      : fault("body_unreadable", "malformed");
  }
}

/** @internal Whether it is a request as frameworks hand it in. */
export function isIncoming(request: unknown): request is Incoming {
  const { method, target, authorization, header, body } = Object(request) as Record<keyof Incoming, unknown>;
  const isText = typeof method == "string" && typeof target == "string";
  return isText && Array.isArray(authorization) && typeof header == "function" && typeof body == "function";
}

/** @internal A request of the Fetch API. */
export function incomingOf(request: Request, info: ClientInfo = {}): Incoming {
  if (typeof request?.url != "string" || typeof request.headers?.get != "function") {
    throw fault("misuse", "misuse", "expected the `Request` as it came in: `app.handle(request)`");
  }
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
        throw fault("raw_body", "misuse", message);
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
