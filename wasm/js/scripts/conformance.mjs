// Runs vector files through the built package: node scripts/conformance.mjs FILE…
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import * as lib from "../dist/index.js";
import * as server from "../dist/server.js";
import { serverCase } from "../test/server-vectors.mjs";
import { report, run } from "../test/vectors.mjs";

let failed = 0;
for (const file of process.argv.slice(2)) {
  const tally = run(lib, basename(file), JSON.parse(readFileSync(file, "utf8")), (...all) => serverCase(server, ...all));
  failed += tally.failed;
  console.log(report(tally));
}
process.exitCode = failed ? 1 : 0;
