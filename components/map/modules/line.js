// One row of the table as elements. Names are data: they become text, never HTML; what is set as HTML are drawings of ours.

import { cells, shapeOf } from "./cells.js";
import { COLUMNS } from "./outline.js";

const make = (tag, className, role) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (role) made.setAttribute("role", role);
  return made;
};

/** Only what differs is written: a row in sight is looked at with every round of measurements. */
const write = (element, text) => { if (element.firstChild?.data !== text) element.textContent = text; };
const note = (element, name, value) => {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== `${value}`) element.setAttribute(name, value);
};

export const HEAD = "head"; // the key of the row of titles
/** Of an element; the keys of groups have words of people in them. */
export const idOf = (key, column = -1) => `xo-row-${key.replace("/", "-").replace(/[^\w-]/gu, (letter) => `_${letter.codePointAt(0)}_`)}${column < 0 ? "" : `-${column}`}`;

export class Line {
  constructor(key, words) {
    this.element = make("div", "xo-row", "row");
    this.element.id = idOf(key);
    this.element.dataset.key = key;
    this.cells = COLUMNS.map((column, at) => {
      const cell = make("div", `xo-cell xo-cell-${column}`, at ? "gridcell" : "rowheader");
      cell.id = idOf(key, at);
      cell.setAttribute("aria-colindex", at + 1);
      this.element.append(cell);
      return cell;
    });
    this.name(words);
    this.parts = this.cells.slice(1).map((cell) => {
      const mark = make("i", "x-mark"), bar = make("span", "x-bar"), hint = make("span", "xo-hint"), text = make("span", "x-cut");
      mark.setAttribute("aria-hidden", "true");
      bar.append(make("i"));
      text.dir = "auto";
      for (const part of [mark, bar, hint]) part.hidden = true;
      cell.append(mark, bar, hint, text);
      return { cell, mark, bar, hint, text, shape: "", tone: "" };
    });
  }

  name(words) {
    const [cell] = this.cells;
    this.twist = make("span", "xo-twist");
    this.twist.innerHTML = words.table.icons.right;
    this.icon = make("i");
    this.icon.setAttribute("aria-hidden", "true");
    this.link = make("a", "x-cut x-plain");
    this.link.tabIndex = -1;
    this.link.dir = "auto";
    this.count = make("span", "xo-row-count");
    cell.append(this.twist, this.icon, this.link, this.count);
    this.drawn = "";
  }

  /** @param {{top, height, index, href, selected, active, column, dim, old}} state */
  update(row, state, model, words, format) {
    const { element } = this, { index, top, selected, active, column, dim, old } = state;
    note(element, "aria-rowindex", index + 2);
    note(element, "aria-level", row.level);
    note(element, "aria-posinset", row.pos);
    note(element, "aria-setsize", row.size);
    note(element, "aria-expanded", row.open);
    note(element, "aria-selected", row.thing?.uuid ? selected : null);
    note(element, "style", `--level: ${row.level - 1}; transform: translateY(${top}px)`);
    const name = ["xo-row", `xo-row-${row.set ? "set" : row.group ? "group" : row.thing.kind}`, selected && "xo-row-chosen", active && column < 0 && "xo-row-active", dim && "xo-row-dim", old && "xo-row-old"];
    element.className = name.filter(Boolean).join(" ");
    const [own, ...rest] = cells(row, model, words, format);
    this.sayName(row, own, state, words);
    rest.forEach((cell, at) => say(this.parts[at], cell, words));
    this.cells.forEach((cell, at) => cell.classList.toggle("xo-cell-active", active && column === at));
  }

  sayName(row, { text }, { href }, words) {
    write(this.link, text || "–");
    note(this.link, "href", href || null);
    const count = row.count && row.open !== null ? `${row.count}` : "";
    write(this.count, count);
    const shape = shapeOf(row.thing), icon = shape || row.set?.key.match(/^\w+/)[0] || row.group || row.thing.kind;
    if (icon === this.drawn) return;
    this.drawn = icon;
    this.icon.className = shape ? `x-mark x-screen x-mark-${shape}` : "x-icon";
    this.icon.innerHTML = shape ? words.table.screens[shape] : words.table.icons[icon];
  }
}

function say(part, { text, part: share, hint = "", mark = "", tone = "" }, words) {
  write(part.text, text);
  part.hint.hidden = !hint;
  write(part.hint, hint);
  part.bar.hidden = share === undefined;
  if (share !== undefined) note(part.bar.firstChild, "style", `width: ${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`);
  if (tone !== part.tone) {
    part.tone = tone;
    part.text.className = tone ? `x-cut xo-${tone}` : "x-cut";
    part.bar.className = tone === "warning" || tone === "critical" ? `x-bar x-bar-${tone}` : "x-bar";
  }
  if (mark !== part.shape) {
    part.shape = mark;
    part.mark.hidden = !mark;
    part.mark.className = `x-mark x-mark-${mark}`;
    part.mark.innerHTML = mark ? words.table.marks[mark] : "";
  }
}
