// The codemod as it is installed: what it makes of its fixtures has types that the package agrees with,
// and decides as before, but for the changes of meaning that it tells.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildSync } from "esbuild";

import { BUILD, HERE, node, npm, program } from "./harness.mjs";

const require = createRequire(import.meta.url);
const CODEMOD = `${HERE}../../npm/codemod`;
const FIXTURES = `${CODEMOD}/test/fixtures/`;
const tool = `${BUILD}codemod-tool`;

mkdirSync(tool, { recursive: true });
const [packed] = JSON.parse(npm(CODEMOD, "pack", "--ignore-scripts=false", "--json", "--pack-destination", BUILD));
writeFileSync(`${tool}/package.json`, JSON.stringify({ private: true }));
npm(tool, "install", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock", "--silent", `${BUILD}${packed.filename}`);

// not below this repository, which ignores the folder
const copy = mkdtempSync(join(tmpdir(), "codemod-"));
cpSync(`${FIXTURES}before`, copy, { recursive: true });
const said = node("", `${tool}/node_modules/@app-license/codemod/bin/app-license-codemod.js`, copy);
cpSync(copy, `${BUILD}codemod`, { recursive: true });
rmSync(copy, { recursive: true });
cpSync(`${FIXTURES}before`, `${BUILD}codemod-before`, { recursive: true });

test("19: the installed program rewrites, and tells", () => {
  assert.match(said, /\nrewrote \d+ checks in 8 files\n/);
  for (const file of readdirSync(`${FIXTURES}after`, { recursive: true }).filter((name) => /\.\w+$/.test(name))) {
    assert.equal(readFileSync(`${BUILD}codemod/${file}`, "utf8"), readFileSync(`${FIXTURES}after/${file}`, "utf8"), file);
  }
  const names = packed.files.map(({ path }) => path).filter((path) => !/^(src|bin)\/[\w-]+\.js$/.test(path));
  assert.deepEqual(names.sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"]);
});

/** What the fixtures' apps have: the platform's packages without types here, and globals. */
const APP = `
declare module "@forge/bridge" {
  export const view: { getContext(): Promise<any> };
}
declare module "@forge/react" {
  export function useProductContext(): { license?: { active: boolean; capabilitySet?: string } | null } | undefined;
}
declare const AP: { context: { getContext(read?: (context: any) => void): Promise<any> } };
`;

test("19: what comes out agrees with the types of the package", () => {
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023", "dom"],
    module: "preserve",
    jsx: "react-jsx",
    types: ["node"],
    allowJs: true,
    checkJs: true,
    strict: true,
    noImplicitAny: false,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(`${BUILD}codemod/app.d.ts`, APP);
  writeFileSync(`${BUILD}codemod/tsconfig.json`, JSON.stringify({ compilerOptions, include: ["app.d.ts", "src/*", "static/src/*"] }));
  node("codemod", program("typescript/bin/tsc"), "-p", ".");
});

const LICENSES = {
  absent: undefined,
  "advanced, active": { active: true, isActive: true, capabilitySet: "capabilityAdvanced" },
  "advanced, ended": { active: false, isActive: false, capabilitySet: "capabilityAdvanced" },
  "standard, active": { active: true, isActive: true, capabilitySet: "capabilityStandard" },
  "standard, ended": { active: false, isActive: false, capabilitySet: "capabilityStandard" },
  "no set, active": { active: true, isActive: true },
  "no set, ended": { active: false, isActive: false },
};

test("19: every function decides as before, but for an ended license and one without a set", async () => {
  const [before, after] = ["codemod-before", "codemod"].map((folder) => {
    // as the platform's bundler does
    const outfile = `${BUILD}${folder}/bundle.cjs`;
    buildSync({ entryPoints: [`${BUILD}${folder}/src/index.js`], bundle: true, platform: "node", outfile, logLevel: "warning" });
    return require(outfile);
  });
  const source = readFileSync(`${FIXTURES}before/src/index.js`, "utf8");
  const keys = [...source.matchAll(/^resolver\.define\('([\w ]+)'/gm)].map(([, key]) => key);
  assert.ok(keys.length >= 20);
  const changed = {};
  for (const [state, license] of Object.entries(LICENSES)) {
    for (const functionKey of keys) {
      const call = async ({ handler }) => {
        try {
          return JSON.stringify(await handler({ call: { functionKey, payload: { all: true } }, context: {} }, { license }));
        } catch (error) {
          return error instanceof TypeError ? "a fault" : `${error.message}`;
        }
      };
      const [was, is] = [await call(before), await call(after)];
      assert.notEqual(is, "a fault", `${functionKey}, ${state}`);
      if (was !== is && was !== "a fault") {
        (changed[state] ??= []).push(functionKey);
      }
    }
  }
  // the spelling of Confluence's GraphQL, which a context never has: it never granted
  assert.deepEqual(changed["advanced, active"], ["spelled", "member", "neither", "taken apart"]);
  delete changed["advanced, active"];
  assert.deepEqual(Object.keys(changed).sort(), ["advanced, ended", "no set, active", "standard, ended"]);
});
