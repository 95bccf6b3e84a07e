// The functions of a vendor's own Forge app in the lab: what they get, what calls them, what they store,
// and that they end with the lab.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { start, open, started } from "./forge-lab.mjs";

before(async () => {
  const { lab } = await started();
  await lab.move("install");
  await lab.move({ buy: { edition: "advanced" } });
});

test("functions get what the platform gives, and no more", async () => {
  const { lab, folder } = await started();
  const invoke = (functionKey, module = "panel") => lab.call("forge/invoke", { site: "acme", module, functionKey });
  const { result: context } = await invoke("app-context");
  assert.equal(context.appId, "11111111-1111-4111-8111-111111111111");
  assert.deepEqual([context.moduleKey, context.left], ["panel", true]);
  assert.deepEqual((await invoke("remote")).result, { status: 200, state: "active" });
  assert.equal((await invoke("license-api")).result.results[0].data.active, true);
  const product = (await invoke("product")).result;
  assert.equal(product.displayName, "Lab User");
  assert.match((await invoke("old-product")).error.message, /old @forge\/api .*not here/);
  assert.equal((await invoke("forge-a-line")).result, "genuine");
  const { names, marked } = (await invoke("environment")).result;
  assert.deepEqual(marked, [], "what the lab knows the runner's lines by is in no argument and no variable");
  assert.ok(!names.includes("HOME") && !names.includes("LAB"), `${names}`);
  // it takes no more than its time, and the next call has a process of its own
  const long = await invoke("loop");
  assert.match(long.error.message, /the function resolver\/loop took more than 3 s: it was ended with all that it started/);
  assert.equal((await invoke("echo")).status, 200);
  // one that does not read what it is sent holds nobody up for longer either
  const large = { site: "acme", module: "panel", functionKey: "echo", payload: "x".repeat(1_500_000) };
  const [stuck, next] = await Promise.all([invoke("loop"), lab.call("forge/invoke", large)]);
  assert.match(stuck.error.message, /took more than 3 s/);
  assert.ok(next.result || /took more|ended/.test(next.error.message), JSON.stringify(next).slice(0, 200));
  // a new bundle is taken at the next call
  const file = join(folder, "functions/function.cjs");
  writeFileSync(file, readFileSync(file, "utf8").replace('return "genuine"', 'return "built again"'));
  assert.equal((await invoke("forge-a-line")).result, "built again");
  assert.match((await invoke("echo", "macro")).error.message, /no `resolver.function`/);
});

test("schedules, events, web requests, queues and the lifecycle reach functions", async () => {
  const { lab } = await started();
  const press = (key, more = {}) => lab.call("forge/trigger", { site: "acme", key, ...more });
  const scheduled = await press("daily");
  assert.equal(scheduled.result.licensed, null, "a schedule's context names no license");
  const created = await press("created", { payload: { issue: { key: "LAB-5" } } });
  assert.equal(created.result.first.eventType, "avi:jira:created:issue");
  assert.equal(created.result.first.issue.key, "LAB-5");
  assert.equal(created.result.licensed, true);
  assert.equal((await press("hook", { payload: { method: "POST", body: "x" } })).result.first.method, "POST");
  const job = await press("jobs", { payload: { row: 1 } });
  assert.deepEqual([job.result.first.queueName, job.result.first.body], ["jobs", { row: 1 }]);
  for (const documented of [false, true]) {
    const remote = await press("remote-event", { documented });
    assert.deepEqual([remote.status, JSON.parse(remote.body).state], [200, "active"]);
  }
  assert.equal((await press("for-customers")).result.licensed, null);
  await lab.move("expire");
  assert.match((await press("for-customers")).skipped, /appIsLicensed/);
  assert.match((await press("nothing")).error.message, /no trigger/);
  // by the test clock, and by the customer's own moves
  const printed = async () => {
    const answer = await fetch(`${lab.address}api/forge/log`);
    return (await answer.json()).map(({ function: name, text }) => `${name}: ${text}`);
  };
  const count = async (line) => (await printed()).filter((text) => text === line).length;
  const before = await count("event by daily: event schedule");
  await lab.call("clock", { advance_days: 2 });
  assert.equal(await count("event by daily: event schedule"), before + 2, "once a day");
  await lab.move("uninstall");
  assert.equal(await count("event by goodbye: event schedule"), 1);
  await lab.move("install");
  assert.ok((await count("event by lifecycle: event avi:forge:installed:app")) >= 1);
});

