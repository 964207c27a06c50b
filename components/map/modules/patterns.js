// Dots for what is free, lines for what nobody can have, crosses for what is not known.

export function patterns(ctx, theme, ratio) {
  const make = (size, paint) => {
    const side = Math.round(size * ratio), tile = ctx.sheet?.(side, side) ?? new OffscreenCanvas(side, side); // a recorder has sheets of its own
    const pen = tile.getContext("2d");
    pen.scale(tile.width / size, tile.height / size);
    paint(pen);
    const pattern = ctx.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(size / tile.width, size / tile.height));
    return pattern;
  };
  const lines = (colour, width, both) => (pen) => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    for (const at of [-6, 0, 6]) { pen.moveTo(at - 1, 7); pen.lineTo(at + 7, -1); }
    if (both) for (const at of [-6, 0, 6]) { pen.moveTo(at - 1, -1); pen.lineTo(at + 7, 7); }
    pen.stroke();
  };
  return {
    dots: make(9, (pen) => { pen.fillStyle = theme.dot; pen.beginPath(); pen.arc(4.5, 4.5, 0.8, 0, 7); pen.fill(); }),
    grain: make(4, (pen) => { pen.fillStyle = theme.surface; pen.globalAlpha = 0.35; pen.fillRect(3, 0, 1, 4); pen.fillRect(0, 3, 3, 1); }),
    hatch: make(6, lines(theme.hatch, 1, false)),
    band: make(6, lines(theme.dim, 0.8, false)),
    coming: make(6, lines(theme.accent, 1.2, false)),
    cross: make(6, lines(theme.cross, 0.8, true)),
  };
}
