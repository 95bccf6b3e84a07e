"use strict";
// Which program is run where, and what is said where there is none.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { test } = require("node:test");

// the version is written when the package is made
const path = require.resolve("../package.json");
require(path).version = "1.2.3";
const { ProgramMissing, find } = require("../lib/program.js");
const platforms = require("../platforms.json");

const missing = () => {
  throw Object.assign(new Error("Cannot find module"), { code: "MODULE_NOT_FOUND" });
};

const said = (machine) => {
  try {
    find({ glibc: () => true, resolve: missing, ...machine });
  } catch (error) {
    assert.ok(error instanceof ProgramMissing, error.stack);
    return error.message;
  }
  return assert.fail("found");
};

test("18: every platform has its own package", () => {
  for (const { name, os, cpu } of platforms) {
    assert.equal(name, `${os}-${cpu}`);
    const end = os === "win32" ? ".exe" : "";
    assert.equal(find({ os, cpu, resolve: (path) => path }), `@app-license/cli-${name}/bin/app-license${end}`);
  }
});

test("18: a package that is not installed is named, with the usual reason and what to do", () => {
  assert.equal(
    said({ os: "linux", cpu: "x64" }),
    "the package @app-license/cli-linux-x64 is not installed, which holds the program for this machine\n" +
      "it is an optional dependency: `--no-optional` and `--omit=optional` leave it out, and so does " +
      "a node_modules folder or a lock file that was made on another platform\n" +
      "install it: npm install @app-license/cli-linux-x64@1.2.3",
  );
});

test("18: a platform without a program is told so, with those that have one", () => {
  const message = said({ os: "freebsd", cpu: "x64" });
  assert.match(message, /^there is no program for the platform freebsd x64, which is not supported; /);
  for (const { os, cpu } of platforms) {
    assert.ok(message.includes(`${os} ${cpu}`), message);
  }
});

test("18: a C library that is not glibc is told so", () => {
  assert.match(said({ os: "linux", cpu: "arm64", glibc: () => false }), /needs glibc 2\.34 or later.*musl/);
});

test("18: other faults are not taken for a missing package", () => {
  const broken = () => {
    throw new TypeError("broken");
  };
  assert.throws(() => find({ os: "linux", cpu: "x64", resolve: broken }), TypeError);
});

test("18: there is no install script", () => {
  const text = readFileSync(path, "utf8");
  assert.doesNotMatch(text, /install"\s*:/);
});
