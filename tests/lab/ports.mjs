// The ports of each file: files run at once, each in a process of its own, and beside other runs on the
// same machine. All are below 32,768, where those begin that the system gives to connections.
import { basename } from "node:path";

/** By file: its first port, how many are its own, and how many of these one run takes. */
export const FILES = {
  lab: [12_000, 2_500, 10],
  vendor: [14_500, 2_500, 10],
  forge: [17_000, 3_000, 300],
  "forge-functions": [20_000, 3_000, 300],
  example: [23_000, 8_000, 80],
};

/** The first port of this run of a file: that which runs, when left out. */
export function firstPort(file = basename(process.argv[1], ".test.mjs")) {
  const [first, all, run] = FILES[file]; // a file that has none stops here
  return first + (process.pid % Math.floor(all / run)) * run;
}
