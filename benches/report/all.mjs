// Every field of a report, as Node reads it: JSON.parse of the whole file.
import { readFileSync } from "node:fs";

const began = process.hrtime.bigint();
const records = JSON.parse(readFileSync(process.argv[2], "utf8"));
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ records: records.length, seconds, processor: (user + system) / 1e6 }));
