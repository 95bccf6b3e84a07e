// One source at a time: names, files of every form, and checks that only look like those that are known.
import assert from "node:assert/strict";
import { test } from "node:test";

import { transform } from "../src/transform.js";

const HEAD = `import { view } from "@forge/bridge";\n`;
const of = (text, options) => transform(text, { name: "a.ts", ...options });
const body = (text, options) => of(HEAD + text, options).code.replace(HEAD, "").replace('import { License } from "@app-license/sdk";\n', "");
const unchanged = (text, options) => {
  const { code, changes } = of(text, options);
  assert.equal(code, text);
  assert.deepEqual(changes, []);
};

test("19: a name that is taken gives way", () => {
  const { code } = of(`${HEAD}class License {}\nconst c = await view.getContext();\nif (c.license!.active) {}\n`);
  assert.match(code, /import \{ License as AppLicense \} from "@app-license\/sdk";/);
  assert.match(code, /if \(AppLicense\.fromForgeContext\(c\)\.state === "active"\)/);
  assert.equal(
    body(`async function f(license: number) {\n  const { capabilitySet } = (await view.getContext()).license;\n  return license && capabilitySet === "capabilityAdvanced";\n}\n`),
    `async function f(license: number) {\n  const appLicense = License.fromForgeContext(await view.getContext());\n  return license && appLicense.hasCapability("capabilityAdvanced");\n}\n`,
  );
});

test("19: a context is not read by a name that means something else there", () => {
  const text = `async function f() {\n  const context = await view.getContext();\n  const { license } = context;\n  log(license);\n  return [1].map((context) => license.capabilitySet === "capabilityAdvanced" && context);\n}\n`;
  assert.equal(body(text), text);
  assert.equal(of(HEAD + text).left.length, 2);
});

test("19: a context that is set later is not read again in place of what was taken from it", () => {
  const text = `let context = await view.getContext();\nconst { license } = context;\nlog(license);\ncontext = await view.getContext();\nif (license.active) {}\n`;
  assert.equal(body(text), text);
});

test("19: an import that is there already is used", () => {
  const text = `${HEAD}import { License as L, check } from "@app-license/sdk";\nif ((await view.getContext()).license.active) check;\n`;
  assert.equal(of(text).code, text.replace("(await view.getContext()).license.active", 'L.fromForgeContext(await view.getContext()).state === "active"'));
  const types = `${HEAD}import type { License } from "@app-license/sdk";\nif ((await view.getContext()).license.active) {}\n`;
  assert.match(of(types).code, /import \{ License as AppLicense \} from "@app-license\/sdk";/);
});

test("19: a byte order mark, a first line for the shell and comments stay first", () => {
  const text = `\uFEFF#!/usr/bin/env node\n// header\nconst { view } = require("@forge/bridge");\nview.getContext().then((c) => (c.license.active ? show() : 0));\n`;
  const { code } = of(text, { name: "a.cjs" });
  assert.equal(
    code,
    `\uFEFF#!/usr/bin/env node\n// header\nconst { view } = require("@forge/bridge");\nconst { License } = require("@app-license/sdk");\nview.getContext().then((c) => (License.fromForgeContext(c).state === "active" ? show() : 0));\n`,
  );
});

test("19: a script that imports nothing is left: nobody knows how it is loaded", () => {
  const text = `AP.context.getContext(function (context) {\n  if (context.license.active) show();\n});\n`;
  unchanged(text, { name: "a.js" });
  assert.match(of(text, { name: "a.js" }).left[0].reason, /neither imports nor requires/);
});

test("19: what another module, or another variable, calls by the same name is left", () => {
  unchanged(`import { view } from "./view";\nconst c = await view.getContext();\nif (c.license.active) {}\n`);
  unchanged(`${HEAD}function f(view: any) {\n  return view.getContext().then((c: any) => c.license.active && 1);\n}\n`);
  unchanged(`${HEAD}const c = view.getContext();\nif ((c as any).license.active) {}\n`, {});
});

test("19: `&&` keeps what is not about the license, and what denies", () => {
  const context = "const c = await view.getContext();\n";
  assert.equal(
    body(`${context}if (c && admin && c.license && c.license.active && c.license.capabilitySet === "capabilityAdvanced" && ready) {}\n`),
    `${context}if (admin && License.fromForgeContext(c).hasCapability("capabilityAdvanced") && ready) {}\n`,
  );
  assert.equal(
    body(`${context}if (c.license && c.license.capabilitySet !== "capabilityAdvanced") {}\n`),
    `${context}if (c.license && !License.fromForgeContext(c).hasCapability("capabilityAdvanced")) {}\n`,
  );
  assert.equal(
    body(`${context}if (c.license.active && c.license.capabilitySet !== "capabilityAdvanced") {}\n`),
    `${context}if (License.fromForgeContext(c).state === "active" && !License.fromForgeContext(c).hasCapability("capabilityAdvanced")) {}\n`,
  );
});

