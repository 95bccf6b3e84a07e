// A worker: every entry answers but that of Forge functions, which run on the platform's own Node.
import { entries } from "../node/entries.mjs";

export default {
  async test() {
    console.log(`ENTRIES ${JSON.stringify(await entries(["./forge", "./wasm"]))}`);
  },
};
