/** @jest-environment node */
const { writeFileSync } = require("node:fs");

test("10: every entry answers", async () => {
  writeFileSync("answered-jest-node.json", JSON.stringify(await require("./entries.cjs").entries()));
}, 60_000);
