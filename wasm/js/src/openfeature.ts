/**
 * OpenFeature providers: what a customer bought, as flags. Features of the map are boolean flags,
 * limits numbers (unlimited is `Number.MAX_SAFE_INTEGER`, its variant `unlimited`), service levels
 * strings (`""` for none).
 *
 * A flag's value follows from the license and the policy alone. The default value of a call is
 * answered when no license could be read, or the flag is not in the map: give `false` and `0`.
 *
 * | license | reason |
 * |---|---|
 * | active or inactive | `TARGETING_MATCH` |
 * | absent: the policy decides | `DEFAULT` |
 * | older than `maxAge` | `STALE` |
 *
 * | fault | error code |
 * |---|---|
 * | not in the map | `FLAG_NOT_FOUND` |
 * | in the map, but of another kind | `TYPE_MISMATCH` |
 * | no license yet | `PROVIDER_NOT_READY` |
 * | no license for this context, or an unverified one on a server | `INVALID_CONTEXT` |
 * | the license cannot be read: a `LicenseError` | `PARSE_ERROR` |
 *
 * The decision itself travels in `flagMetadata`: `reason`, `needs`, `has`, `state`, `source`,
 * `trust`, `age`.
 *
 * @packageDocumentation
 */
import {
  ClientProviderEvents,
  InvalidContextError,
  ProviderNotReadyError,
  ServerProviderEvents,
} from "@openfeature/core";
import type {
  ClientProviderStatus,
  CommonProvider,
  EvaluationContext,
  JsonValue,
  ResolutionDetails,
  ServerProviderStatus,
} from "@openfeature/core";

import { License, LicenseError } from "./index.js";
import { Events } from "./openfeature_events.js";
import { changed, fault, isLicense, resolve, settings } from "./openfeature_flags.js";
import type { FlagOptions } from "./openfeature_flags.js";

export type { Events } from "./openfeature_events.js";
export type { FlagOptions } from "./openfeature_flags.js";

/** What the provider for browsers is told. */
export interface WebOptions extends FlagOptions {
  /** The license, or how to read it: asked at the start and for every new context. */
  license: License | ((context: EvaluationContext) => License | Promise<License>);
}

/**
 * For `@openfeature/web-sdk`. What it answers is a hint, as all that a browser holds.
 *
 * @example
 * ```ts
 * import { OpenFeature } from "@openfeature/web-sdk";
 * const license = async () => License.fromForgeContext(await view.getContext());
 * await OpenFeature.setProviderAndWait(new LicenseWebProvider({ features, license }));
 * OpenFeature.getClient().getBooleanValue("bulk-export", false);
 * ```
 */
export class LicenseWebProvider implements CommonProvider<ClientProviderStatus> {
  readonly metadata = { name: "app-license" } as const;
  readonly runsOn = "client";
  readonly events: Events = new Events();
  private readonly options: WebOptions;
  private license: License | null = null;
  private readings = 0;

  /**
   * @throws `misuse` without a FeatureMap or a license, `not_a_license` for what is none.
   */
  constructor(options: WebOptions) {
    this.options = settings(options);
    typeof options.license == "function" || isLicense(options.license);
  }

  /** Reads the license. The SDK calls it. */
  async initialize(context: EvaluationContext = {}): Promise<void> {
    await this.read(context);
  }

  /** Reads the license anew, when it is read by a function. The SDK calls it. */
  onContextChange(_before: EvaluationContext, after: EvaluationContext): Promise<void> | void {
    return typeof this.options.license === "function" ? this.read(after) : undefined;
  }

  /**
   * Takes another license from now on, as after a change of edition, and tells which flags
   * changed.
   */
  setLicense(license: License): void {
    this.readings += 1;
    this.take(license);
  }

  resolveBooleanEvaluation(name: string): ResolutionDetails<boolean> {
    return resolve(this.options, "boolean", name, this.known);
  }

  resolveNumberEvaluation(name: string): ResolutionDetails<number> {
    return resolve(this.options, "number", name, this.known);
  }

