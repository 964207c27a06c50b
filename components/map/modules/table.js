// The map as a table: the same model, selection and filter, as a treegrid of which the rows in sight are elements.
//
// While the canvas is shown it stays beside it unseen, for those who do not look: the row of what the keyboard is on is always there,
// and named as the active one. See WAI-ARIA's treegrid pattern; the focus itself stays on the grid, so rows may come and go.

import { HEAD, Line, idOf } from "./line.js";
import { COLUMNS, outline, sortBy } from "./outline.js";
import { moves, presses } from "./stepping.js";

const AROUND = 8, UNSEEN = 20;   // rows drawn above and below those in sight; all there are while nobody sees them
const NARROW = 640, STRIP = 64;  // what floats over the lowest rows while something is selected
const LATER = 1000;              // milliseconds, for rows that nobody sees
const ROWS = ["r", "p", "h", "m", "s", "n", "x"]; // keys of a message that change rows; measurements alone do not

export class Table {
  constructor(map) {
    this.map = map;
    this.root = map.$refs.table;
    this.words = map.words;
    this.sort = { column: COLUMNS[0], down: false };
    this.opened = new Map();
    this.names = new Map();   // see outline.js
    this.rows = [];
    this.at = new Map();      // key -> index
    this.lines = new Map();   // key -> Line, those that are elements
    this.active = "";         // the row the keyboard is on, by key
    this.column = -1;         // its cell; -1: all of it
    this.index = 0;           // where it was, for when it is gone
    this.stale = true;
    this.build();
    moves(this);
    presses(this);
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    this.sizes = new ResizeObserver(() => { if (this.shown) this.draw(); });
    this.sizes.observe(this.box);
  }

  stop() { this.sizes.disconnect(); clearTimeout(this.timer); }

  build() {
    const { table } = this.words, make = (tag, role, className) => { const made = document.createElement(tag); if (role) made.setAttribute("role", role); made.className = className; return made; };
    this.box = make("div", "treegrid", "xo-table-box");
    Object.assign(this.box, { id: "xo-table", tabIndex: -1, ariaLabel: table.label, ariaMultiSelectable: "true", ariaColCount: `${COLUMNS.length}` });
    this.head = make("div", "row", "xo-table-head");
    this.head.setAttribute("aria-rowindex", 1);
    this.heads = COLUMNS.map((column, at) => {
      const cell = make("div", "columnheader", `xo-cell xo-cell-${column}`);
      Object.assign(cell, { id: idOf(HEAD, at), textContent: table.columns[column] });
      cell.setAttribute("aria-colindex", at + 1);
      cell.dataset.column = column;
      return cell;
    });
    this.head.append(...this.heads);
    this.space = make("div", "rowgroup", "xo-table-space");
    this.box.append(this.head, this.space);
    this.pick = make("label", "", "xo-table-sort");
    this.select = document.createElement("select");
    this.select.append(...COLUMNS.map((column) => new Option(table.columns[column], column)));
    this.select.addEventListener("change", () => { this.sort = sortBy({ column: "" }, this.select.value); this.again(); });
    this.pick.append(table.sort, this.select);
    this.nothing = make("p", "", "xo-table-nothing");
    this.nothing.textContent = table.nothing;
    this.root.append(this.pick, this.box, this.nothing);
  }

  // ---- what is told

  /** A message has been taken in. */
  take(message) {
    if (ROWS.some((key) => key in message)) this.stale = true;
    else if (!["name", "state", "address", "mark"].includes(this.sort.column) && !this.root.matches(":hover, :focus-within")) this.stale = true; // rows do not move under a hand
  }

  /** As of now; whether it is what is seen. */
  paint() {
    const { look, state, found, plan } = this.map, shown = state.view === "table";
    if (shown !== this.shown) this.turn(shown);
    if (this.found !== found || this.only !== state.only || this.plan !== plan) { Object.assign(this, { found, plan, only: state.only }); this.stale = true; }
    if (shown) this.draw();
    else if (look.focus !== this.followed) this.follow(look.focus);
    else this.timer ||= setTimeout(() => { this.timer = 0; if (!this.shown) this.draw(); }, LATER);
    return shown;
  }

  turn(shown) {
    const { look, $refs } = this.map;
    this.shown = shown;
    this.root.classList.toggle("xo-map-quiet", !shown);
    this.box.tabIndex = shown ? 0 : -1;
    $refs.focus.tabIndex = shown ? -1 : 0;
    $refs.focus.inert = shown;
    if (shown) this.goTo(look.selected.size && !look.selected.has(look.focus) ? [...look.selected][0] : look.focus);
    else this.box.removeAttribute("aria-activedescendant");
    this.stale = true;
    this.followed = undefined;
  }

  /** The map's focus is on another thing: its row is there, and is what is read. */
  follow(id) {
    this.followed = id;
    this.stale = true;
    if (id >= 0) this.active = `${id}`;
    this.column = -1;
    this.draw();
    const { focus } = this.map.$refs;
    if (id >= 0 && this.at.has(this.active)) focus.setAttribute("aria-activedescendant", idOf(this.active)); else focus.removeAttribute("aria-activedescendant");
  }

  // ---- what is asked for

  /** Figures of rows in sight are others. */
  freshen() { if (this.shown) this.draw(); }