test("19: both names of the platform for active are one question", () => {
  const context = "const c = await view.getContext();\n";
  assert.equal(
    body(`${context}const on = c?.license?.active === true || c?.license?.isActive === true;\nif (!c.license.active && !c.license.isActive) {}\n`),
    `${context}const on = License.fromForgeContext(c).state === "active";\nif (License.fromForgeContext(c).state !== "active") {}\n`,
  );
});

test("19: a bridge that is imported where it is needed is known too", () => {
  const text = `const load = async () => {\n  const bridge = await import("@forge/bridge");\n  const context = await bridge.view.getContext();\n  return context?.license?.capabilitySet === "capabilityAdvanced";\n};\nexport default load;\n`;
  assert.match(of(text).code, /return License\.fromForgeContext\(context\)\.hasCapability\("capabilityAdvanced"\);/);
});

test("19: constants that are made of each other end", () => {
  const text = `${HEAD}const c = await view.getContext();\nvar a = b && c.license.active;\nvar b = a && c.license.active;\n`;
  assert.equal(of(text).code, text);
});

test("19: thousands of conditions that are made of each other end, too", () => {
  const part = (n) => `const v${n} = x && y${n}.license && v${n - 1} || !z;\n`;
  const text = HEAD + Array.from({ length: 2000 }, (_, n) => part(n + 1)).join("");
  const { left } = of(text);
  assert.deepEqual(left, []);
});

test("19: capability sets of others are not listed", () => {
  const text = "export const f = (grant) => grant.capabilitySet === 'org:owner' && grant.capabilitySet;\n";
  assert.deepEqual(of(text), { code: text, changes: [], left: [] });
});

test("19: licenses of two contexts are not taken for one", () => {
  const text = `const a = await view.getContext();\nconst b = await view.getContext();\n`;
  assert.equal(
    body(`${text}if (a.license.active && b.license.capabilitySet === "capabilityAdvanced") {}\n`),
    `${text}if (License.fromForgeContext(a).state === "active" && License.fromForgeContext(b).hasCapability("capabilityAdvanced")) {}\n`,
  );
});

test("19: a license of the package is none to rewrite", () => {
  const text = `import { License } from "@app-license/sdk";\nimport { getLicense } from "@app-license/sdk/forge";\nconst a = License.fromForgeContext(c);\nconst b = await getLicense(c);\nif (a.capabilitySet === "capabilityAdvanced" || b.capabilitySet) {}\nconst f = (license: License) => license.capabilitySet;\n`;
  unchanged(text);
  assert.deepEqual(of(text).left, []);
});

test("19: a declaration that others import, and one beside `...rest`, stays", () => {
  const exported = `${HEAD}const context = await view.getContext();\nexport const { license } = context;\nif (license.active) {}\n`;
  assert.match(of(exported).code, /export const \{ license \} = context;\nif \(License\.fromForgeContext\(context\)\.state === "active"\)/);
  const rest = `${HEAD}const context = await view.getContext();\nconst { license, ...others } = context;\nif (license.active) log(others);\n`;
  assert.match(of(rest).code, /const \{ license, \.\.\.others \} = context;\nif \(License\.from/);
});

test("19: functions with callers that disagree, or that nobody knows, are left", () => {
  const helper = `function f(c: any) {\n  return c.license.capabilitySet === "capabilityAdvanced";\n}\n`;
  assert.match(of(`${HEAD}${helper}f(await view.getContext());\n`).code, /License\.fromForgeContext\(c\)/);
  unchanged(`${HEAD}${helper}f(await view.getContext());\nf(other);\n`);
  unchanged(`${HEAD}${helper}f(await view.getContext());\nlist.map(f);\n`);
  unchanged(`${HEAD}export ${helper}f(await view.getContext());\n`);
});

test("19: a decision as a condition is listed", () => {
  const lines = (text, head = 'import { check } from "@app-license/sdk";\n') => of(head + text).left.map(({ before, reason }) => [before, /read its `allowed`/.test(reason)]);
  for (const text of [
    "if (C) go();\n",
    "export const f = C ? 1 : 2;\n",
    "export const f = !C;\n",
    "export const f = (a) => { if (a && C) go(); };\n",
    "const d = C; if (!d) stop();\n",
    'import * as forge from "@app-license/sdk/forge";\nif (forge.C) go();\n',
  ]) {
    const call = 'check(license, { requires: "capabilityAdvanced" })';
    const found = lines(text.replace("C", call));
    assert.deepEqual(found, [[text.includes("forge.C") ? `forge.${call}` : call, true]], text);
    assert.deepEqual(lines(text.replace("C", `${call}.allowed`)), [], text);
  }
  assert.deepEqual(lines('if (check(license, 1)) go();\n', 'import { check } from "./own";\n'), []);
});
