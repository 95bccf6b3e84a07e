// One customer on Connect and on Forge: the links by which a Forge installation is found to be the
// customer's. What is linked by what is for the core to say.
import { internal } from "../server.js";
import type { ForgeHalf, Installation } from "../server.js";
import type { About } from "#core";
import { aboutStored, store as deliverTo, ofKey, stored } from "./store.js";
import type { InstallationStore } from "./store.js";

/** An installation, and what the core says about it. */
export interface LinkedInstallation {
  installation: Installation;
  said: About;
}

async function load(store: InstallationStore, key: string, half?: ForgeHalf): Promise<LinkedInstallation | null> {
  const installation = ofKey(await stored(() => store.load(key)), key);
  return installation && { installation, said: aboutStored(installation.record, half && { half }) };
}

/** The record of a Forge installation, or of the customer whose it is. Of that, what the token says is
 * written down; where that fails, `lost` is told, or the error is thrown where there is none. */
export async function find(
  store: InstallationStore,
  half: ForgeHalf,
  now: Date,
  lost?: (error: unknown) => void,
): Promise<LinkedInstallation | null> {
  const known = await load(store, half.installation, half);
  if (known && known.said.tenant === null) {
    return known;
  }
  // a link may lead to nobody, whose record was erased: the site may name a customer of today
  const linked = known && (await load(store, known.said.tenant!, half));
  const customer = linked ?? (await continued(store, half));
  if (!customer || (linked && !customer.said.learns)) {
    return customer;
  }
  // what is refused writes nothing
  if ((lost ? customer.said.refusesInvocation : customer.said.refusesEvent) !== null) {
    return customer;
  }
  try {
    const delivery = { key: keyOf(customer.installation).key, on: "connect", event: { invoked: half } } as const;
    const installation = (await deliverTo(store, delivery, now)).installation ?? customer.installation;
    await link(store, installation, now);
    return { installation, said: aboutStored(installation.record, { half }) };
  } catch (error) {
    if (!lost) {
      throw error;
    }
    lost(error); // who it is, is known: what was learned may be written by a later invocation
    return customer;
  }
}

/** The customer that has the app on the same site, where nothing is known of the installation. */
async function continued(store: InstallationStore, half: ForgeHalf): Promise<LinkedInstallation | null> {
  const site = internal.siteOf(half);
  const link = site === null ? null : await load(store, site);
  const customer = link && link.said.tenant !== null ? await load(store, link.said.tenant, half) : null;
  return customer?.said.isContinued ? customer : null;
}

/** Writes the links to a customer of Connect that are not there, and takes over what was known before under
 * a key that becomes one. */
export async function link(store: InstallationStore, customer: Installation, now: Date): Promise<void> {
  const tenant = keyOf(customer).key;
  const join = async ({ record }: Installation) => {
    await deliverTo(store, { key: tenant, on: "connect", event: { joined: record } }, now);
  };
  for (const key of aboutStored(customer.record).links) {
    const known = await load(store, key);
    if (known?.said.tenant === tenant) {
      continue;
    }
    // taken over before it becomes a link: a crash between the two loses nothing
    const joined = known && known.said.tenant === null ? known.installation : null;
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
