// The connection to rbdm: sends frames and gets faces. Frames that are only shown never wait: more than two without an
// answer are dropped. While recording, up to eight may be under way, a quarter of a second: else a busy moment of the
// computer would cost frames of the recording. rbdm annotates the newest one in any case.

const MOST_UNANSWERED = 2, MOST_UNRECORDED = 8, QUALITY = 0.92, HEAD = 24;

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
    const isFull = this.recording ? this.#unreceived.size >= MOST_UNRECORDED : this.#slots.size >= MOST_UNANSWERED;
    this.#dropped += missed;
    if (isFull || !this.isOpen) {
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
