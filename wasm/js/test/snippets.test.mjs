// Every snippet of the READMEs, of docs/npm and of the sources' comments compiles, under `strict`, against the
// built package, and runs; where a line says in a comment what it answers, it answers that. What the doctor's
// pages tell to write compiles, too.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

import { filesOfPages } from "../../../tests/doctor/platform.mjs";
import { PAGES, SOURCES, TEXTS, ofComments, ofMisuse, ofTables, ofTexts } from "./snippets.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}build/snippets/`;

/** What the reader's app has: its own functions and components, and the platform's packages. */
const APP = `
declare module "@forge/bridge" {
  export const view: { getContext(): Promise<any> };
  export function invoke<T = Record<string, any> | void>(functionKey: string, payload?: unknown): Promise<T | { body: T; metadata?: object }>;
}
declare module "@forge/react" {
  export const useProductContext: () => any;
}
declare module "@forge/api" {
  export function getAppContext(): { environmentType: string };
}
declare module "@forge/resolver" {
  export default class Resolver {
    define(name: string, run: (request: { payload: any; context: { [name: string]: any } }) => unknown): this;
    getDefinitions(): (request: any, backend: any) => Promise<any>;
  }
}
declare module "better-sqlite3" {
  const Database: any;
  export default Database;
}
declare module "express" {
  const express: any;
  export default express;
}
declare const [appKey, baseUrl, appId]: string[];
declare const [server, handler, request, context, projects]: any[];
declare const [exportRows, nightly, showExport, report, rows]: ((...all: any[]) => any)[];
declare const [clientKey, key, pem, jwks, sealed, authorization]: string[];
declare const [answer, forgeAnswer]: Response[];
declare const resolver: { define(name: string, run: (request: any) => unknown): unknown };
declare const keys: import("@app-license/sdk/server").ForgeKeys;
declare const tenant: import("@app-license/sdk/server").Tenant;
declare const contextRequest: import("@app-license/sdk/server").IncomingRequest;
declare const [installed, enabled]: (import("@app-license/sdk/server").IncomingRequest & { body: string })[];
declare const store: import("@app-license/sdk/fetch").MemoryStore;
declare const [Upgrade, Spinner, Reload, BulkExport]: ((props: { why?: string | undefined }) => any)[];
declare const view: { getContext(): Promise<any> };
declare const features: import("@app-license/sdk").FeatureMap;
declare const license: import("@app-license/sdk").License;
`.replaceAll(/declare const \[([^\]]*)\]: (.*)\[\];/g, (_, names, type) =>
  names.split(", ").map((name) => `declare const ${name}: ${type};`).join("\n"),
);

/** The same when it runs: on a platform of the fixtures. */
const PLATFORM = {
  "@forge/bridge": `export const view = { getContext: () => globalThis.__bridge.callBridge("getContext") };
    export const invoke = (functionKey, payload) => globalThis.__bridge.callBridge("invoke", { functionKey, payload });`,
  "@forge/react": `export const useProductContext = () => undefined;`,
  "@forge/resolver": `
    export default class {
      functions = {};
      define(name, run) { this.functions[name] = run; return this; }
      getDefinitions() {
        return async ({ call, context }, backend) => this.functions[call.functionKey]({ payload: call.payload, context: { ...context, ...backend } });
      }
    }`,
  "@forge/kvs": `
    const call = async (path, body) => globalThis.__forge_fetch__({ type: "kvs" }, path, { body: JSON.stringify(body) });
    const value = async (response) => response.status === 404 || !(await response.text()) ? undefined : (await response.json()).value;
    export const kvs = {
      get: async (key) => value(await call("/api/v1/get", { key })),
      set: async (key, stored, options) => ({ value: await value(await call("/api/v1/set", { key, value: stored, options })) }),
    };`,
  "@forge/api": `
    export const getAppContext = () => globalThis.__forge_runtime__.appContext;
    export const route = ([value]) => ({ value });
    export const asApp = () => ({ requestAtlassian: ({ value }) => globalThis.__forge_fetch__({ type: "fpp" }, value) });`,
};

