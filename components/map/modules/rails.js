// Networks: rails across the top of their pool.

import { glyph } from "./marks.js";
import { CRITICAL, DEGRADED, DOWN, SPARE, WARNING } from "./model.js";
import { isFolded } from "./places.js";
import { dim } from "./shapes.js";

/** A rail for each network, a bead where a host has a port: full with carrier, hollow without, half for a bond that lost some. */
export function drawRails(art, model, pool, screen, zoom, look, stale) {
  const { ctx, theme, text, words, format } = art;
  const networks = pool.networks, step = pool.rails.step * zoom, band = screen(pool.rails);
  if (!networks?.length || step < 2.5) return;
  const first = pool.hosts.length ? screen(pool.hosts[0]) : band;
  const before = first.x + first.w / 2 - band.x - 10; // the first bead
  const label = step >= 12 ? Math.min(96, pool.hosts.length === 1 ? Math.max(before, 0.4 * band.w) : before) : 0;
  const worded = label >= 30;
  const radius = Math.min(4, Math.max(1.2, step * 0.27));
  const more = networks.length - pool.rails.shown;
  for (let i = 0; i < pool.rails.shown; i++) {
    const network = networks[i], y = band.y + (i + 0.5) * step;
    dim(art, look, network.id);
    if (isFolded(pool, i)) {
      const used = worded ? 8 + text.put(ctx, words.more.replace("{n}", format.number(more + 1)), band.x, y, band.w, { size: 11, colour: theme.dim }) : 0;
      const worst = Math.max(...networks.slice(i).map(({ mark }) => mark)), size = Math.max(5, Math.min(8, step));
      if (worst >= WARNING && !stale) glyph(ctx, theme, worst, band.x + used, y - size / 2, size); // what is wrong is seen, folded or not
      dim(art, look);
      break;
    }
    if (worded) text.put(ctx, network.name, band.x, y, label - 8, { size: 11, colour: theme.dim });
    ctx.fillStyle = look.hover === network.id ? theme.accent : stale ? theme.line : theme.rails[network.busy];
    ctx.fillRect(band.x + label, Math.round(y) - (step > 8 ? 1 : 0.5), band.w - label, step > 8 ? 2 : 1);
    for (const [x, link] of beadsOf(pool, network, screen)) bead(ctx, theme, Math.max(x, band.x + label + 4), y, radius, link, stale, network.mark === CRITICAL ? theme.critical : theme.warning);
    dim(art, look);
  }
}

function* beadsOf(pool, network, screen) {
  for (let i = 0; i < network.beads.length; i += 2) {
    const host = pool.byHost.get(network.beads[i]);
    if (!host) continue;
    const box = screen(host);
    yield [box.x + box.w / 2 + (host.row - (pool.rows - 1) / 2) * Math.min(12, box.w / (pool.rows + 1)), network.beads[i + 1]];
  }
}

/** A port; `down` is the colour of one without link: as grave as its network is said to be. */
export function bead(ctx, theme, x, y, r, link, stale, down) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  const colour = stale ? theme.unknown : link === SPARE ? theme.dim : link === DOWN ? down : theme.bead, hollow = link === DOWN || link === DEGRADED || link === SPARE;
  ctx.fillStyle = hollow ? theme.ground : colour;
  ctx.fill();
  if (hollow) {
    ctx.strokeStyle = link === DEGRADED && !stale ? theme.warning : colour;
    ctx.lineWidth = 1.6;
    ctx.stroke();
  }
  if (link === DEGRADED) { ctx.beginPath(); ctx.arc(x, y, r, Math.PI / 2, -Math.PI / 2); ctx.fillStyle = stale ? colour : theme.warning; ctx.fill(); }
}
