// What the page knows, and what it shows at the moment.

const about = JSON.parse($("about").textContent);
/** The frames of every person, and those of the chosen one. */
const everyone = [];
let person = 0, frames;
/** Bokeh's models by their names; the range of time that the plots share; the page's colours. */
let model, time, color = {};
/** Numbers of the frame under the mouse and of the current one; -1 for none. */
let marked = -1, current = -1;
let player, queued = false;

/** Draws everything before the next picture of the screen, once. */
function later() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(draw);
}