const START = `
import express from "express";
import { FeatureMap, License } from "@app-license/sdk";
import { MemoryStore } from "@app-license/sdk/fetch";
import { ForgeKeys, fromFunctionContext, sealLicense } from "@app-license/sdk/server";
import * as testing from "@app-license/sdk/testing";

const { FakeConnect, FakeForge, functionContext, installFakeBridge, installFakeForge, resolverRequest, uiContext } = testing;
const [appKey, baseUrl, appId] = ["com.example.app", "https://app.example.com", "35559c21-6120-406b-b7cd-d87f468f6d32"];
const fake = new FakeForge({ appId });
const site = new FakeConnect({ appKey, baseUrl });
const { clientKey } = site;
const key = "k".repeat(32);
process.env.APP_LICENSE_KEYS = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const responseOf = ({ status, body }) => new Response(body, { status });
globalThis.fetch = async () => new Response(fake.jwks); // nothing leaves the process
/** Snippets that verify a token of the fixtures as production does: its key is refused. */
const REFUSED = {
  "./root-1.mjs": "test_key",
  "./jsdoc-server-forge-keys-0.mjs": "test_key",
  "./jsdoc-server-install-keys-0.mjs": "test_key",
};
globalThis.ran = [];
globalThis.same = (found, expected, line) => {
  if (!Object.is(found, expected)) throw new Error(line + ": it is " + JSON.stringify(found));
  ran.push(line);
};
Object.assign(globalThis, {
  appKey,
  baseUrl,
  appId,
  clientKey,
  key,
  pem: site.pem,
  jwks: fake.jwks,
  authorization: fake.authorization("advanced"),
  sealed: sealLicense(fromFunctionContext(functionContext("advanced")), { key, tenant: clientKey }),
  tenant: site.tenant,
  store: new MemoryStore(),
  resolver: { define: () => {} },
  keys: new ForgeKeys({ fetch: fake.keyServer, allowTestKeys: true }),
  installed: site.lifecycle("installed"),
  enabled: site.lifecycle("enabled"),
  contextRequest: { method: "GET", target: "/api", authorization: "JWT " + site.contextToken("advanced") },
  server: express(),
  handler: () => {},
  request: {
    ...resolverRequest("advanced"),
    method: "GET",
    target: site.page("/export", "advanced").target,
    headers: { authorization: fake.authorization("advanced") },
  },
  context: functionContext("advanced"),
  projects: [],
  location: { search: "?lic=active", href: "https://app.example.com/panel?lic=active" },
  exportRows: async () => [],
  nightly: async () => {},
  showExport: () => {},
  report: async () => {},
  view: { getContext: async () => uiContext("advanced") },
  features: new FeatureMap({
    features: { "bulk-export": "advanced", export: "standard" },
    limits: { projects: { none: 1, standard: 10, advanced: "unlimited" } },
  }),
  license: License.fromForgeContext(uiContext("advanced")),
});
for (const name of ["Upgrade", "Spinner", "Reload", "BulkExport"]) globalThis[name] = () => null;
for (const snippet of process.argv.slice(2)) {
  installFakeBridge("advanced");
  installFakeForge("advanced");
  globalThis.answer = responseOf(testing.connectApiAnswer("advanced", appKey));
  globalThis.forgeAnswer = responseOf(testing.forgeApiAnswer("advanced", appId));
  try {
    await import(snippet);
    if (REFUSED[snippet]) throw new Error("it is not refused");
  } catch (error) {
    if (error.code !== REFUSED[snippet] || !error.code) {
      console.error(snippet, error);
      process.exitCode = 1;
    }
  }
}
console.log(ran.length);
process.exit();
`;

const snippets = [...ofTexts, ...ofComments, ...ofTables, ...ofMisuse];

