"use strict";
// The packages as users get them: the tarballs of `cargo xtask npm-cli`, in an empty project.
const assert = require("node:assert/strict");
const { execFileSync, spawn, spawnSync } = require("node:child_process");
const { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:net");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const { after, before, test } = require("node:test");

const platforms = require("../platforms.json");

const TARBALLS = process.env.NPM_CLI;
const windows = process.platform === "win32";
const platform = platforms.find(({ os, cpu }) => os === process.platform && cpu === process.arch);
const root = mkdtempSync(join(tmpdir(), "app-license-cli-"));
const project = join(root, "project");

/** The tarball of the launcher, or of a platform's program. */
function tarball(part) {
  assert.ok(TARBALLS, "NPM_CLI names no folder of tarballs: `cargo xtask npm-cli` makes them");
  const start = part ? `app-license-cli-${part}-` : "app-license-cli-";
  const rest = /^\d+\.\d+\.\d+.*\.tgz$/;
  const name = readdirSync(TARBALLS).find((one) => one.startsWith(start) && rest.test(one.slice(start.length)));
  return join(TARBALLS, name ?? assert.fail(`no ${start}*.tgz in ${TARBALLS}`));
}

/** The manifest of an app with one module of a kind, its page and its resolver. */
const manifest = (kind, key) => `modules:
  ${kind}:
    - key: ${key}
      resource: main
      resolver:
        function: resolver
      title: Exports
  function:
    - key: resolver
      handler: index.handler
resources:
  - key: main
    path: static
app:
  id: ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000
  licensing:
    enabled: true
    editionsEnabled: true
`;

function install(folder, ...packages) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const options = ["install", "--offline", "--no-audit", "--no-fund", "--silent", ...packages];
  execFileSync("npm", options, { cwd: folder, stdio: ["ignore", "inherit", "inherit"], shell: windows });
}

/** The script that npm puts on the path, started by Node, as `npx` does. */
const script = (folder) => join(folder, "node_modules/@app-license/cli/bin/app-license");

const run = (folder, ...args) => spawnSync(process.execPath, [script(folder), ...args], { cwd: folder, encoding: "utf8" });

before(() => install(project, tarball(platform.name), tarball()));
after(() => rmSync(root, { recursive: true, force: true }));

test("18: the launcher states one optional package a platform, of its own version, and no script", () => {
  const manifest = JSON.parse(readFileSync(join(project, "node_modules/@app-license/cli/package.json"), "utf8"));
  const expected = Object.fromEntries(platforms.map(({ name }) => [`@app-license/cli-${name}`, manifest.version]));
  assert.deepEqual(manifest.optionalDependencies, expected);
  assert.equal(manifest.scripts, undefined);
  assert.equal(manifest.dependencies, undefined);
  const program = join(project, `node_modules/@app-license/cli-${platform.name}`);
  assert.equal(JSON.parse(readFileSync(join(program, "package.json"), "utf8")).version, manifest.version);
  assert.deepEqual(readdirSync(program).sort(), ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "bin", "package.json"]);
  assert.ok(existsSync(join(project, "node_modules/.bin", windows ? "app-license.cmd" : "app-license")));
});

test("18: `--version` says the version of the package", () => {
  const manifest = require(join(project, "node_modules/@app-license/cli/package.json"));
  const { status, stdout, stderr } = run(project, "--version");
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp(`^app-license(-cli)? ${manifest.version.replaceAll(".", "\\.")}\\n$`));
});

test("18: `npx` starts it by the package's name", () => {
  const options = ["--offline", "--no", "--", "@app-license/cli", "inspect", "-", "--format", "json"];
  const input = JSON.stringify({ license: { active: true, isActive: true, capabilitySet: "capabilityAdvanced" } });
  const { status, stdout, stderr } = spawnSync("npx", options, { cwd: project, input, encoding: "utf8", shell: windows });
  assert.equal(status, 0, stderr);
  assert.equal(JSON.parse(stdout).licenses.length, 1);
});

test("18: `inspect` reads a context, and its exit code comes through", () => {
  const context = { environmentType: "PRODUCTION", license: { active: true, isActive: true, capabilitySet: "capabilityAdvanced" } };
  writeFileSync(join(project, "context.json"), JSON.stringify(context));
  const read = run(project, "inspect", "context.json", "--format", "json");
  assert.equal(read.status, 0, read.stderr);
  const [{ decisions }] = JSON.parse(read.stdout).licenses;
  assert.deepEqual(decisions.find(({ name }) => name === "advanced")?.allowed, true, read.stdout);
  assert.equal(run(project, "inspect", "missing.json").status, 1);
  assert.equal(run(project, "inspect", "context.json", "--fly").status, 3);
});

test("18: standard input comes through", () => {
  const { status, stdout } = spawnSync(process.execPath, [script(project), "inspect", "-", "--format", "json"], {
    input: JSON.stringify({ license: { active: false, isActive: false, capabilitySet: "capabilityStandard" } }),
    encoding: "utf8",
  });
  assert.equal(status, 0);
  assert.ok(JSON.parse(stdout).licenses[0].decisions.every(({ allowed }) => !allowed), stdout);
});

