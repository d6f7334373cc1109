// The values of all frames.

const NO_FACE = 255, FILLED_IN = 128;

/** Frames of a person from the bytes that packing.py packed: columns with one value a frame. */
async function unpack(text, about, person) {
  const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const { frames: count, gaps } = person, steps = about.steps;
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
  const edge = () => {
    const read = wide(2);
    let sum = 0;
    return Float32Array.from({ length: count }, (_, i) => (sum = (sum + read(i)) % 65536) / steps.box - 1);
  };
  const valence = value(), arousal = value(), isGap = new Set(gaps);
  return {
    count, start, state, confidence, shares, valence, arousal, box: [edge(), edge(), edge(), edge()],
    steps: steps.probability,
    hasFace: (i) => state[i] !== NO_FACE,
    winner: (i) => state[i] & ~FILLED_IN,
    filledIn: (i) => state[i] !== NO_FACE && (state[i] & FILLED_IN) !== 0,
    /** Whether this stands for a time without frames, and how many such there are from one number to another. */
    isGap: (i) => isGap.has(i),
    gapsIn: (from, to) => gaps.filter((gap) => gap >= from && gap <= to).length,
    /** Number of the frame that is shown at a time. */
    at(time) {
      let low = 0, high = count;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (start[middle] <= time) low = middle; else high = middle;
      }
      return low;
    },
    first: (i) => start[i],
    last: (i) => start[i + 1],
  };
}
