// Prints the size of every entry, raw and after gzip -9, and refuses what is over its budget.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

const budget = JSON.parse(readFileSync("../budget.json", "utf8"));
let over = 0;
for (const name of readdirSync("dist").filter((file) => /\.(js|cjs)$/.test(file)).sort()) {
  const file = `dist/${name}`;
  const bytes = readFileSync(file);
  const packed = execFileSync("gzip", ["-9n"], { input: bytes, maxBuffer: 1 << 26 }).length;
  const limit = budget[file];
  const verdict = limit === undefined ? "" : packed <= limit ? `  within ${limit}` : `  OVER ${limit}`;
  over += limit !== undefined && packed > limit ? 1 : 0;
  console.log(`${file.padEnd(18)} ${`${bytes.length}`.padStart(8)} bytes ${`${packed}`.padStart(8)} gzip${verdict}`);
}
process.exitCode = over ? 1 : 0;
