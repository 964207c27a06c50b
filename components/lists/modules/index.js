// What lists import of this package: `sight` is in all of them, `table` in those with columns, `synced` in those that all browsers have alike.

export { collator, isolated, ordered, toAddress, wordsOf } from "./order.js";
export { sight } from "./sight.js";
export { synced } from "./synced.js";
export { table } from "./table.js";
export { fitting, least } from "./tracks.js";
