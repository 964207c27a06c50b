// What the list imports of this package; all of it is one file for a browser, see components/bundles.py.

export { addressed, haystack, matcher, NOTHING, readAddress, tally } from "./choice.js";
export { column, fittingTags, isColumn, teller } from "./columns.js";
export { csv, save } from "./csv.js";
