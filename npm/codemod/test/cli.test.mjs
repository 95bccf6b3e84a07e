// The program: which files it touches, what it prints, how it ends.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { main } from "../src/cli.js";
import { REASONS } from "../src/meaning.js";
import { unparsable } from "../src/text.js";

const PROGRAM = fileURLToPath(new URL("../bin/app-license-codemod.js", import.meta.url));
const root = realpathSync(mkdtempSync(join(tmpdir(), "codemod-cli-")));
after(() => {
  process.chdir(tmpdir());
  rmSync(root, { recursive: true, force: true });
});

const CHECK = `import Resolver from "@forge/resolver";

const resolver = new Resolver();
resolver.define("a", ({ context }) => context.license.capabilitySet === "capabilityAdvanced");
`;
const REWRITTEN = `import Resolver from "@forge/resolver";
import { License } from "@app-license/sdk";

const resolver = new Resolver();
resolver.define("a", ({ context }) => License.fromFunctionContext(context).hasCapability("capabilityAdvanced"));
`;
const LEFT = `export const a = (context) => context.license.isActive;\n`;

/** A folder with these files; a git repository, unless it is said not to be. */
function project(name, files, { git = true } = {}) {
  const folder = join(root, name);
  for (const [path, text] of Object.entries({ "package.json": "{}", ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  if (git) {
    execFileSync("git", ["init", "--quiet", folder]);
  }
  return { folder, read: (path) => readFileSync(join(folder, path), "utf8") };
}

/** What the program does in a folder, without a process of its own. */
function codemod(folder, ...args) {
  let [stdout, stderr] = ["", ""];
  process.chdir(folder);
  const status = main(args, { out: (text) => (stdout += text), err: (text) => (stderr += text) });
  process.chdir(root);
  return { status, stdout, stderr };
}

test("19: `node_modules`, what git ignores, declarations and links are never touched", () => {
  const untouched = ["node_modules/x/index.js", "ui/node_modules/y.js", "dist/index.js", "ui/build/a.js", "src/a.d.ts", "src/a.min.js"];
  const files = Object.fromEntries(untouched.map((path) => [path, CHECK]));
  const { folder, read } = project("ignored", { ...files, "src/index.js": CHECK, ".gitignore": "dist\n", "ui/.gitignore": "/build/\n" });
  // tracked by mistake: still a package of others
  execFileSync("git", ["add", "--force", "node_modules"], { cwd: folder });
  writeFileSync(join(root, "outside.js"), CHECK);
  symlinkSync(join(root, "outside.js"), join(folder, "src/link.js"));
  const { status, stderr } = codemod(folder);
  assert.equal(status, 0, stderr);
  assert.equal(read("src/index.js"), REWRITTEN);
  for (const path of untouched) {
    assert.equal(read(path), CHECK, path);
  }
  assert.equal(readFileSync(join(root, "outside.js"), "utf8"), CHECK);
});

test("19: outside of a repository `.gitignore` files are followed", () => {
  const files = { "src/index.js": CHECK, "dist/index.js": CHECK, "ui/out/a.js": CHECK, "node_modules/x/index.js": CHECK };
  const { folder, read } = project("plain", { ...files, ".gitignore": "/dist\n", "ui/.gitignore": "out/\n" }, { git: false });
  assert.equal(codemod(root, "plain").status, 0);
  assert.equal(read("src/index.js"), REWRITTEN);
  for (const path of ["dist/index.js", "ui/out/a.js", "node_modules/x/index.js"]) {
    assert.equal(read(path), CHECK, path);
  }
  assert.equal(codemod(folder, "src").stdout, "nothing to rewrite in 1 source\n");
});

test("19: where git cannot say what it ignores, nothing is touched", () => {
  const { folder, read } = project("broken", { "index.js": CHECK, ".git": "gitdir: nowhere\n" }, { git: false });
  const { status, stderr } = codemod(folder);
  assert.equal(status, 3);
  assert.match(stderr, /^error: git cannot list the files of `\.`/);
  assert.equal(read("index.js"), CHECK);
});

test("19: `--dry-run` and `--check` print a diff that applies, and change nothing", () => {
  const { folder, read } = project("dry", { "src/index.js": CHECK, "src/left.js": LEFT });
  const dry = codemod(folder, "--dry-run");
  assert.equal(dry.status, 0);
  assert.match(dry.stdout, /^--- a\/src\/index\.js\n\+\+\+ b\/src\/index\.js\n@@ /);
  assert.match(dry.stdout, /\nwould rewrite 1 check in 1 file\n/);
  const check = codemod(folder, "--check");
  assert.equal(check.status, 2);
  assert.equal(check.stdout, dry.stdout);
  assert.equal(read("src/index.js"), CHECK);
  const { diff } = JSON.parse(codemod(folder, "--check", "--format", "json").stdout);
  execFileSync("git", ["apply"], { cwd: folder, input: diff });
  assert.equal(read("src/index.js"), REWRITTEN);
  assert.equal(codemod(folder, "--check").status, 0, "places that are left fail nothing");
});

test("19: a person is told each change, each place that is left, and the three changes of meaning", () => {
  const { folder } = project("told", { "src/index.js": CHECK, "src/left.js": LEFT });
  const { stdout } = codemod(folder);
  assert.match(stdout, /^src\/index\.js:4:39\n  - context\.license\.capabilitySet === "capabilityAdvanced"\n  \+ License\.from/);
  assert.match(stdout, /\nLeft for you, 1 place; what to write: https:\S+\nsrc\/left\.js:1:31  context\.license\.isActive\n    it is not certain where `context` comes from\n/);
  for (const part of ["1. an edition counts only while its license is active", "2. Standard includes Advanced", "3. an active license that names no capability set counts as Standard"]) {
    assert.ok(stdout.includes(part), stdout);
  }
  assert.match(stdout, /\nThen: npm install @app-license\/sdk\n$/);
  const again = codemod(folder).stdout;
  assert.match(again, /^nothing to rewrite in 2 sources\n/);
});

test("19: `--format json` says the same to programs", () => {
  const { folder } = project("json", { "src/index.js": CHECK, "src/left.js": LEFT, "package.json": '{"dependencies":{"@app-license/sdk":"0.1.0"}}' });
  const report = JSON.parse(codemod(root, "json", "--format", "json").stdout);
  assert.deepEqual(report.files, ["src/index.js"]);
  const [change] = report.changes;
  assert.deepEqual([change.file, change.line, change.column, change.meaning], ["src/index.js", 4, 39, ["active_required"]]);
  const [left] = report.left;
  assert.deepEqual([left.file, left.line, left.before], ["src/left.js", 1, "context.license.isActive"]);
  assert.deepEqual(report.meaning.map(({ code }) => code), ["active_required", "standard_includes_advanced", "no_set_is_standard"]);
  assert.deepEqual([report.written, report.install, report.diff], [true, false, undefined]);
  assert.deepEqual(JSON.parse(codemod(folder, "--format", "json").stdout).changes, []);
});

test("19: what cannot be parsed is listed, and the rest rewritten", () => {
  const { folder, read } = project("syntax", { "src/a.js": "if (context.license.isActive {", "src/b.js": CHECK });
  const { status, stdout } = codemod(folder);
  assert.equal(status, 0);
  assert.equal(read("src/b.js"), REWRITTEN);
  assert.match(stdout, /\nsrc\/a\.js:1:1\n    it cannot be read: /);
});

test("a source that is nested too deeply is listed as not read, and the rest rewritten", () => {
  const deep = {
    "src/not.js": `${"!".repeat(100_000)}context.license.isActive;`,
    "src/brackets.ts": `${"(".repeat(50_000)}context.license.isActive${")".repeat(50_000)};`,
    "src/lists.js": `license(${"[".repeat(200_000)}`,
    "src/arrows.ts": `const license = ${"a=>".repeat(50_000)}1;`,
    "src/choice.js": `license ${"? 1 : a ".repeat(40_000)} ? 1 : 2;`,
    "src/sum.js": `license${" + 1".repeat(100_000)};`,
    "src/page.jsx": `license; ${"<a>".repeat(50_000)}`,
    "src/types.ts": `let license: ${"A<".repeat(50_000)}`,
    "src/plain.js": "!".repeat(100_000),
  };
  const { folder, read } = project("deep", { ...deep, "src/z.js": CHECK });
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, "--format", "json"], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const { left, files } = JSON.parse(stdout);
  assert.deepEqual(files, ["src/z.js"]);
  assert.equal(read("src/z.js"), REWRITTEN);
  for (const [path, text] of Object.entries(deep)) {
    assert.equal(read(path), text, path);
  }
  const reasons = new Map(left.map(({ file, reason }) => [file, reason]));
  assert.match(reasons.get("src/not.js"), /^it cannot be read: it is nested too deeply/);
  for (const path of Object.keys(deep).filter((one) => !/sum|plain/.test(one))) {
    assert.match(reasons.get(path) ?? "", /^it cannot be read: /, path);
  }
  assert.equal(reasons.has("src/plain.js"), false, "what mentions no license is not read at all");
});

test("a source that takes too long is named so, once it had all of the time", () => {
  const sources = ["a.js", "b.js", "deep.js", "slow.js", "z.js"].map((name) => ({ name, path: `src/${name}`, size: 1000 }));
  const runs = [];
  const found = unparsable(sources, (_program, _args, { input }) => {
    const names = JSON.parse(input).map(([, name]) => name);
    runs.push(names);
    const at = names.findIndex((name) => name === "deep.js" || name === "slow.js");
    const stdout = names.slice(0, at + 1).map((_, index) => `${index}\n`).join("");
    if (at < 0) {
      return { status: 0, stdout };
    }
    const slow = names[at] === "slow.js" || names[0] === "a.js";
    return slow ? { status: null, stdout, error: { code: "ETIMEDOUT", message: "spawnSync ETIMEDOUT" } } : { status: null, signal: "SIGSEGV", stdout };
  });
  assert.deepEqual([...found], [["deep.js", "too_deep"], ["slow.js", "too_slow"]]);
  assert.deepEqual(runs.map(([first]) => first), ["a.js", "deep.js", "slow.js", "z.js"]);
  assert.match(REASONS.too_slow, /^it cannot be read: /);
});

test("a source that is not UTF-8 is left as it is, and listed with the reason", () => {
  const latin1 = Buffer.from(`// Gr\xfc\xdfe\n${CHECK}`, "latin1");
  const utf16 = Buffer.from(`\uFEFF${CHECK}`, "utf16le");
  const { folder, read } = project("latin1", { "src/a.js": latin1, "src/b.js": utf16, "src/c.js": Buffer.from("// \xfc", "latin1"), "src/d.js": `\uFEFF// ü\n${CHECK}` });
  const { status, stdout } = codemod(folder, "--format", "json");
  assert.equal(status, 0);
  const { left, files } = JSON.parse(stdout);
  assert.deepEqual(left.map(({ file }) => file), ["src/a.js", "src/b.js"]);
  assert.match(left[0].reason, /^it cannot be read: it is not UTF-8/);
  assert.deepEqual(readFileSync(join(folder, "src/a.js")), latin1);
  assert.deepEqual(readFileSync(join(folder, "src/b.js")), utf16);
  assert.deepEqual(files, ["src/d.js"]);
  assert.equal(read("src/d.js"), `\uFEFF// ü\n${REWRITTEN}`);
});

test("options that are none, and folders that are none, exit with 3", () => {
  const { folder } = project("wrong", {});
  for (const args of [["--fly"], ["--format", "xml"], ["a", "b"], ["missing"], ["package.json"]]) {
    const { status, stdout, stderr } = codemod(folder, ...args);
    assert.equal(status, 3, args.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, /^error: /);
  }
  assert.match(codemod(folder, "--help").stdout, /--dry-run/);
  assert.match(codemod(folder, "--version").stdout, /^app-license-codemod \d+\.\d+\.\d+\n$/);
});

test("the program passes arguments and exit codes on", () => {
  const { folder, read } = project("program", { "src/index.js": CHECK });
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, "--check"], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 2, stderr);
  assert.match(stdout, /^--- a\/src\/index\.js\n/);
  assert.equal(read("src/index.js"), CHECK);
});
