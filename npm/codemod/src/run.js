// A folder of sources: read, transformed, and written where that is wanted.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { filesOf } from "./files.js";
import { MEANING, REASONS } from "./meaning.js";
import { addHandlers, addResolved } from "./roles.js";
import { transform } from "./transform.js";

const LARGEST = 1 << 20;
/** What a file must mention to be read at all. */
const MENTIONS = /licen[cs]e|capabilitySet|capability_?(standard|advanced)/i;

/**
 * Rewrites the sources below `folder`.
 *
 * @param {string} folder
 * @param {{ write: boolean }} options
 * @returns {{ sources: number, files: { file: string, before: string, after: string }[], changes: object[], left: object[], meaning: object[], install: boolean }}
 *   `files` are those that change; `install` is whether no package.json names the package
 */
export function run(folder, { write }) {
  const { sources, manifests } = filesOf(folder);
  const roles = new Map();
  const read = (path) => readFileSync(join(folder, path), "utf8");
  for (const path of manifests) {
    addHandlers(read(path), path, roles);
  }
  for (const path of sources.filter((one) => statSync(join(folder, one)).size <= LARGEST)) {
    const text = read(path);
    if (text.includes("@forge/resolver")) {
      addResolved(text, path, roles);
    }
  }
  const packages = new Packages(folder);
  const result = { sources: sources.length, files: [], changes: [], left: [], meaning: [], install: false };
  for (const file of sources) {
    const path = join(folder, file);
    if (statSync(path).size > LARGEST) {
      const text = readFileSync(path, "utf8");
      if (/capabilitySet|\blicense\b/.test(text)) {
        result.left.push({ file, line: 1, column: 1, before: "", reason: REASONS.too_large });
      }
      continue;
    }
    const before = readFileSync(path, "utf8");
    if (!MENTIONS.test(before)) {
      continue;
    }
    const commonjs = /\.js$/.test(file) && !packages.isModule(file);
    const { code, changes, left } = transform(before, { name: file, roles: roles.get(file), commonjs: commonjs && !file.endsWith(".mjs") });
    result.left.push(...left.map((one) => ({ file, ...one })));
    if (code === before) {
      continue;
    }
    result.changes.push(...changes.map((one) => ({ file, ...one })));
    result.files.push({ file, before, after: code });
    result.install ||= !packages.hasSdk(file);
    if (write) {
      writeFileSync(path, code);
    }
  }
  if (result.changes.length + result.left.length > 0) {
    result.meaning = Object.entries(MEANING).map(([code, text]) => ({ code, text }));
  }
  return result;
}

/** The package.json that a source belongs to. */
class Packages {
  #root;
  #known = new Map();

  constructor(folder) {
    this.#root = resolve(folder);
  }

  #of(folder) {
    if (!this.#known.has(folder)) {
      let found = null;
      try {
        found = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      } catch {
        // none here, or none that can be read
      }
      const above = dirname(folder);
      this.#known.set(folder, found ?? (above === folder ? {} : this.#of(above)));
    }
    return this.#known.get(folder);
  }

  isModule(file) {
    return this.#of(dirname(join(this.#root, file))).type === "module";
  }

  hasSdk(file) {
    const { dependencies, devDependencies } = this.#of(dirname(join(this.#root, file)));
    return "@app-license/sdk" in { ...dependencies, ...devDependencies };
  }
}
