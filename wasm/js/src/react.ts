"use client";
/**
 * The license in a React tree: Forge Custom UI, UI Kit, Connect iframes. Renders no element of its
 * own, so it runs wherever React does.
 *
 * What a browser reads is a hint: show and hide by it, and let a backend decide.
 *
 * @packageDocumentation
 */
import { Fragment, createContext, createElement, useContext, useEffect, useMemo, useState } from "react";
import type { ReactElement, ReactNode } from "react";

import { FeatureMap, License, check, isUnlimited } from "./index.js";
import type {
  Carrier,
  Check,
  Decision,
  Features,
  KnownCapability,
  NameIn,
  Policy,
  Requires,
} from "./index.js";

/**
 * The map that the app's provider is given, for the compiler: with it, misspelled features, limits and service
 * levels are type errors. Every name is taken without it. An app says it once:
 * `declare module "@app-license/sdk/react" { interface AppFeatures { map: typeof features } }`.
 */
export interface AppFeatures {}

type Named<T extends keyof Features> = AppFeatures extends { map: FeatureMap<infer M> } ? NameIn<M, T> : string;

/** What the platform said so far. `failed`: it could not be asked, which is not *absent*. */
export type LicenseStatus =
  | { readonly status: "loading"; readonly license: null; readonly error: null }
  | { readonly status: "ready"; readonly license: License; readonly error: null }
  | { readonly status: "failed"; readonly license: null; readonly error: unknown };

/** What {@link useLicense} answers. */
export type LicenseInTree = LicenseStatus & {
  /** The map of the provider. */
  readonly features: FeatureMap | null;
  /**
   * Whether the license is active and includes the capability; false while it is not known.
   * Knows no policy: an absent license includes nothing.
   */
  hasCapability<C extends string = KnownCapability>(capability: Requires<C>): boolean;
  /** Decides, by the provider's map and policy; null while the license is not known. */
  decide<C extends string = KnownCapability>(what: Question<C>): Decision | null;
  /**
   * How many of something the customer may have, by the provider's map and policy; null while the
   * license is not known. {@link useLimit} says more.
   */
  limit(name: Named<"limits">): number | null;
  /** The service level the customer gets; null for none, and while the license is not known. */
  serviceLevel(name: Named<"service-levels">): string | null;
};

/** A capability, or a feature of the provider's map; with what differs from its policy. */
export type Question<C extends string = KnownCapability> = Policy &
  (
    | { requires: Requires<C>; feature?: undefined }
    | { feature: Named<"features">; requires?: undefined }
  );

/** What every provider may be told. */
interface Settings {
  children?: ReactNode;
  /** What the app sells, for checks of features, limits and service levels. */
  features?: FeatureMap | undefined;
  /** What is asked beyond the capability, wherever nothing else is said. */
  policy?: Policy | undefined;
  /**
   * Told of a license that cannot be read: a rejected `load`, a context that is none. Left out, it
   * is written to the console.
   */
  onError?: ((error: unknown) => void) | undefined;
}

/** Exactly one of three ways to say where the license comes from. */
export type LicenseProviderProps = Settings &
  (
    | {
        /** The license; null or undefined while it is being read. */
        license: License | null | undefined;
        context?: undefined;
        load?: undefined;
      }
    | {
        /** What `useProductContext()` of UI Kit answers, undefined while it loads. */
        context: (Carrier & { environmentType?: string }) | undefined;
        license?: undefined;
        load?: undefined;
      }
    | {
        /**
         * Reads the license, once: a later function that is another one is not called. Give the
         * provider another `key` to read again.
         */
        load: () => Promise<License>;
        license?: undefined;
        context?: undefined;
      }
  );

const LOADING: LicenseStatus = { status: "loading", license: null, error: null };
const ready = (license: License): LicenseStatus => {
  check(license, { requires: "capabilityFree" }); // throws for what is no License
  return { status: "ready", license, error: null };
};
const failed = (error: unknown): LicenseStatus => ({ status: "failed", license: null, error });

const Tree = /* @__PURE__ */ createContext<LicenseInTree | null>(null);

/**
 * Gives the license to all below it.
 *
 * @throws `not_a_license` for a `license` that is none. A `load` that fails, and a `context` that is none, are
 * states: `failed`.
 *
 * @example
 * ```tsx
 * const load = async () => License.fromForgeContext(await view.getContext());
 *
 * <LicenseProvider load={load} features={features}>
 *   <Gate requires="capabilityAdvanced" fallback={<Upgrade />}><BulkExport /></Gate>
 * </LicenseProvider>
 * ```
 */
