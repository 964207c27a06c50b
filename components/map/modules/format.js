// Numbers in the reader's language. Amounts come in MiB, rates in bytes a second; those of networks are told in bits.

const THIN = "\u202f";

export function formats(language, words) {
  const digits = [0, 1, 2].map((n) => new Intl.NumberFormat(language, { maximumFractionDigits: n }));
  const parts = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const scaled = (value, units, base = 1024) => {
    let step = 0;
    while (step < units.length - 1 && Math.abs(value) >= base - 0.5) { value /= base; step++; }
    const n = value < 9.95 && step ? 1 : 0;
    return `${digits[n].format(value)}${THIN}${units[step]}`;
  };
  return {
    number: (value) => digits[0].format(value),
    percent: (part) => (Number.isFinite(part) ? parts.format(part).replace("\u00a0", THIN) : "–"),
    memory: (mib) => scaled(mib, words.sizes),
    rate: (bytes) => (Number.isFinite(bytes) ? scaled(bytes, words.rates) : "–"),
    bits: (bytes) => (Number.isFinite(bytes) ? scaled(8 * bytes, words.bitRates, 1000) : "–"),
    about: (text) => words.about.replace("{figure}", text),
    milliseconds: (seconds) => words.milliseconds.replace("{n}", digits[seconds < 0.00995 ? 1 : 0].format(seconds * 1000)).replace(" ", THIN),
    age: (then) => globalThis.xoDash?.age?.(then) ?? new Date(then * 1000).toLocaleString(language),
  };
}
