import { entries } from "./entries.mjs";

console.log(JSON.stringify(await entries()));
