// The fixtures are what the platform's types say, so that tests need no cast.
import type { view } from "@forge/bridge";
import { uiContext } from "@app-license/sdk/testing/browser";

type FullContext = Awaited<ReturnType<typeof view.getContext>>;

export const contexts: FullContext[] = [
  uiContext("advanced"),
  uiContext("absent", { user: false, extension: { issue: { key: "T-1" } } }),
];