test("a schedule runs at each time that the clock passes, with the license of that time", async () => {
  const { folder } = await started();
  const lab = await start("--manifest", join(folder, "manifest.yml"), "--functions", join(folder, "functions"));
  await lab.move("install");
  await lab.move({ start_trial: { edition: "advanced", days: 30 } });
  const { now } = await lab.call("state");
  await lab.call("clock", { advance_days: 31 });
  const { entries } = await lab.call("journal");
  const runs = entries.filter(({ title }) => title === "the function event by hourly is called");
  assert.equal(runs.length, 50);
  const hours = runs.map(({ at }) => (Date.parse(at) - Date.parse(now)) / 3_600_000).reverse();
  assert.deepEqual(hours, Array.from({ length: 50 }, (_, at) => 31 * 24 - 49 + at));
  const left = 31 * 24 - 50;
  assert.ok(entries.some(({ title }) => title.startsWith(`hourly: ${left} further runs left out`)));
  const daily = entries.filter(({ title }) => title === "the function event by daily is called");
  assert.equal(daily.length, 31);
  // a week's filter is asked at each of its times: the trial ends after the fourth
  const weekly = entries.filter(({ title }) => title === "the function event by for-customers is called");
  assert.equal(weekly.length, 4);
  // in the console, what says the same is one row, and the keys lead through the others
  const page = await open(lab);
  const rows = page.locator("#journal li");
  const folded = page.getByRole("button", { name: /^2\d more of the same, since/ }).first();
  await folded.waitFor();
  const before = await rows.count();
  await folded.click();
  assert.ok((await rows.count()) > before + 15);
  await page.locator("#journal [data-entry]:enabled").first().focus();
  const focused = () => page.evaluate(() => document.activeElement.dataset.entry ?? document.activeElement.id);
  const first = await focused();
  await page.keyboard.press("ArrowDown");
  const second = await focused();
  assert.notEqual(second, first);
  await page.keyboard.press("Enter");
  await page.locator("#entry").getByText("Verified and decided").waitFor();
  await page.waitForFunction(() => document.activeElement.id === "entry");
  assert.equal(await page.getByRole("button", { name: "Copy as curl" }).count(), 0, "a function has no address");
  await page.keyboard.press("Escape");
  assert.equal(await focused(), second);
  await page.close();
});

