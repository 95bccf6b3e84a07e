// What of Express is used: the same in versions 4 and 5.
import { VerifyError } from "../server.js";
import type { IncomingRequest } from "../server.js";

/** A request, of Express 4 or 5. */
export interface ExpressRequest {
  method: string;
  originalUrl: string;
  headers: Record<string, string | string[] | undefined>;
  body?: unknown;
  rawBody?: unknown;
  readableEnded?: boolean;
  [Symbol.asyncIterator](): AsyncIterableIterator<unknown>;
}

/** A response, of Express 4 or 5. */
export interface ExpressResponse {
  locals: Record<string, unknown>;
  status(code: number): this;
  json(body: unknown): unknown;
  end(): unknown;
}

/** A middleware, of Express 4 or 5. */
export type Middleware = (
  request: ExpressRequest,
  response: ExpressResponse,
  next: (error?: unknown) => void,
) => void;

const MAX_BODY = 256 * 1024;

/** The request as it was sent: routers rewrite `url`, the query hash is over the original. */
export function incoming(request: ExpressRequest): IncomingRequest {
  const { method, originalUrl: target, headers } = request;
  const { authorization } = headers;
  return { method, target, authorization };
}

/** The bytes of the body as they were sent. */
export async function rawBody(request: ExpressRequest): Promise<string> {
  const { rawBody: kept, body } = request;
  for (const known of [kept, body]) {
    if (typeof known === "string") {
      return known;
    }
    if (known instanceof Uint8Array) {
      return text(known);
    }
  }
  if (request.readableEnded) {
    const message = "the body was parsed before it was verified: mount lifecycle() before express.json()";
    throw new VerifyError("raw_body", message, "misuse", 500);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = part as Uint8Array;
    size += bytes.length;
    if (size > MAX_BODY) {
      throw new VerifyError("too_large", "the body is larger than any honest one", "too_large", 413);
    }
    parts.push(bytes);
  }
  return text(Buffer.concat(parts));
}

function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new VerifyError("json_not_utf8", "the body is not UTF-8", "malformed", 400);
  }
}

/** Answers with what went wrong; what is no refusal is Express's. */
export function rejected(
  error: unknown,
  response: ExpressResponse,
  next: (error?: unknown) => void,
): void {
  if (!(error instanceof VerifyError) || error.class === "misuse") {
    next(error);
    return;
  }
  response.locals["appLicenseRejection"] = error;
  // what a token should have been is nobody's business
  const message = error.class === "refused" ? "the request proves nothing" : error.message;
  response.status(error.status).json({ error: error.code, message });
}
