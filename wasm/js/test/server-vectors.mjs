// The vectors of tokens, query hashes and lifecycle through `@app-license/sdk/server`: part of the
// runner in vectors.mjs, apart so that browsers do not load it.
import { STATE } from "./vectors.mjs";

const EVENT = { install: "installed", uninstall: "uninstalled", enable: "enabled", disable: "disabled" };

function outcome(server, run) {
  try {
    run();
    return "accept";
  } catch (error) {
    if (!(error instanceof server.LicenseError)) {
      throw error;
    }
    return `reject: ${error.code}`;
  }
}

function verdict(test, found, problems) {
  if (test.expect === null) {
    return "policy";
  }
  if (!["accept", "reject"].includes(test.expect)) {
    problems.push(`expect: ${test.expect} is not known to this runner`);
  } else if (found.split(":")[0] !== test.expect) {
    problems.push(`expected ${test.expect}, found ${found}`);
  }
  return "passed";
}

const refuse = (server, code) => {
  throw new server.LicenseError(code, "refused by the runner");
};

function incoming({ method = "GET", target, headers = {}, body }) {
  const names = Object.keys(headers).filter((name) => name.toLowerCase() === "authorization");
  const authorization = names.flatMap((name) => headers[name]);
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  return { method, target, authorization, body: text };
}

/** A whole request at a simulated app. */
function request(server, test, file) {
  const now = new Date((test.now ?? file.now) * 1000);
  const { key: appKey, baseUrl } = file.app;
  const sent = incoming(test.request);
  const tenant = (clientKey) => {
    const secret = test.store.includes(clientKey) && file.tenants[clientKey]?.sharedSecret;
    return secret ? { clientKey, secrets: [secret] } : refuse(server, "unknown_tenant");
  };
  const event = EVENT[test.endpoint] ?? test.endpoint;
  if (test.endpoint === "qsh") {
    return server.verifyRequest(sent, tenant(server.tenantOf(sent)), { baseUrl, now });
  }
  if (test.endpoint === "context") {
    return server.verifyContext(sent, tenant(server.tenantOf(sent, "context")), { baseUrl, now });
  }
  const expected = { baseUrl, appKey, event, now };
  let accepted;
  if (event === "installed" || event === "uninstalled") {
    const { kid } = server.installKeyOf(sent);
    const pem = Object.hasOwn(file.keys_by_kid, kid) ? file.keys_by_kid[kid] : refuse(server, "unknown_key");
    accepted = server.verifyInstall(sent, pem, expected);
  } else {
    accepted = server.verifyLifecycle(sent, tenant(server.tenantOf(sent)), expected);
  }
  const { installation } = new server.LifecycleReducer().apply(null, { connect: accepted }, now);
  if (event === "installed" && installation.secrets.current !== JSON.parse(sent.body).sharedSecret) {
    throw new Error("the secret of the body is not the one stored");
  }
  return accepted;
}

/** Without these everything would be refused, for no reason of the case. */
function needed(test, file, names) {
  for (const name of names) {
    if ((test[name] ?? file[name]) == null) {
      throw new TypeError(`the case lacks ${name}`);
    }
  }
}

/** The license that a case describes in words; words in brackets are remarks. */
function wording(wanted, license, problems) {
  const [word, ...words] = wanted.split("(")[0].split(",").map((part) => part.trim().toLowerCase());
  const state = Object.hasOwn(STATE, word) ? STATE[word] : undefined;
  const right =
    state === "inactive" ? license.state !== "active" && license.edition === null : license.state === state;
  if (!right) {
    problems.push(`expected ${wanted}, found ${license.state}`);
  }
  for (const word of words) {
    const named = license.capabilitySet;
    const holds = /unknown.*edition|edition.*unknown/.test(word)
      ? license.edition === null && named !== null
      : /no edition|without edition/.test(word)
        ? named === null
        : /advanced|standard|free/.test(word)
          ? license.edition === /advanced|standard|free/.exec(word)[0]
          : /trial|evaluation/.test(word)
            ? license.isEvaluation === !word.includes("no")
            : false;
    if (!holds) {
      problems.push(`expected ${word}, found ${license.edition}, ${named}, ${license.isEvaluation}`);
    }
  }
}

function invocation(server, test, file, problems) {
  let license;
  needed(test, file, ["app_id", "now"]);
  const found = outcome(server, () => {
    const set = typeof test.jwks === "string" ? file.jwks_sets[test.jwks] : test.jwks;
    const appId = test.app_id ?? file.app_id;
    const now = new Date((test.now ?? file.now) * 1000);
    ({ license } = server.verifyInvocation(test.authorization ?? [], JSON.stringify(set), { appId, now }));
  });
  const result = verdict(test, found, problems);
  if (test.license_expected && license) {
    wording(test.license_expected, license, problems);
  } else if (test.license_expected && result !== "policy") {
    problems.push(`expected ${test.license_expected}, found ${found}`);
  }
  return result;
}

/** A base URL of a case: may be empty, a path alone, or `http`. Only its path counts. */
function base(text = "") {
  const rest = text.split("://")[1];
  return rest !== undefined ? `https://${rest}` : `https://app.example${text && !text.startsWith("/") ? "/" : ""}${text}`;
}