export function LicenseProvider(props: LicenseProviderProps): ReactElement {
  const { children, features = null, policy, license, context, load, onError = report } = props;
  const [loaded, setLoaded] = useState(LOADING);
  useEffect(() => {
    let wanted = true;
    const say = (said: LicenseStatus) => wanted && setLoaded(said);
    // called within a promise: what it throws at once is a failure like any other
    load &&
      Promise.resolve()
        .then(load)
        .then((license) => say(ready(license)))
        .catch((error: unknown) => say(failed(error)));
    return () => {
      wanted = false;
    };
    // inline functions are new ones on every rendering
  }, [!load]);
  const current = useMemo(
    () => (load ? loaded : license ? ready(license) : context ? readContext(context) : LOADING),
    [!load, loaded, license, context],
  );
  const { status, error } = current;
  useEffect(() => {
    status === "failed" && onError(error);
    // inline functions are new ones on every rendering
  }, [status, error]);
  const value = useMemo(() => inTree(current, features, policy), [current, features, policy]);
  return createElement(Tree.Provider, { value }, children);
}

const report = (error: unknown) => console.error("the license cannot be read:", error);

function readContext(context: Carrier): LicenseStatus {
  try {
    return ready(License.fromForgeContext(context));
  } catch (error) {
    return failed(error);
  }
}

function inTree(current: LicenseStatus, features: FeatureMap | null, policy?: Policy): LicenseInTree {
  const { license } = current;
  // settings that are none are loud at once, wherever they are used
  new FeatureMap({ features: { any: "free" } }).check("any", license ?? License.absent("forge_ui_context"), policy);
  const map = () => {
    if (!features) {
      throw new Error("the LicenseProvider was given no features");
    }
    return features;
  };
  return {
    ...current,
    features,
    hasCapability: (capability) => !!license && license.hasCapability<string>(capability),
    decide: (what) =>
      license &&
      check(license, {
        ...policy,
        ...what,
        features: what.feature === undefined ? undefined : map(),
      } as Check),
    limit: (name) => license && map().limit(name, license, policy),
    serviceLevel: (name) => license && map().serviceLevel(name, license, policy),
  };
}

/**
 * The license, and what it allows.
 *
 * @throws without a {@link LicenseProvider} above.
 *
 * @example
 * ```tsx
 * function Panel() {
 *   const { status, hasCapability } = useLicense();
 *   return status === "ready" && hasCapability("capabilityAdvanced") ? <BulkExport /> : <Upgrade />;
 * }
 * ```
 */
export function useLicense(): LicenseInTree {
  const value = useContext(Tree);
  if (!value) {
    throw new Error("useLicense needs a LicenseProvider above it");
  }
  return value;
}

/** What {@link useLimit} answers. */
export interface Limit {
  /** How many; null while the license is not known, or cannot be read. */
  readonly limit: number | null;
  readonly isUnlimited: boolean;
  /** Whether this many are within the limit; false while it is not known. */
  allows(count: number): boolean;
}

/**
 * How many of something the customer may have, by the provider's map and policy.
 *
 * @throws `unknown_limit` for a name that the map does not have.
 *
 * @example
 * ```tsx
 * function Limits() {
 *   const { allows } = useLimit("projects");
 *   return <button disabled={!allows(projects.length + 1)}>New project</button>;
 * }
 * ```
 */
export function useLimit(name: Named<"limits">): Limit {
  const { limit: of, features } = useLicense();
  const limit = of(name);
  if (limit === null && features) {
    // a typing mistake is loud at once, not when the license arrives
    features.limit(name, License.absent("forge_ui_context"));
  }
  return {
    limit,
    isUnlimited: limit !== null && isUnlimited(limit),
    allows: (count) => limit !== null && count <= limit,
  };
}

/** What is behind a gate, what instead, and what is asked. */
export type GateProps<C extends string = KnownCapability> = Question<C> & {
  children?: ReactNode;
  /**
   * Instead of the children, when they are not allowed; and, with null, when the license cannot be
   * read and `failed` is left out.
   */
  fallback?: ReactNode | ((decision: Decision | null) => ReactNode);
  /** While the license is being read; nothing, when left out: never the fallback, which may sell. */
  loading?: ReactNode;
  /** When the license cannot be read, which says nothing of what was bought. */
  failed?: ReactNode | ((error: unknown) => ReactNode);
};

/**
 * Shows its children to customers who may use them. A misspelled capability is a type error; where
 * one without a rank is meant: `<Gate<string> requires="capabilityUltra">`.
 *
 * @throws `unknown_feature` for a feature that the provider's map does not have, `misuse` for a capability that
 * is none.
 *
 * @example
 * ```tsx
 * <Gate feature="bulk-export" fallback={(decision) => <Upgrade why={decision?.reason} />}>
 *   <BulkExport />
 * </Gate>
 * ```
 */
export function Gate<C extends string = KnownCapability>(props: GateProps<C>): ReactElement {
  const { children, fallback, loading, failed, ...rest } = props;
  const { status, error, decide } = useLicense();
  // tools put `data-…` on components
  const what: object = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.includes("-")));
  const decision = decide(what as Question);
  const instead = () => (typeof fallback === "function" ? fallback(decision) : fallback);
  const unread = () => (typeof failed === "function" ? failed(error) : failed);
  const shown =
    status === "loading"
      ? loading
      : status === "failed" && failed !== undefined
        ? unread()
        : decision?.allowed
          ? children
          : instead();
  return createElement(Fragment, null, shown);
}
