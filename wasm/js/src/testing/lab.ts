// A backend's way to the lab: `npx @app-license/cli lab --app URL`.
import type { IncomingMessage } from "node:http";

/** Only this machine may be asked with the platform's names: tests need no other. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])$/;
const NO_BODY = [204, 205, 304];

/**
 * A `fetch` for a backend that the lab plays the platform to: whatever host is asked, the lab answers, at the
 * address that it prints as `all hosts`.
 *
 * @throws TypeError for an address that is not of this machine.
 *
 * @example
 * ```ts
 * const lab = process.env["LAB"]; // 127.0.0.1:4687, and never set in production
 * const app = new ConnectApp({ appKey, baseUrl, store, ...(lab && { fetch: labFetch(lab), allowTestKeys: true }) });
 * ```
 */
export function labFetch(address: string): typeof fetch {
  const { hostname, port } = new URL(`http://${`${address}`.replace(/^http:\/\//, "")}`);
  if (!LOOPBACK.test(hostname)) {
    throw new TypeError("labFetch: expected the lab's address on this machine, as 127.0.0.1:4687");
  }
  return async (input, init) => {
    const sent = new Request(input, init);
    const { request } = await import("node:http");
    const body = Buffer.from(await sent.arrayBuffer());
    const { host, pathname, search } = new URL(sent.url);
    // a `fetch` sets the header `host` itself
    const headers = { ...Object.fromEntries(sent.headers), host };
    const options = { hostname: hostname.replace(/[[\]]/g, ""), port, path: pathname + search, method: sent.method, headers, signal: sent.signal };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(options, resolve).on("error", reject).end(body);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
    }
    const status = answer.statusCode!;
    const pairs = Object.entries(answer.headersDistinct).flatMap(([name, all = []]) => all.map((value): [string, string] => [name, value]));
    return new Response(NO_BODY.includes(status) ? null : Buffer.concat(chunks), { status, headers: pairs });
  };
}