/** Starts the lab; answers the process, its end and the address of the console. */
async function startLab(...args) {
  const port = await ports();
  const lab = spawn(process.execPath, [script(project), "lab", "--format", "json", "--port", `${port}`, ...args], {
    cwd: project,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => lab.on("exit", resolve));
  const line = await new Promise((resolve, reject) => {
    createInterface(lab.stdout).once("line", resolve).once("close", () => reject(new Error("the lab says nothing")));
  });
  return { lab, ended, url: JSON.parse(line).console };
}

async function end({ lab, ended, url }, signal = "SIGTERM") {
  if (windows) {
    // there are no signals there: the console ends all that it started
    spawnSync("taskkill", ["/pid", `${lab.pid}`, "/t", "/f"]);
    await ended;
  } else {
    lab.kill(signal);
    assert.equal(await ended, 0);
  }
  await assert.rejects(fetch(url), "nobody answers any more");
}

for (const signal of windows ? ["SIGTERM"] : ["SIGINT", "SIGTERM"]) {
  test(`18: \`lab\` answers, and ends with the launcher (${signal})`, { timeout: 60_000 }, async () => {
    const running = await startLab();
    assert.equal((await fetch(running.url)).status, 200);
    await end(running, signal);
  });
}

test("18: `lab` runs a Forge app of the user's own", { timeout: 60_000 }, async () => {
  const folder = join(project, "app");
  mkdirSync(join(folder, "static"), { recursive: true });
  mkdirSync(join(folder, "functions"));
  writeFileSync(join(folder, "manifest.yml"), manifest("jira:projectPage", "page"));
  writeFileSync(join(folder, "static/index.html"), "<!doctype html><title>Exports</title>");
  writeFileSync(join(folder, "functions/index.cjs"), "exports.handler = () => 1;");
  const running = await startLab("--manifest", "app/manifest.yml", "--functions", "app/functions", "--data", "app/lab");
  const forge = await (await fetch(`${running.url}api/forge`)).json();
  assert.equal(forge.functions.node, process.version);
  const [page] = forge.pages;
  assert.match(await (await fetch(page.url)).text(), /<title>Exports<\/title>/);
  await end(running);
});

test("18: without the optional package the launcher names it, and fails", () => {
  const folder = join(root, "no-optional");
  install(folder, "--omit=optional", tarball());
  const { status, stdout, stderr } = run(folder, "--version");
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, new RegExp(`^error: the package @app-license/cli-${platform.name} is not installed`));
  assert.match(stderr, /--no-optional/);
});

test("18: every command of the first ten minutes does what its page says", () => {
  const folder = project;
  const page = readFileSync(join(__dirname, "../../../docs/first-ten-minutes.md"), "utf8");
  // what the reader's app has by then
  writeFileSync(join(folder, "manifest.yml"), "app:\n  id: ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000\n");
  let commands = 0;
  for (const [, language, text] of page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (language === "toml") {
      writeFileSync(join(folder, /^# (\S+)\n/.exec(text)[1]), text);
    }
    const lines = language === "sh" ? text.split("\n") : [];
    for (const [, line, , file, , code] of lines.map((one) => /^npx @app-license\/cli (.*?)( > (\S+))?( # exits with (\d))?$/.exec(one)).filter(Boolean)) {
      if (line.startsWith("lab") && !line.startsWith("lab scenario")) {
        continue; // it stays: the tests above
      }
      const { status, stdout, stderr } = run(folder, ...line.split(" "));
      assert.equal(status, Number(code ?? 0), `${line}: ${stdout}${stderr}`);
      if (file) {
        writeFileSync(join(folder, file), stdout);
      }
      commands += 1;
    }
  }
  assert.equal(commands, 11);
});

test("18: the story in the Forge developer's ten minutes holds, by page and function", { timeout: 120_000 }, () => {
  const folder = join(project, "ten-minutes");
  mkdirSync(join(folder, "static"), { recursive: true });
  mkdirSync(join(folder, "dist-functions"));
  // a bundle of CommonJS, named as the page names it, in a project of ES modules
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const text = readFileSync(join(__dirname, "../../../docs/lab-forge.md"), "utf8");
  writeFileSync(join(folder, "story.toml"), /^```toml\n(# story\.toml\n[\s\S]*?)^```$/m.exec(text)[1]);
  writeFileSync(join(folder, "manifest.yml"), manifest("jira:issuePanel", "panel"));
  writeFileSync(join(folder, "static/index.html"), '<!doctype html><button id="bulk-export" hidden>All</button><script src="page.js"></script>');
  writeFileSync(
    join(folder, "static/page.js"),
    `__bridge.callBridge("getContext").then(({ license, userAccess }) => {
      const advanced = license?.active && license.capabilitySet === "capabilityAdvanced" && userAccess?.hasAccess !== false;
      document.getElementById("bulk-export").hidden = !advanced;
    });`,
  );
  writeFileSync(
    join(folder, /--format=cjs --outfile=(\S+)$/m.exec(text)[1]),
    `exports.handler = (_, { license }) =>
      license?.active && license.capabilitySet === "capabilityAdvanced" ? { exported: 1 } : { refused: "capability_missing" };`,
  );
  const line = /^npx @app-license\/cli (lab scenario .*)$/m.exec(text)[1];
  const options = { cwd: folder, encoding: "utf8" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script(project), ...line.split(" ")], options);
  assert.equal(status, 0, `${stdout}${stderr}`);
});

/** The first of nine free ports in a row, most probably. */
async function ports() {
  const free = (port) =>
    new Promise((resolve) => {
      const server = createServer().once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
  for (let first = 22_000 + (process.pid % 1000) * 16; ; first += 16) {
    const all = await Promise.all(Array.from({ length: 9 }, (_, n) => free(first + n)));
    if (all.every(Boolean)) {
      return first;
    }
  }
}
