// Requests that Express serves, verified by this package and by atlassian-connect-express, in one run:
// node served.mjs [SECONDS OF A ROUND]. It needs dist/, and `npm ci` in .., here and in benches/peers.
// Rounds take turns; a ratio above 1 says that this package is faster. By processor time: what the
// server's process took for a request, which other work on the machine disturbs less. Linux alone.
import { spawn } from "node:child_process";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { queryHash } from "../dist/server.js";

const ROUNDS = 7;
const TENANTS = 100;
const CONNECTIONS = 16;
const SECONDS = Number(process.argv[2] ?? 3);
/** A tick of /proc/PID/stat is a hundredth of a second. */
const TICK = 10_000;

const folder = mkdtempSync(join(tmpdir(), "app-license-served-"));
const tenants = Array.from({ length: TENANTS }, (_, number) => ({
  key: "com.example.app",
  clientKey: randomUUID(),
  sharedSecret: randomBytes(32).toString("base64url"),
  baseUrl: `https://site-${number}.atlassian.net`,
  productType: "jira",
  description: `Atlassian Jira at site ${number}`,
  eventType: "installed",
  capabilitySet: "capabilityStandard",
}));
const file = join(folder, "tenants.json");
writeFileSync(file, JSON.stringify(tenants));

async function start(script) {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address();
  free.close();
  const path = fileURLToPath(new URL(script, import.meta.url));
  const env = { ...process.env, NODE_ENV: "production" };
  const child = spawn(process.execPath, [path, port, file, folder], { env, stdio: ["pipe", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "listening") {
      return { port, child };
    }
  }
  throw new Error(`${script} does not start`);
}

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A request as it is sent, its URL signed as the platform signs it. */
function signed(path, { clientKey, sharedSecret, baseUrl }) {
  const target = `${path}?issue=ABC-1&project=10000&xdm_e=${encodeURIComponent(baseUrl)}&cp=&lic=active`;
  const { qsh } = queryHash({ method: "GET", target }, "http://127.0.0.1");
  const iat = Math.floor(Date.now() / 1000);
  const claims = { sub: "5b10a2844c20165700ede21g", iss: clientKey, iat, exp: iat + 180, qsh };
  const text = `${encoded({ typ: "JWT", alg: "HS256" })}.${encoded(claims)}`;
  const signature = createHmac("sha256", sharedSecret).update(text).digest("base64url");
  return Buffer.from(`GET ${target}&jwt=${text}.${signature} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
}

/** Asks over one connection until the time is over; answers how often. */
async function ask(port, requests, first, end) {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  let count = 0;
  await new Promise((resolve, reject) => {
    socket.on("error", reject);
    let heard = "";
    const next = () => socket.write(requests[(first + count) % requests.length]);
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      const head = heard.indexOf("\r\n\r\n");
      const length = /\r\ncontent-length: (\d+)/i.exec(heard)?.[1];
      if (head < 0 || heard.length < head + 4 + Number(length)) {
        return;
      }
      if (!heard.startsWith("HTTP/1.1 200")) {
        reject(new Error(heard));
      }
      heard = "";
      count += 1;
      performance.now() < end ? next() : resolve();
    });
    socket.on("connect", next);
  }).finally(() => socket.destroy());
  return count;
}

function ticksOf({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

async function round({ server: { port, child }, path, rates, costs }) {
  const requests = tenants.map((tenant) => signed(path, tenant));
  const [began, ticks] = [performance.now(), ticksOf(child)];
  const end = began + SECONDS * 1000;
  const counts = await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => ask(port, requests, i * 7, end)));
  const count = counts.reduce((sum, one) => sum + one, 0);
  rates.push((count * 1000) / (performance.now() - began));
  costs.push(((ticksOf(child) - ticks) * TICK) / count);
}

const median = (all) => all.toSorted((a, b) => a - b)[all.length >> 1];
const servers = [];
try {
  const [ours, ace] = [await start("served-app.mjs"), await start("../../../benches/peers/ace.mjs")];
  servers.push(ours.child, ace.child);
  const lane = (name, server, path) => ({ name, server, path, rates: [], costs: [] });
  const lanes = [
    lane("verified", ours, "/panel"),
    lane("atlassian-connect-express", ace, "/panel"),
    lane("verified, and a capability asked for", ours, "/gated"),
    lane("Express, not verified", ours, "/plain"),
  ];
  for (let done = -1; done < ROUNDS; done += 1) {
    for (const one of lanes) {
      await round(one);
      if (done < 0) {
        one.rates.length = one.costs.length = 0; // that was for the compiler
      }
    }
  }
  const other = lanes[1];
  for (const { name, rates, costs } of lanes) {
    const [rate, cost] = [median(rates), median(costs)];
    const ratio = `${(rate / median(other.rates)).toFixed(2)}x; ${(median(other.costs) / cost).toFixed(2)}x by processor time`;
    console.log(`${name.padEnd(37)} ${rate.toFixed(0).padStart(6)} a second, ${cost.toFixed(1).padStart(6)} us each: ${ratio}`);
  }
} finally {
  servers.forEach((child) => child.stdin.end());
  rmSync(folder, { recursive: true });
}
