// The page of one console: puts the parts together and shows how it stands.
import { Bar } from "./bar.js";
import { element, filled } from "./dom.js";
import { Keys } from "./keys.js";
import { Link } from "./link.js";
import { Screen } from "./screen.js";
import { pinch, touchKeyboard } from "./touch.js";
import { TypingPanel } from "./typing_panel.js";
import { Veil } from "./veil.js";

const PING = 10_000; // milliseconds
const page = JSON.parse(document.getElementById("page").textContent);
const { words } = page;
const now = { is: "connecting", vm: page.name, host: "", may_use: page.may_use };
let ended = "", delay = NaN;

words.duration = (seconds) => {
  const whole = seconds < 90 ? [words.seconds, seconds] : seconds < 5400 ? [words.minutes, Math.round(seconds / 60)] : [words.hours, Math.round(seconds / 3600)];
  return whole[0].replace("{n}", whole[1]);
};

// ---- the parts

const box = element("div", { class: "x-console-screen" });
const pane = element("div", { class: "x-console-pane" }, box);
const last = element("canvas", { class: "x-console-last", hidden: true });
const touch = element("textarea", { class: "x-console-touch", "aria-label": words.keyboard, autocapitalize: "off", autocomplete: "off", spellcheck: "false", tabindex: "-1" });
const link = new Link(page.url, { news, bytes: (data) => screen.feed(data), lost, ended: end });
const screen = new Screen(box, last, link, show);
const send = (keysym, code, down) => screen.key(keysym, code, down);
const keys = new Keys(send, show);
const typing = new TypingPanel(words, send, () => screen.focus());
const veil = new Veil(words);
const bar = new Bar({ ...page, does: { type, fit, look, keyboard, fullScreen, leave } }, keys);
const state = element("span", { class: "x-console-state" });
const size = element("span"), lag = element("span"), goes = element("span", { class: "x-console-goes" });
const foot = element("footer", { class: "x-console-foot" }, element("i", { class: "x-console-dot" }), state, size, lag, element("span", { class: "x-console-gap" }), goes);
document.body.append(bar.row, bar.strip, element("main", {}, last, pane, veil.root, typing.root, touch), bar.thumbs, foot);

keys.listen(() => {
  keys.release();
  screen.blur();
  frameElement?.closest(".x-wall")?.focus(); // whose arrows choose the next
});
touchKeyboard(touch, send, () => keys.used());
pinch(pane, box);
addEventListener("resize", show);
addEventListener("blur", () => keys.release());
for (const type of ["focusin", "focusout"]) addEventListener(type, () => setTimeout(show));
setInterval(() => document.hidden || link.ask({ ping: performance.now() }), PING);
show();

// ---- what happens

function news(told) {
  if ("pong" in told) {
    delay = performance.now() - told.pong;
    now.may_use = told.may_use;
  } else {
    Object.assign(now, told);
    if (told.is === "open") {
      screen.begin(told.number);
      if (matchMedia("(pointer: fine)").matches && page.mode !== "tile") screen.focus();
      link.ask({ ping: performance.now() });
    } else {
      stop();
    }
  }
  show();
}

function stop() {
  typing.stop();
  keys.release();
  screen.end();
}

function lost() {
  now.is = "lost";
  stop();
  show();
}

function end(code, reason) {
  ended = reason;
  typing.close();
  stop();
  screen.forget();
  show();
}

// ---- what the buttons do

function type() {
  if (!why()) typing.toggle();
}

function fit(whole) {
  screen.fits = whole;
  screen.dress();
  show();
}

function look() {
  if (!now.may_use) return;
  screen.looks = !screen.looks;
  keys.release();
  show();
}

function keyboard() {
  if (document.activeElement === touch) touch.blur();
  else touch.focus();
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

function leave() {
  open(page.window, "_blank", "popup,width=1100,height=860");
}

// ---- how it is shown

/** Why no key is sent; nothing if they are. */
function why() {
  if (ended || !screen.isConnected) return words.not_connected;
  if (!now.may_use) return words.needs_operator;
  return screen.looks ? words.only_looking : null;
}

function verb() {
  if (ended) return ended === "signed_out" ? [words.sign_in, () => (top.location.href = page.path)] : ended === "gone" || ended === "no_right" ? null : [words.again, () => location.reload()];
  if (now.is === "halted" && now.may_use) return [words.start, () => link.ask({ start: true })];
  if (now.is === "idle") return [words.connect, () => link.ask({ connect: true })];
  return null;
}

function show() {
  const connected = screen.isConnected, reason = why();
  screen.looks ||= !now.may_use;
  screen.dress();
  last.hidden = connected || !screen.lastAt;
  bar.show({ fits: screen.fits, looks: screen.looks, mayUse: now.may_use, why: reason });
  veil.show(connected ? null : ended || (now.is === "open" ? "connecting" : now.is), now, { verb: verb(), lastAt: screen.lastAt, over: Boolean(ended) });
  document.body.dataset.connected = connected ? "yes" : "no";
  document.body.dataset.state = ended || now.is;
  state.textContent = connected ? filled(words.through, now) : veil.title.textContent;
  const [width, height, scale] = screen.size ?? [];
  size.textContent = width ? `${width} × ${height}, ${Math.round(100 * scale)}%` : "";
  lag.textContent = connected && delay >= 0 ? `${Math.max(1, Math.round(delay))} ${words.milliseconds}` : "";
  goes.textContent = reason ? (connected ? reason : words.stays) : screen.hasKeyboard ? words.goes_to_vm : words.click;
  const frees = element("kbd", { class: "x-kbd", text: words.right_ctrl });
  if (!reason && screen.hasKeyboard) goes.append(" ", frees, " ", words.releases);
}
