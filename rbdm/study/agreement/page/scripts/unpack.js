// Reads the timelines of a video.

const about = JSON.parse($("about").textContent);
const NOTHING = 255, VALUE_STEPS = 127;

/** Both annotations of a video: for each step, `expression` (or null) and values by name, each as `{ a, b }` of bytes. */
async function unpack(place) {
  const text = document.querySelectorAll("script.packed")[place].textContent.trim();
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const rows = new Uint8Array(await new Response(stream).arrayBuffer());
  const { end, expression, values } = about.videos[place];
  const parts = [...(expression ? ["expression"] : []), ...values], count = rows.length / (2 * parts.length);
  const row = (number) => rows.subarray(number * count, (number + 1) * count);
  return { count, end, parts: Object.fromEntries(parts.map((name, i) => [name, { a: row(2 * i), b: row(2 * i + 1) }])) };
}

/** A value from -1 to 1, or null. */
const valueOf = (byte) => (byte === 0 ? null : (byte - 128) / VALUE_STEPS);
