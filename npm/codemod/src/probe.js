// Parses sources in a process of its own: the parser is native, and a source that is nested too deeply
// for its stack ends the process. Standard input is a JSON list of `[path, name]`; before each one its
// index is written, so that the last one written is what ended the process.
import { readFileSync, writeSync } from "node:fs";

import { decode } from "./text.js";
import { parseText } from "./syntax.js";

/** Frames below the parser: some of the stack is left to who parses the same text later. */
const FRAMES = 4000;

const within = (frames, run) => (frames === 0 ? run() : within(frames - 1, run));

for (const [index, [path, name]] of JSON.parse(readFileSync(0, "utf8")).entries()) {
  writeSync(1, `${index}\n`);
  const { text } = decode(readFileSync(path));
  try {
    within(FRAMES, () => parseText(text ?? "", name));
  } catch {
    // a parser that throws does no harm
  }
}
