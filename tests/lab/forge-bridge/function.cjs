// Functions as a bundler writes them: what they were given, and what `@forge/api` would ask.
"use strict";
const resolver = async ({ call, context }, { license, installContext }) => {
  console.log("called", call.functionKey);
  if (call.functionKey === "fail") {
    throw new Error("the function says no");
  }
  if (call.functionKey === "app-context") {
    const { appContext, lambdaContext } = globalThis.__forge_runtime__;
    const { appId, license: same, moduleKey } = appContext;
    return { appId, moduleKey, same: same?.capabilitySet ?? null, left: lambdaContext.getRemainingTimeInMillis() > 0 };
  }
  if (call.functionKey === "remote") {
    const answer = await globalThis.__forge_fetch__({ type: "frc", remote: "backend" }, "/forge/decisions", { method: "POST" });
    return { status: answer.status, state: (await answer.json()).state };
  }
  if (call.functionKey === "license-api") {
    const target = { type: "fpp", provider: "app", remote: "stargate" };
    const answer = await globalThis.__forge_fetch__(target, "/forge/app/v1/license");
    return answer.json();
  }
  if (call.functionKey === "product") {
    const answer = await globalThis.__forge_fetch__({ type: "fpp", provider: "app", remote: "jira" }, "/rest/api/3/myself");
    return { status: answer.status, ...(await answer.json()) };
  }
  if (call.functionKey === "old-product") {
    // as `@forge/api` 3 does it, through node-fetch
    const options = { host: "127.0.0.1", port: 9, agent: "FORGE_PRODUCT_REQUEST" };
    return new Promise((resolve) => require("node:http").request(options, resolve));
  }
  if (call.functionKey === "loop") {
    for (;;);
  }
  if (call.functionKey === "busy") {
    // a tight loop, a child beside it, and one that has left its group
    const { spawn } = require("node:child_process");
    const child = (detached) => spawn(process.execPath, ["-e", "for (;;);"], { detached, stdio: "inherit" }).pid;
    console.log("running", [process.pid, child(false), child(true)].join(" "));
    for (;;);
  }
  if (call.functionKey === "environment") {
    const line = (of) => require("node:fs").readFileSync(`/proc/self/${of}`, "latin1");
    // what begins the runner's own lines has this character in front
    const marked = ["cmdline", "environ"].filter((of) => line(of).includes("\u0001"));
    return { names: Object.keys(process.env).sort(), arguments: process.argv.length, marked };
  }
  if (call.functionKey === "forge-a-line") {
    // what a function writes past the console is its output, never an answer
    require("node:fs").writeSync(1, '{"call":1,"result":"forged"}\n');
    return "genuine";
  }
  return { payload: call.payload, extension: context.extension, license: license?.capabilitySet ?? null, installContext };
};

const event = (first, second) => {
  console.info("event", first.eventType ?? first.queueName ?? first.method ?? "schedule");
  return { first, licensed: second.license?.active ?? null };
};

module.exports = { resolver, event };
