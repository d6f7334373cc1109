// Puts the page together: choosing a video and a stretch of time, going to a disagreement, following the video.

const DRAG_PIXELS = 4, CONTEXT = 4, KEPT = 0.1;
let player = null, place = 0, asked = 0;

// The current moment

function follow(index, playing) {
  if (!tracks) return;
  const time = index * about.step;
  $("moment").textContent = clock(time, null, 1);
  for (const [name, part] of Object.entries(tracks.parts)) {
    for (const side of ["a", "b"]) tell($(`${name}-${side}`), name, part[side][index]);
  }
  const length = view.end - view.start;
  if (playing && (time < view.start || time > view.end)) show(time - KEPT * length, time + (1 - KEPT) * length);
  putCursor(time);
}

function tell(cell, name, byte) {
  if (name !== "expression") {
    const value = valueOf(byte);
    cell.textContent = value === null ? "–" : signed(value, 2);
  } else if (byte === NOTHING) {
    cell.textContent = "none";
  } else {
    cell.replaceChildren(swatch(about.colors[byte]), about.names[byte]);
  }
}

function putCursor(time) {
  const area = $("over-time").getBoundingClientRect(), axis = $("axis").getBoundingClientRect();
  const share = (time - view.start) / (view.end - view.start);
  $("cursor").hidden = share < 0 || share > 1;
  $("cursor").style.left = `${axis.left - area.left + share * axis.width}px`;
}

const now = () => player.index() * about.step;

function redraw() {
  ink = readColors(["ink", "muted", "line", "accent", "gap", "hatch"]);
  draw();
  if (player) putCursor(now());
}

function showStretch(from, to) {
  show(from, to);
  putCursor(now());
}

// Videos

/** Shows a video; a later call wins. */
async function choose(number) {
  const mine = ++asked, unpacked = await unpack(number);
  if (mine !== asked) return;
  [place, tracks] = [number, unpacked];
  view = { start: 0, end: tracks.end };
  if ($("video-choice")) $("video-choice").value = number;
  for (const part of ["expression", "valence", "arousal"]) {
    if (part in tracks.parts) continue;
    for (const side of ["a", "b"]) if ($(`${part}-${side}`)) $(`${part}-${side}`).textContent = "–";
  }
  const { video } = about.videos[number], moments = evenMoments(tracks.end, about.step);
  redraw();
  const first = !player;
  if (first) player = createPlayer(video, moments, follow);
  const opened = first ? player.begin() : player.load(video, moments);
  follow(0, false);
  opened.then(() => { document.documentElement.dataset.video = player.ready() ? "yes" : "no"; });
}

async function go(button) {
  const number = Number(button.dataset.video);
  if (number !== place) await choose(number);
  if (number !== place) return;
  if (button.dataset.start) {
    const start = Number(button.dataset.start), seconds = Number(button.dataset.seconds);
    const around = Math.max(CONTEXT, seconds);
    showStretch(start - around, start + seconds + around);
    player.seek(start + about.step / 2);
    document.querySelectorAll("#differences tr.chosen").forEach((row) => row.classList.remove("chosen"));
    button.closest("tr").classList.add("chosen");
  }
  // Not the player itself: it sticks to the top of the window.
  $("player").parentElement.scrollIntoView({ block: "start" });
}

// Disagreements

function filter() {
  const a = $("filter-a").value, b = $("filter-b").value;
  let count = 0;
  for (const row of document.querySelectorAll("#differences tbody tr")) {
    row.hidden = (a !== "" && row.dataset.a !== a) || (b !== "" && row.dataset.b !== b);
    if (!row.hidden) count++;
  }
  $("differences-state").textContent = `${count} shown`;
}

// Moving

function zoom(factor, shift = 0) {
  const length = view.end - view.start, middle = (view.start + view.end) / 2 + shift * length;
  showStretch(middle - (length * factor) / 2, middle + (length * factor) / 2);
}

const moves = {
  all: () => showStretch(0, tracks.end), in: () => zoom(1 / 2), out: () => zoom(2),
  earlier: () => zoom(1, -0.5), later: () => zoom(1, 0.5),
};
const moveKeys = { "+": "in", "-": "out", "0": "all" }, shiftedKeys = { ArrowLeft: "earlier", ArrowRight: "later" };

function listenForMouse(area) {
  const timeAt = (x) => {
    const { left, width } = $("axis").getBoundingClientRect();
    return view.start + Math.min(Math.max((x - left) / width, 0), 1) * (view.end - view.start);
  };
  let from = null, band = null;
  area.addEventListener("pointerdown", (event) => { from = event.button ? null : event.clientX; });
  addEventListener("pointermove", (event) => {
    if (from === null || event.pointerType === "touch" || Math.abs(event.clientX - from) <= DRAG_PIXELS) return;
    if (!band) { band = element("div"); band.id = "drag"; area.append(band); }
    const { left } = area.getBoundingClientRect();
    band.style.left = `${Math.min(from, event.clientX) - left}px`;
    band.style.width = `${Math.abs(event.clientX - from)}px`;
  });
  addEventListener("pointerup", (event) => {
    if (from === null) return;
    const ends = [timeAt(from), timeAt(event.clientX)].sort((x, y) => x - y);
    if (band) { band.remove(); showStretch(...ends); } else if (tracks) player.seek(timeAt(event.clientX));
    from = band = null;
  });
  addEventListener("pointercancel", () => { if (band) band.remove(); from = band = null; });
  area.addEventListener("dblclick", moves.all);
}

function listen() {
  const area = $("over-time");
  listenForMouse(area);
  area.addEventListener("keydown", (event) => {
    const move = (event.shiftKey && shiftedKeys[event.key]) || moveKeys[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moves[move]();
  });
  document.querySelectorAll("[data-move]").forEach((button) => {
    button.addEventListener("click", () => moves[button.dataset.move]());
  });
  document.querySelectorAll("button[data-video]").forEach((button) => {
    button.addEventListener("click", () => go(button));
  });
  if ($("video-choice")) $("video-choice").addEventListener("change", (event) => choose(Number(event.target.value)));
  if ($("filter-a")) {
    for (const name of ["filter-a", "filter-b"]) $(name).addEventListener("change", filter);
    filter();
  }
  new ResizeObserver(redraw).observe(area);
  followTheme(redraw);
}

async function begin() {
  await choose(0);
  listen();
  document.documentElement.dataset.ready = "yes";
}

globalThis.rbdm = { view: () => view, tracks: () => tracks, player: () => player, place: () => place, show: showStretch };

begin().catch((error) => {
  $("old").hidden = false;
  console.error(error);
});
