// The entries that `all.*` does not import, under `strict`: what they export has types, and none is `any`.
import type * as express from "@app-license/sdk/express";
import type * as fetch from "@app-license/sdk/fetch";
import type * as forge from "@app-license/sdk/forge";
import type * as server from "@app-license/sdk/server";
import type * as testing from "@app-license/sdk/testing";
import type * as browser from "@app-license/sdk/testing/browser";
import type * as wasm from "@app-license/sdk/wasm";

type IsAny<T> = 0 extends 1 & T ? true : false;
/** The names of an entry whose type is `any`. */
type Untyped<T> = { [K in keyof T]: IsAny<T[K]> extends true ? K : never }[keyof T];
type Nothing<T> = [T] extends [never] ? true : false;

export const typed: Record<string, true> = {
  express: true as Nothing<Untyped<typeof express>>,
  fetch: true as Nothing<Untyped<typeof fetch>>,
  forge: true as Nothing<Untyped<typeof forge>>,
  server: true as Nothing<Untyped<typeof server>>,
  testing: true as Nothing<Untyped<typeof testing>>,
  browser: true as Nothing<Untyped<typeof browser>>,
  wasm: true as Nothing<Untyped<typeof wasm>>,
};
// @ts-expect-error it would be seen
export const untyped: true = null! as Nothing<Untyped<{ lost: any }>>;

const app = new (null! as typeof fetch).ConnectApp({
  appKey: "com.example.app",
  baseUrl: "https://app.example.com",
  store: new (null! as typeof fetch).MemoryStore(),
});
export const answer: Promise<Response> = app.handle(new Request("https://app.example.com/installed"));
export const guarded: (request: Request) => Promise<Response> = app.guard(
  { requires: "capabilityAdvanced" },
  (_request, { license, verified }) => new Response(`${license?.trust satisfies "verified" | undefined} ${verified.clientKey satisfies string}`),
);
// @ts-expect-error misspelled
app.guard({ requires: "capabilityAdvancd" }, () => new Response());
