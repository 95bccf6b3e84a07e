// The types of the core's rare calls are written by hand beside the Rust that reads their fields by name: the two
// name the same fields.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const SOURCES = new URL("../../src/", import.meta.url);
// machines read JSON, by serde
const rust = readdirSync(SOURCES)
  .filter((name) => name.endsWith(".rs"))
  .map((name) => readFileSync(new URL(name, SOURCES), "utf8"))
  .join("\n");
const types = readFileSync(new URL("../build/core.d.ts", import.meta.url), "utf8");

/** The interfaces by name: what each extends, and what is in it. */
const interfaces = new Map(
  [...types.matchAll(/^export interface (\w+)(?: extends ([\w, ]+))? \{\n([\s\S]*?)^\}/gm)].map(([, name, above = "", body]) => [
    name,
    { above, body: body.replace(/\/\*[\s\S]*?\*\//g, "").replace(/"[^"]*"/g, "") },
  ]),
);

/** The fields that are written in a type, those of objects in it too. */
const written = (type) => [...type.matchAll(/(\w+)\??:/g)].map(([, field]) => field);

function fieldsOf(name, found = new Map()) {
  const known = interfaces.get(name);
  if (!known || found.has(name)) {
    return found;
  }
  found.set(name, written(known.body));
  `${known.above} ${known.body}`.match(/\w+/g).forEach((named) => fieldsOf(named, found));
  return found;
}

test("every field that a call's type has is read, and no other", () => {
  const roots = [...rust.matchAll(/unchecked_param_type = "([^"]+)"/g)].map(([, name]) => name);
  assert.ok(roots.length > 10, `${roots.length}`);
  const declared = new Set(roots.flatMap((root) => {
    const found = root.match(/\b[A-Z]\w+/g).filter((name) => name !== "Omit").map((name) => [...fieldsOf(name).values()].flat());
    assert.ok(found.every(({ length }) => length), `no interface ${root}`);
    return [...found.flat(), ...written(root)];
  }));
  // what is read has one argument; what is written, two
  const read = new Set([...rust.matchAll(/(?:\.(?:text|need|flag|object|number|maybe_time|time)|\bsecret)\(\s*"(\w+)",?\s*\)/g)].map(([, name]) => name));
  assert.match(rust, /\.leeway\(\)/);
  assert.match(rust, /fn leeway\(&self\)[^}]*self\.number\("leeway"\)/);
  assert.deepEqual([...declared].sort(), [...read].sort());
});
