import { VerifyError } from "./core.js";
import { refusedAs } from "./refusals.js";
import type { Decision } from "../index.js";

/**
 * The license does not allow it: 402 where buying helps, 403 elsewhere.
 *
 * @example
 * ```ts
 * const decision = check(fromFunctionContext(context), { requires: "capabilityAdvanced" });
 * if (!decision.allowed) throw new DeniedError(decision);
 * ```
 */
export class DeniedError extends VerifyError {
  readonly decision: Decision;

  override get name(): string {
    return "DeniedError";
  }

  constructor(decision: Decision) {
    const { reason } = decision;
    const { status, message } = refusedAs({ code: reason, class: "refused", decision });
    super(reason, message, "refused", status);
    this.decision = decision;
  }
}
