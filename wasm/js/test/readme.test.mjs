// Every snippet of the READMEs compiles, under `strict`, against the built package.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}build/readme/`;

/** What the reader's app has: its own functions and components, and the platform's packages. */
const APP = `
declare module "@forge/bridge" {
  export const view: { getContext(): Promise<any> };
}
declare module "@forge/api" {
  export function getAppContext(): { environmentType: string };
}
declare module "@forge/resolver" {
  export default class Resolver {
    define(name: string, run: (request: { payload: any; context: { [name: string]: any } }) => unknown): this;
    getDefinitions(): unknown;
  }
}
declare module "better-sqlite3" {
  const Database: any;
  export default Database;
}
declare const [appKey, baseUrl, appId]: string[];
declare const [server, handler, request, context, projects]: any[];
declare const [exportRows, nightly, showExport, report]: ((...all: any[]) => any)[];
declare const [Upgrade, Spinner, Reload, BulkExport]: (() => any)[];
declare const view: { getContext(): Promise<any> };
declare const features: import("@app-license/sdk").FeatureMap;
declare const license: import("@app-license/sdk").License;
`.replaceAll(/declare const \[([^\]]*)\]: (.*)\[\];/g, (_, names, type) =>
  names.split(", ").map((name) => `declare const ${name}: ${type};`).join("\n"),
);

const snippets = ["README.md", "../../README.md", "../../docs/first-ten-minutes.md", "../../docs/migrating-checks.md"].flatMap((file) =>
  [...readFileSync(`${root}${file}`, "utf8").matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)].map(([, end, code]) => [end, code]),
);

test("every snippet of the READMEs compiles", () => {
  assert.ok(snippets.length >= 10, `${snippets.length}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}app.d.ts`, APP);
  snippets.forEach(([end, code], n) => writeFileSync(`${folder}snippet-${n}.${end}`, `${code}\nexport {};\n`));
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

test("no text tells anybody to install the bare name", () => {
  const texts = ["README.md", "../../README.md", "../../docs/errors.md", "../../CHANGELOG.md"];
  for (const file of texts) {
    assert.doesNotMatch(readFileSync(`${root}${file}`, "utf8"), /\bn(?:pm|px) (?:install |i |add |exec )?app-license\b|"app-license(?:\/\w+)?"/, file);
  }
});
