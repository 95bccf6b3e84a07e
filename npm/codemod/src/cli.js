// The command line: arguments, what is printed, exit codes.
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createTwoFilesPatch } from "diff";

import { FilesError } from "./files.js";
import { run } from "./run.js";

/** A recipe for each reason. */
const RECIPES = "https://github.com/app-license/app-license/blob/main/docs/migrating-checks.md";

const HELP = `Rewrites hand-written checks of context.license to @app-license/sdk.

Usage: npx @app-license/codemod [OPTIONS] [DIR]

Looks at the JavaScript and TypeScript below DIR (here, when left out), without node_modules and what
git ignores. What is certain is rewritten; the rest is listed, with a reason, for a person.

Options:
  --dry-run        change nothing, print a diff
  --check          the same, and exit with 2 when something would change
  --format FORMAT  human or json [default: human]
  -h, --help
  -V, --version

Examples:
  npx @app-license/codemod --dry-run src
  npx @app-license/codemod
  npx @app-license/codemod --check --format json

Exit codes: 0 done, 1 an error, 2 --check found something to rewrite, 3 DIR or the options cannot be read
`;

const OPTIONS = {
  "dry-run": { type: "boolean" },
  check: { type: "boolean" },
  format: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
};

/** @returns {number} the exit code */
export function main(args, { out = (text) => process.stdout.write(text), err = (text) => process.stderr.write(text) } = {}) {
  let given;
  try {
    given = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    err(`error: ${error.message}\n`);
    return 3;
  }
  const { values, positionals } = given;
  if (values.help) {
    out(HELP);
    return 0;
  }
  if (values.version) {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    out(`app-license-codemod ${version}\n`);
    return 0;
  }
  const { format = "human" } = values;
  if (positionals.length > 1 || !["human", "json"].includes(format)) {
    err(`error: ${positionals.length > 1 ? "expected one folder" : "expected `human` or `json` after --format"}\n`);
    return 3;
  }
  const [folder = "."] = positionals;
  const shown = Boolean(values.check || values["dry-run"]);
  let result;
  try {
    result = run(folder, { write: !shown });
  } catch (error) {
    err(`error: ${error.message}\n`);
    return error instanceof FilesError ? 3 : 1;
  }
  const base = relative(process.cwd(), resolve(folder));
  out(format === "json" ? json(result, shown) : human(result, shown, base && `${base}/`));
  return values.check && result.files.length > 0 ? 2 : 0;
}

function json({ sources, files, changes, left, meaning, install }, shown) {
  const report = { written: !shown, sources, files: files.map(({ file }) => file), changes, left, meaning, install };
  if (shown) {
    report.diff = files.map(diff).join("");
  }
  return `${JSON.stringify(report, null, 2)}\n`;
}

function human({ sources, files, changes, left, meaning, install }, shown, base) {
  const place = ({ file, line, column }) => `${base}${file}:${line}:${column}`;
  const lines = [];
  if (shown) {
    lines.push(...files.map((one) => diff(one)));
  } else {
    for (const one of changes) {
      lines.push(`${place(one)}\n  - ${one.before}\n  + ${one.after}\n`);
    }
  }
  lines.push(
    changes.length === 0
      ? `nothing to rewrite in ${count(sources, "source")}${sources === 0 ? ": there is none that git does not ignore" : ""}\n`
      : `${shown ? "would rewrite" : "rewrote"} ${count(changes.length, "check")} in ${count(files.length, "file")}\n`,
  );
  if (meaning.length > 0) {
    lines.push("\nThree things are different from a check by hand:\n", ...meaning.map(({ text }, n) => `  ${n + 1}. ${text}\n`));
  }
  if (left.length > 0) {
    lines.push(`\nLeft for you, ${count(left.length, "place")}; what to write: ${RECIPES}\n`);
    for (const one of left) {
      lines.push(`${place(one)}${one.before && `  ${cut(one.before)}`}\n    ${one.reason}\n`);
    }
  }
  if (install) {
    lines.push("\nThen: npm install @app-license/sdk\n");
  }
  return lines.join("");
}

const diff = ({ file, before, after }) => createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after).replace(/^=+\n/, "");

const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

const cut = (text) => (text.length > 100 ? `${text.slice(0, 99)}…` : text);
