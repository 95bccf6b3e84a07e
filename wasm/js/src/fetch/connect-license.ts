// What a Connect app asks, loads and stores to find the license that counts for a request.
import { PlatformFault, VerifyError, internal } from "../server.js";
import type { License, Policy } from "../server.js";
import type { ConnectApp, ConnectRequest } from "./connect-app.js";
import { currentLicense } from "./current-license.js";
import type { ApiStatement } from "./current-license.js";
import { forgetLicense, store, stored } from "./store.js";

const { connectLicense, seconds } = internal;
export const SOURCE = "connect_license_api";

/** The license that counts. Throws 503 when the License API could not be asked and nothing else spoke. */
export function findLicense(app: ConnectApp, verified: ConnectRequest, policy: Policy): Promise<License<"verified">> {
  return currentLicense(verified.license, policy, {
    now: () => app.now(),
    storedFor: app.options.storedFor,
    record: verified.installation.record,
    ask: (...asked) => askApi(app, verified, ...asked),
    load: () => lastStored(app, verified),
    observe: (licenses) => observe(app, verified, licenses),
  });
}

async function askApi(
  app: ConnectApp,
  verified: ConnectRequest,
  since: number,
  installedAt: number,
  newer: boolean,
): Promise<ApiStatement> {
  const api = app.licenseApi;
  const { installation, clientKey } = verified;
  const { baseUrl } = installation.record;
  const secret = installation.secrets.current;
  if (!api || baseUrl === undefined || secret === null) {
    return null;
  }
  const { appKey, store: kept } = app.options;
  try {
    const { license } = await api.answer({ appKey, clientKey, secret, baseUrl }, since, installedAt, newer);
    const asOf = +license.asOf!;
    // an answer that is remembered is given to many requests, and stored once
    if (app.licensesStored.get(clientKey) !== asOf) {
      const document = license.raw && JSON.stringify(license.raw);
      try {
        await kept.putLicense(clientKey, SOURCE, { document, fetchedAt: license.asOf! });
        app.licensesStored.set(clientKey, asOf);
      } catch (error) {
        // the answer is right, whether or not it is kept
        app.lost("an answer of the License API is not stored", error);
      }
    }
    return { license };
  } catch (error) {
    if (error instanceof PlatformFault && error.isTokenRefused) {
      app.licensesStored.delete(clientKey);
      await forgetLicense(kept, clientKey, SOURCE, app.now());
    }
    if (error instanceof VerifyError && error.class !== "misuse") {
      return { error };
    }
    throw error;
  }
}

/** The last answer of the License API that the store kept. */
async function lastStored(app: ConnectApp, { clientKey }: ConnectRequest): Promise<License<"verified"> | null> {
  try {
    const kept = await stored(() => app.options.store.license(clientKey, SOURCE));
    if (!kept || kept.document === "") {
      return null;
    }
    const raw = licenseIn(kept.document);
    return connectLicense({ raw, at: seconds(kept.fetchedAt) });
  } catch (error) {
    app.lost("the stored license cannot be read", error);
    return null; // as good as nothing
  }
}

/** A whole answer, of this API or of Forge's, is no license: it would read as absent. */
function licenseIn(document: string | null): string | null {
  const fields = Object(document === null ? null : JSON.parse(document)) as object;
  if ("license" in fields || "results" in fields) {
    throw new PlatformFault("store_corrupt", "a stored license is none, but a whole answer");
  }
  return document;
}

/** Remembers the first statement that is news, so that hooks hear of it. Losing one is no harm: the next
 * request says it again. */
async function observe(
  app: ConnectApp,
  verified: ConnectRequest,
  licenses: readonly License<"verified">[],
): Promise<void> {
  const { reducer, options } = app;
  try {
    const license = licenses.find((stated) => reducer.isNews(verified.installation, stated, app.now()));
    if (!license) {
      return;
    }
    const delivery = { key: verified.clientKey, on: "connect", event: { license } } as const;
    const { installation } = await store(options.store, delivery, app.now());
    // asked again for the same request, it is no news
    verified.installation.record = installation?.record ?? verified.installation.record;
  } catch (error) {
    app.lost("a changed license is not stored", error); // the next request says it again
  }
}
