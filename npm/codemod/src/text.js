// Sources as text: only what is UTF-8 is read, so that writing it changes nothing but the checks.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROBE = fileURLToPath(new URL("./probe.js", import.meta.url));
/** What is shorter nests too little to harm, in bytes. */
const SHORT = 256;
/** How long one process, and so one source, may be parsed, in milliseconds. */
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
 * The sources that no parser of this process may get: parsing them ends it, or does not end.
 *
 * @param {{ path: string, name: string, size: number }[]} sources
 * @param {typeof spawnSync} spawn
 * @returns {Map<string, "too_deep" | "too_slow">} their names, and why
 */
export function unparsable(sources, spawn = spawnSync) {
  const found = new Map();
  let left = sources.filter(({ size }) => size > SHORT);
  while (left.length > 0) {
    const input = JSON.stringify(left.map(({ path, name }) => [path, name]));
    const { status, stdout, error } = spawn(process.execPath, [PROBE], {
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
    const at = Number(last);
    const slow = error?.code === "ETIMEDOUT";
    if (slow && at > 0) {
      // those before it took some of the time: it gets a process, and all of the time, of its own
      left = left.slice(at);
      continue;
    }
    found.set(left[at].name, slow ? "too_slow" : "too_deep");
    left = left.slice(at + 1);
  }
  return found;
}
