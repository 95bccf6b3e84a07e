// Writes src/server/limits.ts: numbers that are rules, as the Rust crates have them.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);
export const FILE = new URL("../src/server/limits.ts", import.meta.url);

/** The name here, what it is, and the constant in Rust. Times of `Duration` are in milliseconds. */
const LIMITS = [
  ["MAX_BODY", "The largest body of an event, in bytes.", "crates/app-license-server/src/wire.rs", "MAX_BODY"],
  ["MAX_PEM", "The largest key that is read, in bytes.", "crates/app-license-client/src/install_keys.rs", "MAX_PEM"],
  ["MAX_JWKS", "The largest key set that is read, in bytes.", "crates/app-license-client/src/forge_keys.rs", "MAX_JWKS"],
  ["KEY_SET", "Where the commercial cloud's key set is.", "crates/app-license/src/forge/jwks_url.rs", "COMMERCIAL"],
  ["FORGE_API", "Where Forge's License API is.", "crates/app-license/src/forge/license_api/request.rs", "ORIGIN"],
  ["FORGE_LICENSE", "Under which path an app asks it for itself.", "crates/app-license/src/forge/license_api/request.rs", "PATH"],
  ["CONNECT_ANSWER", "The largest answer of a site that is read, in bytes.", "crates/app-license-client/src/connect_license.rs", "MAX_ANSWER"],
  ["FORGE_ANSWER", "The largest answer of Forge's License API that is read, in bytes.", "crates/app-license-client/src/forge_license.rs", "MAX_ANSWER"],
  ["FETCH_TIME", "How long one request may take.", "crates/app-license-client/src/fetch.rs", "TIMEOUT"],
  ["ALL_TRIES", "How long all tries of one question may take together.", "crates/app-license-client/src/connect_license/builder.rs", "DEADLINE"],
  ["WAIT", "How long another replica's answer is waited for.", "crates/app-license-client/src/forge_license/builder.rs", "WAIT"],
  ["POLL", "How often the store is asked for it.", "crates/app-license-client/src/forge_license.rs", "PAUSE"],
  ["ANSWERS_KEPT", "How many installations' answers and leases a process keeps.", "crates/app-license-client/src/license_cache.rs", "MOST"],
  ["SYSTEM_TOKEN", "The longest system token.", "crates/app-license-client/src/system_token.rs", "MAX_BYTES"],
  ["LONGEST_LEASE", "How long a lease lasts at the most, in seconds.", "crates/app-license/src/plan/license/cached.rs", "LONGEST"],
  ["MAX_AHEAD", "How far in the future a time may be that another replica wrote, in seconds: clocks differ.", "crates/app-license/src/gate/policy.rs", "MAX_AHEAD"],
  ["MAX_KEYS", "How many of the platform's keys a store keeps.", "crates/app-license/src/plan/keys/stored.rs", "MOST"],
  ["MARK_GRACE", "How long a mark is kept after it expires, in seconds: the clock of a replica may be a day ahead.", "crates/app-license/src/delivery/mark.rs", "GRACE"],
  ["MAX_MARKS", "How many marks are kept in memory.", "crates/app-license-store/src/memory/state.rs", "MAX_MARKS"],
  ["TENANTS_KEPT", "How many installations are kept in memory.", "crates/app-license-server/src/short_cache.rs", "MOST"],
  ["TENANT_CACHE", "How long an installation is kept, in seconds.", "crates/app-license-server/src/connect_app/builder.rs", "TENANT_CACHE"],
  ["HEALTH", "How long a store may take to say that it is there.", "crates/app-license-server/src/operations.rs", "PATIENCE"],
  ["HOOK_LEASE", "How long a process may call hooks after it last renewed its lease, in seconds.", "crates/app-license/src/plan/hooks.rs", "LEASE"],
  ["HOOK_RENEW", "How often it renews its lease, in seconds.", "crates/app-license/src/plan/hooks.rs", "RENEW"],
  ["HOOK_PAGE", "How many events are read at once.", "crates/app-license/src/plan/hooks.rs", "PAGE"],
  ["HOOK_PAUSE", "How long a runner rests when there is nothing to do.", "crates/app-license/src/plan/hooks.rs", "PAUSE"],
  ["HOOK_TRIES", "How often an event is tried by itself.", "crates/app-license/src/plan/hooks.rs", "TRIES"],
  ["HOOK_ATTEMPTS", "The kind of name under which a runner keeps whom it is calling for. No consumer that an app names has such a name.", "crates/app-license/src/plan/hooks.rs", "ATTEMPTS"],
  ["HOOK_LIMIT", "How long a hook may take for one event.", "crates/app-license/src/plan/hooks.rs", "LIMIT"],
  ["OF_ANOTHER_KEY", "The code of a token that another key may have signed: that is looked for, once.", "crates/app-license/src/error.rs", "OF_ANOTHER_KEY"],
  ["TRIAL", "The bits of a license that say whether it is, or was, a trial: no, yes, nobody knows.", "wasm/src/license.rs", "TRIAL"],
  ["NO_ACCESS", "The bit of a license that says that this user has no access.", "wasm/src/license.rs", "NO_ACCESS"],
];

/** What a constant of Rust is: a text, or a number. */
function valueOf(file, name) {
  const found = [...readFileSync(new URL(file, ROOT), "utf8").matchAll(new RegExp(`\\bconst ${name}: [^=]+=\\s*([^;]+);`, "g"))];
  if (found.length !== 1) {
    throw new Error(`${file} has ${found.length} constants \`${name}\``);
  }
  const [, text] = found[0];
  if (/^"[\x20-\x7e]+"$/.test(text) && !/["\\]/.test(text.slice(1, -1))) {
    return text;
  }
  const [, unit, product] = /^(?:Duration::from_(secs|millis)\()?([\d_* ]+)\)?$/.exec(text) ?? [];
  if (product === undefined) {
    throw new Error(`${file}: \`${name}\` is more than a number: ${text}`);
  }
  const number = product.split("*").reduce((all, factor) => all * Number(factor.replaceAll("_", "")), unit === "secs" ? 1000 : 1);
  if (!Number.isSafeInteger(number)) {
    throw new Error(`${file}: \`${name}\` is no number: ${text}`);
  }
  return String(number).replace(/\B(?=(\d{3})+$)/g, "_");
}

/** What the file has to be. */
export function limits() {
  const lines = LIMITS.map(([name, what, file, of]) => `/** ${what} */\nexport const ${name} = ${valueOf(file, of)};\n`);
  return `// Made by \`node scripts/limits.mjs\` of the constants of the Rust crates: do not edit.
// Times are in milliseconds where nothing else is said.

${lines.join("")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, limits());
}
