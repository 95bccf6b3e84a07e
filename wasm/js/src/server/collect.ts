import { tooLarge } from "./refusals.js";

/** @internal Puts the pieces of a body together. Throws `too_large` beyond `limit` bytes. */
export async function collect(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limit: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of pieces) {
    size += part.length;
    if (size > limit) {
      throw tooLarge(limit);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}
