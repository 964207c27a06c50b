// What every page needs before its elements are there: light or dark, how much contrast, ages that stay true, one tooltip.
const WHEN = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

const xoDash = {
  words: null,
  plural: null, exact: null, brief: null, // made when they are first asked for: reading what a browser knows of dates takes 20 ms
  skew: 0, // seconds the browser's clock is ahead of the server's

  wear(page) {
    document.documentElement.dataset.framed = "";
    document.documentElement.lang = page.language; // or it is read aloud, hyphenated and offered for translation as another one
    this.choose("theme", page.theme);
    this.choose("contrast", page.contrast);
    this.choose("density", page.density);
    this.words = page.words;
    this.language = page.language;
    this.skew = Date.now() / 1000 - page.now;
    for (const part of localStorage.getItem("xo-unfolded")?.split(" ") ?? []) document.documentElement.classList.add(`x-all-${part}`);
    addEventListener("DOMContentLoaded", () => {
      const [first, second] = document.querySelectorAll("#popup > span");
      if (second) [first.textContent, second.textContent] = [page.words.lost, page.words.retry];
      setInterval(() => this.tick(), 1000);
    });
  },

  /** `kind`: theme, contrast or density; without a value it is as the system has it. */
  choose(kind, value) {
    if (value) document.documentElement.dataset[kind] = value;
    else delete document.documentElement.dataset[kind];
    dispatchEvent(new CustomEvent("xo-theme"));
  },

  /** Show all of a part of the frame, or its first lines again; this browser remembers. */
  unfold(part) {
    const shown = document.documentElement.classList;
    shown.toggle(`x-all-${part}`);
    localStorage.setItem("xo-unfolded", [...shown].filter((name) => name.startsWith("x-all-")).map((name) => name.slice(6)).join(" "));
  },

  now() {
    return Date.now() / 1000 - this.skew;
  },

  duration(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const w = this.words;
    const put = (form, n) => form.replace("{n}", n).replaceAll(" ", "\u202f");
    if (whole < 60) return put(w.units[0], whole);
    if (whole < 3600) return put(w.units[1], Math.floor(whole / 60));
    if (whole < 86400) return put(w.units[2], Math.floor(whole / 3600));
    const days = Math.floor(whole / 86400);
    return put(w.days[(this.plural ??= new Intl.PluralRules(this.language)).select(days)] ?? w.days.other, days);
  },

  age(then) {
    const seconds = this.now() - then;
    if (seconds > -60 && seconds < 5) return this.words.now;
    return (seconds < 0 ? this.words.ahead : this.words.ago).replace("{duration}", this.duration(Math.abs(seconds)));
  },

  /** Day and time to the second, where the reader is. */
  moment(then) {
    return (this.exact ??= new Intl.DateTimeFormat(this.language, { ...WHEN, second: "2-digit" })).format(new Date(then * 1000));
  },

  /** An age, and beside one of more than a day when that was. */
  dated(age, then) {
    if (this.now() - then < 86400) return age;
    this.brief ??= new Intl.DateTimeFormat(this.language, { ...WHEN, year: undefined });
    return `${age} · ${this.brief.format(new Date(then * 1000))}`;
  },

  tick() {
    if (document.hidden) return;
    this.pass();
    for (const time of document.querySelectorAll("time[data-then]")) {
      const then = time.dataset.then, age = time.dataset.form === "duration" ? this.duration(this.now() - then) : this.age(then);
      const text = "dated" in time.dataset ? this.dated(age, then) : age;
      if (time.firstChild && time.firstChild.data !== text) time.firstChild.data = text;
    }
  },

  left: new WeakMap(), // notice -> seconds it stays

  /** Notices that pass: not while a pointer or the focus is on them, and not unseen. */
  pass() {
    for (const notice of document.querySelectorAll("[data-passing]")) {
      if (notice.matches(":hover, :focus-within")) continue;
      const left = (this.left.get(notice) ?? Number(notice.dataset.passing)) - 1;
      this.left.set(notice, left);
      if (left < 0) notice.querySelector("[data-dismiss], .q-notification__actions button")?.click();
    }
  },
};
globalThis.xoDash = xoDash;

// NiceGUI goes through all of Quasar's rules in the first style sheet to change those of its cards, of which no page has one: then all that
// is there is styled anew. Another sheet is the first.
document.head.prepend(document.createElement("style"));

// The second click of a double click gives nothing again, and neither answers nor closes the dialog that the first one opened.
addEventListener("click", (event) => {
  if (event.detail < 2 || !event.target.closest?.("[data-once], .q-dialog__backdrop")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// Ctrl+Enter presses the primary button: of the dialog that is open, else of the form that one types in. A faint one says what is missing.
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat || event.isComposing) return;
  const wanted = ".x-btn-primary, .x-dialog-foot > .x-btn-danger";
  let place = [...document.querySelectorAll(".x-dialog")].at(-1) ?? event.target.closest("main :is(input, textarea, [role])");
  while (place && !place.querySelector(wanted)) place = place.parentElement?.closest(".x-dialog, main, main *");
  if (!place) return;
  event.preventDefault();
  event.stopPropagation();
  event.target.dispatchEvent(new Event("change")); // what was just typed is not waited for any longer, and is sent before the click
  setTimeout(() => place.querySelector(wanted)?.click());
}, true);

// A dialog that is removed as soon as it is left gives the focus back to nobody: it goes to where it was before the dialog and its menu.
(() => {
  let before = null;
  addEventListener("focusin", ({ target }) => { if (!target.closest?.(".q-dialog, .q-menu")) before = target; });
  const watch = new MutationObserver((changes) => {
    const closed = changes.some(({ removedNodes }) => [...removedNodes].some((node) => node.id?.startsWith("q-portal--dialog")));
    if (closed && document.activeElement === document.body && !document.querySelector(".q-dialog")) before?.focus({ preventScroll: true });
  });
  addEventListener("DOMContentLoaded", () => watch.observe(document.body, { childList: true }));
})();

// One tooltip for all that have data-tip; its text is never markup.
(() => {
  let tip = null;
  let timer = 0;
  let shown = null;

  function hide() {
    clearTimeout(timer);
    shown = null;
    if (tip) tip.hidden = true;
  }
  function show(target) {
    if (!target.isConnected || !target.dataset.tip) return;
    if (!tip) {
      tip = document.createElement("div");
      tip.className = "x-tip";
      tip.setAttribute("role", "tooltip");
      document.body.append(tip);
    }
    tip.textContent = target.dataset.then ? xoDash.moment(target.dataset.then) : target.dataset.tip;
    tip.hidden = false;
    const at = target.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const below = at.bottom + 6 + size.height < innerHeight;
    tip.style.top = `${below ? at.bottom + 6 : Math.max(4, at.top - 6 - size.height)}px`;
    tip.style.left = `${Math.max(4, Math.min(innerWidth - size.width - 4, at.left + at.width / 2 - size.width / 2))}px`;
  }
  function over(event) {
    const target = event.target.closest?.("[data-tip]");
    if (target === shown) return;
    hide();
    if (!target) return;
    shown = target;
    timer = setTimeout(() => show(target), event.type === "focusin" ? 0 : 350);
  }
  addEventListener("mouseover", over, { passive: true });
  addEventListener("focusin", (event) => event.target.matches?.(":focus-visible") && over(event));
  addEventListener("focusout", hide);
  addEventListener("pointerdown", hide, { passive: true });
  addEventListener("scroll", hide, { passive: true, capture: true });
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
})();
