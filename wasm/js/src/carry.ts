// Carries values to the gate and back. What they mean is decided there.
import { buffer, input } from "#gate";
import { LicenseError } from "./error.js";

const start = input();
const bytes = /* @__PURE__ */ new Uint8Array(buffer);
// made when needed: jsdom has none, until a test's setup brings them
let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;
const ROOM = 65_535;

/** Writes text to the gate's input; answers how many bytes. */
export function put(text: string, from = 0): number {
  const { read, written } = (encoder ??= new TextEncoder()).encodeInto(text, bytes.subarray(start + from, start + ROOM));
  if (read < text.length) {
    throw new LicenseError("too_large", "too much input");
  }
  return written;
}

/** Reads bytes of the gate's input back. */
export function get(from: number, length: number): string {
  return (decoder ??= new TextDecoder()).decode(bytes.subarray(start + from, start + from + length));
}
