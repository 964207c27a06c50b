// Keys and pointer in the table, as WAI-ARIA has them for a treegrid: rows first, cells to their right.

import { COLUMNS } from "./outline.js";
import { HEAD } from "./line.js";
import { nameOf } from "./tip.js";

const TYPING = 700;    // milliseconds between the letters of a name
const LONG = 500;      // of a long press
const LAST = COLUMNS.length - 1;

export function moves(table) {
  const { box, map } = table;
  let typed = "", at = 0;
  const here = () => table.at.get(table.active) ?? -1;
  const page = () => Math.max(1, Math.floor(box.clientHeight / table.height) - 2);
  const to = (index) => table.moveTo(Math.max(0, Math.min(table.rows.length - 1, index)));
  const vertical = (by, extend) => {
    if (table.active === HEAD) { if (by > 0) to(0); return; }
    if (by < 0 && here() <= 0 && !table.narrow) { table.toHead(Math.max(0, table.column)); return; }
    to(here() + by);
    if (extend) select(table, table.row(), true, true);
  };
  const right = () => {
    if (table.active === HEAD) { table.toHead(Math.min(LAST, table.column + 1)); return; }
    const row = table.row();
    if (!row) return;
    if (table.column < 0 && row.open === false) table.open(row.key, true);
    else table.moveTo(here(), Math.min(LAST, table.column + 1));
  };
  const left = () => {
    if (table.active === HEAD) { table.toHead(Math.max(0, table.column - 1)); return; }
    const row = table.row();
    if (!row) return;
    if (table.column >= 0) table.moveTo(here(), table.column - 1);
    else if (row.open) table.open(row.key, false);
    else if (row.parent >= 0) to(row.parent);
  };
  const end = (last, all) => {
    if (table.column >= 0 && !all) { if (table.active === HEAD) table.toHead(last ? LAST : 0); else table.moveTo(here(), last ? LAST : 0); }
    else to(last ? table.rows.length - 1 : 0);
  };
  const enter = (event) => {
    const row = table.row();
    if (table.active === HEAD) table.sortBy(COLUMNS[table.column]);
    else if (row?.thing?.uuid) map.open(row.id, event.ctrlKey || event.metaKey);
    else if (row) table.open(row.key, !row.open);
  };
  const commands = {
    ArrowDown: (event) => vertical(1, event.shiftKey),
    ArrowUp: (event) => vertical(-1, event.shiftKey),
    ArrowRight: right,
    ArrowLeft: left,
    PageDown: () => to(here() + page()),
    PageUp: () => to(here() - page()),
    Home: (event) => end(false, event.ctrlKey),
    End: (event) => end(true, event.ctrlKey),
    Enter: enter,
    Escape: () => map.choose(-1, false),
    ".": () => menuAt(table, table.row()),
    ContextMenu: () => menuAt(table, table.row()),
    "<": () => shift(-1),
    ">": () => shift(1),
    "*": () => { const row = table.row(); for (const one of table.rows) if (one.parent === row?.parent && one.open !== null) table.opened.set(one.key, true); table.again(); },
    " ": () => { if (table.active === HEAD) table.sortBy(COLUMNS[table.column]); else select(table, table.row(), true); },
  };

  const shift = (by) => { const row = table.row(); if (row?.set) map.shift(by, row.key); };

  /** To the next row whose name starts with what is typed; whether there is one. */
  function type(key) {
    const now = performance.now(), fresh = now - at > TYPING;
    const wanted = (fresh ? key : typed + key).toLocaleLowerCase(), from = here() + (fresh ? 1 : 0), { length } = table.rows;
    if (fresh && key === " ") return false;
    for (let i = 0; i < length; i++) {
      const index = (from + i + length) % length, { thing, set, group } = table.rows[index];
      const name = thing?.name ?? (set ? nameOf(set, map.words, map.format) : map.words.table.groups[group]);
      if (!name.toLocaleLowerCase().startsWith(wanted)) continue;
      [typed, at] = [wanted, now];
      to(index);
      return true;
    }
    return false;
  }

  box.addEventListener("keydown", (event) => {
    if (event.altKey || event.target !== box) return;
    const { key } = event, control = event.ctrlKey || event.metaKey;
    if (key === "/" || key === "?") return; // the search of the page, and its keys
    if (control && key.toLowerCase() === "a") selectAll(table);
    else if (control && event.code === "KeyF") map.askFilter?.();
    else if (key === " " && type(key)) at = performance.now(); // within a name
    else if (Object.hasOwn(commands, key) && !(control && ![" ", "Home", "End", "Enter"].includes(key))) commands[key](event);
    else if (key.length === 1 && !control) type(key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  box.addEventListener("focus", () => { if (!table.at.has(table.active)) to(0); });
}

export function presses(table) {
  const { box, map } = table;
  let press = 0, last = -1;
  const rowAt = (event) => table.rows[table.at.get(event.target.closest?.(".xo-row")?.dataset.key)];
  const plain = (event) => !event.target.closest("a[href]");

  box.addEventListener("click", (event) => {
    const head = event.target.closest(".xo-table-head > .xo-cell"), row = rowAt(event);
    if (head) { table.sortBy(head.dataset.column); return; }
    if (!row || !plain(event)) return;
    if (event.target.closest(".xo-twist") || row.group) { table.moveTo(table.at.get(row.key), -1); if (row.open !== null) table.open(row.key, !row.open); return; }
    const index = table.at.get(row.key);
    if (event.shiftKey && last >= 0) map.chooseAll(table.rows.slice(Math.min(last, index), Math.max(last, index) + 1).filter(({ thing }) => thing?.uuid).map(({ id }) => id), false);
    else { select(table, row, event.ctrlKey || event.metaKey); last = index; }
    table.moveTo(index, -1);
  });
  box.addEventListener("mousedown", (event) => { if (event.shiftKey) event.preventDefault(); }); // no text is marked
  box.addEventListener("dblclick", (event) => { const row = rowAt(event); if (row?.thing?.uuid && plain(event) && !event.target.closest(".xo-twist")) map.open(row.id, false); });
  const menu = (row, x, y) => { if (row?.thing?.uuid) { table.moveTo(table.at.get(row.key), -1); menuAt(table, row, x, y); } };
  box.addEventListener("contextmenu", (event) => { const row = rowAt(event); if (row?.thing?.uuid) { event.preventDefault(); menu(row, event.clientX, event.clientY); } });
  box.addEventListener("pointerdown", (event) => {
    const row = rowAt(event), { clientX, clientY, pointerType } = event;
    if (pointerType === "touch") press = setTimeout(() => menu(row, clientX, clientY), LONG);
  });
  for (const name of ["pointerup", "pointercancel", "pointermove"]) box.addEventListener(name, () => clearTimeout(press));
}

function select(table, row, add, only = false) {
  if (!row?.thing?.uuid) return;
  if (only) table.map.chooseAll([row.id], true); else table.map.choose(row.id, add);
}

/** What the filter found, else every VM. */
function selectAll({ map }) {
  if (map.chooseFound) map.chooseFound();
  else map.chooseAll([...map.model.things.values()].filter(({ kind }) => kind === "vm").map(({ id }) => id), false);
}

/** The verbs for a row, where it is or at a place on the screen. */
function menuAt(table, row, x = null, y = null) {
  if (!row?.thing?.uuid) return;
  const root = table.map.$refs.root.getBoundingClientRect(), at = table.lines.get(row.key)?.element.getBoundingClientRect() ?? root;
  table.map.menu(row.id, Math.min(root.width - 40, (x ?? at.left + 48) - root.left), Math.min(root.height - 40, (y ?? at.bottom) - root.top));
}
