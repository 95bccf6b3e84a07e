// Which statement about the license counts for a request of Connect, in the order of the Rust
// server: the request's own; a fresh answer of the License API; the last stored one; nothing.
import { PlatformFault, VerifyError, internal } from "../server.js";
import type { License, Policy } from "../server.js";
import { Op } from "../server/op.js";
import type { ConnectApp, ConnectRequest } from "./connect-app.js";
import { forgetLicense, store, stored } from "./store.js";
import { withUserAccessOf } from "./user-access.js";

const { ask, connectLicense, seconds } = internal;
export const SOURCE = "connect_license_api";

/** What the License API states, or why it states nothing; null where none is configured. */
type Asked = { license: License<"verified"> } | { error: VerifyError } | null;

/** The license that counts. Throws 503 when the License API could not be asked and nothing else spoke. */
export async function findLicense(app: ConnectApp, verified: ConnectRequest): Promise<License<"verified">> {
  const proved = verified.license;
  const policy: Policy = app.options.policy ?? {};
  const overruling = await overrules(app, verified, policy);
  if (overruling) {
    return withUserAccessOf(overruling, proved);
  }
  await observe(app, verified, proved);
  const final =
    proved.state === "inactive" || (proved.state === "active" && !policy.confirmedOnly) || policy.sellsNothing;
  if (final) {
    return proved;
  }
  const asked = await askApi(app, verified, 0);
  if (asked && "license" in asked) {
    return withUserAccessOf(asked.license, proved);
  }
  // a refusal ends what the site said before, here as in the API's own cache
  const refused = asked?.error instanceof PlatformFault && asked.error.isTokenRefused;
  const last = refused ? null : await lastStored(app, verified);
  if (last) {
    return withUserAccessOf(last, proved);
  }
  if (asked) {
    throw asked.error;
  }
  return proved;
}

/** A license of the License API that counts instead of the request's `lic=none`. */
async function overrules(
  app: ConnectApp,
  verified: ConnectRequest,
  policy: Policy,
): Promise<License<"verified"> | null> {
  const { license, issuedAt } = verified;
  if (license.state !== "inactive" || license.source !== "connect_iframe_query" || policy.sellsNothing) {
    return null;
  }
  const asked = await askApi(app, verified, seconds(issuedAt));
  if (!asked || "error" in asked) {
    return null;
  }
  const { raw, asOf } = asked.license;
  const body = JSON.stringify(raw);
  const said = ask(Op.Overrules, { body, leeway: seconds(asOf!), now: seconds(issuedAt) });
  return said[1] === "1" ? asked.license : null;
}

async function askApi(app: ConnectApp, verified: ConnectRequest, since: number): Promise<Asked> {
  const api = app.licenseApi;
  if (!api) {
    return null;
  }
  const { installation, clientKey } = verified;
  const { baseUrl } = installation.record;
  const secret = installation.secrets.current;
  if (baseUrl === undefined || secret === null) {
    return null;
  }
  const { appKey, store: kept } = app.options;
  try {
    const { license } = await api.answer({ appKey, clientKey, secret, baseUrl }, since, installedAt(verified));
    const document = license.raw && JSON.stringify(license.raw);
    try {
      await kept.putLicense(clientKey, SOURCE, { document, fetchedAt: license.asOf! });
    } catch {
      // the answer is right, whether or not it is kept
    }
    await observe(app, verified, license);
    return { license };
  } catch (error) {
    if (error instanceof PlatformFault && error.isTokenRefused) {
      await forgetLicense(kept, clientKey, SOURCE, app.now());
    }
    if (error instanceof VerifyError && error.class !== "misuse") {
      return { error };
    }
    throw error;
  }
}

/** Since when the app is installed there, in seconds. */
const installedAt = ({ installation }: ConnectRequest) => seconds(new Date(installation.record.installedAt));

/** The last answer of the License API that the store kept, if the app lets it count. */
async function lastStored(app: ConnectApp, verified: ConnectRequest): Promise<License<"verified"> | null> {
  const { storedHint, store: all } = app.options;
  if (storedHint === undefined) {
    return null;
  }
  const kept = await stored(() => all.license(verified.clientKey, SOURCE)).catch(() => null);
  if (!kept || kept.document === "") {
    return null;
  }
  const at = seconds(kept.fetchedAt);
  if (at < installedAt(verified)) {
    return null; // said of an installation before this one
  }
  return Math.max(seconds(app.now()) - at, 0) > storedHint ? null : connectLicense({ raw: kept.document, at });
}

/** Remembers a statement that is news, so that hooks hear of it. Losing one is no harm: the next
 * request says it again. */
async function observe(app: ConnectApp, verified: ConnectRequest, license: License<"verified">): Promise<void> {
  const { reducer, options } = app;
  if (!reducer.isNews(verified.installation, license)) {
    return;
  }
  try {
    const delivery = { key: verified.clientKey, on: "connect", event: { license } } as const;
    await store(options.store, delivery, app.now());
  } catch {
    // it is said again
  }
}
