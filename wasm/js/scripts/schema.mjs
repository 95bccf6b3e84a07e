// Writes src/fetch/schema.ts: the schema of SQLite files, whose statements stand beside the Rust store.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MIGRATIONS = new URL("../../../crates/app-license-store/migrations/", import.meta.url);
export const FILE = new URL("../src/fetch/schema.ts", import.meta.url);

const read = (path) => readFileSync(new URL(path, MIGRATIONS), "utf8").trimEnd();

function text(sql) {
  if (/[`\\]|\$\{/.test(sql)) {
    throw new Error("a migration holds what a template literal does not");
  }
  return `\`\n${sql}\n\``;
}

/** What the file has to be. */
export function schema() {
  const files = readdirSync(new URL("sqlite/", MIGRATIONS)).sort();
  const migrations = files.map((name) => `  ${text(read(`sqlite/${name}`))},\n`).join("");
  return `// Made by \`node scripts/schema.mjs\` of crates/app-license-store/migrations: do not edit.

/** What a file of each version lacks of the next one. */
export const MIGRATIONS: readonly string[] = [
${migrations}];

/** The tables that this package had of its own: to their last version. */
export const EARLIER_1_TO_2 = ${text(read("npm/1_to_2.sql"))};

/** And into those of this schema. */
export const EARLIER_2_TO_THIS = ${text(read("npm/2_to_sqlite.sql"))};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, schema());
}
