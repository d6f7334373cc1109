// The connection to rbdm: sends frames, never more than two that are not answered, and gets faces.

const MOST_UNANSWERED = 2, QUALITY = 0.92, HEAD = 24;

export class Link {
  #socket; #heard; #slots = new Map(); #free = []; #unreceived = new Set(); #number = 0; #dropped = 0; #sent = Promise.resolve();

  /** `heard(answer, slot)` is called with each answer, and with the frame that it is about, if it is about one. */
  constructor(heard, closed) {
    this.#heard = heard;
    this.recording = false;
    this.#socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/live/socket`);
    this.#socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    this.#socket.onclose = closed;
  }

  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  command(command) {
    this.#send(JSON.stringify(command));
  }

  close() {
    this.#socket.close();
  }

  /** Sends a frame, or drops it if rbdm is busy. All frames are recorded, also those that are not annotated at once. */
  offer({ source, width, height, time, missed }) {
    const waiting = this.recording ? this.#unreceived.size : this.#slots.size;
    this.#dropped += missed;
    if (waiting >= MOST_UNANSWERED || !this.isOpen) {
      this.#dropped += 1;
      return;
    }
    const number = (this.#number += 1), dropped = this.#dropped, arrived = performance.now();
    const canvas = this.#free.pop() ?? new OffscreenCanvas(width, height);
    const slot = { number, time, arrived, canvas };
    this.#dropped = 0;
    this.#slots.set(number, slot);
    this.#unreceived.add(number);
    Object.assign(canvas, { width, height });
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(source, 0, 0, width, height);
    const head = new DataView(new ArrayBuffer(HEAD));
    head.setUint32(0, number, true);
    head.setUint32(4, dropped, true);
    head.setFloat64(8, time, true);
    head.setFloat64(16, performance.timeOrigin + arrived, true);
    const jpeg = canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
    this.#sent = this.#sent
      .then(async () => this.#send(new Blob([head, await jpeg])))
      .catch(() => this.#take({ kind: "skipped", number }));
  }

  #send(message) {
    if (this.isOpen) this.#socket.send(message);
  }

  #take(answer) {
    const slot = this.#slots.get(answer.number);
    if (answer.number !== undefined) this.#unreceived.delete(answer.number);
    this.#heard(answer, slot);
    if (slot && answer.kind !== "got") {
      this.#slots.delete(answer.number);
      this.#free.push(slot.canvas);
    }
  }
}
