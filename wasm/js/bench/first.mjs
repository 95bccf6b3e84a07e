// What a process takes to load the server entry and verify its first request, beside atlassian-jwt doing
// its part of it: node first.mjs [PROCESSES]. Medians over fresh processes that take turns: the time that
// is waited, and the processor's, of all threads.
import { spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { fileURLToPath } from "node:url";

const BASE_URL = "https://app.example.com";
const PATH = "/panel?issue=ABC-1&project=10000&lic=active";
const SECRET = "0123456789abcdef0123456789abcdef";
/** Of the query above. */
const CANONICAL = "GET&/panel&issue=ABC-1&lic=active&project=10000";

/** What is timed: the import, then the call with what it made. */
const TASKS = {
  "app-license": [
    () => import("../dist/server.js"),
    ({ verifyRequest }, target) =>
      verifyRequest({ method: "GET", target }, { clientKey: "tenant", secrets: [SECRET] }, { baseUrl: BASE_URL }).clientKey,
  ],
  "atlassian-jwt": [
    () => import("atlassian-jwt"),
    ({ default: jwt }, target) => {
      const { iss, qsh } = jwt.decodeSymmetric(new URLSearchParams(target).get("jwt"), SECRET, "HS256");
      return qsh === jwt.createQueryStringHash(jwt.fromMethodAndUrl("GET", target), false, BASE_URL) && iss;
    },
  ],
};

function signed() {
  const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const iat = Math.floor(Date.now() / 1000);
  const qsh = createHash("sha256").update(CANONICAL).digest("hex");
  const text = `${encoded({ typ: "JWT", alg: "HS256" })}.${encoded({ iss: "tenant", iat, exp: iat + 180, qsh })}`;
  return `${PATH}&jwt=${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

async function child(name, target) {
  const [load, call] = TASKS[name];
  const at = () => [performance.now(), process.cpuUsage()];
  const marks = [at()];
  const made = await load();
  marks.push(at());
  const found = call(made, target);
  marks.push(at());
  if (found !== "tenant") {
    throw new Error(`${name} verified nothing`);
  }
  const cpu = ({ user, system }) => (user + system) / 1e3;
  const parts = [1, 2].flatMap((i) => [marks[i][0] - marks[i - 1][0], cpu(marks[i][1]) - cpu(marks[i - 1][1])]);
  console.log(JSON.stringify(parts));
}

function measure(count) {
  const target = signed();
  const script = fileURLToPath(import.meta.url);
  const rows = Object.fromEntries(Object.keys(TASKS).map((name) => [name, []]));
  for (let i = 0; i < count; i += 1) {
    for (const name of Object.keys(TASKS)) {
      const { stdout, stderr } = spawnSync(process.execPath, [script, "child", name, target], { encoding: "utf8" });
      if (!stdout) {
        throw new Error(stderr);
      }
      rows[name].push(JSON.parse(stdout));
    }
  }
  const median = (all) => all.sort((a, b) => a - b)[all.length >> 1].toFixed(1).padStart(5);
  const shown = (all, wall, cpu) => `${median(all.map(wall))} ms, processor ${median(all.map(cpu))} ms`;
  for (const [name, all] of Object.entries(rows)) {
    const both = shown(all, (row) => row[0] + row[2], (row) => row[1] + row[3]);
    const [load, call] = [0, 2].map((i) => shown(all, (row) => row[i], (row) => row[i + 1]));
    console.log(`${name.padEnd(14)} import and first call ${both}; import ${load}; call ${call}`);
  }
}

const [task, ...rest] = process.argv.slice(2);
task === "child" ? await child(...rest) : measure(Number(task ?? 30));
