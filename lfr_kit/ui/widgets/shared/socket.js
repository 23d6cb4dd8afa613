// A WebSocket that comes back: after a second, then later and later, at most every fifteen, and at once when the
// browser says that it is online again.

import { root } from "./api.js";

const FIRST_MS = 500;
const LONGEST_MS = 15000;
const SIGNED_OUT = 4401;

export class LastingSocket {
  /**
   * @param {string} path below the server's routes
   * @param {{onOpen?: Function, onMessage: Function, onLost?: (againInMs: number) => void, onSignedOut?: Function}} told
   */
  constructor(path, told) {
    this.path = path;
    this.told = told;
    this.waitMs = FIRST_MS;
    this.isClosed = false;
    this.online = () => this.again();
    window.addEventListener("online", this.online);
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    const address = new URL(root() + this.path, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.waitMs = FIRST_MS;
      this.told.onOpen?.(this);
    };
    this.socket.onmessage = (event) => this.told.onMessage(event.data, this);
    this.socket.onclose = (event) => this.lost(event.code);
  }

  lost(code) {
    if (this.isClosed) return;
    if (code === SIGNED_OUT) {
      this.close();
      this.told.onSignedOut?.();
      return;
    }
    this.told.onLost?.(this.waitMs);
    this.timer = setTimeout(() => this.connect(), this.waitMs);
    this.waitMs = Math.min(this.waitMs * 1.7, LONGEST_MS);
  }

  /** Tries now instead of later. */
  again() {
    if (!this.isClosed && this.socket.readyState === WebSocket.CLOSED) this.connect();
  }

  send(text) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    window.removeEventListener("online", this.online);
    this.socket.close();
  }
}
