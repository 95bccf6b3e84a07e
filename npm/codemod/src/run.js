// A folder of sources: read, transformed, and written where that is wanted.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { filesOf } from "./files.js";
import { MEANING, REASONS } from "./meaning.js";
import { addHandlers, addResolved } from "./roles.js";
import { decode, unparsable } from "./text.js";
import { transform } from "./transform.js";

const LARGEST = 1 << 20;
const RESOLVER = "@forge/resolver";
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
  for (const path of manifests) {
    addHandlers(readFileSync(join(folder, path), "utf8"), path, roles);
  }
  const result = { sources: sources.length, files: [], changes: [], left: [], meaning: [], install: false };
  const leave = (file, reason) => result.left.push({ file, line: 1, column: 1, before: "", reason });
  const texts = new Map();
  for (const file of sources) {
    const bytes = readFileSync(join(folder, file));
    const { text, rough } = decode(bytes);
    if (bytes.length > LARGEST) {
      if (/capabilitySet|\blicense\b/.test(text ?? rough)) {
        leave(file, REASONS.too_large);
      }
    } else if (text === null) {
      if (MENTIONS.test(rough)) {
        leave(file, REASONS.encoding);
      }
    } else if (MENTIONS.test(text) || text.includes(RESOLVER)) {
      texts.set(file, { text, size: bytes.length });
    }
  }
  const parsed = [...texts].map(([name, { size }]) => ({ name, path: join(folder, name), size }));
  const unsafe = unparsable(parsed);
  for (const [file, why] of unsafe) {
    texts.delete(file);
    leave(file, REASONS[why]);
  }
  for (const [file, { text }] of texts) {
    if (text.includes(RESOLVER)) {
      shallow(() => addResolved(text, file, roles));
    }
  }
  const packages = new Packages(folder);
  for (const [file, { text: before }] of texts) {
    if (!MENTIONS.test(before)) {
      continue;
    }
    const commonjs = /\.js$/.test(file) && !packages.isModule(file);
    const options = { name: file, roles: roles.get(file), commonjs: commonjs && !file.endsWith(".mjs") };
    const transformed = shallow(() => transform(before, options));
    if (!transformed) {
      leave(file, REASONS.too_deep);
      continue;
    }
    const { code, changes, left } = transformed;
    result.left.push(...left.map((one) => ({ file, ...one })));
    if (code === before) {
      continue;
    }
    result.changes.push(...changes.map((one) => ({ file, ...one })));
    result.files.push({ file, before, after: code });
    result.install ||= !packages.hasSdk(file);
    if (write) {
      writeFileSync(join(folder, file), code);
    }
  }
  const order = new Map(sources.map((file, n) => [file, n]));
  result.left.sort((a, b) => order.get(a.file) - order.get(b.file));
  if (result.changes.length + result.left.length > 0) {
    result.meaning = Object.entries(MEANING).map(([code, text]) => ({ code, text }));
  }
  return result;
}

/** What a function answers; nothing where the tree is too deep for it. */
function shallow(run) {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
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
