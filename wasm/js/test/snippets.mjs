// The snippets that are compiled and run: of the READMEs and of docs/npm, of the sources' comments, of tables.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file) => readFileSync(`${root}${file}`, "utf8");
export const PAGES = readdirSync(`${root}../../docs/npm`).map((name) => `../../docs/npm/${name}`);
export const TEXTS = ["README.md", "../../README.md", "../../docs/first-ten-minutes.md", "../../docs/migrating-checks.md", ...PAGES];
const nameOf = (file) => file.replace(/^.*\/(?=\w)|\.md$/g, "").replace("README", file.startsWith("..") ? "root" : "package");

export const ofTexts = TEXTS.flatMap((file) =>
  [...read(file).matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)].map(([, end, code], n) => ({
    name: `${nameOf(file)}-${n}`,
    end,
    code,
  })),
);

/** What each entry exports, by its names. */
const NAMES = Object.fromEntries(
  ["index", "server", "fetch", "express", "forge", "react", "openfeature", "wasm", "testing-browser", "testing"].map((entry) => {
    const text = read(`src/${entry}.ts`);
    const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) => names.split(",").map((name) => name.trim()));
    const own = [...text.matchAll(/^export (?:abstract |async )*(?:class|function|const|interface|type) (\w+)/gm)].map(([, name]) => name);
    return [entry, [...listed.filter(Boolean), ...own]];
  }),
);

/** The imports that an example leaves out: of its own entry, else of another one. */
function imported(file, code) {
  const [own] = file.split("/").map((name) => name.replace(/\.ts$/, ""));
  const order = [...new Set([own in NAMES ? own : "index", ...Object.keys(NAMES)])];
  const words = new Set(code.replace(/"[^"]*"|^import .*$/gm, "").match(/\b\w+\b/g));
  // `handler` is the reader's own, but where it is explained
  const given = new Set([...(own === "fetch" ? [] : ["handler"]), ...[...code.matchAll(/\b(?:const|let|class|function) \{?\s*(\w+)|^import \{?\s*(\w+)/gm)].flatMap(([, ...names]) => names)]);
  const lines = order.map((entry) => {
    const names = NAMES[entry].filter((name) => words.has(name) && !given.has(name));
    names.forEach((name) => given.add(name));
    return names.length ? `import { ${names.join(", ")} } from "@app-license/sdk${entry === "index" ? "" : `/${entry.replace("-", "/")}`}";\n` : "";
  });
  return lines.join("");
}

export const SOURCES = readdirSync(`${root}src`, { recursive: true }).filter((file) => file.endsWith(".ts"));
export const ofComments = SOURCES.flatMap((file) =>
    [...read(`src/${file}`).matchAll(/@example\n *\* ```(tsx?)\n([\s\S]*?) *\* ```$/gm)].map(([, end, lines], n) => {
      const code = lines.replace(/^ *\* ?/gm, "");
      return { name: `jsdoc-${file.replace(/\.ts$/, "").replaceAll("/", "-")}-${n}`, end, code: `${imported(file, code)}${code}` };
    }),
  );

/** What stands in for an ellipsis. */
const WHAT = 'requires: "capabilityAdvanced"';
const complete = (code) => code.replace("{ …", `{ ${WHAT}`).replace(/, …\)/, `, { ${WHAT} })`).replace("…", "");

/** The rows below a table's head, in cells; `\|` is no end of one. */
function rowsOf(file, head) {
  const [, body] = read(file).split(`\n${head}\n`);
  return body.split("\n\n")[0].split("\n").slice(1).map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}
const codesOf = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);

/** One-liners, which readers copy first. */
export const ofTables = [
  ["README.md", "| where | one line |"],
  ["README.md", "| the platform hands it over in | read it with |"],
  ["../../docs/npm/browser.md", "| the platform hands it over in | read it with |"],
  ["../../docs/npm/migration.md", "| by hand | with the package |"],
].flatMap(([file, head]) =>
  rowsOf(file, head).flatMap(([, cell], row) =>
    codesOf(cell).map((line, n) => {
      const code = `export default (${complete(line)});\n`;
      return { name: `table-${nameOf(file)}-${head.length}-${row}-${n}`, end: "tsx", code: `${imported("index.ts", code)}${code}` };
    }),
  ),
);

/** What is wrong, where a row says it in words. */
const IN_WORDS = {
  "a hint in `check` of `@app-license/sdk/server`": `checkVerified(license, { ${WHAT} })`,
  "an invalid `Date` as `now` or `asOf`": `check(license, { ${WHAT}, now: new Date(NaN) })`,
};

/** A line of a table of misuse as a call. */
function called(code) {
  if (/^\w+: /.test(code)) return `check(license, { ${code.startsWith("requires") ? "" : `${WHAT}, `}${code} })`;
  if (/^from/.test(code)) return `License.${code}`;
  return code.startsWith("{") ? `check(${code}, { ${WHAT} })` : complete(code);
}

/** Misuse, without types: each line throws what its row says. */
export const ofMisuse = ["README.md", "../../docs/npm/misuse.md"].flatMap((file) =>
  rowsOf(file, "| wrong | code | write |").flatMap(([wrong, code], row) => {
    const [expected] = codesOf(code);
    const lines = wrong in IN_WORDS ? [IN_WORDS[wrong]] : codesOf(wrong).filter((line) => /\W/.test(line)).map(called);
    return lines.map((line, n) => {
      const body = `let thrown = "nothing";
try {
  ${line};
} catch ({ code }) {
  thrown = code;
}
globalThis.same(thrown, "${expected}", ${JSON.stringify(wrong)});
`;
      const imports = `import { check as checkVerified } from "@app-license/sdk/server";\n${imported("index.ts", `${line};`)}`;
      return { name: `misuse-${nameOf(file)}-${row}-${n}`, end: "ts", code: `// @ts-nocheck\n${imports}${body}` };
    });
  }),
);
