// The store of atlassian-connect-express on SQLite: filled, then read from and written to as told
// by lines on standard input, `read COUNT FIRST` and `upsert COUNT FIRST`. Answers milliseconds.
// node store.mjs FILE TENANTS WIDTH

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const [file, tenants, width] = process.argv.slice(2);
const total = Number(tenants);
const create = require("atlassian-connect-express/lib/store/sequelize.js");
const silent = { info() {}, warn() {}, error: console.error };
const store = create(silent, { dialect: "sqlite", storage: file, logging: false });
const model = await store.connectionPromise;

// ids as the platform makes them: spread, not in order
function key(number) {
  const spread = BigInt.asUintN(64, BigInt(number) * 0x9e3779b97f4a7c15n);
  const hex = (value, digits) => value.toString(16).padStart(digits, "0");
  return `${hex(spread >> 32n, 8)}-${hex(spread & 0xffffn, 4)}-3000-8000-${hex(number, 12)}`;
}

function tenant(number, round) {
  const clientKey = key(number);
  const site = `https://site-${number}.atlassian.net`;
  return {
    key: "com.example.app",
    clientKey,
    eventType: "installed",
    sharedSecret: `ATCO-${round.toString(16).padStart(16, "0")}-${number.toString(16).padStart(16, "0")}`,
    baseUrl: site,
    displayUrl: site,
    productType: "jira",
    description: `Atlassian Jira at ${site}`,
    serviceEntitlementNumber: `SEN-${number}`,
    entitlementId: clientKey,
    entitlementNumber: `E-${number}`,
    capabilitySet: "capabilityStandard",
  };
}

for (let first = 0; first < total; first += 5000) {
  const numbers = Array.from({ length: Math.min(5000, total - first) }, (_, i) => first + i);
  const rows = numbers.map((n) => ({ clientKey: key(n), key: "clientInfo", val: tenant(n, 0) }));
  await model.bulkCreate(rows);
}
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const [what, count, first] = line.split(" ");
  const start = process.hrtime.bigint();
  let next = 0;
  const work = async () => {
    while (next < Number(count)) {
      const number = ((Number(first) + next++) * 7919) % total;
      if (what === "read") {
        const found = await store.get("clientInfo", key(number));
        if (found.clientKey !== key(number)) throw new Error("another tenant");
      } else {
        const saved = tenant(number, Number(first));
        await store.saveInstallation(saved, saved.clientKey);
      }
    }
  };
  await Promise.all(Array.from({ length: Number(width) }, work));
  console.log(String(Number(process.hrtime.bigint() - start) / 1e6));
}
