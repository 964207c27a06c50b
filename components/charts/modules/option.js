// A plot as ECharts wants it, as a pure function. Axes, figures and what one points at are drawn around it.

import { inside, timeAt } from "./samples.js";

const FULL = { left: 0, right: 0, top: 2, bottom: 1, containLabel: false };

const points = (archive, values, window) => {
  const [start, end] = inside(archive, values.length, window, 1);
  return Array.from({ length: end - start }, (_, i) => [timeAt(archive, start + i) * 1000, values[start + i]]);
};

/** Alone between two gaps: a line would not show it. */
const alone = (data, i) => data[i][1] !== null && (data[i - 1]?.[1] ?? null) === null && (data[i + 1]?.[1] ?? null) === null;

/** `lines` are { archive, values, low, high }, the first one with an area below it. */
export function option({ window, top, lines, colours }) {
  const series = lines.flatMap((line, at) => {
    const data = points(line.archive, line.values, window);
    const style = { color: at ? colours.dim : colours.accent, width: 1.5, type: at ? [4, 2] : "solid", cap: "round", join: "round" };
    const drawn = {
      type: "line", data, connectNulls: false, animation: false, silent: true, showAllSymbol: true, symbol: "circle", z: 3 + at,
      symbolSize: (_value, { dataIndex }) => (alone(data, dataIndex) ? 3 : 0), lineStyle: style, itemStyle: { color: style.color },
      areaStyle: at || line.high ? undefined : { color: colours.area, opacity: 1 },
    };
    return line.low && line.high ? [...band(line, window, colours, at), drawn] : [drawn];
  });
  const from = window.from * 1000;
  const to = window.to * 1000;
  return {
    animation: false,
    aria: { enabled: false },
    grid: FULL,
    xAxis: { type: "value", min: from, max: to, show: false },
    yAxis: {
      type: "value", min: 0, max: top, interval: top / 2, axisLabel: { show: false }, axisLine: { show: false }, axisTick: { show: false },
      splitLine: { lineStyle: { color: colours.line, type: [2, 3], width: 1 } },
    },
    series,
  };
}

/** From the least to the most of each sample, as ECharts does it: an area upon a line that is not drawn. */
function band(line, window, colours, at) {
  const low = points(line.archive, line.low, window);
  const high = points(line.archive, line.high, window);
  const shared = { type: "line", stack: `band ${at}`, connectNulls: false, animation: false, silent: true, symbol: "none", lineStyle: { opacity: 0 }, z: 1 };
  const between = high.map(([t, value], i) => [t, value === null || low[i][1] === null ? null : Math.max(0, value - low[i][1])]);
  return [{ ...shared, data: low }, { ...shared, data: between, areaStyle: { color: colours.accent, opacity: 0.16 } }];
}
