/**
 * Why something was not read or not decided.
 *
 * `code` is stable and the same in Rust and on the command line. No message ever shows a token or
 * a secret.
 */
export class LicenseError extends Error {
  /** The stable code: `field_type`, `unknown_feature`, … */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "LicenseError";
    this.code = code;
  }
}
