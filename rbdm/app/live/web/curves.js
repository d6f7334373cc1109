// The curves of the last minute: the class, valence and arousal of each person.

import { likeliest, pageColorOf } from "./faces.js";

const SPAN = 60_000, BREAK = 500, EVERY = 100, STRIP = 14, GAP = 4, LEFT = 58, RIGHT = 26, TOP = 6, HIGH = 84, BETWEEN = 30, FOOT = 24, NAME_STEP = 13;
const LABELS = [[1, "+1"], [0, "0"], [-1, "−1"]];

export class Curves {
  #canvas; #classes; #points = new Map(); #last = 0;

  constructor(canvas, classes) {
    this.#canvas = canvas;
    this.#classes = classes;
  }

  clear() {
    this.#points.clear();
    this.draw(0, true);
  }

  /** `now` is the camera's time of these faces, in milliseconds. */
  add(faces, now) {
    for (const { person, probabilities, valence, arousal } of faces) {
      if (!person) continue;
      if (!this.#points.has(person)) this.#points.set(person, []);
      const best = likeliest(probabilities);
      this.#points.get(person).push({ time: now, best, valence, arousal });
    }
    for (const [person, points] of this.#points) {
      const first = points.findIndex(({ time }) => time >= now - SPAN);
      if (first < 0) this.#points.delete(person);
      else points.splice(0, first);
    }
    this.draw(now);
  }

  draw(now, always = false) {
    if (!always && performance.now() - this.#last < EVERY) return;
    this.#last = performance.now();
    const people = [...this.#points].sort(([a], [b]) => Number(a) - Number(b)), lines = Math.max(people.length, 1);
    const strips = lines * (STRIP + GAP), height = TOP + strips + 2 * (HIGH + BETWEEN) + FOOT;
    const width = this.#canvas.clientWidth, ratio = window.devicePixelRatio;
    this.#canvas.style.height = `${height}px`;
    Object.assign(this.#canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const pen = this.#canvas.getContext("2d"), style = getComputedStyle(this.#canvas);
    const look = { ink: style.getPropertyValue("--ink"), muted: style.getPropertyValue("--muted"), line: style.getPropertyValue("--line") };
    pen.scale(ratio, ratio);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const x = (time) => LEFT + (width - LEFT - RIGHT) * (1 - (now - time) / SPAN);
    this.#strips(pen, people, x, look, width);
    ["valence", "arousal"].forEach((name, index) => {
      this.#plot(pen, people, x, TOP + strips + BETWEEN / 2 + index * (HIGH + BETWEEN), name, look, width);
    });
    this.#axis(pen, height, look, width);
  }

  #strips(pen, people, x, look, width) {
    const { muted, line } = look;
    pen.fillStyle = muted;
    pen.fillText("Class", 0, TOP + STRIP / 2);
    (people.length ? people : [["", []]]).forEach(([person, points], index) => {
      const top = TOP + index * (STRIP + GAP);
      pen.fillStyle = line;
      pen.fillRect(LEFT, top, width - LEFT - RIGHT, STRIP);
      for (const { best, start, end } of stretches(points)) {
        pen.fillStyle = this.#classes[best].color;
        pen.fillRect(x(start), top, Math.max(1, x(end) - x(start)), STRIP);
      }
      if (person) this.#name(pen, person, width, top + STRIP / 2, look);
    });
  }

  #plot(pen, people, x, top, name, look, width) {
    const { muted, line } = look, y = (value) => top + HIGH * (1 - value) / 2;
    pen.fillStyle = muted;
    pen.fillText(name[0].toUpperCase() + name.slice(1), 0, y(0.5));
    pen.strokeStyle = line;
    pen.lineWidth = 1;
    for (const [value, label] of LABELS) {
      pen.textAlign = "right";
      pen.fillText(label, LEFT - 6, y(value));
      pen.beginPath();
      pen.moveTo(LEFT, y(value));
      pen.lineTo(width - RIGHT, y(value));
      pen.stroke();
    }
    pen.textAlign = "left";
    for (const [person, points] of people) {
      pen.strokeStyle = pageColorOf(person);
      pen.lineWidth = 2;
      pen.beginPath();
      points.forEach((point, at) => {
        const breaks = !at || point.time - points[at - 1].time > BREAK;
        pen[breaks ? "moveTo" : "lineTo"](x(point.time), y(point[name]));
      });
      pen.stroke();
    }
    let free = -Infinity;
    for (const [person, points] of [...people].sort(([, a], [, b]) => b.at(-1)[name] - a.at(-1)[name])) {
      const place = Math.max(y(points.at(-1)[name]), free);
      this.#name(pen, person, width, place, look);
      free = place + NAME_STEP;
    }
  }

  /** The number stands beside the line: colours alone cannot be told apart by everybody. */
  #name(pen, person, width, y, { ink }) {
    pen.fillStyle = pageColorOf(person);
    pen.fillRect(width - RIGHT + 4, y - 5, 4, 10);
    pen.fillStyle = ink;
    pen.fillText(person, width - RIGHT + 11, y);
  }

  #axis(pen, height, { muted }, width) {
    const inner = width - LEFT - RIGHT;
    pen.fillStyle = muted;
    for (const [share, label, align] of [[0, "60 s ago", "left"], [0.5, "30 s", "center"], [1, "now", "right"]]) {
      pen.textAlign = align;
      pen.fillText(label, LEFT + share * inner, height - FOOT / 2 + 2);
    }
    pen.textAlign = "left";
  }
}

/** Stretches of one class, without interruption. */
function stretches(points) {
  const found = [];
  for (const { time, best } of points) {
    const last = found.at(-1), goesOn = last && time - last.end <= BREAK;
    if (goesOn) last.end = time;
    if (!goesOn || last.best !== best) found.push({ best, start: time, end: time });
  }
  return found;
}
