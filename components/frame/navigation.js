// The sections above the tree: drawn here of what each is called, since as elements of the server they were a third of every page.
import { h } from "vue";

export default {
  props: { label: String, more: String, here: String, places: Array, rest: Array, twist: String, counts: Object, levels: Array },

  data() {
    return { prefix: "", counted: this.counts, levelled: this.levels };
  },
  mounted() {
    setTimeout(() => (this.prefix = window.path_prefix ?? ""), 0); // it is set after all is mounted
  },

  methods: {
    // From the server: {path: how many}, of those that differ; and the problems by their level, [mark, drawing, how many, in words].
    count(counts) {
      this.counted = { ...this.counted, ...counts };
    },
    warn(levels) {
      this.levelled = levels;
    },

    place([path, drawing, name]) {
      const parts = [h("i", { class: "x-icon", innerHTML: drawing }), h("span", { class: "x-cut" }, name)];
      parts.push(h("span", { class: "x-nav-count" }, this.counted[path]));
      if (path === "/attention") parts.push(h("span", { class: "xo-badge" }, this.levelled.map(this.level)));
      return h("a", { key: path, href: this.prefix + path, "aria-current": path === this.here ? "page" : null }, parts);
    },
    level([mark, drawing, count, words]) {
      return h("span", { key: mark, "aria-label": words }, [h("i", { class: `x-mark x-mark-${mark}`, "aria-hidden": true, innerHTML: drawing }), count]);
    },
  },

  render() {
    const more = h("button", { type: "button", class: "x-nav-more", onClick: () => globalThis.xoDash.unfold("nav") }, [
      h("i", { class: "x-icon", innerHTML: this.twist }),
      h("span", this.more),
    ]);
    return h("nav", { class: "x-nav", "aria-label": this.label }, [
      ...this.places.map(this.place),
      more,
      h("div", { class: "x-nav-rest" }, this.rest.map(this.place)),
    ]);
  },
};
