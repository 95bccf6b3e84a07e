// What readers are handed, before anybody reads it: in TypeScript and for the core in a page.
import { bounded } from "./gate.js";
import { document as isDocument, expected } from "./registry.js";

/** An app id without the prefix of its ARI, in lower case. */
export const uuid = (id: unknown) => `${id}`.toLowerCase().replace("ari:cloud:ecosystem::app/", "");

const SEARCH = "`location.search`";

/**
 * The text of a query.
 *
 * @throws `misuse` for JSON, and for a whole URL, where the first parameter would be lost.
 */
export function queryText(query: unknown): string {
  const text = `${query}`;
  if (typeof query != "string" && typeof Object(query)["getAll"] != "function") {
    isDocument(query, SEARCH);
    throw expected(SEARCH);
  }
  if (/^(\s*[{[]|([a-z][a-z\d+.-]*:)?\/|[^?=&]+\?)/i.test(text)) {
    throw expected(SEARCH, "no query: write `new URL(url).search`");
  }
  return bounded(text);
}

