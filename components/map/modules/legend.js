// What everything on the map means, each sample painted by what paints the map. The rows are those of words.py, less what the present
// fill and grouping do not show.

import { curve } from "./curves.js";
import { begin, drawFreeGround, drawHostLoad, drawSystem, star } from "./draw.js";
import { inkOf } from "./fills.js";
import { glyph, pips, PINNED, PROTECTED } from "./marks.js";
import { CRITICAL, DEGRADED, DOWN, FULL, GAP, HALTED, INFO, LIVE, LOST, PAUSED, RUNNING, SPARE, SUSPENDED, UP, WARNING } from "./model.js";
import { drawArrow } from "./overlay.js";
import { patterns } from "./patterns.js";
import { bead } from "./rails.js";
import { drawFloor, drawTank } from "./storage.js";
import { drawGhost, drawTile, finish } from "./tile.js";

const WIDTH = 52, LOW = 18, HIGH = 34;
const NOBODY = -2; // no thing has this id
const VM = {
  kind: "vm", id: NOBODY, pool: NOBODY, name: "", state: RUNNING, cpu: FULL * 0.45, memory: FULL * 0.6, disk: FULL * 0.8, network: GAP, latency: FULL * 0.4,
  flags: 0, snapshots: 0, oldest: 0, debt: 0, agent: 1, mark: 0, task: -1, address: "", trail: null, trails: null,
};
const SR = { id: NOBODY, name: "", size: 100, used: 55, snapshots: 15, promised: 80, mark: 0, unplugged: [] };
const wave = Uint8Array.from({ length: 120 }, (_, i) => FULL * (0.45 + 0.2 * Math.sin(i / 9) + (i > 80 && i < 95 ? 0.2 : 0)));

const box = (h, inset = 0) => ({ x: inset, y: inset, w: WIDTH - 2 * inset, h: h - 2 * inset });
const tile = (changes, h = LOW, more = {}) => ({ h, paint: (art, look) => { drawTile(art, { ...VM, ...changes }, box(h), { ...look, ...more }); finish(art); } });
const fact = (changes) => ({ h: LOW, paint: (art) => pips(art, { ...VM, ...changes }, WIDTH / 2 - 10, LOW / 2, 40, art.theme.text, false) });
const level = (mark) => ({ h: LOW, paint: ({ ctx, theme }) => glyph(ctx, theme, mark, WIDTH / 2 - 5, LOW / 2 - 5, 10) });
const rail = (link, use) => ({
  h: LOW,
  paint: ({ ctx, theme }) => {
    ctx.fillStyle = theme.rails[use];
    ctx.fillRect(0, LOW / 2 - 1, WIDTH, 2);
    if (link !== null) bead(ctx, theme, WIDTH / 2, LOW / 2, 4, link, false, theme.warning);
  },
});

/** {key of words.legend: {h, paint(art, look), when(map)}} in the order in which they stand. */
const SAMPLES = {
  vm: tile({}, HIGH),
  curve: { h: LOW, paint: (art, look) => { art.ctx.fillStyle = art.theme.fills[20]; art.ctx.fillRect(0, 0, WIDTH, LOW); curve(art, wave, box(LOW, 3), inkOf(art.theme, 20, false), false); } },
  halted: tile({ state: HALTED }),
  paused: tile({ state: PAUSED }),
  suspended: tile({ state: SUSPENDED }),
  unknown: tile({ state: LOST }),
  task: tile({ task: 60 }),
  ghost: { h: LOW, paint: (art) => drawGhost(art, { ...VM, task: 40 }, box(LOW, 0.5)) },
  move: { h: LOW, paint: (art) => drawArrow(art, { x: 0, y: 0, zoom: 1 }, { from: [4, LOW - 4], to: [WIDTH - 4, LOW - 4], part: 0.5, count: 1 }) },
  more: { ...tile({}, HIGH, { more: true }), when: ({ state }) => state.group !== "placement" },
  stale: tile({}, LOW, { stale: true }),
  snapshots: fact({ snapshots: 3 }),
  protected: fact({ flags: PROTECTED }),
  device: fact({ flags: PINNED }),
  agent: fact({ agent: 0 }),
  critical: level(CRITICAL),
  warning: level(WARNING),
  information: level(INFO),
  load: { h: LOW, paint: (art) => drawHostLoad(art, { cpu: FULL * 0.5, flags: LIVE, pool: NOBODY, trail: wave.map((value) => Math.min(FULL, value * 1.2)) }, { x: 0, y: 16, w: WIDTH }) },
  master: { h: LOW, paint: ({ ctx, theme }) => star(ctx, theme, WIDTH / 2, LOW / 2, 5) },
  dom0: { h: LOW, paint: (art) => drawSystem(art, { ...box(LOW), w: 36 }) },
  free: { h: LOW, paint: (art) => drawFreeGround(art, box(LOW)) },
  floor: { h: LOW, paint: (art, look) => drawFloor(art, { things: new Map([[NOBODY, SR]]) }, { locals: [NOBODY] }, { x: 0, y: 3, w: WIDTH, h: 10 }, look) },
  tank: { h: HIGH, paint: (art, look) => drawTank(art, SR, { ...box(HIGH, 1), x: 8, w: 36 }, 0, look, false) },
  unreached: { h: LOW + 4, paint: (art, look) => drawTank(art, { ...SR, snapshots: 0, promised: 0, unplugged: [NOBODY] }, { ...box(LOW + 4, 1), x: 8, w: 36 }, 0, look, false) },
  network: rail(UP, 1),
  busy: rail(null, 5),
  down: rail(DOWN, 1),
  degraded: rail(DEGRADED, 1),
  spare: rail(SPARE, 1),
};

/** Fill `element` with a list: a sample and its words each. `map`: {state, words, theme, text, format, ratio}. */
export function fill(element, map) {
  const { words: { legend, fills }, state, theme, text, ratio } = map;
  const list = document.createElement("dl"), scale = legend.scales[state.fill];
  const add = (sample, words) => {
    const said = Object.assign(document.createElement("dd"), { textContent: words }), shown = document.createElement("dt");
    shown.setAttribute("aria-hidden", "true");
    shown.append(sample);
    list.append(shown, said);
  };
  for (const [key, { h, paint, when }] of Object.entries(SAMPLES)) {
    if (when && !when(map)) continue;
    const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH * ratio, height: h * ratio });
    Object.assign(canvas.style, { width: `${WIDTH}px`, height: `${h}px` });
    const ctx = canvas.getContext("2d"), art = { ctx, theme, text, patterns: patterns(ctx, theme, ratio), words: { ...map.words, dom0: "", local: "" }, format: map.format, ratio, width: WIDTH, height: h };
    ctx.scale(ratio, ratio);
    begin(art, { pools: new Map() });
    paint(art, { hover: -1, focus: -1, selected: new Set(), dim: null, fill: state.fill, moved: (one) => one });
    add(canvas, legend.rows[key].replace("{size}", legend.sizes[state.size]).replace("{fill}", fills[state.fill]));
    if (key === "vm" && scale) {
      const bar = Object.assign(document.createElement("span"), { className: "xo-map-legend-scale" });
      add(bar, legend.scale.replace("{low}", scale[0]).replace("{high}", scale[1]));
    }
  }
  element.replaceChildren(list);
}
