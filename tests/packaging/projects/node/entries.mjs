// Asks every entry something that it cannot answer without working; answers "ok", or what went wrong.
import * as sdk from "@app-license/sdk";
import * as express from "@app-license/sdk/express";
import * as fetch from "@app-license/sdk/fetch";
import * as forge from "@app-license/sdk/forge";
import * as openfeature from "@app-license/sdk/openfeature";
import * as react from "@app-license/sdk/react";
import * as server from "@app-license/sdk/server";
import * as testing from "@app-license/sdk/testing";
import * as browser from "@app-license/sdk/testing/browser";
import * as wasm from "@app-license/sdk/wasm";
import { createElement as h } from "react";
import { renderToStaticMarkup } from "react-dom/server";

const appKey = "com.example.app";
const baseUrl = "https://app.example.com";
const appId = "35559c21-6120-406b-b7cd-d87f468f6d32";
const requires = "capabilityAdvanced";

function same(found, expected) {
  const [one, other] = [found, expected].map((value) => JSON.stringify(value));
  if (one !== other) {
    throw new Error(`found ${one}, expected ${other}`);
  }
}

const advanced = () => sdk.License.fromForgeContext(browser.uiContext("advanced"));
const features = new sdk.FeatureMap({ features: { export: "advanced" } });

/** What an app answers to a customer of Advanced, and to one whose subscription ended. */
async function served(app, handle) {
  const site = new testing.FakeConnect({ appKey, baseUrl });
  const connect = new app.ConnectApp({ appKey, baseUrl, store: new app.MemoryStore(), fetch: site.keyServer, allowTestKeys: true });
  same((await connect.handle(new Request(...site.lifecycle("installed").fetchArguments))).status, 204);
  return Promise.all(["advanced", "expired"].map((scenario) => handle(connect, site.page("/export", scenario))));
}

const ENTRIES = {
  ".": () => {
    same(sdk.check(advanced(), { features, feature: "export" }).reason, "granted");
    same(sdk.License.fromConnectQuery("?lic=none&capSet=capabilityAdvanced").state, "inactive");
  },
  "./server": () => {
    const fake = new testing.FakeForge({ appId });
    const verify = (authorization) => server.verifyInvocation(authorization, fake.jwks, { appId });
    const { license } = verify(fake.authorization("trial-of-advanced"));
    same([license.trust, server.check(license, { requires }).reason], ["verified", "granted"]);
    const [head, claims, signature] = fake.authorization("advanced").split(".");
    try {
      verify(`${head}.${claims}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`);
    } catch ({ code }) {
      return same(code, "signature");
    }
    throw new Error("a wrong signature was taken");
  },
  "./fetch": async () => {
    let routed;
    const said = await served(fetch, async (app, page) => {
      if (routed !== app) {
        app.route("/export", { requires }, (_request, { license }) => new Response(license.edition));
        routed = app;
      }
      const response = await app.handle(new Request(page.url));
      return response.status === 200 ? response.text() : response.status;
    });
    same(said, ["advanced", 402]);
  },
  "./express": async () => {
    const said = await served(express, (app, { target }) => {
      return new Promise((resolve) => {
        const response = {
          locals: {},
          status: (code) => Object.assign(response, { code }),
          setHeader() {},
          end: () => resolve(response.code),
        };
        const request = { method: "GET", originalUrl: target, path: "/export", headers: {}, rawHeaders: [], socket: {} };
        express.requireCapability(app, requires)(request, response, () => resolve(response.locals.decision.reason));
      });
    });
    same(said, ["granted", 402]);
  },
  "./forge": async () => {
    const platform = testing.installFakeForge("advanced");
    const license = await forge.getLicense(testing.scheduledTriggerContext("advanced"));
    same([license.source, license.edition, platform.asked], ["forge_license_api", "advanced", 1]);
    const gated = forge.requires(requires, () => "exported");
    same(await gated(testing.resolverRequest("advanced")), "exported");
    platform.uninstall();
  },
  "./react": () => {
    const page = (license) => h(react.LicenseProvider, { license }, h(react.Gate, { requires, fallback: "Upgrade" }, "Export"));
    same(renderToStaticMarkup(page(advanced())), "Export");
    same(renderToStaticMarkup(page(sdk.License.absent("forge_ui_context"))), "Upgrade");
  },
  "./openfeature": () => {
    const provider = new openfeature.LicenseWebProvider({ features, license: advanced() });
    provider.setLicense(advanced());
    same(provider.resolveBooleanEvaluation("export").value, true);
  },
  "./wasm": async () => {
    const { fromForgeContext } = await wasm.loadCore();
    const license = fromForgeContext(browser.uiContext("trial-ended"));
    same([license.state, sdk.check(license, { requires }).reason], ["inactive", "trial_ended"]);
  },
  "./testing": () => same(testing.forgeApiAnswer("advanced", appId).status, 200),
  "./testing/browser": async () => {
    const bridge = browser.installFakeBridge("trial-ended");
    const license = sdk.License.fromForgeContext(await globalThis.__bridge.callBridge("getContext"));
    bridge.uninstall();
    same(sdk.check(license, { requires }).reason, "trial_ended");
  },
};

/** What each entry comes to. */
export async function entries(but = []) {
  const said = {};
  for (const [name, ask] of Object.entries(ENTRIES).filter(([name]) => !but.includes(name))) {
    said[name] = await Promise.resolve()
      .then(ask)
      .then(() => "ok", (error) => `${error?.stack ?? error}`);
  }
  return said;
}
