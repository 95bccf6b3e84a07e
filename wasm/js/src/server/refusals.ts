// What is refused, and what is answered then: statuses and words are the core's.
import { VerifyError } from "./core.js";
import { machine } from "./machine.js";
import type { Decision } from "../index.js";

type Class = VerifyError["class"];

/** What the core answers a request with that is not let through. */
export interface Refused {
  code: string;
  class: Class;
  status: number;
  message: string;
  headers: Record<string, string>;
  body: string;
}

interface Said {
  code: string;
  class: Class;
  /** The core's own words, when left out. */
  message?: string | undefined;
  /** Of a body that is too large, in bytes. */
  limit?: number | undefined;
  decision?: Decision | undefined;
}

/** The answer to what was refused so. */
export const refusedAs = (said: Said) => machine<Refused>("answer", said);

/** An error of this code and class: with these words, or with the core's. */
export function fault(code: string, of: Class, message?: string): VerifyError {
  const refused = refusedAs({ code, class: of, message });
  return new VerifyError(code, message ?? refused.message, of, refused.status);
}

/** The error for a body of more than so many bytes. */
export function tooLarge(limit: number): VerifyError {
  const { code, message, class: of, status } = refusedAs({ code: "too_large", class: "too_large", limit });
  return new VerifyError(code, message, of, status);
}