test("functions store and queue by the real packages", async () => {
  const { folder } = await started();
  const lab = await start("--manifest", join(folder, "manifest.yml"), "--functions", join(folder, "functions"));
  await lab.move("install");
  const invoke = async (functionKey, payload = {}) => {
    const answer = await lab.call("forge/invoke", { site: "acme", module: "store", functionKey, payload });
    assert.equal(answer.status, 200, JSON.stringify(answer));
    return answer.result;
  };
  assert.deepEqual(await invoke("plain"), {
    before: null,
    value: { rows: 1 },
    created: "number",
    previous: { rows: 1 },
    taken: "KEY_ALREADY_EXISTS",
    wrong: ["INVALID_KEY", 400],
    secret: "s",
  });
  assert.deepEqual(await invoke("query"), { keys: ["row:1", "row:2", "row:3"], end: null });
  assert.deepEqual(await invoke("entities"), ["t1", "t2"]);
  assert.deepEqual(await invoke("old"), { same: "x", list: [{ key: "old:1", value: "x" }], tasks: 4, missing: null });
  assert.equal((await invoke("jira", { path: "myself" })).status, 200);
  assert.equal((await invoke("jira", { path: "issuetype" })).body[0].name, "Task");
  assert.equal((await invoke("jira", { path: "dashboard" })).status, 501);

  const settled = async (jobId) => {
    for (let tries = 0; tries < 3000; tries++) {
      const stats = await invoke("stats", { jobId });
      if (stats.inProgress === 0) {
        return stats;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return assert.fail("the queue does not end");
  };
  const { jobId } = await invoke("push", { events: [{ body: { row: 1 } }, { body: { row: 2 } }, { body: { fail: true } }] });
  assert.deepEqual(await settled(jobId), { success: 2, inProgress: 0, failed: 1 });
  assert.deepEqual(await invoke("last"), { row: 2, queueName: "rows", jobId });
  // a delay is by the test clock
  const late = await invoke("push", { events: { body: { row: 3 }, delayInSeconds: 600 } });
  assert.equal((await invoke("stats", { jobId: late.jobId })).inProgress, 1);
  await lab.call("clock", { advance_seconds: 600 });
  assert.equal((await settled(late.jobId)).success, 1);
  assert.equal((await invoke("last")).row, 3);
  assert.equal(await invoke("stats", { jobId: "none" }), "JobDoesNotExistError");
  assert.match(await invoke("nowhere"), /no consumer of the queue `none`/);
  // queues that feed themselves come to an end
  await invoke("push", { events: { body: { row: 4, again: true } } });
  for (let tries = 0, titles = []; !titles.some((it) => /cyclic invocation/.test(it)); tries++) {
    assert.ok(tries < 1200, "it goes on and on");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { entries } = await lab.call("journal");
    const failed = await Promise.all(entries.slice(0, 3).map(({ id }) => lab.call(`journal/${id}`)));
    titles = failed.map(({ answer }) => answer?.text ?? "");
  }
  // another installation begins with an empty store
  await lab.move("uninstall");
  await lab.move("install");
  assert.equal(await invoke("last"), null);
});

/** Those of these processes that still run. */
const alive = (pids) =>
  pids.filter((pid) => {
    try {
      return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  });

async function gone(pids) {
  for (let tries = 0; alive(pids).length > 0 && tries < 3000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return alive(pids);
}

/** Calls the function that loops beside two processes of its own; their ids, and the call. */
async function busy({ address, call }) {
  const answer = call("forge/invoke", { site: "acme", module: "panel", functionKey: "busy" });
  // a lab that is killed does not answer
  answer.catch(() => undefined);
  for (let tries = 0; tries < 3000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const lines = await (await fetch(`${address}api/forge/log`)).json();
    const pids = lines.findLast(({ text }) => text.startsWith("running "))?.text.split(" ").slice(1).map(Number);
    if (pids && alive(pids).length === pids.length) {
      return { pids, answer };
    }
  }
  return assert.fail("the function has not started its processes");
}

test("a function that takes too long is ended with all that it started", async () => {
  const { lab } = await started();
  const { pids, answer } = await busy(lab);
  assert.equal(pids.length, 3);
  // long enough after it that its own time is not over at the same moment
  await new Promise((resolve) => setTimeout(resolve, 500));
  const other = lab.call("forge/invoke", { site: "acme", module: "panel", functionKey: "echo" });
  for (const { error } of await Promise.all([answer, other])) {
    assert.match(error.message, /resolver\/busy took more than 3 s/, "who shares its process is told why");
  }
  assert.deepEqual(await gone(pids), []);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"]) {
  test(`a function in a tight loop ends with the lab at ${signal}, and so does what it started`, async () => {
    const { folder } = await started();
    const manifest = ["--manifest", join(folder, "manifest.yml")];
    const lab = await start(...manifest, "--functions", join(folder, "functions"));
    await lab.move("install");
    const { pids } = await busy(lab);
    assert.equal(pids.length, 3);
    lab.child.removeAllListeners("exit");
    const ended = new Promise((resolve) => lab.child.on("exit", resolve));
    lab.child.kill(signal);
    await ended;
    assert.deepEqual(await gone(pids), []);
  });
}
