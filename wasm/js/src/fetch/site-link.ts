// One customer on Connect and on Forge: the links by which a Forge installation is found to be the
// customer's. What is linked by what is for the core to say.
import type { ForgeHalf, Installation } from "../server.js";
import type { About } from "#core";
import { aboutStored, store as deliverTo, ofKey, stored } from "./store.js";
import type { InstallationStore } from "./store.js";

/** An installation, and what the core says about it. */
export interface LinkedInstallation {
  installation: Installation;
  said: About;
}

/** The record of a Forge installation, or of the customer whose it is, as the core looks for it. Of that, what the
 * token says is written down; `lost` is told where that fails and does no harm. */
export async function find(
  store: InstallationStore,
  half: ForgeHalf,
  call: "invocation" | "event",
  now: Date,
  lost: (error: unknown) => void,
): Promise<LinkedInstallation | null> {
  let [key, stage] = [half.installation, 0];
  for (;;) {
    const installation = ofKey(await stored(() => store.load(key)), key);
    const said = aboutStored(installation?.record, { half, call, stage });
    const { learns } = said;
    if (said.load !== null) {
      [key, stage] = [said.load, said.stage];
      continue;
    }
    if (!installation || learns === null) {
      return null;
    }
    if (learns === "nothing") {
      return { installation, said };
    }
    try {
      const delivery = { key, on: "connect", event: { invoked: half } } as const;
      const after = (await deliverTo(store, delivery, now)).installation ?? installation;
      await link(store, after, now);
      return { installation: after, said: aboutStored(after.record, { half, call }) };
    } catch (error) {
      if (learns === "require") {
        throw error;
      }
      lost(error);
      return { installation, said };
    }
  }
}

/** Writes the links to a customer of Connect that are not there, and takes over what was known before under
 * a key that becomes one. */
export async function link(store: InstallationStore, customer: Installation, now: Date): Promise<void> {
  const tenant = keyOf(customer).key;
  const join = async ({ record }: Installation) => {
    await deliverTo(store, { key: tenant, on: "connect", event: { joined: record } }, now);
  };
  for (const key of aboutStored(customer.record).links) {
    const known = ofKey(await stored(() => store.load(key)), key);
    const leadsTo = known && aboutStored(known.record).tenant;
    if (leadsTo === tenant) {
      continue;
    }
    // taken over before it becomes a link: a crash between the two loses nothing
    const joined = leadsTo === null ? known : null;
    if (joined) {
      await join(joined);
    }
    const { before } = await deliverTo(store, { key, on: "forge", event: { linked: tenant } }, now);
    // an event of Forge may have been quicker
    const quicker = before && JSON.stringify(before.record) !== JSON.stringify(joined?.record);
    if (quicker && aboutStored(before.record).tenant === null) {
      await join(before);
    }
  }
}

/** Under which key an installation is stored. */
export function keyOf({ record: { key } }: Installation) {
  return "connect" in key ? ({ key: key.connect, on: "connect" } as const) : ({ key: key.forge, on: "forge" } as const);
}
