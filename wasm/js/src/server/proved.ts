// What was verified, and what a server says it accepted before: the one place where events are said to be
// so. Shared by every copy of the package in a process; a copy, a clone and JSON are not in it.
import type { Happened } from "#core";
import { fault } from "./refusals.js";

/** An invocation's own event needs a body, which comes beside it. */
type Proof = Happened | { readonly on: "invocation"; readonly installationId: string; readonly appId: string; readonly isFromPlatform: boolean };
type Proofs = WeakMap<object, Proof>;
const KEY = /* @__PURE__ */ Symbol.for("@app-license/sdk proofs 1");
const shared = globalThis as { [KEY]?: Proofs };
const proofs = (): Proofs => shared[KEY] ?? Object.defineProperty(shared, KEY, { value: new WeakMap() })[KEY]!;

/** Vouches for an object: what counts of it is kept where nobody can change it. */
export function prove<T extends object>(made: T, proof: Proof): T {
  proofs().set(made, proof);
  return made;
}

const MADE_BY = {
  connect: "what `verifyInstall` or `verifyLifecycle` answers; of a store of your own, `{ connect: acceptedBefore(body) }`",
  forge: "what `verifyForgeEvent` answers; of a store of your own, `{ forge: acceptedBefore({ kind, payload }) }`",
  invoked: "what a verified token says",
  invocation: "what `ForgeKeys.verify` or `verifyInvocation` answers",
};

/** What was proved with an object. Throws `not_verified` for every other one. */
export function proofOf<O extends keyof typeof MADE_BY>(made: unknown, on: O): Extract<Proof, { on: O }> {
  const proof = proofs().get(made as object);
  if (proof?.on !== on) {
    throw fault("not_verified", "misuse", `expected ${MADE_BY[on]}`);
  }
  return proof as Extract<Proof, { on: O }>;
}
