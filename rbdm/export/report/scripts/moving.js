// Which stretch of time the plots show.

function show(from, to) {
  const least = time.min_interval, length = Math.min(Math.max(to - from, least), about.end);
  const start = Math.min(Math.max((from + to - length) / 2, 0), about.end - length);
  time.setv({ start, end: start + length });
}

function zoom(factor, shift = 0) {
  const length = time.end - time.start, middle = (time.start + time.end) / 2 + shift * length;
  show(middle - (length * factor) / 2, middle + (length * factor) / 2);
}

const moves = {
  all: () => show(0, about.end), in: () => zoom(1 / 2), out: () => zoom(2),
  earlier: () => zoom(1, -0.5), later: () => zoom(1, 0.5),
};
const moveKeys = { "+": "in", "-": "out", "0": "all" }, shiftedKeys = { ArrowLeft: "earlier", ArrowRight: "later" };

/** Says what stretch is shown and how exactly. */
function describe(shown) {
  const count = shown.last - shown.first + 1 - frames.gapsIn(shown.first, shown.last), perPixel = count / shown.columns;
  const number = `${count.toLocaleString("en")} frame${count === 1 ? "" : "s"}`;
  const whole = time.start <= 0 && time.end >= about.end;
  $("stretch").textContent = whole ? `Whole video, ${clock(about.end)}` : `${clock(time.start)} to ${clock(time.end)}`;
  $("detail").textContent = shown.exact
    ? `${number}, every one of them shown`
    : `${number}, ${perPixel.toFixed(perPixel < 10 ? 1 : 0)} in a pixel; zoom in to see each`;
  for (const name of ["out", "earlier", "later", "all"]) document.querySelector(`[data-move=${name}]`).disabled = whole;
}
