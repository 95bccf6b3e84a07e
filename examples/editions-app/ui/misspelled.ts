// Compiled, never run: names that the map does not have are type errors.
import type { License } from "@app-license/sdk";

import { Feature } from "./editions.js";
import { may } from "./gate.js";

declare const license: License;

may(Feature.BulkExport, license);
may("bulk-export", license);
// @ts-expect-error no such member
may(Feature.BulkExprot, license);
// @ts-expect-error no such name
may("bulk-exprot", license);
