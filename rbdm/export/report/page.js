// Draws the page's plots: what is visible of the time, as much of it as there are pixels, in the page's colours.

const rbdm = (() => {
  const about = JSON.parse(document.getElementById("about").textContent);
  const $ = (id) => document.getElementById(id);
  const PLANE_POINTS = 1500, PLANE_CELLS = 40, DOT_PIXELS = 7, EDGE_PIXELS = 4, FAINTEST = 0.45;
  const GAPS = ["value gaps", "area gaps"];
  let frames, model, time, color, marked = -1, queued = false;

  // Text

  const signed = (value, digits) => {
    const text = Math.abs(value).toFixed(digits);
    return Number(text) === 0 ? text : (value < 0 ? "−" : "+") + text;
  };

  /** Minutes and seconds; as many digits as tell `ticks` apart, if given, else `digits`. */
  function clock(seconds, ticks, digits = 2) {
    if (ticks && ticks.length > 1) digits = Math.max(0, -Math.floor(Math.log10(ticks[1] - ticks[0]) + 1e-9));
    const whole = Math.round(seconds * 10 ** digits), minute = 60 * 10 ** digits;
    const minutes = Math.floor(whole / minute), rest = ((whole % minute) / 10 ** digits).toFixed(digits);
    const pad = (text, length) => String(text).padStart(length, "0");
    const tail = pad(rest, digits ? digits + 3 : 2);
    return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60, 2)}:${tail}`;
  }

  const percent = (share) => `${Math.round(100 * share)} %`;

  // Colours: those of the page, for what is no class

  function readColors() {
    const style = getComputedStyle(document.documentElement);
    const names = ["ink", "muted", "line", "card", "accent", "valence", "arousal", "gap", "hatch"];
    color = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  function paintFrames() {
    readColors();
    for (const name of ["lanes", "values", "probabilities", "plane"]) {
      const plot = model(name);
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

  // Plots over time

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
    drawPlane();
    drawThumbnails();
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

  // The plane of valence and arousal

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

  function markPlane() {
    const rows = marked >= 0 && frames.hasFace(marked)
      ? [{ x: frames.valence[marked], y: frames.arousal[marked], color: color.ink, edge: color.card }] : [];
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

  // Pictures

  function drawThumbnails() {
    const width = model("lanes").inner_width, pictures = [...$("strip").querySelectorAll("img")];
    if (!pictures.length) return;
    const size = pictures[0].offsetHeight, at = (picture) => Number(picture.dataset.time);
    let free = -Infinity, shown = 0;
    for (const picture of pictures) {
      const x = about.margins[0] + ((at(picture) - time.start) / (time.end - time.start)) * width;
      const centred = Math.min(Math.max(x - size / 2, about.margins[0]), about.margins[0] + width - size);
      const visible = at(picture) >= time.start && at(picture) <= time.end && centred >= free - size / 5;
      picture.classList.toggle("away", !visible);
      if (!visible) continue;
      const left = Math.max(centred, free);
      picture.style.left = `${left}px`;
      free = left + size + 3;
      shown += 1;
    }
    $("strip").classList.toggle("empty", shown === 0);
  }

  // What the mouse is over

  function frameUnder(event) {
    const box = $("lanes").getBoundingClientRect(), width = model("lanes").inner_width;
    const part = (event.clientX - box.left - about.margins[0]) / width;
    return part >= 0 && part <= 1 ? frames.at(time.start + part * (time.end - time.start)) : -1;
  }

  function mark(frame, event) {
    const changed = frame !== marked;
    marked = frame;
    $("hairline").hidden = $("tip").hidden = frame < 0;
    if (frame >= 0) {
      $("hairline").style.left = `${event.clientX - $("over-time").getBoundingClientRect().left}px`;
      if (changed) fillTip(frame);
      const tip = $("tip"), right = event.clientX + 18 + tip.offsetWidth > document.documentElement.clientWidth;
      const left = right ? event.clientX - 18 - tip.offsetWidth : event.clientX + 18;
      const top = Math.min(event.clientY + 14, window.innerHeight - tip.offsetHeight - 8);
      Object.assign(tip.style, { left: `${Math.max(4, left)}px`, top: `${Math.max(4, top)}px` });
    }
    if (changed) markPlane();
  }

  function element(kind, name, text = "") {
    const made = document.createElement(kind);
    if (name) made.className = name;
    made.textContent = text;
    return made;
  }

  function fillTip(frame) {
    const before = about.gaps.filter((gap) => gap < frame).length, parts = [];
    const span = about.gaps.includes(frame) ? "no frame" : `frame ${(frame + 1 - before).toLocaleString("en")}`;
    const head = element("div", "tip-head");
    head.append(element("b", "", clock(frames.start[frame], null, 3)), element("span", "", span));
    parts.push(head);
    if (!frames.hasFace(frame)) {
      parts.push(element("div", "tip-class", "no face"));
    } else {
      const winner = frames.winner(frame), name = element("div", "tip-class", about.names[winner]);
      const swatch = element("i", "swatch");
      swatch.style.background = about.colors[winner];
      name.prepend(swatch);
      if (frames.filledIn(frame)) name.append(element("span", "", "filled in"));
      parts.push(name, tipBars(frame), tipValues(frame));
    }
    $("tip").replaceChildren(...parts);
  }

  function tipBars(frame) {
    const bars = element("div", "tip-bars");
    about.names.forEach((name, kind) => {
      const share = frames.shares[kind][frame] / frames.steps, bar = element("i");
      Object.assign(bar.style, { width: `${100 * share}%`, background: about.colors[kind] });
      const track = element("span", "track");
      track.append(bar);
      bars.append(element("span", "", name), track, element("span", "number", percent(share)));
    });
    return bars;
  }

  function tipValues(frame) {
    const line = element("div", "tip-values");
    const entries = [
      ["valence", signed(frames.valence[frame], 2)], ["arousal", signed(frames.arousal[frame], 2)],
      ["face", percent(frames.confidence[frame] / frames.steps)],
    ];
    for (const [name, value] of entries) {
      const entry = element("span", name, name);
      entry.append(element("b", "", value));
      line.append(entry);
    }
    return line;
  }

  // Moving in time

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
  const keys = { "+": "in", "-": "out", ArrowLeft: "earlier", ArrowRight: "later", "0": "all" };

  /** Says what stretch is shown and how exactly. */
  function describe(shown) {
    const gaps = about.gaps.filter((gap) => gap >= shown.first && gap <= shown.last).length;
    const count = shown.last - shown.first + 1 - gaps, perPixel = count / shown.columns;
    const frames = `${count.toLocaleString("en")} frame${count === 1 ? "" : "s"}`;
    const whole = time.start <= 0 && time.end >= about.end;
    $("stretch").textContent = whole ? `Whole video, ${clock(about.end)}` : `${clock(time.start)} to ${clock(time.end)}`;
    $("detail").textContent = shown.exact
      ? `${frames}, every one of them shown`
      : `${frames}, ${perPixel.toFixed(perPixel < 10 ? 1 : 0)} in a pixel; zoom in to see each`;
    for (const name of ["out", "earlier", "later", "all"]) document.querySelector(`[data-move=${name}]`).disabled = whole;
  }

  function listen() {
    const area = $("over-time");
    area.addEventListener("pointermove", (event) => mark(frameUnder(event), event));
    area.addEventListener("pointerdown", (event) => mark(frameUnder(event), event));
    area.addEventListener("pointerleave", (event) => mark(-1, event));
    area.addEventListener("dblclick", moves.all);
    area.addEventListener("keydown", (event) => {
      const move = keys[event.key];
      if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      moves[move]();
    });
    document.querySelectorAll("[data-move]").forEach((button) => {
      button.addEventListener("click", moves[button.dataset.move]);
    });
    document.querySelectorAll("[data-go]").forEach((button) => button.addEventListener("click", () => {
      const at = Number(button.dataset.go), half = Math.min(about.end / 2, 2);
      show(at - half, at + half);
      $("time").scrollIntoView({ block: "start" });
    }));
    const later = () => { if (!queued) { queued = true; requestAnimationFrame(draw); } };
    time.change.connect(later);
    model("lanes").properties.inner_width.change.connect(later);
    return later;
  }

  function followTheme(later) {
    const repaint = () => { paintFrames(); later(); };
    const dark = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
    dark.addEventListener("change", repaint);
    $("theme").addEventListener("click", () => {
      const now = root.dataset.theme || (dark.matches ? "dark" : "light");
      root.dataset.theme = now === "dark" ? "light" : "dark";
      repaint();
    });
    repaint();
  }

  async function begin() {
    const [unpacked] = await Promise.all([
      unpack($("frames").textContent, about),
      Bokeh.embed.embed_items(about.plots.documents, about.plots.items),
    ]);
    frames = unpacked;
    const plots = Bokeh.documents[Bokeh.documents.length - 1];
    model = (name) => plots.get_model_by_name(name);
    time = model("time");
    if (matchMedia("(pointer: coarse)").matches) {
      // A finger that drags wants to scroll the page.
      for (const name of ["lanes", "values", "probabilities"]) model(name).toolbar.active_drag = null;
    }
    followTheme(listen());
    document.documentElement.dataset.ready = "yes";
  }

  return { signed, clock, begin, show, frames: () => frames, model: (name) => model(name), shown: (columns) =>
    thin(frames, time.start, time.end, columns, about.merge) };
})();

rbdm.begin().catch((error) => {
  document.getElementById("old").hidden = false;
  console.error(error);
});
