// Keys, into what the map is asked to do. `map` is the component; words.py lists them for whoever asks.

const CHORD = 1200;   // milliseconds for the second key
const HOLD = 350;     // X held so long ends with letting go; a short press lasts until Esc
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "CapsLock", "AltGraph"]);
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function keys(map) {
  const surface = map.$refs.focus;
  let chord = -Infinity, pressed = 0; // when g was pressed; not 0, or all of a page's first moments came after a g
  const commands = {
    Enter: (event) => map.enter(map.focused(), event.ctrlKey || event.metaKey),
    Backspace: () => map.up(),
    Escape: () => { if (!map.endLoss()) { map.choose(-1, false); map.setFocus(-1); map.relate(-1); } },
    0: () => map.fit(),
    "+": () => map.zoom(1.4),
    "=": () => map.zoom(1.4),
    "-": () => map.zoom(1 / 1.4),
    ".": () => map.menuHere(),
    n: () => map.$emit("step", 1),
    N: () => map.$emit("step", -1),
    s: () => map.verb("vm.snapshot"),
    m: () => map.hold(),
    f: () => map.nextFill(1),
    F: () => map.nextFill(-1),
    e: () => map.askPicture(),
    g: () => { chord = performance.now(); },
    "<": () => map.shift(-1),
    ">": () => map.shift(1),
    p: () => map.pin(),
    P: () => map.pin(),
    x: (event) => { if (!event.repeat) pressed = !map.endLoss() && map.askLoss() ? performance.now() : 0; },
  };
  commands.X = commands.x;

  const press = (event) => {
    if (map.carried && map.carriedKey(event)) { taken(event); return; }
    if (event.altKey) return;
    const { key } = event, control = event.ctrlKey || event.metaKey;
    if (MODIFIERS.has(key)) return;
    const second = performance.now() - chord < CHORD;
    chord = -Infinity; // only the very next key is the second one
    if (second && map.goTo(key)) { taken(event); return; }
    if (key === " ") {
      taken(event);
      if (!event.repeat) { map.spaceHeld = true; map.spaceUsed = false; surface.style.cursor = "grab"; }
    } else if (key === "Tab") {
      if (map.stepContainer(event.shiftKey ? -1 : 1)) taken(event);
    } else if (key === "a" && control) {
      taken(event);
      map.chooseFound();
    } else if (event.code === "KeyF" && control) { // the browser finds nothing in a picture
      taken(event);
      map.askFilter?.();
    } else if (ARROWS[key]) {
      taken(event);
      map.step(...ARROWS[key]);
      if (event.shiftKey && map.look.focus >= 0) map.chooseAll([map.look.focus], true);
    } else if (Object.hasOwn(commands, key) && !(control && key !== "Enter")) {
      taken(event);
      commands[key](event);
    }
  };
  surface.addEventListener("keydown", press);
  if (map.addressed) whileNobodyHasIt(map, (event) => {
    if (!ARROWS[event.key] && !Object.hasOwn(commands, event.key) && !(event.code === "KeyF" && event.ctrlKey)) return;
    surface.focus({ preventScroll: true });
    press(event);
  });

  surface.addEventListener("keyup", (event) => {
    if (event.key === " " && map.spaceHeld) {
      map.spaceHeld = false;
      surface.style.cursor = "default";
      if (!map.spaceUsed && map.look.focus >= 0) map.choose(map.look.focus, true);
    } else if (event.key.toLowerCase() === "x") {
      if (pressed && performance.now() - pressed > HOLD) map.endLoss();
      pressed = 0;
    }
  });
  surface.addEventListener("blur", () => { map.spaceHeld = false; map.look.focus = -1; map.refresh(); });
}

/** The map is what its page is about: its keys work before anything has the focus. */
function whileNobodyHasIt(map, press) {
  const early = (event) => { if (event.target === document.body && map.state.view === "map" && !document.querySelector(".q-dialog, .q-menu, dialog[open]")) press(event); };
  const tell = ({ detail }) => {
    const { state, words } = map;
    detail.push(state.view === "table" ? { title: words.tableTitle, keys: words.tableKeys } : { title: words.keyTitle, keys: words.keyList });
  };
  document.addEventListener("keydown", early);
  document.addEventListener("x-keys", tell);
  map.stops.push(() => document.removeEventListener("keydown", early), () => document.removeEventListener("x-keys", tell));
}

/** Nobody else hears of it: "/" would go to the search of the page. */
function taken(event) {
  event.preventDefault();
  event.stopPropagation();
}
