// The plots over time: what is visible of the time, as much of it as there are pixels, in the page's colours.

const DOT_PIXELS = 7, EDGE_PIXELS = 4, FAINTEST = 0.45, GAPS = ["value gaps", "area gaps"];

const plots = () => ["lanes", "values", "probabilities", "plane", "people"].map(model).filter(Boolean);

function paintFrames() {
  color = readColors(["ink", "muted", "line", "card", "accent", "valence", "arousal", "gap", "hatch"]);
  for (const plot of plots()) {
    plot.setv({ background_fill_color: color.card, border_fill_color: color.card });
    for (const axis of [...plot.left, ...plot.below]) {
      axis.setv({
        major_label_text_color: color.muted, axis_label_text_color: color.muted,
      });
    }
    for (const grid of plot.center) grid.setv({ grid_line_color: color.line });
  }
  // One colour for all of them: with one for each, Bokeh would make a pattern for each.
  for (const name of GAPS) model(`hatched ${name}`).glyph.hatch_color = { value: color.hatch };
}

const set = (name, columns) => { model(name).data = columns; };
const pick = (rows, names) => Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));

function draw() {
  queued = false;
  const columns = Math.max(50, model("lanes").inner_width || 600);
  const shown = thin(frames, time.start, time.end, columns, about.merge);
  const cells = shown.cells.map((cell) => ({ ...cell, alpha: FAINTEST + (1 - FAINTEST) * cell.share }));
  drawLanes(cells, shown);
  drawGaps(cells);
  drawValues(shown);
  drawAreas(shown);
  drawPeople(columns);
  drawPlane();
  drawThumbnails();
  drawCursor();
  describe(shown);
}

function drawLanes(cells, shown) {
  const gap = about.names.length;
  const rows = cells.map((cell) => ({
    left: cell.left, right: cell.right, top: cell.row + 0.12, bottom: cell.row + 0.88,
    alpha: cell.row === gap ? Math.max(cell.alpha, 0.8) : cell.alpha,
    color: cell.row === gap ? color.hatch : about.colors[cell.row],
    edge: shown.exact && !about.merge && cell.right - cell.left > EDGE_PIXELS * shown.width ? color.card : null,
  }));
  set("segments", pick(rows, ["left", "right", "top", "bottom", "color", "alpha", "edge"]));
}

function drawGaps(cells) {
  const gaps = cells.filter((cell) => cell.row === about.names.length);
  const rows = gaps.map((cell) => ({ ...cell, color: color.gap }));
  for (const name of GAPS) set(name, pick(rows, ["left", "right", "alpha", "color"]));
}

const there = (run) => run.flatMap((piece) => [piece.left, piece.right]);
const back = (values) => [...values].reverse();
const twice = (run, value) => run.flatMap((piece) => [value(piece), value(piece)]);

function drawValues(shown) {
  const lines = [], bands = [], dots = [];
  for (const run of runs(shown.pieces)) {
    for (const name of ["arousal", "valence"]) {
      lines.push({ xs: there(run), ys: twice(run, (piece) => piece[name].mean), color: color[name] });
      if (shown.exact) continue;
      const low = twice(run, (piece) => piece[name].low), high = twice(run, (piece) => piece[name].high);
      bands.push({ xs: [...there(run), ...back(there(run))], ys: [...high, ...back(low)], color: color[name] });
    }
  }
  if (shown.exact && shown.last - shown.first < shown.columns / DOT_PIXELS) {
    for (const piece of shown.pieces.filter((piece) => piece.inferred)) {
      for (const name of ["arousal", "valence"]) {
        dots.push({ x: (piece.left + piece.right) / 2, y: piece[name].mean, color: color[name] });
      }
    }
  }
  set("value bands", pick(bands, ["xs", "ys", "color"]));
  set("value lines", pick(lines, ["xs", "ys", "color"]));
  set("value dots", pick(dots, ["x", "y", "color"]));
}

function drawAreas(shown) {
  const areas = [];
  for (const run of runs(shown.pieces)) {
    // From the top down, each from 0: where two areas meet, nothing shines through.
    for (let kind = about.names.length - 1; kind >= 0; kind--) {
      const top = twice(run, (piece) => piece.shares.slice(0, kind + 1).reduce((sum, share) => sum + share, 0));
      const xs = there(run);
      areas.push({ xs: [...xs, xs[xs.length - 1], xs[0]], ys: [...top, 0, 0], color: about.colors[kind] });
    }
  }
  set("areas", pick(areas, ["xs", "ys", "color"]));
}
