/**
 * The platform's side, for the tests of an app: contexts, tokens, requests and License API answers
 * for every state a license can be in. Keys are made at run time and their ids begin with `test-`:
 * nothing outside of tests takes them.
 *
 * @packageDocumentation
 */
import { createHmac, createPrivateKey, createSign, generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { queryHash } from "./server.js";
import type { IncomingRequest, LifecycleKind, Tenant } from "./server.js";
import { connectLicense, forgeLicense, iframeQuery, snapshotOf } from "./testing/license.js";
import type { Scenario } from "./testing/license.js";
import { hold } from "./testing/options.js";

export * from "./testing-browser.js";
export { labFetch } from "./testing/lab.js";
export { storeTests } from "./testing/stores.js";
export type { StoreTest } from "./testing/stores.js";

const seconds = (date: Date) => Math.floor(+date / 1000);
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
/** How long Jira's page and context tokens live; those of lifecycle events live three minutes. */
const PAGE_LIFETIME = 900;
const LIFECYCLE_LIFETIME = 180;

/** What `AP.context.getContext()` answers. */
export function connectContext(scenario: Scenario, now = new Date()) {
  const license = connectLicense(scenario, now);
  return { jira: {}, ...(license && { license }) };
}

/** An answer of the Connect License API. */
export function connectApiAnswer(scenario: Scenario, appKey: string, now = new Date()) {
  if (typeof appKey != "string") {
    throw new TypeError("connectApiAnswer: whose license is it? Pass the app's key after the scenario");
  }
  const license = connectLicense(scenario, now);
  const body = JSON.stringify({ key: appKey, version: "1.0", state: "ENABLED", ...(license && { license }) });
  return { status: 200, body };
}

/** An answer of the Forge License API. */
export function forgeApiAnswer(scenario: Scenario, appId: string, now = new Date()) {
  const data = forgeLicense(scenario, now);
  const results = [data ? { appId, data } : { appId, error: { type: "NOT_FOUND" } }];
  return { status: 200, body: JSON.stringify({ results }) };
}

/** A key of the platform's kind, made at run time. */
class PlatformKey {
  readonly kid = `test-${randomUUID()}`;
  readonly #private: KeyObject;
  /** The public key in PEM. */
  readonly pem: string;
  /** The public key as one of a key set. */
  readonly jwk: Record<string, unknown>;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    this.#private = createPrivateKey(privateKey);
    this.pem = publicKey;
    const { n, e } = this.#private.export({ format: "jwk" });
    this.jwk = { kty: "RSA", kid: this.kid, use: "sig", alg: "RS256", n, e };
  }

  sign(claims: object): string {
    const signed = `${encoded({ typ: "JWT", alg: "RS256", kid: this.kid })}.${encoded(claims)}`;
    return `${signed}.${createSign("sha256").update(signed).sign(this.#private, "base64url")}`;
  }
}

/** What {@link FakeConnect} is told of the app. */
export interface FakeConnectApp {
  appKey: string;
  /** The app's base URL. */
  baseUrl: string;
}

/**
 * One Connect site with the app: signs its lifecycle events, page URLs and context tokens.
 *
 * @example
 * ```ts
 * const site = new FakeConnect({ appKey, baseUrl });
 * await fetch(...site.lifecycle("installed").fetchArguments);
 * const { url } = site.page("/export", "trial-of-advanced");
 * ```
 */
export class FakeConnect {
  readonly app: FakeConnectApp;
  readonly clientKey = randomUUID();
  readonly siteUrl: string;
  /** The current secret. {@link rotateSecret} makes another. */
  secret = randomBytes(32).toString("base64url");
  readonly #key = new PlatformKey();

  constructor(app: FakeConnectApp, site = "example") {
    hold("FakeConnect", app, ["appKey", "baseUrl"], ["appKey", "baseUrl"]);
    this.app = app;
    this.siteUrl = `https://${site}.atlassian.net`;
  }

  /** What verifiers take. */
  get tenant(): Tenant {
    return { clientKey: this.clientKey, secrets: [this.secret] };
  }

  /** What the key server answers for {@link kid}. */
  get pem(): string {
    return this.#key.pem;
  }

  /** The id of the key that signs lifecycle events. */
  get kid(): string {
    return this.#key.kid;
  }

  /** A `fetch` that is the platform's key server: for `InstallKeys`. */
  readonly keyServer: typeof fetch = (input) => {
    const found = `${input as string}`.endsWith(`/${this.kid}`);
    return Promise.resolve(found ? new Response(this.pem) : new Response("", { status: 404 }));
  };

  /** Makes another secret; `installed` tells the app of it. */
  rotateSecret(): void {
    this.secret = randomBytes(32).toString("base64url");
  }

