// Every entry of the packed package in other runtimes than this one.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { BUILD, answered } from "./harness.mjs";
import { PROGRAMS, runtimes } from "./runtimes.mjs";

const skip = `${process.platform} ${process.arch}` !== "linux x64" && "the programs are those for Linux on x64";

describe("runtimes", { skip }, () => {
  before(() => void runtimes());

  for (const [row, { version, entries }] of Object.entries(PROGRAMS)) {
    test(`10: ${row}: every entry answers`, async () => {
      const [program, ...options] = version;
      const [major] = /\d+/.exec(execFileSync(`${runtimes()}/${program}`, options, { encoding: "utf8" }));
      assert.match(row, new RegExp(`^(workerd|\\w+ ${major}$)`));
      answered(row, await entries());
    });
  }

  test("10: Next: server components, client components and route handlers", async (t) => {
    const packages = runtimes();
    // away from this repository, whose lock files it would take for its own
    const app = mkdtempSync(join(tmpdir(), "app-license-next-"));
    t.after(() => rmSync(app, { recursive: true, force: true }));
    cpSync(`${BUILD}next`, app, { recursive: true });
    mkdirSync(`${app}/node_modules/@app-license`, { recursive: true });
    cpSync(`${BUILD}node_modules/@app-license/sdk`, `${app}/node_modules/@app-license/sdk`, { recursive: true });
    cpSync(`${BUILD}../node_modules/@openfeature/core`, `${app}/node_modules/@openfeature/core`, { recursive: true });
    for (const name of ["next", "react", "react-dom"]) {
      symlinkSync(`${packages}/${name}`, `${app}/node_modules/${name}`);
    }
    const program = `${packages}/next/dist/bin/next`;
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
    execFileSync(process.execPath, [program, "build", "--webpack"], { cwd: app, env, stdio: ["ignore", "ignore", "inherit"] });
    const port = await free();
    const server = spawn(process.execPath, [program, "start", "--port", `${port}`], { cwd: app, env, stdio: "ignore" });
    t.after(async () => {
      server.kill();
      await once(server, "exit");
    });
    const ask = async (path) => {
      for (let tries = 0; ; tries += 1) {
        try {
          return await fetch(`http://127.0.0.1:${port}${path}`);
        } catch (error) {
          if (tries > 300 || server.exitCode !== null) throw error;
          await sleep(200);
        }
      }
    };
    const page = await (await ask("/")).text();
    assert.match(page, /server: verified granted/);
    assert.match(page, /client: hint shown/);
    assert.match(page, /flag: true/);
    assert.equal(await (await ask("/export?as=advanced")).text(), "advanced");
    assert.equal((await ask("/export?as=standard")).status, 402);
    assert.equal((await ask("/export")).status, 401);
    assert.deepEqual(await (await ask("/core?lic=active&capSet=capabilityAdvanced")).json(), ["advanced", "hint"]);
    answered("Next 16, Node runtime", [".", "./server", "./fetch", "./testing", "./testing/browser", "./react", "./openfeature", "./wasm"]);
  });
});

async function free() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
