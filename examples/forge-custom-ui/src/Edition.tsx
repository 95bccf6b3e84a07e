import { useLicense } from "@app-license/sdk/react";

const NAMES = { free: "Free", standard: "Standard", advanced: "Advanced" };

/** Which edition the site has, as a badge. */
export function Edition() {
  const { status, license } = useLicense();
  if (status !== "ready") {
    return status === "failed" ? <span className="badge off">Unknown</span> : null;
  }
  if (license.state !== "active") {
    return <span className="badge off">{license.state === "absent" ? "No license" : "Ended"}</span>;
  }
  const name = license.edition ? NAMES[license.edition] : license.capabilitySet;
  return (
    <span className={`badge ${license.edition}`}>
      {name}
      {license.isEvaluation ? " trial" : null}
    </span>
  );
}

/** Tells when a trial ends, where the platform says so. */
export function Trial() {
  const { license, serviceLevel } = useLicense();
  if (license?.state === "active" && license.isEvaluation) {
    const end = license.trialEndDate?.toLocaleDateString("en", { dateStyle: "long", timeZone: "UTC" });
    return (
      <p className="banner" role="status">
        You are trying {license.edition ? NAMES[license.edition] : "this app"}
        {end ? ` until ${end}` : null}. Support answers within {serviceLevel("support")}.
      </p>
    );
  }
  if (license?.state === "absent") {
    return (
      <p className="banner" role="status">
        The site has no license for this app. In development that is the rule: see{" "}
        <code>forge install --license</code>.
      </p>
    );
  }
  return null;
}
