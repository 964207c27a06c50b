// The element the map is in: its size, its theme, the time. Methods of the component in map.js.

import { patterns } from "./patterns.js";
import { Text } from "./text.js";
import { readTheme } from "./theme.js";

export const surroundings = {
  dress() {
    this.theme = readTheme(this.$refs.root);
    this.text = new Text(this.theme.family);
    this.ratio = window.devicePixelRatio || 1;
    this.patterns = patterns(this.ctx, this.theme, this.ratio);
    this.fillLegend();
    this.refresh();
  },

  resize() {
    const { clientWidth: width, clientHeight: height } = this.$refs.root;
    const ratio = window.devicePixelRatio || 1;
    if (!width || !height || (width === this.width && height === this.height && ratio === this.ratio)) return;
    if (ratio !== this.ratio) this.dress();
    [this.width, this.height] = [width, height];
    this.$refs.canvas.width = Math.round(width * ratio);
    this.$refs.canvas.height = Math.round(height * ratio);
    this.overlay.resize(width, height, ratio);
    this.layOut();
    this.restore(); // what came before there was a size
    this.refit();
    this.paint();
  },

  /** Whether all is more than the screen holds at zoom 1, and is scrolled. */
  scrolls() { return this.plan !== null && this.plan.height > this.height + 1 && this.camera.zoom <= 1.001; },

  observe() {
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.$refs.root);
    const dress = () => requestAnimationFrame(() => this.dress());
    const scheme = matchMedia("(prefers-color-scheme: dark)"), contrast = matchMedia("(prefers-contrast: more)");
    scheme.addEventListener("change", dress);
    contrast.addEventListener("change", dress);
    addEventListener("xo-theme", dress);
    document.fonts?.ready.then(dress);
    const connection = () => { this.model.disconnect(xoDash.offlineSince); this.table.again(); this.refresh(); };
    addEventListener("xo-connection", connection);
    const ages = setInterval(() => { if ([...this.model.pools.keys()].some((id) => this.model.things.get(id)?.standing === 2)) this.refresh(); }, 1000);
    this.stops = [
      () => sizes.disconnect(), () => scheme.removeEventListener("change", dress), () => contrast.removeEventListener("change", dress),
      () => removeEventListener("xo-theme", dress), () => removeEventListener("xo-connection", connection), () => clearInterval(ages), () => clearTimeout(this.hoverTimer), () => clearTimeout(this.paintTimer), () => clearTimeout(this.addressTimer),
    ];
    // On a phone the facts of what was tapped stand on its verbs.
    const strip = this.$refs.root.querySelector(".xo-selection"), sheet = new ResizeObserver(() => this.$refs.root.style.setProperty("--sheet", `${strip.offsetHeight}px`));
    if (strip) { sheet.observe(strip); this.stops.push(() => sheet.disconnect()); }
    this.resize();
  },
};
