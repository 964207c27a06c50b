// What the list imports of this package; all of it is one file for a browser, see components/bundles.py.

export { haystack, matcher, NOTHING, readAddress, sorted, tally, writeAddress } from "./choice.js";
export { column, fitting, fittingTags, isColumn, least, teller } from "./columns.js";
export { csv, save } from "./csv.js";
