// Archives as the server gives them, asked for once and until there is more; the chart library, loaded when the first chart is drawn.

const prefix = () => globalThis.path_prefix ?? "";

export class Archives {
  constructor() {
    this.known = new Map();
  }

  /** What `path` has of a stretch, now or soon: { archive, until, ... }; rejects if the server does not answer. */
  get(path, [step, rows], now) {
    const key = `${path} ${step} ${rows}`;
    const known = this.known.get(key);
    if (known && (known.until === 0 || now < known.until)) return known.answer;
    const entry = { until: 0 };
    entry.answer = fetch(`${prefix()}${path}?step=${step}&rows=${rows}`).then(async (response) => {
      if (!response.ok) throw new Error(response.status);
      const answer = await response.json();
      entry.until = answer.why ? now + 10 : Math.max(now + 5, (Math.floor(now / step) + 1) * step + 2);
      return { stretch: [step, rows], ...answer };
    });
    entry.answer.catch(() => this.known.delete(key));
    this.known.set(key, entry);
    return entry.answer;
  }
}

let library = null;
export const charts = () => (library ??= import("nicegui-echart").then((module) => module.echarts));

export function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["accent", "dim", "line", "area", "text", "edge"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}
