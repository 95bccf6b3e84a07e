// What an app configures is checked when it starts: a setting that cannot be meant would be silence
// later, or a gate that serves everybody.
import { License, check } from "../index.js";
import type { Check } from "../index.js";
import { fault } from "./refusals.js";
import { isMap } from "./verified.js";
import type { Installation } from "./installation.js";

/** The most seconds that a setting may name: a year. */
export const YEAR = 366 * 86_400;

/** The error for an argument that cannot be meant. */
export const misuse = (message: string) => fault("misuse", "misuse", message);

type Fields = Record<string, unknown>;
/** What a value must be; undefined where it is. */
type Rule = (value: unknown) => string | undefined;

const is =
  (valid: (value: unknown) => boolean, expected: string): Rule =>
  (value) =>
    valid(value) ? undefined : expected;

const isText = (value: unknown): value is string => typeof value == "string" && value !== "";

/** A whole number in a range. */
export const count = (least: number, most: number): Rule =>
  is(
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    `a whole number from ${least} to ${most}`,
  );
export const seconds = count(0, YEAR);
export const milliseconds = count(1, 600_000);
export const flag = is((value) => typeof value == "boolean", "`true` or `false`");
export const callback = is((value) => typeof value == "function", "a function");
export const string = is((value) => typeof value == "string", "a text");
export const text = is(isText, "a text that is not empty");
/** What the core looks at. */
export const texts = is(
  (value) => [value].flat().length > 0 && [value].flat().every((one) => typeof one == "string"),
  "a text, or a list of texts that is not empty",
);
export const table = is(isTable, "an object");
/** What the core looks at, or whoever is handed it. */
export const any: Rule = () => undefined;
export const time = is((value) => value instanceof Date && Number.isFinite(+value), "a valid Date");
export const flagOrNull: Rule = (value) => (value === null ? undefined : flag(value));
const object = is((value) => typeof value == "object" && value !== null, "an object");
/** What a path of a URL must be; paths match exactly. */
export const PATH = "a path that begins with `/`, without a query, `.`, `..`, `//`, `:name` or `*`: it matches exactly";
export const path = is(isPath, PATH);
/** An object that has these functions. */
export const having = (names: readonly string[], expected: string): Rule =>
  is((value) => names.every((name) => typeof (Object(value) as Fields)[name] == "function"), expected);

/** A plain object: what would be inherited, is hidden (not enumerable), or is in a `Map`, is not seen among its fields. */
export function isTable(value: unknown): value is Fields {
  if (typeof value != "object" || value === null || Array.isArray(value)) {
    return false;
  }
  if (Reflect.ownKeys(value).some((name) => !Object.prototype.propertyIsEnumerable.call(value, name))) {
    return false;
  }
  const above = Object.getPrototypeOf(value) as object | null;
  // the plain prototype, of any realm
  return above === null || (Object.getPrototypeOf(above) === null && Object.hasOwn(above, "isPrototypeOf"));
}

export function isPath(value: unknown): value is string {
  return typeof value == "string" && /^\/[^?#\s*]*$/.test(value) && !/\/\/|\/:|\/\.\.?(\/|$)/.test(value);
}

/** A copy that has nothing but what was given: what a library put into `Object.prototype` is no setting. */
export const own = <T>(given: T): T => Object.assign(Object.create(null), given) as T;

/** What was found, without what a secret could be in: of a text only how long it is. */
function found(value: unknown): string {
  if (typeof value == "string") {
    return `a text of length ${value.length}`;
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  const shown = Object(value) === value ? typeof value : String(value);
  return shown === "object" && !isTable(value) ? "an object that is not plain" : shown;
}

/** Holds settings to their rules, and answers a copy that has nothing else. Throws `misuse` for a name that is none,
 * and for a value that breaks its rule; what is undefined was left out, unless it is `required`. */
export function hold<T>(what: string, settings: T, rules: Record<string, Rule>, required: readonly string[] = []): T {
  if (!isTable(settings)) {
    throw misuse(`${what}: expected an object with settings, found ${found(settings)}`);
  }
  const given = own<Fields>(settings);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name)) {
      throw misuse(`${what}: there is no setting \`${name.slice(0, 40)}\`; there are ${Object.keys(rules).join(", ")}`);
    }
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = given[name];
    if (value === undefined && !required.includes(name)) {
      continue;
    }
    const expected = rule(value);
    if (expected !== undefined) {
      throw misuse(`${what}: \`${name}\` must be ${expected}, found ${found(value)}`);
    }
  }
  return given as T;
}

const ARGUMENTS = {
  request: object,
  signer: object,
  delivery: object,
  answer: object,
  tenant: is((value) => Array.isArray((Object(value) as Fields)["secrets"]), "an object with `clientKey` and its `secrets`, a list"),
  installation: is(
    (value) => ["record", "secrets"].every((part) => !object((Object(value) as Fields)[part])),
    "what a store keeps",
  ),
};

