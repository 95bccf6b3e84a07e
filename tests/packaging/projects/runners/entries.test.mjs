import { writeFileSync } from "node:fs";
import { test } from "vitest";

import { entries } from "../node/entries.mjs";

test("10: every entry answers", async () => {
  writeFileSync("answered-vitest.json", JSON.stringify(await entries()));
}, 60_000);
