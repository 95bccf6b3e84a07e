import { VerifyError } from "./core.js";
import type { Decision } from "../index.js";

/** The license does not allow it: 402 where buying helps, 403 elsewhere. */
export class DeniedError extends VerifyError {
  readonly decision: Decision;

  constructor(decision: Decision) {
    const { reason, needs, has } = decision;
    const status = /^(capability_missing|inactive|trial_ended)$/.test(reason) ? 402 : 403;
    const held = has === null ? "" : `, has \`${has}\``;
    super(reason, `not allowed (${reason}): needs \`${needs}\`${held}`, "refused", status);
    this.name = "DeniedError";
    this.decision = decision;
  }
}
