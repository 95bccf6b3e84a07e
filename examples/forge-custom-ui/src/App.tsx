import { isUnlimited } from "@app-license/sdk";
import type { Decision } from "@app-license/sdk";
import { Gate, useLicense } from "@app-license/sdk/react";
import type { ReactNode } from "react";

import { Edition, Trial } from "./Edition";

/** The page: what a customer may use depends on the edition, and what is shown says why. */
export function App() {
  const { status } = useLicense();
  return (
    <main aria-busy={status === "loading"}>
      <header>
        <h1>Saved exports</h1>
        <Edition />
      </header>
      <Trial />
      <Quota saved={1} />
      <div className="cards">
        <Card title="Export a list" about="The issues you see, as one spreadsheet.">
          <Offer feature="export-list" action="Export" />
        </Card>
        <Card title="Bulk export" about="Every project of the site, each night, to your own storage.">
          <Offer feature="bulk-export" action="Set up" />
        </Card>
      </div>
    </main>
  );
}

function Card({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <section className="card">
      <h2>{title}</h2>
      <p>{about}</p>
      {children}
    </section>
  );
}

/** A button for those who may press it. The backend asks again: this is a hint. */
function Offer({ feature, action }: { feature: string; action: string }) {
  return (
    <Gate
      feature={feature}
      loading={<p className="why">One moment…</p>}
      fallback={(decision) => <p className="why">{why(decision)}</p>}
    >
      <button type="button">{action}</button>
    </Gate>
  );
}

function why(decision: Decision | null): string {
  switch (decision?.reason) {
    case "capability_missing":
      return decision.needs === "capabilityAdvanced"
        ? "Part of Advanced. Your site has Standard."
        : "Not part of your edition.";
    case "inactive":
      return "The subscription has ended. Ask an admin to renew it.";
    case "trial_ended":
      return "The trial has ended. Ask an admin to subscribe.";
    case "absent":
      return "No license for this site yet.";
    default:
      return "The license could not be read. Reload the page.";
  }
}

/** How much of a limit is used. */
function Quota({ saved }: { saved: number }) {
  const { limit } = useLicense();
  const most = limit("saved-exports");
  if (most === null) {
    return null;
  }
  if (isUnlimited(most)) {
    return (
      <p className="quota">
        <strong>{saved}</strong> saved export used, without a limit
      </p>
    );
  }
  return (
    <p className="quota">
      <strong>{saved}</strong> of {most} saved exports used
      <meter min={0} max={most} optimum={0} high={most * 0.8} value={saved} aria-label="Saved exports used" />
    </p>
  );
}
