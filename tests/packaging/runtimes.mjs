// Programs that the packed package is run in beside this Node: those of runtimes/, installed once a machine.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";

import { BUILD, HERE, npm, worker } from "./harness.mjs";

const FILES = ["package.json", "package-lock.json"].map((name) => `${HERE}runtimes/${name}`);

/** The folder of their packages, in the cache that the jobs keep, by what the lock file says. */
export function runtimes() {
  const cache = process.env.APP_LICENSE_CACHE ?? `${process.env.XDG_CACHE_HOME ?? `${homedir()}/.cache`}/app-license`;
  const hash = createHash("sha256");
  FILES.forEach((file) => hash.update(readFileSync(file)));
  const folder = `${cache}/runtimes-${hash.digest("hex").slice(0, 12)}`;
  if (!existsSync(folder)) {
    const scratch = `${folder}.${process.pid}`;
    mkdirSync(scratch, { recursive: true });
    try {
      FILES.forEach((file) => cpSync(file, `${scratch}/${file.split("/").at(-1)}`));
      npm(scratch, "ci", "--no-audit", "--no-fund", "--silent");
      renameSync(scratch, folder);
    } catch (error) {
      rmSync(scratch, { recursive: true });
      if (!existsSync(folder)) {
        throw error; // and no other run made it meanwhile
      }
    }
  }
  return `${folder}/node_modules`;
}

/** What `all.mjs` says in a program. */
const all = (program, ...options) => () => {
  const stdout = execFileSync(`${runtimes()}/${program}`, [...options, "all.mjs"], {
    cwd: `${BUILD}node`,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(stdout.trim().split("\n").at(-1));
};

async function workerd() {
  const folder = `${BUILD}workerd-itself/`;
  cpSync(`${BUILD}workerd`, folder, { recursive: true });
  await worker(`${folder}bundle.mjs`);
  cpSync(`${BUILD}node_modules/@app-license/sdk/dist/workerd/core.wasm`, `${folder}core.wasm`);
  const program = `${runtimes()}/@cloudflare/workerd-linux-64/bin/workerd`;
  const stdout = execFileSync(program, ["test", `${folder}config.capnp`], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return JSON.parse(/ENTRIES (.*)/.exec(stdout)[1]);
}

/** Each by its row in docs/npm/runtimes.md, with the version that runs. */
export const PROGRAMS = {
  "Node 22": { version: ["node-22/bin/node", "--version"], entries: all("node-22/bin/node") },
  "Node 24": { version: ["node-24/bin/node", "--version"], entries: all("node-24/bin/node") },
  "Deno 2": { version: ["@deno/linux-x64-glibc/deno", "--version"], entries: all("@deno/linux-x64-glibc/deno", "run", "-A") },
  "Bun 1": { version: ["@oven/bun-linux-x64/bin/bun", "--version"], entries: all("@oven/bun-linux-x64/bin/bun") },
  "workerd, `nodejs_compat`": { version: ["@cloudflare/workerd-linux-64/bin/workerd", "--version"], entries: workerd },
};
