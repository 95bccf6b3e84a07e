// `cost-once`: a request's token, query and body are each parsed, hashed and compared once, whoever is asked in
// between. Steps are counted, not time: by a build of the core that counts them, under the sources of the package.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { build } from "esbuild";

import { FakeConnect, FakeForge } from "../dist/testing.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const core = {
  name: "core",
  setup(plugin) {
    plugin.onResolve({ filter: /^#core$/ }, () => ({ path: `${root}build/counted.js` }));
    plugin.onResolve({ filter: /^#core\/module$/ }, () => ({ path: "module", namespace: "counted" }));
    const contents = `import { readFileSync } from "node:fs";
      export default () => new WebAssembly.Module(readFileSync(${JSON.stringify(`${root}build/counted.wasm`)}));`;
    plugin.onLoad({ filter: /./, namespace: "counted" }, () => ({ contents }));
  },
};
const { outputFiles } = await build({
  stdin: {
    contents: `export * as server from "./src/server.ts"; export * from "./src/fetch.ts"; export { steps } from "#core";`,
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  target: "es2022",
  plugins: [core],
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
});
const url = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`;
const { ConnectApp, ForgeRemote, MemoryStore, server, steps } = await import(url);
const { tenantOf, verifyContext, verifyInstall, verifyInvocation, verifyLifecycle, verifyRequest } = server;

const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";
const site = new FakeConnect({ appKey, baseUrl });
const forge = new FakeForge({ appId });
const now = new Date();
const [SHORT, LONG] = ["x".repeat(1000), "x".repeat(4000)];
/** Of one look at what is longer. */
const LOOK = LONG.length - SHORT.length;

/** How many steps it takes. */
async function cost(run) {
  const before = steps();
  await run();
  return steps() - before;
}

/** How many steps more it takes for what is longer. */
const growth = async (run) => (await cost(() => run(LONG))) - (await cost(() => run(SHORT)));

const asRequest = ({ fetchArguments }) => new Request(...fetchArguments);
const appWith = (more) =>
  new ConnectApp({ appKey, baseUrl, store: new MemoryStore(), fetch: site.keyServer, allowTestKeys: true, clock: () => now, ...more });

async function installed(more) {
  const app = appWith(more);
  assert.equal((await app.handle(asRequest(site.lifecycle("installed", { now })))).status, 204);
  return app;
}

const expected = { baseUrl, now };
const page = (pad) => site.page(`/panel?x=${pad}`, "advanced", now);

test("a request of a tenant that is known takes what its verification alone takes", async () => {
  const app = await installed();
  await app.verify(new Request(page("").url));
  const one = page(LONG);
  const alone = await cost(() => verifyRequest(one, site.tenant, expected));
  assert.ok(alone > LONG.length, `${alone} steps`);
  assert.equal(await cost(() => app.verify(new Request(one.url))), alone);
  assert.equal(await cost(() => verifyRequest(one, { ...site.tenant, clientKey: tenantOf(one) }, expected)), alone);
});

test("so does one whose tenant is looked up while others come in, and one whose secret was replaced meanwhile", async () => {
  const alone = await growth((pad) => verifyRequest(page(pad), site.tenant, expected));
  const asks = await installed({ tenantCache: 0 });
  const ten = (pad) => Promise.all(Array.from({ length: 10 }, () => asks.verify(new Request(page(pad).url))));
  assert.equal(await growth(ten), 10 * alone);

  const [before, after] = ["a", "b"].map((digit) => digit.repeat(32));
  const replaced = (pad) => {
    const one = page(pad);
    const clientKey = tenantOf(one);
    assert.throws(() => verifyRequest(one, { clientKey, secrets: [before, after] }, expected), { code: "signature" });
    verifyRequest(one, { ...site.tenant, clientKey }, expected);
  };
  assert.equal(await growth(replaced), alone + LOOK, "where its query begins is looked for again");
});

test("a request with a context token takes what its verification alone takes", async () => {
  const app = await installed();
  await app.verify(new Request(page("").url));
  const authorization = `JWT ${site.contextToken("advanced", now)}`;
  const one = { method: "GET", target: "/api", authorization };
  const alone = await cost(() => verifyContext(one, site.tenant, expected));
  const request = () => new Request(`${baseUrl}/api`, { headers: { authorization } });
  assert.equal(await cost(() => app.verify(request(), "context")), alone);
});

for (const event of ["installed", "uninstalled", "enabled", "disabled"]) {
  test(`\`${event}\` takes what its verification and its delivery take, the body read once`, async () => {
    const of = { ...expected, appKey, event };
    const isSigned = event.endsWith("installed");
    const verify = (sent) => (isSigned ? verifyInstall(sent, site.pem, of) : verifyLifecycle(sent, site.tenant, of));
    const byQuery = (pad) => site.lifecycle(event, { path: `/${event}?x=${pad}`, now });
    const byBody = (pad) => site.lifecycle(event, { fields: { pad }, now });
    const apps = [await installed(), await installed(), await installed()];
    const stored = apps.pop().options.store.load(site.clientKey);
    const handled = async (make) => {
      const both = apps.splice(0, 2);
      apps.push(await installed(), await installed());
      return growth(async (pad) => assert.equal((await both.pop().handle(asRequest(make(pad)))).status, 204));
    };
    const alone = await growth((pad) => verify(byQuery(pad)));
    assert.ok(alone >= LOOK, `${alone} steps`);
    assert.equal(await handled(byQuery), alone);

    const events = { [LONG]: verify(byBody(LONG)), [SHORT]: verify(byBody(SHORT)) };
    const deliver = (connect) => server.deliver({ key: site.clientKey, on: "connect", event: { connect } }, stored, null, now);
    const [verified, delivered, read] = [
      await growth((pad) => verify(byBody(pad))),
      await growth((pad) => deliver(events[pad])),
      await growth((pad) => server.readLifecycleBody(byBody(pad).body)),
    ];
    assert.ok(read >= LOOK, `${read} steps`);
    assert.equal(await handled(byBody), verified + delivered - read);
  });
}

test("an invocation, and an event of Forge, take what their verification takes", async () => {
  const remoteWith = () => new ForgeRemote({ appId, fetch: forge.keyServer, allowTestKeys: true, clock: () => now, store: new MemoryStore() });
  const header = (claims) => ({ authorization: forge.authorization("advanced", { now, claims }) });
  const request = (pad) => new Request(baseUrl, { headers: header({ pad }) });
  const remote = remoteWith();
  await remote.verify(request("")); // its keys are fetched
  const alone = await growth((pad) => verifyInvocation(header({ pad }).authorization, forge.jwks, { appId, now }));
  assert.ok(alone >= LOOK, `${alone} steps`);
  assert.equal(await growth((pad) => remote.verify(request(pad))), alone);

  const byPlatform = () => header({ principal: undefined });
  const invocation = verifyInvocation(byPlatform().authorization, forge.jwks, { appId, now });
  const kind = "avi:forge:installed:app";
  const event = (pad) => JSON.stringify({ eventType: kind, id: forge.installationId, app: { id: forge.appId }, pad });
  const deliver = (of) => server.deliver({ key: forge.installationId, on: "forge", event: { forge: of } }, null, null, now);
  const delivered = await growth((pad) => deliver(server.acceptedBefore({ kind, payload: event(pad) })));
  const received = await growth((pad) => server.verifyForgeEvent(invocation, event(pad)));
  const known = await growth((pad) => deliver(server.acceptedBefore({ kind, payload: event(pad) })));
  assert.ok(known <= delivered - LOOK, `${delivered} steps, and ${known} of what was received`);
  const both = await growth((pad) => deliver(server.verifyForgeEvent(invocation, event(pad))));
  assert.equal(both, received + known);
  const remotes = [remoteWith(), remoteWith()];
  const sent = (pad) => new Request(`${baseUrl}/forge/lifecycle`, { method: "POST", headers: byPlatform(), body: event(pad) });
  assert.equal(await growth(async (pad) => assert.equal((await remotes.pop().handle(sent(pad))).status, 204)), both);
});
