// Sources as text: only what is UTF-8 is read, so that writing it changes nothing but the checks.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROBE = fileURLToPath(new URL("./probe.js", import.meta.url));
/** What is shorter nests too little to harm, in bytes. */
const SHORT = 256;
/** How long one process may parse, in milliseconds. */
const PATIENCE = 120_000;

/**
 * The text of a file, or what it roughly says when it is not UTF-8.
 *
 * @param {Buffer} bytes
 * @returns {{ text: string } | { text: null, rough: string }}
 */
export function decode(bytes) {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    // UTF-16 has a zero byte beside every letter
    return { text: null, rough: bytes.toString("latin1").replaceAll("\0", "") };
  }
}

/**
 * The sources that no parser of this process may get: parsing them ends it.
 *
 * @param {{ path: string, name: string, size: number }[]} sources
 * @returns {Set<string>} their names
 */
export function unparsable(sources) {
  const found = new Set();
  let left = sources.filter(({ size }) => size > SHORT);
  while (left.length > 0) {
    const input = JSON.stringify(left.map(({ path, name }) => [path, name]));
    const { status, stdout, error } = spawnSync(process.execPath, [PROBE], {
      input,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["pipe", "pipe", "ignore"],
      timeout: PATIENCE,
    });
    if (status === 0) {
      break;
    }
    const last = stdout?.trim().split("\n").at(-1);
    if (!last) {
      throw new Error(`no process to parse in could be started: ${error?.message ?? `it ended with ${status}`}`);
    }
    found.add(left[Number(last)].name);
    left = left.slice(Number(last) + 1);
  }
  return found;
}