  /** A lifecycle event, as it is sent to `path`. */
  lifecycle(
    event: LifecycleKind,
    options: { path?: string; now?: Date; fields?: object } = {},
  ) {
    hold("lifecycle", { event }, ["event"], ["event"]);
    hold("lifecycle", options, ["path", "now", "fields"]);
    const { path = `/${event}`, now = new Date(), fields = {} } = options;
    const body = JSON.stringify({
      key: this.app.appKey,
      clientKey: this.clientKey,
      ...(event === "installed" && { sharedSecret: this.secret }),
      baseUrl: this.siteUrl,
      productType: "jira",
      description: "A site of a test",
      eventType: event,
      ...fields,
    });
    // two of one second are two events: the platform's tokens differ by their time alone
    const claims = { ...this.#claims("POST", path, now, LIFECYCLE_LIFETIME), jti: randomUUID() };
    const bySite = event === "enabled" || event === "disabled";
    const token = bySite ? this.#hs256(claims) : this.#key.sign({ ...claims, aud: this.app.baseUrl });
    const authorization = `JWT ${token}`;
    const target = `${basePath(this.app.baseUrl)}${path}`;
    const init = {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body,
    };
    const url = `${this.app.baseUrl.replace(/\/$/, "")}${path}`;
    return { method: "POST", target, authorization, body, fetchArguments: [url, init] as const };
  }

  /** The request that opens a page, its URL signed. */
  page(path: string, scenario: Scenario, now = new Date()): IncomingRequest & { url: string } {
    hold("page", { path }, ["path"], ["path"]);
    const parameters = ["xdm_e=https%3A%2F%2Fexample.atlassian.net", "cp=", iframeQuery(scenario, now)];
    const target = `${path}${path.includes("?") ? "&" : "?"}${parameters.filter(Boolean).join("&")}`;
    const token = this.#hs256({ ...this.#claims("GET", target, now, PAGE_LIFETIME), sub: "5b10a2844c20165700ede21g" });
    const signed = `${target}&jwt=${token}`;
    const url = `${this.app.baseUrl.replace(/\/$/, "")}${signed}`;
    return { method: "GET", target: `${basePath(this.app.baseUrl)}${signed}`, url };
  }

  /** What `AP.context.getToken()` answers. */
  contextToken(scenario: Scenario, now = new Date()): string {
    const context = connectContext(scenario, now);
    return this.#hs256({
      iss: this.clientKey,
      sub: "5b10a2844c20165700ede21g",
      iat: seconds(now),
      exp: seconds(now) + PAGE_LIFETIME,
      qsh: "context-qsh",
      context,
    });
  }

  #claims(method: string, target: string, now: Date, lifetime: number) {
    const { qsh } = queryHash({ method, target }, `${new URL(this.app.baseUrl).origin}`);
    return { iss: this.clientKey, iat: seconds(now), exp: seconds(now) + lifetime, qsh };
  }

  #hs256(claims: object): string {
    const signed = `${encoded({ typ: "JWT", alg: "HS256" })}.${encoded(claims)}`;
    return `${signed}.${createHmac("sha256", this.secret).update(signed).digest("base64url")}`;
  }
}

const basePath = (baseUrl: string) => new URL(baseUrl).pathname.replace(/\/$/, "");

/**
 * One Forge installation: signs invocation tokens, and is the platform's key set.
 *
 * @example
 * ```ts
 * const forge = new FakeForge({ appId });
 * const { license } = verifyInvocation(forge.authorization("expired"), forge.jwks, { appId });
 * ```
 */
export class FakeForge {
  readonly appId: string;
  readonly installationId = `ari:cloud:ecosystem::installation/${randomUUID()}`;
  readonly #key = new PlatformKey();

  constructor(app: { appId: string }) {
    hold("FakeForge", app, ["appId"], ["appId"]);
    this.appId = app.appId.startsWith("ari:") ? app.appId : `ari:cloud:ecosystem::app/${app.appId}`;
  }

  /** The text of the key set. */
  get jwks(): string {
    return JSON.stringify({ keys: [this.#key.jwk] });
  }

  /** A `fetch` that is the platform's key set: for `ForgeKeys`. */
  readonly keyServer: typeof fetch = () => Promise.resolve(new Response(this.jwks));

  /** The `Authorization` header of a call to a remote. */
  authorization(scenario: Scenario, options?: { now?: Date; claims?: object }): string {
    return `Bearer ${this.invocationToken(scenario, options)}`;
  }

  /** A Forge Invocation Token. `claims` replace others. */
  invocationToken(
    scenario: Scenario,
    options: { now?: Date; claims?: object } = {},
  ): string {
    hold("invocationToken", options, ["now", "claims"]);
    const { now = new Date(), claims = {} } = options;
    const license = forgeLicense(scenario, now);
    const environment = snapshotOf(scenario, now)?.environment ?? "DEVELOPMENT";
    const cloudId = "b2f9a9e0-8f0d-4d0e-9d0a-6d1f0c3a7e55";
    const apiBaseUrl = `https://api.atlassian.com/ex/jira/${cloudId}`;
    const iat = seconds(now);
    return this.#key.sign({
      app: {
        id: this.appId,
        installationId: this.installationId,
        apiBaseUrl,
        appVersion: "1.0.0",
        environment: { type: environment, id: `ari:cloud:ecosystem::environment/${randomUUID()}` },
        module: { type: "core:endpoint", key: "endpoint" },
        installation: { id: this.installationId, contexts: [{ name: "jira", apiBaseUrl, cloudId }] },
        ...(license && { license }),
      },
      principal: "5b10a2844c20165700ede21g",
      iss: "forge/invocation-token",
      aud: this.appId,
      iat,
      nbf: iat,
      exp: iat + 25,
      jti: randomBytes(20).toString("hex"),
      ...claims,
    });
  }
}
