// Colours and fonts of the canvas, read from the theme's CSS custom properties.

const LEGIBLE = 0.2;  // luminance from which dark letters are read better than white ones
const ALIKE = 0.179;  // the same for black ones
const TOKENS = ["ground", "surface", "line", "text", "dim", "faint", "accent", "load-0", "load-50", "load-100", "warning", "critical", "unknown"];
const STEPS = 64;

export function readTheme(element) {
  const style = getComputedStyle(element);
  const theme = {};
  for (const name of TOKENS) theme[name.replace("-", "")] = parse(style.getPropertyValue(`--${name}`).trim() || "#808080");
  const { load0, load50, load100 } = theme, contrast = style.getPropertyValue("--contrast").trim() === "more";
  theme.fills = [];
  theme.inks = [];
  theme.greys = [];    // the same of a pool that is gone: the last picture, without colour
  theme.greyInks = [];
  for (let i = 0; i <= STEPS; i++) {
    const part = i / STEPS;
    const colour = part < 0.5 ? mix(load0, load50, part * 2) : mix(load50, load100, part * 2 - 1);
    theme.fills.push(css(colour));
    theme.inks.push(contrast ? (luminance(colour) > ALIKE ? "#000000" : "#ffffff") : luminance(colour) > LEGIBLE ? "#070d18" : "#ffffff");
    const grey = mix(theme.surface, Array(3).fill(colour[0] * 0.3 + colour[1] * 0.59 + colour[2] * 0.11), 0.6);
    theme.greys.push(css(grey));
    theme.greyInks.push(contrast ? (luminance(grey) > ALIKE ? "#000000" : "#ffffff") : luminance(grey) > LEGIBLE ? "#20242c" : "#c9ced6");
  }
  const colours = Object.fromEntries(TOKENS.map((name) => [name.replace("-", ""), css(theme[name.replace("-", "")])]));
  return {
    ...theme, ...colours, steps: STEPS, contrast, dark: luminance(theme.ground) < 0.3,
    still: css(mix(theme.surface, theme.load0, 0.55)),           // fill of a tile whose load is not known
    tankFill: css(mix(theme.surface, theme.load50, 0.38)),
    tankBad: css(mix(theme.surface, theme.critical, theme.ground && luminance(theme.ground) < 0.3 ? 0.3 : 0.24)),
    tankWarn: css(mix(theme.surface, theme.warning, 0.26)),
    trough: css(mix(theme.surface, theme.line, contrast ? 0.35 : 0.7)),
    dot: css(mix(theme.surface, theme.dim, 0.38)),
    hatch: css(mix(theme.surface, theme.dim, 0.3)),
    cross: css(mix(theme.surface, theme.unknown, 0.55)),
    hatchFill: css(mix(theme.surface, theme.line, contrast ? 0.2 : 0.45)),
    rails: [0.5, 0.75, 1].map((part) => css(mix(theme.surface, theme.load50, part))).concat([0.35, 0.7, 1].map((part) => css(mix(theme.load50, theme.load100, part)))),
    bead: css(theme.load50),
    outline: css(mix(theme.surface, theme.dim, contrast ? 1 : 0.62)),
    thin: css(mix(theme.surface, theme.dim, contrast ? 1 : 0.38)),  // of what is small and halted
    ghost: css(mix(theme.surface, theme.load50, 0.22)),          // where a migrating VM still is
    faded: css(mix(theme.surface, theme.unknown, 0.25)),
    family: style.fontFamily || "system-ui, sans-serif",
  };
}

function parse(text) {
  if (text.startsWith("#")) {
    const hex = text.length === 4 ? [...text.slice(1)].map((c) => c + c).join("") : text.slice(1, 7);
    return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
  }
  const found = text.match(/[\d.]+/g);
  return found ? found.slice(0, 3).map(Number) : [128, 128, 128];
}

const mix = (a, b, part) => a.map((value, i) => value + (b[i] - value) * part);
const css = (colour) => `rgb(${colour.map(Math.round).join(",")})`;

function luminance(colour) {
  const [r, g, b] = colour.map((value) => ((value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
