// What an editor shows: every function and class that an entry exports says what it throws, and shows a use.
// The examples are run by wasm/js/test/snippets.test.mjs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { BUILD, HERE } from "./harness.mjs";
import { functions } from "./surface.mjs";

const SDK = `${BUILD}node_modules/@app-license/sdk/`;
const FIXTURES = readFileSync(`${HERE}../../docs/npm/testing.md`, "utf8");

/** What has no `@throws`, and why. */
const THROWS_NOTHING = {
  LicenseError: "it is thrown",
  VerifyError: "it is thrown",
  DeniedError: "it is thrown",
  PlatformFault: "it is thrown",
  Events: "the interface of an SDK's emitter",
  isUnlimited: "any number has an answer",
};
/** What has no `@example`, and why. */
const SHOWS_NO_USE = {
  PlatformFault: "it is caught as a VerifyError",
  Events: "a provider makes it",
};

for (const [tag, but] of [["throws", THROWS_NOTHING], ["example", SHOWS_NO_USE]]) {
  test(`every function and class has its @${tag}, or a reason`, () => {
    assert.ok(functions.length > 90, `${functions.length}`);
    const lacking = functions.filter(({ tags }) => !tags.some(([name]) => name === tag));
    // a fixture throws a TypeError for a scenario that there is not, as its page says once for all
    const fixture = ({ entry, name }) => entry.startsWith("./testing") && new RegExp(`\\b${name}\\b`).test(FIXTURES);
    const unexcused = lacking.filter((one) => !(one.name in but) && !fixture(one));
    assert.deepEqual(unexcused.map(({ entry, name }) => `${entry} ${name}`), []);
    assert.deepEqual(Object.keys(but).filter((name) => !lacking.some((one) => one.name === name)), [], "a reason that is not needed");
  });
}

test("12: every code that a comment names is one, and is read as a comment's text", () => {
  // a link at the start of a tag is taken for a type, and what follows for another tag
  assert.deepEqual(functions.filter(({ tags }) => tags.some(([, text]) => text === "{")).map(({ name }) => name), []);
  const errors = readFileSync(`${SDK}dist/error.d.ts`, "utf8");
  const codes = new Set([...errors.matchAll(/"([a-z_]+)"/g)].map(([, code]) => code));
  const named = functions.flatMap(({ tags }) => tags.filter(([name]) => name === "throws").flatMap(([, text]) => text.match(/`[a-z]+(_[a-z]+)+`/g) ?? []));
  assert.ok(named.length > 30, `${named.length}`);
  assert.deepEqual([...new Set(named.map((code) => code.slice(1, -1)))].filter((code) => !codes.has(code)), []);
});
