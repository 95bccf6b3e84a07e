// Runs the functions of a Forge app for the lab, in a process group of their own. One line of JSON
// each way: the lab says what to call, with which arguments and which context; what the function
// prints, and what it asks of the platform, goes the same way. A thread beside the functions reads
// the lab's lines: when they end, or the lab is gone, it kills the group, whatever a function does.
"use strict";
const { AsyncLocalStorage } = require("node:async_hooks");
const { Readable } = require("node:stream");
const { format } = require("node:util");
const { pathToFileURL } = require("node:url");
const { Worker } = require("node:worker_threads");

/** Kills this process and what it started; also what left the group, as long as it is known whose it is. */
function killAll() {
  const { spawnSync } = require("node:child_process");
  const { readFileSync, readdirSync } = require("node:fs");
  const own = process.pid;
  const kill = (pid) => {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended already
    }
  };
  const children = (pid) => {
    try {
      const threads = readdirSync(`/proc/${pid}/task`);
      const read = (thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8");
      return threads.flatMap((thread) => read(thread).split(" ").filter(Boolean).map(Number));
    } catch {
      return [];
    }
  };
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", `${own}`, "/t", "/f"]);
  } else {
    const all = [own];
    for (const pid of all) {
      all.push(...children(pid));
    }
    all.slice(1).reverse().forEach(kill);
    kill(-own);
  }
  kill(own);
}

/** The thread beside the functions: a function in a tight loop does not hold it up. */
function watch() {
  const { Socket } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || killAll(), 500);
  const lines = new Socket({ fd: 0, readable: true, writable: false });
  let text = "";
  lines.setEncoding("utf8");
  lines.on("data", (chunk) => {
    text += chunk;
    const all = text.split("\n");
    text = all.pop();
    all.forEach((line) => parentPort.postMessage(line));
  });
  lines.on("error", killAll);
  lines.on("end", killAll);
}

const watchdog = new Worker(`${killAll}\n(${watch})();`, { eval: true });
watchdog.on("error", killAll);
// what a function leaves behind when it ends the process
process.on("exit", killAll);
// the lab's lines are no function's input
Object.defineProperty(process, "stdin", { value: Readable.from([]), configurable: true });

let mark;
const invocations = new AsyncLocalStorage();
const waiting = new Map();
let count = 0;

// the function's own output must not look like an answer
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...args) => process.stderr.write(...args);
const say = (message) => write(`${mark}${JSON.stringify(message)}\n`);

for (const level of ["debug", "log", "info", "warn", "error"]) {
  console[level] = (...args) => {
    const text = format(...args).slice(0, 4096);
    say({ log: { level, text, call: invocations.getStore()?.call ?? null } });
  };
}

const counter = { incr() {}, decr() {}, set() {} };
const metrics = {
  counter: () => counter,
  gauge: () => counter,
  timing: () => ({ measure: () => ({ stop() {} }), set() {} }),
};

// what `@forge/api` reads: `getAppContext()` and its fetch
Object.defineProperty(globalThis, "__forge_runtime__", {
  get() {
    const current = invocations.getStore();
    return (
      current && {
        appContext: current.context,
        lambdaContext: { getRemainingTimeInMillis: () => Math.max(0, current.deadline - Date.now()) },
        metrics,
        externalAuth: [],
      }
    );
  },
});

/** A request of the function to the platform: the lab answers, or says that it has no such thing. */
globalThis.__forge_fetch__ = async (target, path, init = {}) => {
  const { method = "GET", headers, body } = init;
  const text = body === undefined || body === null ? null : String(body);
  const plain = Object.fromEntries(new Headers(headers).entries());
  const answer = await new Promise((resolve) => {
    const id = ++count;
    waiting.set(id, resolve);
    const call = invocations.getStore()?.call ?? null;
    say({ fetch: { id, call, target, path: String(path), method, headers: plain, body: text } });
  });
  const empty = [204, 205, 304].includes(answer.status);
  return new Response(empty ? null : answer.body, { status: answer.status, headers: answer.headers });
};

// `@forge/api` of old (3.x) sends through an agent that the platform puts in place of a name
for (const module of [require("node:http"), require("node:https")]) {
  const { request } = module;
  module.request = (...args) => {
    const name = args.find((it) => typeof it?.agent === "string")?.agent;
    if (name) {
      throw new Error(`the lab has no product: this call of an old @forge/api (${name}) is not here`);
    }
    return request.apply(module, args);
  };
}

const loaded = new Map();
async function handler(file, name) {
  const found = loaded.get(file) ?? import(pathToFileURL(file));
  loaded.set(file, found);
  const module = await found;
  const exported = module[name] ?? module.default?.[name];
  if (typeof exported !== "function") {
    throw new TypeError(`${file} exports no function \`${name}\``);
  }
  return exported;
}

async function run({ call, file, name, args, context, timeout }) {
  const store = { call, context, deadline: Date.now() + timeout };
  try {
    const result = await invocations.run(store, async () => (await handler(file, name))(...args));
    say({ call, result });
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : { message: format(error), stack: "" };
    say({ call, error: String(message).slice(0, 4096), stack: String(stack).slice(0, 8192) });
  }
}

process.on("unhandledRejection", (error) => console.error("unhandled rejection:", error));
process.on("uncaughtException", (error) => console.error("uncaught exception:", error));

watchdog.on("message", (line) => {
  // the first line is what begins each line of this process: no argument and no variable has it
  if (mark === undefined) {
    mark = line;
    return;
  }
  const message = JSON.parse(line);
  if (message.reply === undefined) {
    run(message);
  } else {
    waiting.get(message.reply)?.(message);
    waiting.delete(message.reply);
  }
});
