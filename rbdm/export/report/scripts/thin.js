// What of the frames a plot of so many pixels can show. Nothing here draws.

/**
 * What `columns` pixels can show of the time between `from` and `to`.
 *
 * As long as there are no more frames than pixels, each frame is a piece of its own, from its time to the next
 * frame's. Else the frames with a face that begin in one pixel are a piece: their mean, least and greatest values.
 * `cells` are the rectangles of the expression timeline, one row a class and a last one for frames without a face: how
 * much of a pixel's time is a class's, 0 to 1. However short a segment or a gap is, it has at least one pixel.
 */
function thin(frames, from, to, columns, merge) {
  const first = frames.at(from);
  let last = frames.at(to);
  if (last > first && frames.start[last] >= to) last -= 1;
  const exact = last - first + 1 <= columns, width = (to - from) / columns;
  const pieces = [];
  let column = NaN, piece = null, lastFace = -2;
  for (let i = first; i <= last; i++) {
    if (!frames.hasFace(i)) continue;
    const key = exact ? i : Math.floor((frames.start[i] - from) / width);
    if (key !== column) {
      column = key;
      pieces.push((piece = emptyPiece(frames, i, lastFace === i - 1)));
    }
    lastFace = i;
    include(piece, frames, i);
  }
  pieces.forEach(finish);
  const span = { exact, first, last, from, to, width, columns };
  return { ...span, pieces, cells: exact ? frameCells(frames, span, merge) : pixelCells(frames, span) };
}

function emptyPiece(frames, i, joined) {
  const range = () => ({ low: Infinity, high: -Infinity, mean: 0 });
  return {
    first: i, last: i, left: frames.start[i], right: NaN, joined, inferred: 0,
    shares: new Float64Array(frames.shares.length), valence: range(), arousal: range(),
  };
}

function include(piece, frames, i) {
  piece.last = i;
  piece.right = frames.start[i + 1];
  piece.inferred += !frames.filledIn(i);
  piece.count = (piece.count || 0) + 1;
  for (let k = 0; k < piece.shares.length; k++) piece.shares[k] += frames.shares[k][i];
  for (const name of ["valence", "arousal"]) {
    const range = piece[name], value = frames[name][i];
    range.low = Math.min(range.low, value);
    range.high = Math.max(range.high, value);
    range.mean += value;
  }
}

/** Sums become means, and probabilities add up to 1 whatever rounding did to them. */
function finish(piece) {
  const total = piece.shares.reduce((sum, share) => sum + share, 0) || 1;
  piece.shares = piece.shares.map((share) => share / total);
  piece.valence.mean /= piece.count;
  piece.arousal.mean /= piece.count;
}

/** Pieces that follow each other without a gap, run after run. */
function runs(pieces) {
  const found = [];
  for (const piece of pieces) {
    if (piece.joined) found[found.length - 1].push(piece); else found.push([piece]);
  }
  return found;
}

const row = (frames, i) => (frames.hasFace(i) ? frames.winner(i) : frames.shares.length);
const trust = (frames, i) => (frames.filledIn(i) ? 0.5 : 1);

/** Frame by frame; those of one class that follow each other become one segment, as in the annotation. */
function frameCells(frames, span, merge) {
  const found = [];
  for (let i = span.first; i <= span.last; i++) {
    const cell = { row: row(frames, i), left: frames.start[i], share: trust(frames, i), first: i };
    const before = found[found.length - 1];
    const same = before && before.row === cell.row && before.share === cell.share;
    const one = same && (merge || !frames.hasFace(i)) ? before : cell;
    if (one === cell) found.push(cell);
    one.last = i;
    one.right = Math.max(frames.start[i + 1], one.left + span.width);
  }
  return found;
}

/** How much of each pixel's time has each class, and, in the last row, no face. */
function coverOf(frames, span) {
  const cover = Array.from({ length: frames.shares.length + 1 }, () => new Float64Array(span.columns));
  const clamp = (x) => Math.min(Math.max(x, 0), span.columns);
  for (let i = span.first; i <= span.last; i++) {
    const filled = cover[row(frames, i)], weight = trust(frames, i);
    const left = clamp((frames.start[i] - span.from) / span.width);
    const right = clamp((frames.start[i + 1] - span.from) / span.width);
    const lastColumn = Math.min(Math.floor(right), span.columns - 1);
    for (let x = Math.min(Math.floor(left), lastColumn); x <= lastColumn; x++) {
      filled[x] += weight * (Math.min(right, x + 1) - Math.max(left, x));
    }
  }
  return cover;
}

/** Pixel by pixel; neighbours that are filled alike become one rectangle. */
function pixelCells(frames, span) {
  const found = [];
  coverOf(frames, span).forEach((filled, row) => {
    for (let x = 0; x < span.columns; x++) {
      if (!filled[x]) continue;
      add(found, span, row, x, Math.min(1, Math.ceil(filled[x] * 20 - 1e-6) / 20));
    }
  });
  return found;
}

/** All classes in one row: in each pixel the one that has most of its time. */
function singleRow(frames, from, to, columns, merge) {
  const shown = thin(frames, from, to, columns, merge);
  if (shown.exact) return shown.cells;
  const cover = coverOf(frames, shown), found = [];
  for (let x = 0; x < columns; x++) {
    let most = 0;
    for (let row = 1; row < cover.length; row++) if (cover[row][x] > cover[most][x]) most = row;
    if (cover[most][x]) add(found, shown, most, x, 1);
  }
  return found;
}

/** Adds a pixel to the last rectangle if both are alike, else as a new one. */
function add(found, span, row, column, share) {
  const before = found[found.length - 1], right = span.from + (column + 1) * span.width;
  if (before && before.row === row && before.share === share && before.column === column - 1) {
    [before.right, before.column] = [right, column];
  } else {
    found.push({ row, left: span.from + column * span.width, right, share, column });
  }
}
