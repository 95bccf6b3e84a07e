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

import { License, check } from "./index.js";
import type {
  Carrier,
  Check,
  Decision,
  FeatureMap,
  KnownCapability,
  Policy,
  Requires,
} from "./index.js";

/** What the platform said so far. `failed`: it could not be asked, which is not *absent*. */
export type Asked =
  | { readonly status: "loading"; readonly license: null; readonly error: null }
  | { readonly status: "ready"; readonly license: License; readonly error: null }
  | { readonly status: "failed"; readonly license: null; readonly error: unknown };

/** What {@link useLicense} answers. */
export type LicenseInTree = Asked & {
  /** The map of the provider. */
  readonly features: FeatureMap | null;
  /**
   * Whether the license is active and includes the capability; false while it is not known.
   * Knows no policy: an absent license includes nothing.
   */
  hasCapability<C extends string = KnownCapability>(capability: Requires<C>): boolean;
  /** Decides, by the provider's map and policy; null while the license is not known. */
  decide<C extends string = KnownCapability>(what: Question<C>): Decision | null;
  /** How many of something the customer may have; null while the license is not known. */
  limit(name: string): number | null;
  /** The service level the customer gets; null for none, and while the license is not known. */
  serviceLevel(name: string): string | null;
};

/** A capability, or a feature of the provider's map; with what differs from its policy. */
export type Question<C extends string = KnownCapability> = Policy &
  (
    | { requires: Requires<C>; feature?: undefined }
    | { feature: string; requires?: undefined }
  );

/** What every provider may be told. */
interface Settings {
  children?: ReactNode;
  /** What the app sells, for checks of features, limits and service levels. */
  features?: FeatureMap | undefined;
  /** What is asked beyond the capability, wherever nothing else is said. */
  policy?: Policy | undefined;
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

const LOADING: Asked = { status: "loading", license: null, error: null };
const ready = (license: License): Asked => {
  check(license, { requires: "capabilityFree" }); // throws for what is no License
  return { status: "ready", license, error: null };
};
const failed = (error: unknown): Asked => ({ status: "failed", license: null, error });

const Tree = /* @__PURE__ */ createContext<LicenseInTree | null>(null);

/**
 * Gives the license to all below it.
 *
 * ```tsx
 * const load = async () => License.fromForgeContext(await view.getContext());
 *
 * <LicenseProvider load={load} features={features}>
 *   <Gate requires="capabilityAdvanced" fallback={<Upgrade />}><BulkExport /></Gate>
 * </LicenseProvider>
 * ```
 */
export function LicenseProvider(props: LicenseProviderProps): ReactElement {
  const { children, features = null, policy, license, context, load } = props;
  const [loaded, setLoaded] = useState(LOADING);
  useEffect(() => {
    let wanted = true;
    const say = (said: Asked) => wanted && setLoaded(said);
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
  const asked = useMemo(
    () => (load ? loaded : license ? ready(license) : context ? readContext(context) : LOADING),
    [!load, loaded, license, context],
  );
  const value = useMemo(() => inTree(asked, features, policy), [asked, features, policy]);
  return createElement(Tree.Provider, { value }, children);
}

function readContext(context: Carrier): Asked {
  try {
    return ready(License.fromForgeContext(context));
  } catch (error) {
    return failed(error);
  }
}

function inTree(asked: Asked, features: FeatureMap | null, policy?: Policy): LicenseInTree {
  const { license } = asked;
  const map = () => {
    if (!features) {
      throw new Error("the LicenseProvider was given no features");
    }
    return features;
  };
  return {
    ...asked,
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
 * The license, and what it allows. Throws without a {@link LicenseProvider} above.
 *
 * ```tsx
 * const { status, hasCapability, limit } = useLicense();
 * ```
 */
export function useLicense(): LicenseInTree {
  const value = useContext(Tree);
  if (!value) {
    throw new Error("useLicense needs a LicenseProvider above it");
  }
  return value;
}

/** What is behind a gate, what instead, and what is asked. */
export type GateProps<C extends string = KnownCapability> = Question<C> & {
  children?: ReactNode;
  /** Instead of the children, when they are not allowed or nobody could be asked (null). */
  fallback?: ReactNode | ((decision: Decision | null) => ReactNode);
  /** While the license is being read; nothing, when left out. */
  loading?: ReactNode;
};

/**
 * Shows its children to customers who may use them. A misspelt capability is a type error; where
 * one without a rank is meant: `<Gate<string> requires="capabilityUltra">`.
 *
 * ```tsx
 * <Gate feature="bulk-export" fallback={(decision) => <Upgrade why={decision?.reason} />}>
 *   <BulkExport />
 * </Gate>
 * ```
 */
export function Gate<C extends string = KnownCapability>(props: GateProps<C>): ReactElement {
  const { children, fallback, loading, ...what } = props;
  const { status, decide } = useLicense();
  const decision = decide(what as Question);
  const instead = () => (typeof fallback === "function" ? fallback(decision) : fallback);
  const shown =
    status === "loading" ? loading : decision?.allowed ? children : instead();
  return createElement(Fragment, null, shown);
}