function hash(server, test, target, baseUrl, problems) {
  const form = test.use_form_body_when_query_empty ? test.form_body : undefined;
  const made = server.queryHash({ method: test.method, target, form }, base(baseUrl));
  for (const key of ["canonical", "qsh"]) {
    if (key in test && made[key] !== test[key]) {
      problems.push(`${key}: expected ${test[key]}, found ${made[key]}`);
    }
  }
}

function signedUrl(server, test, problems) {
  const { method = "GET", signed_url: target, secret } = test;
  hash(server, test, target, test.app_base_url, problems);
  const sent = { method, target };
  const verify = (at) => {
    const tenant = { clientKey: server.tenantOf(sent), secrets: [secret] };
    server.verifyRequest(sent, tenant, { baseUrl: base(test.app_base_url), now: new Date(at * 1000) });
  };
  const valid = (test.signature ?? "valid") === "valid";
  for (const [key, good] of [["valid_at", "accept"], ["expired_at", "reject: expired"]]) {
    const found = outcome(server, () => verify(test[key]));
    const wanted = valid ? good : "reject: signature";
    if (found !== wanted) {
      problems.push(`${key}: expected ${wanted}, found ${found}`);
    }
  }
}

/** A token of `connect-jwt`; of lifecycle tokens only the token is in question. */
function token(server, test, file, problems) {
  needed(test, file, ["base_url", "now"]);
  const now = new Date((test.now ?? file.now) * 1000);
  const { base_url: baseUrl, client_key: clientKey, app_key: appKey } = file;
  const sent = { method: test.method, target: test.url, authorization: `JWT ${test.token}` };
  const expected = { baseUrl, now, leeway: test.leeway_s };
  const found = outcome(server, () => {
    if (test.endpoint_kind === undefined) {
      const { kid } = server.installKeyOf(sent);
      const event = test.url.includes("uninstalled") ? "uninstalled" : "installed";
      const body = JSON.stringify({
        key: appKey,
        clientKey: test.body_client_key,
        sharedSecret: file.hs256_shared_secret,
        baseUrl: "https://example.atlassian.net",
        productType: "jira",
        eventType: event,
      });
      const pem = kid === file.kid ? file.rs256_public_key_pem : refuse(server, "unknown_key");
      return server.verifyInstall({ ...sent, body }, pem, { ...expected, appKey, event });
    }
    const tenant = { clientKey, secrets: [file.hs256_shared_secret] };
    const verify = test.endpoint_kind === "context" ? server.verifyContext : server.verifyRequest;
    return verify(sent, tenant, expected);
  });
  return verdict(test, found, problems);
}

const FIELDS = {
  capability_set: "capabilitySet",
  raw_capability_set: "capabilitySet",
  event_type: "event",
  eventType: "event",
  kind: "event",
  key: "appKey",
  forge_installation_id: "installationId",
};
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const RANK = { free: "free", standard: "standard", advanced: "advanced" };

function body(server, test, problems) {
  const { expect } = test;
  let read;
  const found = outcome(server, () => {
    read = server.readLifecycleBody(typeof test.body === "string" ? test.body : JSON.stringify(test.body));
    if (test.endpoint && test.endpoint !== read.event) {
      refuse(server, "field_value");
    }
  });
  if (expect.error !== undefined || found !== "accept") {
    if ((expect.error === undefined) !== (found === "accept")) {
      problems.push(`expected ${expect.error ?? "accept"}, found ${found}`);
    }
    return "passed";
  }
  for (const [key, wanted] of Object.entries(expect)) {
    let got = read[FIELDS[key] ?? camel(key)] ?? null;
    if (key === "edition") {
      got = RANK[(read.capabilitySet ?? "").replace(/_/g, "").replace(/^capability/i, "").toLowerCase()] ?? null;
    } else if (key === "has_secret") {
      got = read.hasSecret;
    } else if (key === "display_url_falls_back_to_base_url") {
      got = !test.body.displayUrl && read.displayUrl === read.baseUrl;
    } else if (key === "empty_string_means_absent") {
      got = !Object.values(read).includes("");
    } else if (!(FIELDS[key] ?? camel(key) in read)) {
      continue; // a remark
    }
    if (got !== wanted) {
      problems.push(`${key}: expected ${wanted}, found ${got}`);
    }
  }
  return "passed";
}

const canonical = (server, test, file, problems) => {
  if (["disputed", "policy"].includes(test.status)) {
    return "policy";
  }
  return hash(server, test, test.target, test.app_base_url, problems);
};
const whole = (server, test, file, problems) => verdict(test, outcome(server, () => request(server, test, file)), problems);

const KINDS = {
  "canonical-requests": canonical,
  "connect-jwt": (server, test, file, problems) =>
    // session tokens are the app's own: the package has none
    test.endpoint_kind === "session" ? "other" : token(server, test, file, problems),
  "connect-lifecycle": (server, test, file, problems) => body(server, test, problems),
  "connect-lifecycle-requests": whole,
  "connect-qsh": (server, test, file, problems) => hash(server, test, test.url, test.base_url, problems),
  "connect-requests": whole,
  "forge-invocation-requests": invocation,
  "signed-urls": (server, test, file, problems) => signedUrl(server, test, problems),
};

/** Runs a case of a kind that is the server's. */
export function serverCase(server, kind, test, file, problems) {
  return KINDS[kind](server, test, file, problems);
}
