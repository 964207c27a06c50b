// What elements import of this package; all of it is one file for a browser, see components/bundles.py.

export { charts } from "./archive.js";
export { formats, roundUp } from "./format.js";
export { default as looking } from "./looking.js";
export { default as Plot } from "./plot.js";
export { sparkPath } from "./spark.js";
export { devicesOf, told, topOf } from "./tooltip.js";
export { marks, writeAddress } from "./window.js";
