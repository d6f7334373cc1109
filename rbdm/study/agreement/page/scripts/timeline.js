// Draws the timelines of one video: what is visible of the time, in the page's colours.

const LABEL_PIXELS = 62, SHORT_PIXELS = 30, TICK_PIXELS = 90, LEAST_STEPS = 20;
let tracks = null, view = { start: 0, end: 1 }, ink = {};

/** A canvas that fits its place on the screen: its context, width and height. */
function prepared(canvas) {
  const ratio = globalThis.devicePixelRatio || 1, { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** The steps in each pixel: from the first to before the last. */
function stepsIn(pixel, width) {
  const each = (view.end - view.start) / width, { count } = tracks;
  const first = Math.floor((view.start + pixel * each) / about.step + 1e-9);
  const last = Math.ceil((view.start + (pixel + 1) * each) / about.step - 1e-9);
  return [Math.min(first, count), Math.min(Math.max(last, first + 1), count)];
}

/** The most frequent byte of some steps. */
function mostFrequent(row, first, last, counts) {
  if (last - first === 1) return row[first];
  counts.fill(0);
  let best = NOTHING;
  for (let i = first; i < last; i++) counts[row[i]]++;
  for (let kind = 0; kind <= NOTHING; kind++) if (counts[kind] > counts[best]) best = kind;
  return best;
}

function drawLane(canvas, row) {
  const { context, width, height } = prepared(canvas), counts = new Uint32Array(256);
  let from = 0, kind = null;
  const finish = (to) => {
    if (kind === null) return;
    if (kind === NOTHING) { hatch(context, from, to, height); return; }
    context.fillStyle = about.colors[kind];
    context.fillRect(from, 0, to - from, height);
    label(context, about.names[kind], about.colors[kind], from, to, height);
  };
  for (let pixel = 0; pixel < width; pixel++) {
    const [first, last] = stepsIn(pixel, width), now = first < last ? mostFrequent(row, first, last, counts) : null;
    if (now === kind) continue;
    finish(pixel);
    [from, kind] = [pixel, now];
  }
  finish(width);
}

/** The name of a class on its colour, so that the colour is not all that tells: whole, shortened, or none. */
function label(context, name, color, from, to, height) {
  const room = to - from;
  if (room < SHORT_PIXELS) return;
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
  context.fillStyle = 0.299 * red + 0.587 * green + 0.114 * blue > 130 ? "#000" : "#fff";
  context.fillText(room < LABEL_PIXELS ? name.slice(0, 3) : name, from + 4, height / 2 + 1);
}

function hatch(context, from, to, height) {
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, height);
  context.clip();
  context.fillStyle = ink.gap;
  context.fillRect(from, 0, to - from, height);
  context.strokeStyle = ink.hatch;
  context.beginPath();
  for (let x = from - height - ((from - height) % 6); x < to; x += 6) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}

function drawDifferences(canvas, { a, b }) {
  const { context, width, height } = prepared(canvas);
  context.fillStyle = ink.ink;
  for (let pixel = 0; pixel < width; pixel++) {
    const [first, last] = stepsIn(pixel, width);
    let differ = 0;
    for (let i = first; i < last; i++) if (a[i] !== b[i] && a[i] !== NOTHING && b[i] !== NOTHING) differ++;
    if (!differ) continue;
    context.globalAlpha = 0.25 + 0.75 * (differ / (last - first));
    context.fillRect(pixel, 0, 1, height);
  }
}

function drawCurves(canvas, { a, b }) {
  const { context, width, height } = prepared(canvas);
  const y = (value) => height / 2 - value * (height / 2 - 3);
  context.strokeStyle = ink.line;
  context.lineWidth = 1;
  for (const value of [-1, 0, 1]) {
    context.beginPath();
    context.moveTo(0, Math.round(y(value)) + 0.5);
    context.lineTo(width, Math.round(y(value)) + 0.5);
    context.stroke();
  }
  drawCurve(context, width, y, b, { color: ink.accent, thick: 2.5, dash: [6, 3] });
  drawCurve(context, width, y, a, { color: ink.ink, thick: 1.5, dash: [] });
}

function drawCurve(context, width, y, row, { color, thick, dash }) {
  context.strokeStyle = color;
  context.lineWidth = thick;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.beginPath();
  let drawing = false;
  for (let pixel = 0; pixel < width; pixel++) {
    const [first, last] = stepsIn(pixel, width);
    let sum = 0, count = 0;
    for (let i = first; i < last; i++) if (row[i]) { sum += valueOf(row[i]); count++; }
    if (count && drawing) context.lineTo(pixel + 0.5, y(sum / count));
    if (count && !drawing) context.moveTo(pixel + 0.5, y(sum / count));
    drawing = count > 0;
  }
  context.stroke();
  context.setLineDash([]);
}

function drawAxis(canvas) {
  const { context, width } = prepared(canvas), length = view.end - view.start;
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  const step = steps.find((each) => (each / length) * width >= TICK_PIXELS) || steps[steps.length - 1];
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = ink.muted;
  context.strokeStyle = ink.line;
  context.textBaseline = "top";
  for (let tick = Math.ceil(view.start / step - 1e-9); tick * step <= view.end; tick++) {
    const x = ((tick * step - view.start) / length) * width, text = clock(tick * step, null, step < 1 ? 1 : 0);
    context.fillRect(x, 0, 1, 5);
    context.textAlign = x < 20 ? "left" : x > width - 20 ? "right" : "center";
    context.fillText(text, x, 7);
  }
}

function draw() {
  if (!tracks) return;
  for (const part of document.querySelectorAll("[data-part]")) part.hidden = !(part.dataset.part in tracks.parts);
  for (const [name, part] of Object.entries(tracks.parts)) {
    if (name !== "expression") { drawCurves($(`curve-${name}`), part); continue; }
    drawLane($("lane-a"), part.a);
    drawLane($("lane-b"), part.b);
    drawDifferences($("lane-differ"), part);
  }
  drawAxis($("axis"));
  const whole = view.start <= 0 && view.end >= tracks.end;
  $("stretch").textContent = whole ? `Whole video, ${clock(tracks.end)}` : `${clock(view.start)} to ${clock(view.end)}`;
  for (const name of ["out", "earlier", "later", "all"]) document.querySelector(`[data-move=${name}]`).disabled = whole;
}

/** Show a stretch of time, as far as the video has it. */
function show(from, to) {
  const length = Math.min(Math.max(to - from, LEAST_STEPS * about.step), tracks.end);
  const start = Math.min(Math.max((from + to - length) / 2, 0), tracks.end - length);
  view = { start, end: start + length };
  draw();
}
