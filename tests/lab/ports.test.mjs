import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { FILES, firstPort } from "./ports.mjs";

const here = new URL("./", import.meta.url);

test("no two files have a port in common, and none has one that the system gives to connections", () => {
  const ranges = Object.values(FILES).sort(([one], [other]) => one - other);
  ranges.push([32_768, 0, 1]);
  for (const [i, [first, all, run]] of ranges.slice(0, -1).entries()) {
    assert.ok(first + all <= ranges[i + 1][0], `${first}`);
    assert.ok(run <= all, `${first}`);
  }
  for (const [file, [first, all, run]] of Object.entries(FILES)) {
    const port = firstPort(file);
    assert.ok(first <= port && port + run <= first + all, file);
  }
});

test("every file that starts a lab has its range", () => {
  const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs") && name !== "ports.test.mjs");
  const starts = files.filter((name) => /ports\.mjs|forge-lab\.mjs|"--port"/.test(readFileSync(new URL(name, here), "utf8")));
  assert.deepEqual(starts.map((name) => name.replace(".test.mjs", "")).sort(), Object.keys(FILES).sort());
});
