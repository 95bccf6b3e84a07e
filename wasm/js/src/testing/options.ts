// A misspelled option would be a default in silence, and the test one of something else.
import { LicenseError } from "../index.js";

export const misuse = (message: string) => new LicenseError("misuse", message);

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value == "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** `URL.canParse` is not in every test runner. */
function isUrl(value: unknown): boolean {
  try {
    return typeof value == "string" && new URL(value) !== null;
  } catch {
    return false;
  }
}

const isDate = (value: unknown) => Object.prototype.toString.call(value) === "[object Date]" && !Number.isNaN(+(value as Date));

const EVENTS = ["installed", "uninstalled", "enabled", "disabled"];

/** What an option must be, by its name, wherever it is one. */
const EXPECTED: { readonly [name: string]: readonly [(value: unknown) => boolean, string] } = {
  now: [isDate, "a valid Date"],
  user: [(value) => typeof value == "boolean", "`true` or `false`"],
  userAccess: [
    (value) => isTable(value) && typeof value["enabled"] == "boolean" && typeof value["hasAccess"] == "boolean" && Object.keys(value).length === 2,
    "`{ enabled, hasAccess }`, both `true` or `false`",
  ],
  extension: [isTable, "an object"],
  invoke: [(value) => isTable(value) && Object.values(value).every((call) => typeof call == "function"), "an object of functions"],
  environmentType: [(value) => ["PRODUCTION", "STAGING", "DEVELOPMENT"].includes(value as string), "`PRODUCTION`, `STAGING` or `DEVELOPMENT`"],
  licenseInAppContext: [(value) => typeof value == "boolean", "`true` or `false`"],
  fetch: [(value) => typeof value == "function", "a function"],
  path: [(value) => typeof value == "string" && value.startsWith("/"), "a text that begins with `/`"],
  event: [(value) => EVENTS.includes(value as string), EVENTS.map((event) => `\`${event}\``).join(", ")],
  fields: [isTable, "an object"],
  claims: [isTable, "an object"],
  appKey: [(value) => typeof value == "string" && value !== "", "a text"],
  baseUrl: [isUrl, "a URL"],
  appId: [(value) => typeof value == "string" && value !== "", "a text"],
};

/**
 * Holds the options of a fixture to their names and types; what is undefined was left out.
 *
 * @throws `misuse`, which names the option.
 */
export function hold(fixture: string, options: unknown, names: readonly string[], required: readonly string[] = [], hint = ""): void {
  if (!isTable(options)) {
    throw misuse(`${fixture}: expected an object with ${names.join(", ")}`);
  }
  const lost = Object.keys(options).find((name) => !names.includes(name));
  if (lost !== undefined) {
    throw misuse(`${fixture}: there is no option \`${lost.slice(0, 40)}\`; there are ${names.join(", ")}${hint}`);
  }
  for (const name of names) {
    const [valid, expected] = EXPECTED[name]!;
    const value = options[name];
    if (!(value === undefined && !required.includes(name)) && !valid(value)) {
      throw misuse(`${fixture}: \`${name}\` must be ${expected}, found ${shown(value)}`);
    }
  }
}

/** A value in a message. */
function shown(value: unknown): string {
  if (Array.isArray(value)) {
    return "a list";
  }
  return typeof value == "string" ? `\`${value.slice(0, 40)}\`` : isTable(value) ? "an object" : typeof value == "function" ? "a function" : String(value);
}

/** The options of a context's fixture. */
export const FIXTURE = ["now", "user", "userAccess", "extension"] as const;
