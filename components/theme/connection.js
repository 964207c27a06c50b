// The browser's connection to xo-dash: says at once that it is lost, and takes it up again as soon as the server can be reached.
(() => {
  const SOONEST = 200, LATEST = 1000; // milliseconds between two attempts
  const ATTEMPT = 8000;               // ... that one of them may take
  const KNOCK = 1000;                 // ... between two looks whether the line is back, and that one of them may take
  const QUIET = 13_000;               // ... without a word of the server, which says something every 8 seconds
  const root = document.documentElement;
  let heard = Date.now();
  let leaving = false;

  /** Since when what is shown may be old, in seconds since 1970 by the server's clock; null while it is not. */
  xoDash.offlineSince = null;

  function tell(since) {
    if ((since === null) === (xoDash.offlineSince === null)) return;
    xoDash.offlineSince = since;
    root.toggleAttribute("data-offline", since !== null);
    for (const time of document.querySelectorAll(".x-offline time")) {
      time.dataset.then = since ?? "";
      time.dataset.form = "duration";
    }
    xoDash.tick();
    dispatchEvent(new CustomEvent("xo-connection"));
  }

  function lost() {
    if (!leaving) tell(xoDash.now() - (Date.now() - heard) / 1000);
  }

  function hear() {
    heard = Date.now();
  }

  async function reachable(within = ATTEMPT) {
    try {
      return (await fetch(`${window.path_prefix ?? ""}/healthz`, { cache: "no-store", signal: AbortSignal.timeout(within) })).ok;
    } catch {
      return false;
    }
  }

  /** Before a page gives up and loads anew there must be somebody to load it from, or the browser puts its own page in this place. */
  function reloadOnlyIfReachable(socket) {
    const theirs = socket.listeners("connect_error");
    socket.off("connect_error");
    socket.on("connect_error", async (error) => {
      lost();
      if (error.message !== "timeout" || (await reachable())) for (const listener of theirs) listener(error);
    });
  }

  function watch(socket) {
    const manager = socket.io;
    manager.reconnectionDelay(SOONEST);
    manager.reconnectionDelayMax(LATEST);
    manager.timeout(ATTEMPT);
    manager.on("ping", hear);
    socket.onAny(hear);
    socket.on("disconnect", lost);
    socket.on("connect", () => { hear(); tell(null); });
    reloadOnlyIfReachable(socket);

    /** A machine that slept, or changed its network, has a socket that nobody is at the other end of. */
    const check = () => { if (socket.connected && Date.now() - heard > QUIET) manager.engine.close(); };
    const retry = () => { if (!socket.connected) socket.disconnect().connect(); };
    setInterval(check, 1000);

    /** An attempt that began before the line was back goes on to wait for an answer that was lost, for many seconds. */
    let patience = 0;
    setInterval(async () => {
      if (socket.connected || leaving || document.hidden || Date.now() < patience || !(await reachable(KNOCK))) return;
      patience = Date.now() + ATTEMPT;
      retry();
    }, KNOCK);
    addEventListener("online", retry);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) { check(); retry(); } });
    document.addEventListener("resume", () => { check(); retry(); });
    if (window.did_handshake && !socket.connected) lost();
  }

  addEventListener("pagehide", () => { leaving = true; }); // its socket ends, and that is no loss
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("load", () => window.socket && watch(window.socket)); // after the module that makes it
})();
