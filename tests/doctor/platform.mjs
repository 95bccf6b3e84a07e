// What the tests share: the command line, the platform's own validation, public schemas, manifests.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
export const HERE = fileURLToPath(new URL(".", import.meta.url));
export const ROOT = join(HERE, "../..");
const PROGRAM = join(process.env.PROGRAMS ?? join(ROOT, "target/debug"), "app-license");

/** Runs the command line; answers what it prints when it ends with one of these codes. */
export function appLicense(options, codes = [0]) {
  const { status, stdout, stderr, error } = spawnSync(PROGRAM, options, { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.ifError(error);
  assert.ok(codes.includes(status), `${options.join(" ")}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** The doctor's findings in a folder. */
export const doctor = (folder) =>
  JSON.parse(appLicense(["doctor", folder, "--format", "json"], [0, 2])).findings;

/** A folder with these files, gone after the test. */
export function folder(t, files) {
  const root = mkdtempSync(join(tmpdir(), "app-license-doctor-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** What the files of a manifest's resources and functions are. */
export const CODE = { "src/index.js": "export const run = () => undefined;\n", "static/index.html": "<html></html>\n" };

let validation;
/** The errors of `@forge/manifest` about a manifest, in a folder with what it refers to. */
export async function platformErrors(folder) {
  const { FullValidationProcessor } = require("@forge/manifest");
  validation ??= new FullValidationProcessor({});
  const before = process.cwd();
  process.chdir(folder);
  try {
    const { errors = [] } = await validation.process("manifest.yml");
    return errors.filter(({ level }) => level === "error").map(({ message }) => message);
  } catch (error) {
    // it stumbles over some documents of another shape: then it says nothing about licensing
    return [`stopped: ${error.name}`];
  } finally {
    process.chdir(before);
  }
}

/** A file of an installed package that it does not export. */
export const installed = (path) => JSON.parse(readFileSync(join(HERE, "node_modules", path), "utf8"));

/** A validator of a JSON Schema of this draft. */
export function validator(draft, schema, base) {
  const Ajv = require({ "draft-04": "ajv-draft-04", "draft-07": "ajv" }[draft]).default;
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, logger: false });
  require("ajv-formats").default(ajv);
  if (base) {
    ajv.addSchema(base, "base");
  }
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message}`));
}

/** The files of the doctor's pages: page and section, path, text. */
export function filesOfPages() {
  const pages = join(ROOT, "docs/doctor");
  return readdirSync(pages).sort().flatMap((page) => {
    const sections = readFileSync(join(pages, page), "utf8").split("\n## ").slice(1);
    return sections.flatMap((section) =>
      [...section.matchAll(/^`([^`\n]+)`:\n\n```\w+\n([^]*?)^```$/gm)].map(([, path, text]) => [
        `${page} ${section.split("\n")[0]}`,
        path,
        text,
      ]),
    );
  });
}

/** Every `manifest.yml` among them. */
export const manifestsOfPages = () =>
  filesOfPages().filter(([, path]) => path === "manifest.yml").map(([name, , text]) => [name, text]);

/** Every manifest of the examples. */
export const manifestsOfExamples = () =>
  readdirSync(join(ROOT, "examples"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(ROOT, "examples", entry.name)).includes("manifest.yml"))
    .map(({ name }) => [`examples/${name}`, readFileSync(join(ROOT, "examples", name, "manifest.yml"), "utf8")]);

/** A manifest with these parts of `app` and these modules, as text. */
export const manifest = (app, modules) =>
  JSON.stringify({
    app: { id: "ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000", runtime: { name: "nodejs22.x" }, ...app },
    modules: { function: [{ key: "run", handler: "index.run" }], ...modules },
    resources: [{ key: "main", path: "static" }],
    permissions: { scopes: [] },
  });
