/**
 * The core itself in a page: it reads and decides in WebAssembly, for pages whose policy allows that.
 *
 * Connect iframes run it, and Custom UI that may (`script-src … 'wasm-unsafe-eval'`); the default policy
 * of Custom UI forbids it, and `@app-license/sdk` is for there. Nothing is verified: what a page holds
 * is a hint, and no secret belongs in one.
 *
 * @packageDocumentation
 */
import bytes from "#page/module";
import { __wbg_reset_state as makeAnew, decideHint, includes, initSync, readLicense, statementAge } from "#page";
import { License, LicenseError } from "./index.js";
import { queryText, uuid } from "./input.js";
import type { Carrier, LicenseSource, ReadOptions } from "./index.js";
import type { Rules } from "./gate.js";
import { bounded } from "./gate.js";
import { attempt, expected, isPlain, document as isDocument, licenses, own } from "./registry.js";

/**
 * Readers of the core: each as that of `License` with its name. The license that they answer is decided
 * on by the core wherever it goes: its own methods, `check`, a feature map, the components of
 * `@app-license/sdk/react`.
 */
export interface Core {
  /** Reads `view.getContext()` or `useProductContext()`. */
  fromForgeContext(
    context: (Carrier & { environmentType?: string }) | null | undefined,
    options?: ReadOptions,
  ): License<"hint">;
  /** Reads `AP.context.getContext()`. */
  fromConnectContext(context: Carrier | null | undefined, options?: ReadOptions): License<"hint">;
  /** Reads `lic` and `capSet` of a Connect iframe URL: `location.search`. */
  fromConnectQuery(query: string | URLSearchParams, options?: ReadOptions): License<"hint">;
  /** Reads a resolver's `context`. */
  fromFunctionContext(context: Carrier | null | undefined, options?: ReadOptions): License<"hint">;
  /** Reads the answer of the Connect License API, parsed. */
  fromConnectApi(body: Carrier & { key: string }, options?: ReadOptions): License<"hint">;
  /** Reads one app's license out of the answer of the Forge License API, parsed. */
  fromForgeApi(body: { results: readonly object[] }, options?: ReadOptions & { appId?: string }): License<"hint">;
}

/** A line of the module: empty for nothing, `=` and a text, or JSON. */
const text = (line: string | undefined) =>
  !line ? null : line.startsWith("=") ? line.slice(1) : (JSON.parse(line) as string);

let stopped = false;

/** Performs an operation. Throws `LicenseError` for what the core refuses. */
function run<R>(operation: () => R): R {
  if (stopped) {
    makeAnew();
    stopped = false;
  }
  try {
    return operation();
  } catch (error) {
    if (typeof error == "string") {
      const at = error.indexOf("\n");
      throw new LicenseError(error.slice(0, at), error.slice(at + 1));
    }
    stopped = true; // a module that stopped in the middle is not to be trusted
    throw error;
  }
}

const rules: Rules = Object.freeze({
  includes: (_, has, needs) => run(() => includes(has, needs)),
  decide: (...all) => run(() => decideHint(...all)),
  age: (seconds) => run(() => statementAge(seconds)) ?? null,
} satisfies Rules);

function read(source: LicenseSource, document: string, license: unknown, options?: ReadOptions & { appId?: string }) {
  // the module takes texts
  const said = (value: unknown) => (value === undefined ? undefined : `${value}`);
  const answer = run(() => readLicense(source, document, said(options?.environmentType), said(options?.appId)));
  const [bits, set, environment] = answer.split("\n");
  const Constructor = License as unknown as new (...fields: unknown[]) => License<"hint">;
  const fields = [+bits!, text(set) ?? "", license ?? null, text(environment), options?.asOf, rules];
  return new Constructor(licenses(), source, "hint", ...fields);
}

const isTable = (value: unknown): value is object => typeof value == "object" && value !== null && !Array.isArray(value);

/** The text that the readers in TypeScript make of a capability set: what is no text has no rank. */
const capability = (set: unknown) => bounded(typeof set == "string" ? set : attempt(() => JSON.stringify(set)));

/** A value as JSON has it: what is no value of JSON is none of any type that is read. */
const plain = (value: unknown, name?: string): unknown =>
  value == null
    ? value
    : name === "capabilitySet"
      ? capability(value)
      : /^(boolean|string)$/.test(typeof value) || Number.isFinite(value)
        ? value
        : [];

/** What an object has itself, without what would be written in its place (`toJSON`), and without what is in it. */
const flat = (value: unknown): unknown =>
  isTable(value)
    ? { ...Object.fromEntries(Object.entries(own(value)).map(([name, one]) => [name, plain(one, name)])), toJSON: undefined }
    : plain(value);

/** What JSON would make nothing of, such as a License, a promise or a Map, would read as absent. */
function fields(license: unknown): unknown {
  if (Object(license) === license && !isPlain(license) && !Array.isArray(license)) {
    throw expected("a plain `license`");
  }
  return license;
}

function fromDocument(source: LicenseSource, context: unknown, options?: ReadOptions): License<"hint"> {
  isDocument(context, "a context");
  if (!isTable(context)) {
    return read(source, JSON.stringify(context ?? null), null, options);
  }
  // a context may be deep, and hold itself: the rest of it is not read
  const { key, license, environmentType, userAccess } = own(context);
  const said = { key: plain(key), license: flat(fields(license)), environmentType: plain(environmentType), userAccess: flat(userAccess) };
  return read(source, JSON.stringify(said), license, options);
}

/** One result of the Forge License API. */
function answer(one: unknown): unknown {
  const { appId, data, error } = own(one);
  return isTable(one) ? { appId: plain(appId), data: flat(data), error: flat(error) } : plain(one);
}

const core: Core = Object.freeze({
  fromForgeContext: (context, options) => fromDocument("forge_ui_context", context, options),
  fromConnectContext: (context, options) => fromDocument("connect_context", context, options),
  fromConnectQuery: (query, options) => read("connect_iframe_query", queryText(query), null, options),
  fromFunctionContext: (context, options) => fromDocument("forge_function_context", context, options),
  fromConnectApi: (body, options) => fromDocument("connect_license_api", body, options),
  fromForgeApi: (body, options) => {
    isDocument(body, "the parsed body");
    const id = options?.appId;
    // what is no list of objects, the core refuses
    const results: readonly any[] = Array.isArray(body?.results) ? body.results : [];
    const found = results.find((one) => id === undefined || uuid(one?.appId) === uuid(id));
    const said = isTable(body) ? { results: Array.isArray(body.results) ? results.map(answer) : null } : plain(body);
    return read("forge_license_api", JSON.stringify(said ?? null), fields(found?.data), options);
  },
} satisfies Core);

let loading: Promise<Core> | undefined;

async function load(): Promise<Core> {
  initSync({ module: await bytes() });
  return core;
}

/**
 * Makes the module, once; its bytes are in the package, nothing is fetched.
 *
 * @throws `misuse` where the page's policy does not allow WebAssembly: `@app-license/sdk` reads and decides
 * the same without it.
 *
 * @example
 * ```ts
 * const { fromConnectQuery } = await loadCore();
 * const license = fromConnectQuery(location.search);
 * const { allowed } = check(license, { requires: "capabilityAdvanced" });
 * ```
 */
export function loadCore(): Promise<Core> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined; // the next call tries again
    throw new LicenseError("misuse", `this page may not run WebAssembly, @app-license/sdk works without it: ${error}`);
  });
  return loading;
}
