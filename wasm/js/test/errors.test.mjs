// Every error code is of the type `ErrorCode`, and has its paragraph.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
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
  const rust = [...all(table, /=> "([a-z_]+)"/g), ...all(read("crates/app-license/src/gate/json/error.rs"), /=> "(json_[a-z_]+)"/g)];
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

test("12: errors are made where `Error.prototype` is frozen, as in hardened realms", () => {
  const code = `
    Object.freeze(Error.prototype);
    Object.freeze(Object.prototype);
    const { check, License } = await import("@app-license/sdk");
    const { PlatformFault, DeniedError, VerifyError, verifyInvocation } = await import("@app-license/sdk/server");
    const { allowed, ...decision } = check(License.fromForgeContext({}), { requires: "capabilityStandard" });
    const thrown = (run) => { try { run(); } catch (error) { return [error.name, error.code]; } };
    console.log(JSON.stringify([
      thrown(() => check({}, { requires: "capabilityStandard" })),
      thrown(() => verifyInvocation("x", "{}", { appId: "35559c21-6120-406b-b7cd-d87f468f6d32" })),
      thrown(() => { throw new PlatformFault("unreachable", "no"); }),
      thrown(() => { throw new DeniedError({ allowed, ...decision }); }),
      String(new VerifyError("signature", "no", "refused", 401)),
    ]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8", cwd: new URL("..", import.meta.url) });
  assert.deepEqual(JSON.parse(stdout || stderr), [
    ["LicenseError", "not_a_license"],
    ["VerifyError", "token_scheme"],
    ["PlatformFault", "unreachable"],
    ["DeniedError", "absent"],
    "VerifyError: no",
  ]);
});
