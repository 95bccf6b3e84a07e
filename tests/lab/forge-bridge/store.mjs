// A function that stores and queues, with the real packages, unmodified. Bundled by the test.
import api, { route, startsWith, storage } from "@forge/api";
import { Queue } from "@forge/events";
import { Filter, FilterConditions, kvs, Sort, WhereConditions } from "@forge/kvs";

const queue = new Queue({ key: "rows" });
const tasks = kvs.entity("task");

const calls = {
  async plain() {
    const before = (await kvs.get("a")) ?? null;
    await kvs.set("a", { rows: 1 });
    const { value, createdAt } = await kvs.get("a", { metadataFields: ["CREATED_AT"] });
    const previous = await kvs.set("a", { rows: 2 }, { keyPolicy: "OVERRIDE", returnValue: "PREVIOUS" });
    const taken = await kvs.set("a", 3, { keyPolicy: "FAIL_IF_EXISTS" }).catch(({ code }) => code);
    const wrong = await kvs.set("a/b", 1).catch(({ code, responseDetails }) => [code, responseDetails.status]);
    await kvs.setSecret("token", "s");
    const secret = await kvs.getSecret("token");
    await kvs.delete("never");
    return { before, value, created: typeof createdAt, previous: previous.value, taken, wrong, secret };
  },
  async query() {
    await kvs.transact().set("row:1", 1).set("row:2", 2).set("row:3", 3).delete("a").execute();
    const first = await kvs.query().where("key", WhereConditions.beginsWith("row:")).limit(2).getMany();
    const rest = await kvs.query().where("key", WhereConditions.beginsWith("row:")).cursor(first.nextCursor).getMany();
    return { keys: [...first.results, ...rest.results].map(({ key }) => key), end: rest.nextCursor ?? null };
  },
  async entities() {
    await tasks.set("t1", { owner: "ann", rank: 2 });
    await tasks.set("t2", { owner: "ann", rank: 1 });
    await tasks.set("t3", { owner: "bob", rank: 3 });
    const query = tasks.query().index("by-owner", { partition: ["ann"] });
    const { results } = await query.filters(new Filter().and("rank", FilterConditions.greaterThan(0))).sort(Sort.DESC).getMany();
    return results.map(({ key }) => key);
  },
  async old() {
    await storage.set("old:1", "x");
    const list = await storage.query().where("key", startsWith("old:")).getMany();
    await storage.entity("task").set("t9", { owner: "old", rank: 9 });
    const found = await storage.entity("task").query().index("rank").getMany();
    const missing = (await storage.get("none")) ?? null;
    return { same: await kvs.get("old:1"), list: list.results, tasks: found.results.length, missing };
  },
  async last() {
    return (await kvs.get("last")) ?? null;
  },
  async push({ events }) {
    const { jobId } = await queue.push(events);
    return { jobId, stats: await queue.getStats(jobId) };
  },
  async stats({ jobId }) {
    return queue.getStats(jobId).catch((error) => error.constructor.name);
  },
  async nowhere() {
    return new Queue({ key: "none" }).push({ body: {} }).catch(({ message }) => message);
  },
  async jira({ path }) {
    const answer = await api.asUser().requestJira(route`/rest/api/3/${path}`);
    return { status: answer.status, body: await answer.json() };
  },
};

export const resolver = async ({ call }) => calls[call.functionKey](call.payload);

/** Works through the queue; what comes with `again` is pushed once more. */
export const consumer = async ({ body, queueName, jobId }) => {
  if (body.fail) {
    throw new Error("the consumer says no");
  }
  console.log("consumed", body.row);
  await kvs.set("last", { row: body.row, queueName, jobId });
  if (body.again) {
    await queue.push({ body });
  }
};
