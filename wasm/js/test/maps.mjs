// Feature maps in TypeScript beside the core's: the vectors, and what becomes of them by small changes.

const ODD = [
  null, true, "", "many", "unlimited", "Unlimited", "standard", "advanced", "Advanced", "free", "none", "premium", "capabilityUltra",
  "CAPABILITY_STANDARD", "capability", "48 h", "x".repeat(4096), "ü".repeat(2049), 0, 1, -1, 1.5, 1e3, 2 ** 53 - 1, 2 ** 53, 1e300, [], [1], {},
  { requires: "advanced" }, { requires: "premium" }, { requires: "standard", descripton: "x" }, { standard: 1 }, { standard: "4 h" },
  { none: 1, capability_standard: 2, standard: 3 },
];
const NAMES = [
  "features", "limits", "service-levels", "service_levels", "feature", "app", "editions", "pricing", "requires", "description", "name", "order",
  "gated", "none", "free", "standard", "advanced", "Standard", "capabilityAdvanced", "capability_free", "capabilityUltra", "premium", "a", "a-b", "A", "", ".a", "1",
  "__proto__", "constructor", "x".repeat(64), "x".repeat(65), "é",
];

/** A number below `n`; the same ones in every run. */
function random(seed) {
  return (n) => {
    seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (seed >>> 0) % n;
  };
}

/** `map` with one place changed: a value, a name, one more, one less. */
function changed(map, below) {
  const places = [];
  const visit = (value) => {
    if (typeof value == "object" && value !== null) {
      Object.keys(value).forEach((name) => places.push([value, name]));
      Object.values(value).forEach(visit);
    }
  };
  visit(map);
  if (!places.length) {
    return { [NAMES[below(NAMES.length)]]: ODD[below(ODD.length)] };
  }
  const [parent, name] = places[below(places.length)];
  const put = (key, value) => Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
  const kind = below(4);
  if (kind === 0) {
    put(name, structuredClone(ODD[below(ODD.length)]));
  } else if (kind === 1) {
    put(NAMES[below(NAMES.length)], structuredClone(ODD[below(ODD.length)]));
  } else {
    const value = parent[name];
    delete parent[name];
    kind === 2 && put(NAMES[below(NAMES.length)], value);
  }
  return map;
}

/** Every map to ask about: the vectors', and so many made of them. */
export function* maps(vectors, made) {
  yield* vectors;
  const below = random(0x51ed270b);
  for (let n = 0; n < made; n += 1) {
    const map = structuredClone(vectors[below(vectors.length)]);
    yield Array.from({ length: 1 + below(3) }).reduce((one) => changed(one, below), map);
  }
}

/** The side of TypeScript. */
export function twin({ FeatureMap, License }) {
  const of = ["capabilityFree", "capabilityStandard", "capabilityAdvanced"].map((capabilitySet) =>
    License.fromForgeContext({ license: { active: true, capabilitySet } }),
  );
  const licenses = [License.absent("forge_ui_context"), ...of];
  return (text) => {
    let map;
    try {
      map = new FeatureMap(JSON.parse(text));
    } catch (error) {
      return error.code ?? `${error}`;
    }
    const names = (table) => Object.keys(map.map[table]).sort();
    return JSON.stringify([
      ...names("features").map((name) => ["feature", name, map.requirement(name)]),
      ...names("limits").map((name) => ["limit", name, ...licenses.map((license) => map.limit(name, license))]),
      ...names("service-levels").map((name) => ["level", name, ...licenses.map((license) => map.serviceLevel(name, license))]),
    ]);
  };
}

/** The side of the core: what wasm-bindgen wrote of its module. */
export const core = ({ featureMap }) => (text) => {
  try {
    return featureMap(text);
  } catch (error) {
    if (typeof error != "string") {
      throw error; // it stopped
    }
    return error;
  }
};
