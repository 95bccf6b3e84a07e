// What tests of apps share: settings, and an app that is installed on a site of the fixtures.
import { FeatureMap } from "@app-license/sdk";
import { ConnectLicenseApi } from "@app-license/sdk/server";
import { ConnectApp, MemoryStore } from "@app-license/sdk/express";
import { FakeConnect } from "@app-license/sdk/testing";
import assert from "node:assert/strict";

export const appKey = "com.example.app";
export const baseUrl = "https://app.example.com";
export const appId = "8db33309-2f3e-4a4f-8e2b-4f8c7f4b2b2b";
export const features = new FeatureMap({ features: { export: "advanced" } });
export const served = () => new Response("served");
export const connectApp = (more) => new ConnectApp({ appKey, baseUrl, store: new MemoryStore(), features, ...more });

/** What the License API answers about a customer. */
export const answered = (capabilitySet = "capabilityAdvanced") => () =>
  Response.json({ key: appKey, version: "1", state: "ENABLED", license: { active: true, type: "COMMERCIAL", evaluation: false, entitlementId: "E", capabilitySet } });

/** An app that is installed on a site of the fixtures. */
export async function installed(more = {}) {
  const site = new FakeConnect({ appKey, baseUrl });
  const world = { now: Date.now(), api: () => new Response("", { status: 500 }) };
  const fetch = async (url, init) => (`${url}`.includes("atlassian-connect") || `${url}`.includes("/rest/") ? world.api() : site.keyServer(url, init));
  const clock = () => new Date(world.now);
  const store = more.store ?? new MemoryStore();
  const make = () =>
    connectApp({
      fetch,
      clock,
      allowTestKeys: true,
      licenseApi: new ConnectLicenseApi({ fetch, clock: () => world.now, attempts: { count: 1, first: 1, longest: 1 } }),
      ...more,
      store,
    });
  const app = make();
  const open = ({ url, ...init }, of = app) => of.handle(new Request(url, init));
  const send = async (event, of = app) => {
    const sent = site.lifecycle(event, { now: new Date(world.now) });
    const answer = await of.handle(new Request(...sent.fetchArguments));
    assert.equal(answer.status, 204, await answer.text());
  };
  await send("installed");
  return { app, site, open, send, make, world, store };
}