  again() { this.stale = true; this.draw(); }

  sortBy(column) { this.sort = sortBy(this.sort, column); this.again(); }

  open(key, open) { this.opened.set(key, open); this.again(); }

  /** The row of a thing, with all that it is in opened. */
  goTo(id) {
    if (id < 0) return;
    this.wanted = id;
    this.again();
    this.wanted = -1;
    this.moveTo(this.at.get(`${id}`) ?? -1);
  }

  moveTo(index, column = this.column) {
    const row = this.rows[index];
    if (!row) return;
    Object.assign(this, { active: row.key, index, column });
    this.map.look.focus = row.id;
    const top = index * this.height, room = this.box.clientHeight - this.head.offsetHeight - (this.map.look.selected.size ? STRIP : 0);
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + this.height > this.box.scrollTop + room) this.box.scrollTop = top + this.height - room;
    this.draw();
  }

  /** What the figures of a row are made of: a pool's of its hosts'. */
  figured({ thing }) { return thing?.kind === "pool" ? [...(this.map.model.pools.get(thing.id)?.hosts.keys() ?? [])] : thing ? [thing.id] : []; }

  toHead(column) { Object.assign(this, { active: HEAD, column }); this.draw(); }

  row() { return this.rows[this.at.get(this.active)]; }

  href(thing) {
    const path = this.map.pathOf(thing);
    return path && (window.path_prefix ?? "") + path;
  }

  // ---- drawing

  order() {
    const { model, plan, found, state } = this.map, before = this.row();
    const shown = this.shown ? this.wanted ?? -1 : this.map.look.focus;
    this.rows = outline(model, { sort: this.sort, opened: this.opened, names: this.names, found, only: state.only, shown, sets: plan && plan.group !== "placement" ? plan.groups : null });
    this.at = new Map(this.rows.map(({ key }, index) => [key, index]));
    if (shown >= 0 && this.shown) for (let row = this.rows[this.at.get(`${shown}`)]; row && row.parent >= 0;) { row = this.rows[row.parent]; this.opened.set(row.key, true); }
    this.stale = false;
    if (this.at.has(this.active)) this.index = this.at.get(this.active);
    else if (before && this.active !== HEAD) { // it is gone or within what was closed: what stands there now
      this.index = Math.min(this.index, this.rows.length - 1);
      this.active = this.rows[this.index]?.key ?? "";
    }
    this.heads.forEach((cell, at) => {
      const own = COLUMNS[at] === this.sort.column;
      cell.setAttribute("aria-sort", own ? (this.sort.down ? "descending" : "ascending") : "none");
    });
    this.select.value = this.sort.column;
    this.box.ariaRowCount = `${this.rows.length + 1}`;
    this.nothing.hidden = this.rows.length > 0 || !this.map.model.things.size;
  }

  draw() {
    if (this.stale) this.order();
    this.narrow = this.root.clientWidth < NARROW;
    this.root.classList.toggle("xo-table-narrow", this.narrow && this.shown);
    this.height = this.narrow ? 56 : parseFloat(getComputedStyle(this.root).getPropertyValue("--row-table")) || 29;
    this.space.style.height = `${this.rows.length * this.height}px`;
    const [from, to] = this.span(), wanted = new Set();
    for (let index = from; index < to; index++) wanted.add(index);
    if (this.at.has(this.active)) wanted.add(this.at.get(this.active));
    this.drawRows([...wanted].sort((a, b) => a - b));
    if (this.shown) this.map.wantFigures([...wanted].flatMap((index) => this.figured(this.rows[index])));
    this.heads.forEach((cell, at) => cell.classList.toggle("xo-cell-active", this.active === HEAD && this.column === at));
    if (!this.shown) return;
    const active = this.active === HEAD || this.at.has(this.active) ? idOf(this.active, this.column) : "";
    if (active) this.box.setAttribute("aria-activedescendant", active); else this.box.removeAttribute("aria-activedescendant");
  }

  span() {
    if (!this.shown) return [Math.max(0, Math.min(this.index, this.rows.length) - UNSEEN / 2), Math.min(this.rows.length, this.index + UNSEEN)];
    const { scrollTop, clientHeight } = this.box;
    return [Math.max(0, Math.floor(scrollTop / this.height) - AROUND), Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / this.height) + AROUND)];
  }

  drawRows(indices) {
    const { model, look, format } = this.map, { words } = this, kept = new Set(indices.map((index) => this.rows[index].key));
    for (const [key, line] of this.lines) if (!kept.has(key)) { line.element.remove(); this.lines.delete(key); }
    let before = null;
    for (const index of indices) {
      const row = this.rows[index], { key, thing } = row;
      if (!this.lines.has(key)) this.lines.set(key, new Line(key, words));
      const line = this.lines.get(key), active = key === this.active;
      line.update(row, {
        index, top: index * this.height, href: this.href(thing), selected: look.selected.has(row.id), active, column: this.column,
        dim: Boolean(look.dim && thing && !look.dim.has(row.id)), old: model.things.get(thing?.pool ?? row.id)?.standing === 2,
      }, model, words, format);
      const next = before ? before.nextSibling : this.space.firstChild; // in the order in which they are read
      if (next !== line.element) this.space.insertBefore(line.element, next);
      before = line.element;
    }
  }
}
