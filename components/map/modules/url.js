// What somebody looks at, as the query of an address, and back. Pure. What an address says is not trusted: what is malformed is left out.

import { GROUPS, SIZES } from "./arrange.js";
import { FILLS } from "./fills.js";

export const CHOICES = { fill: FILLS, size: SIZES, group: GROUPS, view: ["map", "table"] }; // the first is what is shown when nobody asked
export const START = { fill: FILLS[0], size: SIZES[0], group: GROUPS[0], view: "map", filter: "", only: false, selected: [], lost: [], fitted: "", zoom: 1, x: 0.5, y: 0.5 };
const OWN = ["fill", "size", "group", "view", "q", "only", "sel", "lose", "at", "z", "x", "y"];
const MOST_SELECTED = 60, MOST_LOST = 16, LONGEST = 300, MOST_ZOOM = 200;
const KEY = /^[\w-]{1,64}(@[\w-]{1,64})?$/; // uuid@pool; in older links the uuid alone

/** From `location.search`; all of START, changed where the address says so. */
export function read(search) {
  const query = new URLSearchParams(search), found = { ...START };
  for (const [key, values] of Object.entries(CHOICES)) if (values.includes(query.get(key))) found[key] = query.get(key);
  found.filter = (query.get("q") ?? "").slice(0, LONGEST);
  found.only = query.get("only") === "1";
  found.selected = keys(query.get("sel"), MOST_SELECTED);
  found.lost = keys(query.get("lose"), MOST_LOST);
  if (KEY.test(query.get("at") ?? "")) found.fitted = query.get("at");
  const zoom = number(query.get("z"), 1, MOST_ZOOM), x = number(query.get("x"), 0, 1), y = number(query.get("y"), 0, 1);
  if (!found.fitted && zoom !== null && x !== null && y !== null) Object.assign(found, { zoom, x, y });
  return found;
}

/** The query for `state` ("" or "?..."), with whatever else stood in `search`. A selection that is too large for an address is left out. */
export function write(state, search = "") {
  const query = new URLSearchParams(search);
  for (const key of OWN) query.delete(key);
  for (const key of Object.keys(CHOICES)) if (state[key] !== START[key]) query.set(key, state[key]);
  if (state.filter.trim()) query.set("q", state.filter.trim());
  if (state.only) query.set("only", "1");
  if (state.selected.length && state.selected.length <= MOST_SELECTED) query.set("sel", state.selected.join(","));
  if (state.lost.length && state.lost.length <= MOST_LOST) query.set("lose", state.lost.join(","));
  if (state.fitted) query.set("at", state.fitted);
  else if (state.zoom > 1.001) for (const [key, value, digits] of [["z", state.zoom, 2], ["x", state.x, 4], ["y", state.y, 4]]) query.set(key, `${+value.toFixed(digits)}`);
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%40", "@");
  return text && `?${text}`;
}

const keys = (text, most) => [...new Set((text ?? "").split(",").filter((one) => KEY.test(one)))].slice(0, most);

function number(text, low, high) {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return value >= low && value <= high ? value : null;
}
