// Prints the size of every entry and of what bundlers leave of it, and refuses what is over its
// budget. With `--table`, the table of docs/npm/sizes.md.
import { readFileSync, readdirSync } from "node:fs";
import { IMPORTS, measure, packed, table } from "./measure.mjs";

const budget = JSON.parse(readFileSync("../budget.json", "utf8"));
let over = 0;
function show(name, { minified, gzip, brotli }) {
  const limit = budget[name];
  const verdict = limit === undefined ? "" : gzip <= limit ? `  within ${limit}` : `  OVER ${limit}`;
  over += limit !== undefined && gzip > limit ? 1 : 0;
  console.log(`${name.padEnd(29)} ${`${minified}`.padStart(7)} bytes ${`${gzip}`.padStart(7)} gzip ${`${brotli}`.padStart(7)} brotli${verdict}`);
}

if (process.argv.includes("--table")) {
  console.log(table("."));
} else {
  for (const name of readdirSync("dist").filter((file) => /\.(js|cjs)$/.test(file)).sort()) {
    show(`dist/${name}`, packed(readFileSync(`dist/${name}`)));
  }
  for (const name of Object.keys(IMPORTS)) {
    show(name, measure(name, "."));
  }
}
process.exitCode = over ? 1 : 0;
