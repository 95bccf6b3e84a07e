/**
 * The parts of `@app-license/sdk/testing` that run in a browser and in every test runner: contexts
 * of every state of a license, the other end of the Forge bridge, and the platform around functions.
 *
 * @packageDocumentation
 */
export { SCENARIOS, connectLicense, forgeLicense, iframeQuery } from "./testing/license.js";
export type { Scenario } from "./testing/license.js";
export {
  appContext,
  consumerContext,
  functionContext,
  invokeResolver,
  resolverContext,
  resolverRequest,
  scheduledTriggerContext,
  uiContext,
  webTriggerContext,
  workflowArguments,
} from "./testing/contexts.js";
export type { FixtureOptions, FunctionLicense, PlatformLicense } from "./testing/contexts.js";
export { installFakeBridge } from "./testing/bridge.js";
export type { FakeBridge, FakeBridgeOptions } from "./testing/bridge.js";
export { installFakeForge } from "./testing/forge.js";
export type { FakeForgeOptions, FakeForgeRuntime } from "./testing/forge.js";
