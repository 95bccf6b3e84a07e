// Every error code is of the type `ErrorCode`, and has its paragraph.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, code]) => code);

const union = /export type ErrorCode =([^;]*);/.exec(read("wasm/js/src/error.ts"))[1];
const codes = all(union, /"([a-z_]+)"/g);

test("12: every code has its paragraph, and there is no other", () => {
  assert.deepEqual(all(read("docs/errors.md"), /^## `([a-z_]+)`$/gm), codes);
  assert.deepEqual(codes, [...new Set(codes)].sort());
});

test("12: the codes of the Rust library are among them", () => {
  const [, table] = /pub const fn code\(&self\)([\s\S]*?)\n    }\n/.exec(read("crates/app-license/src/error.rs"));
  const rust = [...all(table, /=> "([a-z_]+)"/g), ...all(read("crates/app-license/src/gate/json.rs"), /=> "(json_[a-z_]+)"/g)];
  assert.ok(rust.length > 45, `${rust}`);
  assert.deepEqual(rust.filter((code) => !codes.includes(code)), []);
});

test("12: so is every code that the package writes", () => {
  const folder = new URL("../src/", import.meta.url);
  const sources = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".ts"));
  const written = sources.flatMap((name) =>
    all(readFileSync(new URL(name, folder), "utf8"), /(?:fault|LicenseError|VerifyError|PlatformFault|unavailable)\(\s*"([a-z_]+)"/g),
  );
  assert.ok(written.length > 15, `${written}`);
  assert.deepEqual(written.filter((code) => !codes.includes(code)), [], "add it to error.ts and docs/errors.md");
});
