"use strict";
// Runs the program in place of this one: same terminal, same signals, same end.

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const { ProgramMissing, find } = require("./program.js");

/** A terminal sends Ctrl-C to both; whoever sends a signal to this process means the program. */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/** @param {string[]} args */
function launch(args) {
  let program;
  try {
    program = find({ os: process.platform, cpu: process.arch });
  } catch (error) {
    if (!(error instanceof ProgramMissing)) {
      throw error;
    }
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(program, args, { stdio: "inherit", windowsHide: true });
  const forward = (signal) => child.kill(signal);
  for (const signal of FORWARDED) {
    process.on(signal, forward);
  }
  child.on("error", (error) => {
    console.error(`error: cannot start ${program}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    // what a shell says of a program that a signal ended
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
    for (const signal of FORWARDED) {
      process.off(signal, forward);
    }
  });
}

module.exports = { launch };