test("docs: no snippet escapes", () => {
  for (const file of TEXTS) {
    const fences = [...readFileSync(`${root}${file}`, "utf8").matchAll(/^.*```(\w+)/gm)];
    const known = fences.filter(([line, language]) => line === `\`\`\`${language}` && /^(tsx?|rust|toml|sh|yaml|json|text|diff|sql)$/.test(language));
    assert.deepEqual(known.map(([line]) => line), fences.map(([line]) => line), file);
  }
  const examples = SOURCES.flatMap((file) => readFileSync(`${root}src/${file}`, "utf8").match(/@example|^ *\* ```\w+/gm) ?? []);
  assert.ok(ofTables.length >= 24 && ofMisuse.length >= 22, `${ofTables.length}, ${ofMisuse.length}`);
  assert.ok(ofComments.length >= 60, `${ofComments.length}`);
  assert.equal(examples.length, 2 * ofComments.length, "every fence of the sources' comments is an @example");
});

/** The examples of the doctor's pages that pass and use the package. */
const passing = filesOfPages()
  .filter(([name, path, code]) => name.endsWith(" Passes") && /\.tsx?$/.test(path) && code.includes(`"@app-license/sdk`))
  .map(([name, path, code], n) => ({ name: `doctor-${name.split(".")[0]}-${n}`, end: path.split(".").at(-1), code }));

test("docs: every snippet compiles", () => {
  assert.ok(ofTexts.length >= 55, `${ofTexts.length}`);
  assert.ok(passing.length >= 4, `${passing.length}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}app.d.ts`, APP);
  [...snippets, ...passing].forEach(({ name, end, code }) => writeFileSync(`${folder}${name}.${end}`, `${code}\nexport {};\n`));
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    lib: ["es2022", "dom"],
    jsx: "react-jsx",
    strict: true,
    noImplicitAny: false,
    noEmit: true,
    types: ["node"],
  };
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify({ compilerOptions, include: ["*"] }));
  try {
    execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", folder], { encoding: "utf8" });
  } catch ({ stdout }) {
    assert.fail(`${stdout}`);
  }
});

/** Lines that end in a comment with a value, as calls that compare the two. */
const compared = (code) =>
  code.replace(
    /^( *)const (\w+) = .+; \/\/ ("[^"]*"|true|false|null|\d+)(?=[:,; ]|$).*$/gm,
    (line, indent, name, value) => `${line}\n${indent}same(${name}, ${value}, ${JSON.stringify(line.trim())});`,
  ).replace(
    /^( *)(?!const |if |return |throw |import |export |\/\/)(?:console\.log\((.+)\)|(\S.*)); \/\/ ("[^"]*"|true|false|null|\d+)(?=[:,; ]|$).*$/gm,
    (line, indent, logged, said, value) => `${indent}same(${logged ?? said}, ${value}, ${JSON.stringify(line.trim())});`,
  );

test("docs: every snippet runs, and answers what its comments say", () => {
  mkdirSync(`${folder}run/platform`, { recursive: true });
  for (const [name, code] of Object.entries(PLATFORM)) {
    writeFileSync(`${folder}run/platform/${name.replace("/", "-")}.mjs`, code);
  }
  const alias = Object.fromEntries(
    Object.keys(PLATFORM).map((name) => [name, `${folder}run/platform/${name.replace("/", "-")}.mjs`]),
  );
  const entryPoints = snippets.map(({ name, end, code }) => {
    const file = `${folder}run/${name}.${end}`;
    writeFileSync(file, compared(code));
    return file;
  });
  writeFileSync(`${folder}run/start.mjs`, START);
  buildSync({
    entryPoints: [...entryPoints, `${folder}run/start.mjs`],
    outdir: `${folder}run/out`,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    jsx: "automatic",
    alias,
    external: ["better-sqlite3", "express", "react", "react-dom", "hono", "@openfeature/*"],
    logLevel: "warning",
  });
  const away = mkdtempSync(join(tmpdir(), "app-license-snippets-"));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${folder}run/out/start.mjs`, ...snippets.map(({ name }) => `./${name}.mjs`)],
    { cwd: away, encoding: "utf8" },
  );
  rmSync(away, { recursive: true });
  assert.equal(status, 0, stderr);
  const comments = Number(stdout.trim().split("\n").at(-1));
  assert.ok(comments >= 60, `${comments} comments say what a line answers`);
});

test("docs: every entry has its page, and the README leads to it", () => {
  const readme = readFileSync(`${root}README.md`, "utf8");
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const entries = Object.keys(exports).filter((name) => !/package\.json|browser/.test(name));
  const pages = ["browser", "migration", "misuse", "runtimes", "sizes", ...entries.map((name) => name.slice(2)).filter(Boolean)];
  assert.deepEqual(PAGES.map((path) => path.replace(/^.*\/|\.md$/g, "")).sort(), pages.sort());
  for (const name of pages) {
    assert.ok(readme.includes(`/docs/npm/${name}.md`), name);
  }
});

test("docs: links between the pages lead somewhere", () => {
  for (const file of PAGES) {
    for (const [, to, anchor] of readFileSync(`${root}${file}`, "utf8").matchAll(/\]\((?!https:)([\w./-]+\.md)(?:#([\w-]+))?\)/g)) {
      const text = readFileSync(new URL(to, new URL(file, new URL("../", import.meta.url))), "utf8");
      const heads = [...text.matchAll(/^#+ (.*)$/gm)].map(([, head]) => head.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-"));
      assert.ok(!anchor || heads.includes(anchor), `${file}: ${to}#${anchor}`);
    }
  }
});

test("no text tells anybody to install the bare name", () => {
  const texts = [...TEXTS, "../../docs/errors.md", "../../CHANGELOG.md"];
  for (const file of texts) {
    assert.doesNotMatch(readFileSync(`${root}${file}`, "utf8"), /\bn(?:pm|px) (?:install |i |add |exec )?app-license\b|"app-license(?:\/\w+)?"/, file);
  }
});
