"use strict";
// The values of all frames, and what of them a plot of so many pixels can show. Nothing here draws.

const NO_FACE = 255, FILLED_IN = 128;

/** Frames from the bytes that series.py packed: columns with one value a frame. */
async function unpack(text, about) {
  const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = about.frames, steps = about.steps;
  let at = 0;
  const plane = () => bytes.subarray(at, (at += count));
  const wide = (size) => {
    const planes = Array.from({ length: size }, plane);
    return (i) => planes.reduce((sum, values, byte) => sum + values[i] * 256 ** byte, 0);
  };
  const step = wide(4), start = new Float64Array(count + 1);
  for (let i = 0, ticks = 0; i < count; i++) start[i] = (ticks += step(i)) * steps.time;
  start[count] = Math.max(about.end, start[count - 1]);
  const state = plane(), confidence = plane(), shares = about.names.map(plane);
  const value = () => {
    const read = wide(2);
    return Float32Array.from({ length: count }, (_, i) => read(i) / steps.value - 1);
  };
  return {
    count, start, state, confidence, shares, valence: value(), arousal: value(),
    steps: steps.probability,
    hasFace: (i) => state[i] !== NO_FACE,
    winner: (i) => state[i] & ~FILLED_IN,
    filledIn: (i) => state[i] !== NO_FACE && (state[i] & FILLED_IN) !== 0,
    /** Number of the frame that is shown at a time. */
    at(time) {
      let low = 0, high = count;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (start[middle] <= time) low = middle; else high = middle;
      }
      return low;
    },
  };
}

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

/** Pixel by pixel; neighbours that are filled alike become one rectangle. */
function pixelCells(frames, span) {
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
  const found = [];
  cover.forEach((filled, row) => {
    for (let x = 0; x < span.columns; x++) {
      if (!filled[x]) continue;
      const share = Math.min(1, Math.ceil(filled[x] * 20 - 1e-6) / 20), before = found[found.length - 1];
      const right = span.from + (x + 1) * span.width;
      if (before && before.row === row && before.share === share && before.column === x - 1) {
        [before.right, before.column] = [right, x];
      } else {
        found.push({ row, left: span.from + x * span.width, right, share, column: x });
      }
    }
  });
  return found;
}