  resolveStringEvaluation(name: string): ResolutionDetails<string> {
    return resolve(this.options, "string", name, this.known);
  }

  resolveObjectEvaluation<T extends JsonValue>(name: string): ResolutionDetails<T> {
    return resolve(this.options, "object", name, this.known);
  }

  private readonly known = (): License => {
    if (!this.license) {
      throw new ProviderNotReadyError("no license was read yet");
    }
    return this.license;
  };

  private async read(context: EvaluationContext): Promise<void> {
    const { license } = this.options;
    const reading = ++this.readings;
    try {
      const said = typeof license === "function" ? await license(context) : license;
      // of two contexts on their way, the later one counts
      reading === this.readings && this.take(said);
    } catch (error) {
      // the license of the context before is none of this one's
      if (reading === this.readings) {
        this.license = null;
      }
      throw fault(error);
    }
  }

  private take(license: License): void {
    isLicense(license);
    const before = this.license;
    this.license = license;
    const flagsChanged = changed(this.options, before, license);
    if (before && flagsChanged.length) {
      this.events.emit(ClientProviderEvents.ConfigurationChanged, { flagsChanged });
    }
  }
}

/** What the provider for servers is told. */
export interface ServerOptions extends FlagOptions {
  /**
   * The verified license that an evaluation is about: by the tenant that the context names. Asked
   * at every evaluation, for one server serves many customers; null when there is none.
   */
  license: (
    context: EvaluationContext,
  ) => License<"verified"> | null | Promise<License<"verified"> | null>;
}

/**
 * For `@openfeature/server-sdk`. Answers by verified licenses alone.
 *
 * @example
 * ```ts
 * import { OpenFeature } from "@openfeature/server-sdk";
 * const provider = new LicenseServerProvider({
 *   features,
 *   license: async ({ targetingKey }) => storedLicense(await store.load(targetingKey ?? "")),
 * });
 * await OpenFeature.setProviderAndWait(provider);
 * await OpenFeature.getClient().getBooleanValue("bulk-export", false, { targetingKey: clientKey });
 * ```
 */
export class LicenseServerProvider implements CommonProvider<ServerProviderStatus> {
  readonly metadata = { name: "app-license" } as const;
  readonly runsOn = "server";
  readonly events: Events = new Events();
  private readonly options: ServerOptions;

  /**
   * @throws `misuse` without a FeatureMap, or a function that looks a license up.
   */
  constructor(options: ServerOptions) {
    this.options = settings(options);
    if (typeof options.license != "function") {
      throw new LicenseError("misuse", "`license` must be a function: one server serves many customers");
    }
  }

  /**
   * Tells that a customer's license changed, as from a lifecycle hook: handlers of the SDK's
   * `PROVIDER_CONFIGURATION_CHANGED` hear the names of the flags that differ; without licenses,
   * all names.
   *
   * @throws `not_a_license` for what is none.
   */
  notify(before: License | null = null, after: License | null = null): void {
    const flagsChanged = changed(this.options, before, after);
    if (flagsChanged.length) {
      this.events.emit(ServerProviderEvents.ConfigurationChanged, { flagsChanged });
    }
  }

  resolveBooleanEvaluation(
    name: string,
    _default: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return this.resolve("boolean", name, context);
  }

  resolveNumberEvaluation(
    name: string,
    _default: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return this.resolve("number", name, context);
  }

  resolveStringEvaluation(
    name: string,
    _default: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return this.resolve("string", name, context);
  }

  resolveObjectEvaluation<T extends JsonValue>(
    name: string,
    _default: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return this.resolve("object", name, context);
  }

  private async resolve<T>(
    kind: "boolean" | "number" | "string" | "object",
    name: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    let license: License | null;
    try {
      license = await this.options.license(context);
    } catch (error) {
      throw fault(error);
    }
    return resolve(this.options, kind, name, () => {
      license && isLicense(license);
      if (license?.trust !== "verified") {
        throw new InvalidContextError(
          license ? "the license of this context is not verified" : "no license for this context",
        );
      }
      return license;
    });
  }
}