/** Holds what a function is called with to what it must be, by name. Throws `misuse`. */
export function called(what: string, given: { readonly [N in keyof typeof ARGUMENTS]?: unknown }): void {
  // every request comes by here: no list of the names is made
  for (const name in given) {
    const argument = name as keyof typeof ARGUMENTS;
    const expected = Object.hasOwn(given, name) ? ARGUMENTS[argument](given[argument]) : undefined;
    if (expected !== undefined) {
      throw misuse(`${what}: \`${name}\` must be ${expected}`);
    }
  }
}

/** A policy. Throws `misuse`, as `check` does. */
export const policy: Rule = (value) => {
  if (!isTable(value)) {
    return "an object";
  }
  const { maxAge } = own(value);
  if (maxAge !== undefined && seconds(maxAge) !== undefined) {
    return `one whose \`maxAge\` is ${seconds(maxAge)}`;
  }
  const asked = Object.keys(value).find((name) => /^(requires|features?|now)$/.test(name));
  if (asked !== undefined) {
    return `one without \`${asked}\`, which is not a policy's to say`;
  }
  check(License.fromConnectQuery(""), { ...value, requires: "capabilityFree" } as Check);
  return undefined;
};

/** A map of features. */
export const features = /* @__PURE__ */ is(isMap, "a `FeatureMap`");

/** A capability that something needs. */
export const capability = is(
  (value) => typeof value == "string" && value.length <= 128 && /^capability[!-~]+$/i.test(value.replace(/_/g, "")),
  "a capability, such as `capabilityAdvanced`",
);

/** A clock: it is looked at once. */
const clock = (read: (now: unknown) => number, expected: string): Rule => (value) => {
  if (typeof value != "function") {
    return expected;
  }
  return Number.isFinite(read((value as () => unknown)())) ? undefined : expected;
};
export const dates = clock((now) => (now instanceof Date ? +now : NaN), "a function that answers a valid Date");
export const clocks = clock((now) => now as number, "a function that answers milliseconds");

/** A flag, or an object that has these functions. */
export const flagOr = (names: readonly string[], expected: string): Rule =>
  is((value) => !flag(value) || !having(names, expected)(value), expected);

/** Where an app is mounted: a path, or nothing for the root. */
export const mount = is((value) => value === "" || isPath(value), `${PATH}; or an empty text`);

/** The name of a header. */
export const header = is((value) => typeof value == "string" && /^[!#$%&'*+.^_`|~\w-]+$/.test(value), "a header's name");

/** Base URLs and domains; the core looks at each. */
export const cloud: Rule = (value) => {
  if (isText(value)) {
    return undefined;
  }
  const { keyHosts, sites, name } = own(value as Fields);
  const named = name !== undefined;
  const lists = [keyHosts, sites].every(
    (list) => Array.isArray(list) && (named || list.length > 0) && list.every((one) => typeof one == "string"),
  );
  if (!isTable(value) || !lists || (named && !isText(name))) {
    return "a cloud's name, or an object with `keyHosts` and `sites`, neither of them empty";
  }
  return undefined;
};

/** A whole top-level domain is nobody's. Throws `misuse`. */
export function domains(of: unknown): void {
  const { sites = [] } = own(of as { sites?: readonly string[] });
  const wrong = sites.find((site) => !/[^.]\.[^.]/.test(site));
  if (wrong !== undefined) {
    throw misuse(`\`cloud\`: \`sites\` must be domains such as \`atlassian.net\`, found ${found(wrong)}`);
  }
}

const APP_ID = /^(ari:cloud:ecosystem::app\/)?[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** The ids of Forge apps, as the platform makes them. Throws `misuse`. */
export function appIds(of: string | readonly string[]): void {
  const wrong = [of].flat().find((id) => !APP_ID.test(id));
  if (wrong !== undefined) {
    throw misuse(`\`appId\` must be an app's ARI or UUID, or a list of them, found ${found(wrong)}`);
  }
}

/** The rules of what fetches. */
export const FETCH = { fetch: callback, timeout: milliseconds };

/** The rules of License APIs. */
export const LICENSE_API = {
  ...FETCH,
  freshFor: seconds,
  keepThroughOutage: seconds,
  backOff: seconds,
  tenantsKept: count(1, 10_000_000),
  clock: clocks,
};

/** The same object, of which some fields are there to be asked for, and in no JSON, copy or log of it: not
 * in `%o` either, which shows what is hidden, but calls nothing. */
export function hidden<T extends object>(of: T, ...names: (keyof T)[]): T {
  for (const name of names) {
    const value = of[name];
    Object.defineProperty(of, name, { get: () => value, enumerable: false });
  }
  return of;
}

/** An installation whose secrets nothing shows. */
export const discreet = (installation: Installation): Installation => hidden({ ...installation }, "secrets");

/** Calls a function of the app whose failure changes nothing, whether it throws or rejects. */
export function quietly(call: () => unknown): void {
  try {
    Promise.resolve(call()).catch(() => {});
  } catch {
    // what it was told for is done
  }
}
