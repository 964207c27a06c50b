// What one chart shows and says of an answer of the server, as pure functions.

import { roundUp } from "./format.js";
import { evened, most, summary, valueAt } from "./samples.js";

/** [[device, [line, ...]], ...] of a panel; the room of an SR is ours where no archive has it. */
export function devicesOf(answer, name) {
  const found = answer?.panels?.[name];
  if (!found && name === "used" && answer?.grown?.length) {
    const { archive, values } = evened(answer.grown, Math.max(60, answer.step ?? answer.stretch[0]));
    return [["", [{ name: "used", values, low: null, high: null, archive }]]];
  }
  const archive = { step: answer?.step, first: answer?.first };
  return (found ?? []).map(([device, lines]) => [device, lines.map(([line, values, low, high], i) => ({ name: line, values, low: i ? null : low, high: i ? null : high, archive }))]);
}

/** The upper edge of the axis for these lines. */
export function topOf({ name, unit }, lines, view, size) {
  const high = lines.length ? Math.max(...lines.map((line) => most(line.archive, [line], view))) : 0;
  if (name === "used" && size) return Math.max(size, high);
  return name === "memory" ? high : high && roundUp(high, unit);
}

/** The lines with their figures: over the window, or at the moment one points at. */
export function told(panel, lines, { view, pointed, format, words }) {
  const { unit, title } = panel;
  const write = (value) => format.write(value ?? NaN, unit);
  return lines.map((line) => {
    const label = lines.length > 1 ? panel.lines[line.name] ?? "" : "";
    const sum = summary(line.archive, line, view);
    const says = words.says.replace("{title}", [title, label].filter(Boolean).join(", ")).replace("{mean}", write(sum.mean))
      .replace("{least}", write(sum.least)).replace("{most}", write(sum.most)).replace("{now}", write(sum.newest));
    const known = { ...line, empty: sum.mean === null, label, says };
    if (known.empty) return { ...known, figure: write(null), note: "" };
    if (pointed !== null) {
      const ends = line.low && line.high ? [line.low, line.high].map((values) => valueAt(line.archive, values, pointed) ?? null) : [];
      const spread = ends.includes(null) ? "" : ends.map(write).join(" – ");
      return { ...known, figure: write(valueAt(line.archive, line.values, pointed)), note: [label, spread].filter(Boolean).join(", ") };
    }
    if (line.name === "given" || panel.name === "used") return { ...known, figure: write(sum.newest ?? sum.most), note: label }; // of what lasts the last counts
    return { ...known, figure: write(sum.mean), note: `${label || words.average}, ${words.most.replace("{n}", write(sum.most))}` };
  });
}
