// A camera's picture on a canvas: the newest frame, asked for when the last is drawn, so that one is in flight.

import { part } from "./api.js";
import { LastingSocket } from "./socket.js";

const COLOURS = { red: "#ff6b61", amber: "#f0b429", green: "#59d394" };
const ZONE = "#7cc0ff";

/**
 * @typedef {{header: object, jpeg: Uint8Array}} Frame
 * @typedef {(take: (frame: Frame) => Promise<void>, lost: () => void) => {close: () => void}} Transport
 */

/** Frames from the server: it answers each "next" with one message. */
export function overSocket(deploymentId, cameraId) {
  return (take, lost) =>
    new LastingSocket(`ws/frames/${part(deploymentId)}/${part(cameraId)}`, {
      onOpen: (line) => line.send("next"),
      onMessage: async (raw, line) => {
        await take(unpacked(raw)).catch(() => {});
        line.send("next");
      },
      onLost: lost,
      onSignedOut: lost,
    });
}

/** No frames: the visitor may not see them, so they are not asked for. */
export const noFrames = () => ({ close: () => {} });

/** Frames through the kernel, where no server can be asked: it sends one when the last was acknowledged. */
export function overKernel(model) {
  return (take) => {
    const heard = async (told, buffers) => {
      if (told.kind !== "frame") return;
      const bytes = buffers[0];
      await take({ header: told.header, jpeg: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) }).catch(() => {});
      model.send({ kind: "next" });
    };
    model.on("msg:custom", heard);
    model.send({ kind: "next" });
    return { close: () => model.off("msg:custom", heard) };
  };
}

/** @returns {Frame} of a message: 4 bytes length of the header, header, JPEG */
export function unpacked(raw) {
  const length = new DataView(raw).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(raw, 4, length)));
  return { header, jpeg: new Uint8Array(raw, 4 + length) };
}

/** Draws a camera's frames, its zone and the boxes of open alerts. */
export class Screen {
  constructor(canvas) {
    this.canvas = canvas;
    this.zone = null;
    this.colourOf = () => "";
    this.drawnAt = 0;
    this.nDrawn = 0;
    this.lagMs = null;
  }

  async take({ header, jpeg }) {
    const image = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    this.header = header;
    this.draw(image);
    image.close();
    this.drawnAt = performance.now();
    this.nDrawn += 1;
    this.lagMs = Math.max(0, Date.now() - new Date(header.captured_at));
    this.canvas.dispatchEvent(new CustomEvent("lfr-frame", { bubbles: true, detail: { lagMs: this.lagMs } }));
  }

  draw(image) {
    const { canvas } = this;
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
    }
    const pen = canvas.getContext("2d", { alpha: false });
    pen.drawImage(image, 0, 0);
    if (this.zone?.length > 2) drawZone(pen, this.zone, canvas);
    for (const each of this.header.boxes || []) drawBox(pen, each.box, this.colourOf(each.alert_id), canvas);
  }

  /** Nothing is shown any more: an old picture must not pass for a live one. */
  clear() {
    this.canvas.getContext("2d", { alpha: false }).clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.drawnAt = 0;
  }
}

function drawZone(pen, zone, { width, height }) {
  pen.save();
  pen.strokeStyle = ZONE;
  pen.lineWidth = Math.max(2, width / 480);
  pen.setLineDash([width / 80, width / 120]);
  pen.beginPath();
  zone.forEach(([x, y], i) => (i ? pen.lineTo(x * width, y * height) : pen.moveTo(x * width, y * height)));
  pen.closePath();
  pen.stroke();
  pen.restore();
}

function drawBox(pen, [left, top, right, bottom], response, { width, height }) {
  const [x, y, w, t] = [left * width, top * height, (right - left) * width, (bottom - top) * height];
  const size = Math.max(15, width / 55);
  const label = response ? response.toUpperCase() : "ALERT";
  pen.save();
  pen.strokeStyle = COLOURS[response] || "#ffffff";
  pen.lineWidth = Math.max(3, width / 300);
  pen.strokeRect(x, y, w, t);
  pen.font = `700 ${size}px system-ui, sans-serif`;
  const long = pen.measureText(label).width + size * 0.8;
  const above = y > size * 1.5 ? y - size * 1.45 : y + t + 2;
  pen.fillStyle = COLOURS[response] || "#ffffff";
  pen.fillRect(x - pen.lineWidth / 2, above, long, size * 1.45);
  pen.fillStyle = "#10161c";
  pen.fillText(label, x + size * 0.4, above + size * 1.08);
  pen.restore();
}
