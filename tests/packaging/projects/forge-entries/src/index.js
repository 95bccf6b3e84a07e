// Every entry in the platform's own bundle.
import { entries } from "../../node/entries.mjs";

export const run = () => entries();
