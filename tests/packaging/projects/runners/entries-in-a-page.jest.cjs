/** @jest-environment jsdom */
const { writeFileSync } = require("node:fs");

test("10: every entry that jsdom has what it needs for answers, and all load", async () => {
  const { entries } = require("./entries.cjs");
  writeFileSync("answered-jest-jsdom.json", JSON.stringify(await entries()));
  await expect(require("@app-license/sdk/wasm").loadCore()).rejects.toThrow(/may not run WebAssembly/);
}, 60_000);
