// Numbers as the server writes them: three digits, the reader's decimal sign, a narrow space before the unit.

const THIN = "\u202f";
const SCALES = { size: 1024, rate: 1024, bits: 1000, seconds: 1000, count: 1000, plain: 1000 };
const WHOLE = ["size", "rate", "bits"]; // of the smallest unit nobody wants a part
const FACTORS = { bits: 8, seconds: 1e6 }; // what is measured, in the smallest unit

export function formats(words) {
  const scaled = (value, kind) => {
    if (!Number.isFinite(value)) return ["–", ""];
    const base = SCALES[kind];
    const units = words[kind];
    let step = 0;
    while (step < units.length - 1 && Math.abs(value) >= base - 0.5) {
      value /= base;
      step++;
    }
    const digits = step === 0 && WHOLE.includes(kind) ? 0 : Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
    let text = value.toFixed(digits);
    if (digits) text = text.replace(/\.?0+$/, "");
    return [text.replace(".", words.decimal).replace("-", "−"), units[step]];
  };
  const percent = (share) => (Number.isFinite(share) ? words.percent.replace("{n}", Math.round(share * 100)) : "–");
  const write = (value, kind) => {
    if (kind === "share") return percent(value);
    const [text, unit] = scaled(value * (FACTORS[kind] ?? 1), kind);
    return unit ? text + THIN + unit : text;
  };
  return { percent, write };
}

// The upper edge of an axis: a round number in its unit, not below `value`.
export function roundUp(value, kind) {
  if (kind === "share") return 1;
  const base = SCALES[kind];
  const factor = FACTORS[kind] ?? 1;
  let unit = 1;
  const amount = value * factor;
  while (amount >= unit * base) unit *= base;
  const steps = [1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 800, base];
  return (steps.find((step) => step * unit >= amount) ?? base) * unit / factor;
}
