/**
 * Backends over the Fetch API: one handler of `Request` for lifecycle events, verified requests,
 * gates and Forge invocations. For Hono, Next route handlers on Node, Deno, Bun, workers with
 * `node:crypto`, and whatever else speaks `Request` and `Response`.
 *
 * @packageDocumentation
 */
export { ConnectApp } from "./fetch/connect-app.js";
export type { ConnectAppOptions, ConnectRequest } from "./fetch/connect-app.js";
export type { Descriptor } from "./fetch/descriptor.js";
export { ForgeRemote } from "./fetch/forge-remote.js";
export type { ForgeInvocation, ForgeRemoteOptions } from "./fetch/forge-remote.js";
export { Backend, handler } from "./fetch/backend.js";
export type { Admitted, BackendOptions, Logger, RejectedRequest, RouteHandler, RouteNeeds } from "./fetch/backend.js";
export { HookRunner } from "./fetch/hooks.js";
export type { Hook, HookCall, HookOptions } from "./fetch/hooks.js";
export { MARK_GRACE } from "./server/limits.js";
export { MemoryStore } from "./fetch/store.js";
export type { CachedLicense, Decide, HistoryEntry, InstallationStore, Stopped } from "./fetch/store.js";
export { SqliteStore } from "./fetch/sqlite.js";
export type { SqliteStoreOptions } from "./fetch/sqlite.js";
export type { SqliteDatabase } from "./fetch/sqlite-file.js";
export { refusal } from "./fetch/wire.js";
export { DeniedError } from "./server.js";
export type { ClientInfo, Incoming, WireResponse } from "./fetch/wire.js";
