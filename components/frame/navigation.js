// The sections above the tree: drawn here of what each is called, since as elements of the server they were a third of every page.
import { h } from "vue";

export default {
  props: { label: String, more: String, here: String, places: Array, rest: Array, views: Array, twist: String, mark: String, out: String, keep: String, drop: String, counts: Object, levels: Array },

  emits: ["keep"],

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
    view(place) {
      const [path, , name] = place;
      const remove = h("button", { type: "button", class: "x-nav-drop", "aria-label": `${this.drop}: ${name}`, innerHTML: this.out, onClick: () => this.$emit("keep", [path, false]) });
      return h("div", { key: `view ${path}`, class: "x-nav-view" }, [this.place(place), this.drop && remove]);
    },
    keeper() {
      const here = () => location.pathname.slice(this.prefix.length) + location.search;
      return h("button", { type: "button", class: "x-nav-keep", onClick: () => this.$emit("keep", [here(), true]) }, [
        h("i", { class: "x-icon", innerHTML: this.mark }),
        h("span", { class: "x-cut" }, this.keep),
      ]);
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
      ...this.views.map(this.view),
      more,
      h("div", { class: "x-nav-rest" }, [...this.rest.map(this.place), this.keep && this.keeper()]),
    ]);
  },
};
