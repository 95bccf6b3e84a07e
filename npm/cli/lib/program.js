"use strict";
// Where the program for this machine is: in a package of its own, one a platform, of which npm
// installs the one that fits. Nothing is downloaded here, and there is no install script.

const platforms = require("../platforms.json");
const { version } = require("../package.json");

const SOURCE = "https://github.com/app-license/app-license/tree/main/crates/app-license-cli";

/** There is no program for this machine, or its package is not installed. */
class ProgramMissing extends Error {}

/** Whether the C library of this Linux is glibc. The others, musl among them, report no version. */
function hasGlibc() {
  const { report } = process;
  report.excludeNetwork = true; // it would look names up
  return report.getReport().header.glibcVersionRuntime !== undefined;
}

/**
 * The path of the program. Throws {@link ProgramMissing} with what to do about it.
 *
 * @param {{ os: string, cpu: string, glibc?: () => boolean, resolve?: (path: string) => string }} machine
 * @returns {string}
 */
function find({ os, cpu, glibc = hasGlibc, resolve = require.resolve }) {
  const platform = platforms.find((one) => one.os === os && one.cpu === cpu);
  if (!platform) {
    const all = platforms.map((one) => `${one.os} ${one.cpu}`).join(", ");
    throw new ProgramMissing(
      `there is no program for the platform ${os} ${cpu}, which is not supported; there are those ` +
        `for ${all}\nbuild it with Rust: ${SOURCE}`,
    );
  }
  const name = `@app-license/cli-${platform.name}`;
  try {
    return resolve(`${name}/bin/app-license${os === "win32" ? ".exe" : ""}`);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") {
      throw error;
    }
  }
  if (platform.libc === "glibc" && !glibc()) {
    throw new ProgramMissing(
      `the program for ${os} ${cpu} needs glibc 2.34 or later, and this machine has another C ` +
        `library (musl, as on Alpine), which is not supported\nuse an image with glibc, such as ` +
        `node:22-slim, or build it with Rust: ${SOURCE}`,
    );
  }
  throw new ProgramMissing(
    `the package ${name} is not installed, which holds the program for this machine\n` +
      `it is an optional dependency: \`--no-optional\` and \`--omit=optional\` leave it out, and so does ` +
      `a node_modules folder or a lock file that was made on another platform\n` +
      `install it: npm install ${name}@${version}`,
  );
}

module.exports = { ProgramMissing, find };
