// The feature map of servers: what it answers is answered of verified licenses alone.
import { FeatureMap as HintMap } from "../index.js";
import type { License, WrittenFeatures } from "../index.js";
import { mustBeVerified } from "./verified.js";

const WHY = "verify it; maps for hints are of @app-license/sdk";

/** For the compiler it is the same class: a map goes from one entry to the other. */
export type FeatureMap<M extends WrittenFeatures = any> = HintMap<M>;

/**
 * What the app sells, and in which edition, as `FeatureMap` of `@app-license/sdk`: but `check`, `limit` and
 * `serviceLevel` refuse hints.
 *
 * @throws `feature_map` for what is no map, and `not_verified` for a hint.
 *
 * @example
 * ```ts
 * const map = new FeatureMap({ limits: { projects: { none: 1, advanced: "unlimited" } } });
 * const most = map.limit("projects", fromFunctionContext(context));
 * ```
 */
export const FeatureMap: typeof HintMap = class FeatureMap extends HintMap {
  override check(...given: Parameters<HintMap["check"]>) {
    return super.check(...held(given));
  }

  override limit(...given: Parameters<HintMap["limit"]>) {
    return super.limit(...held(given));
  }

  override serviceLevel(...given: Parameters<HintMap["serviceLevel"]>) {
    return super.serviceLevel(...held(given));
  }
};

function held<G extends [unknown, License, ...unknown[]]>(given: G): G {
  mustBeVerified(given[1], WHY);
  return given;
}
