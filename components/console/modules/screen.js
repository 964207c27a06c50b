// The picture: noVNC for as long as one console lasts, its last frame after that.
import "./without_video.js"; // before noVNC
import RFB from "./novnc/core/rfb.js";

/** What noVNC takes for its connection. One of its own for each console, over the one websocket. */
class Channel {
  binaryType = "arraybuffer";
  protocol = "binary";
  readyState = "open";
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;

  constructor(link) {
    this.link = link;
  }

  send(data) {
    if (this.readyState === "open") this.link.send(data);
  }

  close() {
    this.readyState = "closed";
  }
}

export class Screen {
  /** `box` is the element to draw in, `last` the canvas for the frame that stays; `changed()` is called when anything is otherwise. */
  constructor(box, last, link, changed) {
    Object.assign(this, { box, last, link, changed, rfb: null, channel: null, isConnected: false, fits: true, looks: false, lastAt: 0 });
  }

  begin(number) {
    this.end();
    this.channel = new Channel(this.link);
    this.link.ask({ ready: number });
    this.rfb = new RFB(this.box, this.channel, { shared: true });
    this.rfb.background = "transparent";
    this.rfb.addEventListener("connect", () => {
      this.isConnected = true;
      this.changed();
    });
    this.dress();
  }

  feed(data) {
    this.channel?.onmessage?.({ data });
  }

  /** The console is over; what it showed stays. */
  end() {
    if (!this.rfb) return;
    this.keep();
    this.isConnected = false;
    this.channel.close();
    this.rfb.disconnect();
    this.rfb = this.channel = null;
    this.box.replaceChildren();
  }

  get canvas() {
    return this.box.querySelector("canvas");
  }

  keep() {
    const canvas = this.canvas;
    if (!this.isConnected || !canvas?.width) return;
    Object.assign(this.last, { width: canvas.width, height: canvas.height });
    this.last.getContext("2d").drawImage(canvas, 0, 0);
    this.last.hidden = false;
    this.lastAt = Date.now();
  }

  /** No picture is kept of what one may not see any more. */
  forget() {
    this.end();
    this.last.width = this.last.width; // empties it
    this.last.hidden = true;
    this.lastAt = 0;
  }

  dress() {
    if (!this.rfb) return;
    this.rfb.scaleViewport = this.fits;
    this.rfb.clipViewport = !this.fits;
    this.rfb.dragViewport = !this.fits && matchMedia("(pointer: coarse)").matches;
    this.rfb.viewOnly = this.looks;
  }

  /** Width, height and the scale it is seen at. */
  get size() {
    const canvas = this.isConnected ? this.canvas : null;
    return canvas?.width ? [canvas.width, canvas.height, canvas.getBoundingClientRect().width / canvas.width] : null;
  }

  get hasKeyboard() {
    return this.isConnected && !this.looks && document.activeElement !== null && document.activeElement === this.canvas;
  }

  key(keysym, code, down) {
    this.rfb?.sendKey(keysym, code, down);
  }

  focus() {
    this.rfb?.focus({ preventScroll: true });
  }

  blur() {
    this.rfb?.blur();
  }
}
