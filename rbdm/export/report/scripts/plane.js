// The plane of valence and arousal.

const PLANE_POINTS = 1500, PLANE_CELLS = 40;

function drawPlane() {
  const { pieces, exact, first, last } = thin(frames, time.start, time.end, PLANE_POINTS, true), path = [], ends = [];
  $("plane-detail").textContent = exact ? "" : `Each point is the mean of ${Math.round((last - first) / PLANE_POINTS)} frames.`;
  for (let i = 1; i < pieces.length; i++) {
    const [a, b] = [pieces[i - 1], pieces[i]];
    if (!b.joined) continue;
    path.push({
      x0: a.valence.mean, y0: a.arousal.mean, x1: b.valence.mean, y1: b.arousal.mean,
      alpha: 0.12 + 0.88 * (i / (pieces.length - 1)) ** 1.5, color: color.accent,
    });
  }
  set("path", pick(path, ["x0", "y0", "x1", "y1", "alpha", "color"]));
  set("cells", pick(stays(), ["left", "right", "top", "bottom", "alpha", "color"]));
  if (pieces.length) {
    const point = (piece, fill, marker) => ({
      x: piece.valence.mean, y: piece.arousal.mean, color: fill, edge: color.accent, marker,
    });
    ends.push(point(pieces[0], color.card, "circle"), point(pieces[pieces.length - 1], color.accent, "square"));
  }
  set("points", pick(ends, ["x", "y", "color", "edge", "marker"]));
}

/** The frame under the mouse, else the current one. */
function markPlane() {
  const frame = marked >= 0 ? marked : current;
  const rows = frame >= 0 && frames.hasFace(frame)
    ? [{ x: frames.valence[frame], y: frames.arousal[frame], color: color.ink, edge: color.card }] : [];
  set("mark", pick(rows, ["x", "y", "color", "edge"]));
}

/** How long the visible frames stay in each cell of the plane. */
function stays() {
  const seconds = new Float64Array(PLANE_CELLS ** 2), size = 2 / PLANE_CELLS;
  const cell = (value) => Math.min(PLANE_CELLS - 1, Math.floor((value + 1) / size));
  for (let i = frames.at(time.start); i < frames.count && frames.start[i] < time.end; i++) {
    if (!frames.hasFace(i)) continue;
    const at = cell(frames.arousal[i]) * PLANE_CELLS + cell(frames.valence[i]);
    seconds[at] += frames.start[i + 1] - frames.start[i];
  }
  const most = seconds.reduce((most, value) => Math.max(most, value), 0), rows = [];
  seconds.forEach((value, at) => {
    if (!value) return;
    const left = (at % PLANE_CELLS) * size - 1, bottom = Math.floor(at / PLANE_CELLS) * size - 1;
    const alpha = 0.08 + 0.42 * Math.sqrt(value / most);
    rows.push({ left, right: left + size, bottom, top: bottom + size, alpha, color: color.accent });
  });
  return rows;
}
