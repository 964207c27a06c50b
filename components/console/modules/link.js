// The one websocket of a page: news as objects, a console's bytes as they are, and itself again when it broke.

const WAITS = [0.5, 1, 2, 5, 10]; // seconds
const FINAL = 4400; // from this close code on it was ended on purpose

export class Link {
  /** `on` has news(object), bytes(ArrayBuffer), lost(), and ended(code, reason). */
  constructor(url, on) {
    this.url = Object.assign(new URL(url, location.href), { protocol: location.protocol === "https:" ? "wss:" : "ws:" });
    this.on = on;
    this.failed = 0;
    this.open();
  }

  open() {
    const socket = new WebSocket(this.url, "binary");
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.failed = 0;
      if (typeof data === "string") this.on.news(JSON.parse(data));
      else this.on.bytes(data);
    };
    socket.onclose = ({ code, reason }) => this.closed(code, reason);
    this.socket = socket;
  }

  closed(code, reason) {
    if (code >= FINAL && code < FINAL + 100) {
      this.on.ended(code, reason);
      return;
    }
    this.on.lost();
    this.next = setTimeout(() => this.open(), 1000 * WAITS[Math.min(this.failed, WAITS.length - 1)]);
    this.failed += 1;
  }

  /** Nobody looks any more. */
  close() {
    clearTimeout(this.next);
    this.socket.onclose = null;
    this.socket.close();
  }

  send(data) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(data);
  }

  ask(wish) {
    this.send(JSON.stringify(wish));
  }
}
