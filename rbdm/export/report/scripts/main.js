// Puts the page together.

const DRAG_PIXELS = 4;

/** A click goes to the time under the mouse; a drag is Bokeh's, which zooms. */
function listenForClicks(area) {
  let pressed = null;
  area.addEventListener("pointerdown", (event) => { pressed = event.button ? null : event; }, true);
  area.addEventListener("click", (event) => {
    const from = pressed;
    pressed = null;
    if (!from || Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > DRAG_PIXELS) return;
    const picture = event.target.closest("#strip img"), frame = frameUnder(event);
    if (personAt(event) !== person) choose(personAt(event));
    if (picture) player.seek(Number(picture.dataset.time)); else if (frame >= 0) player.go(frame);
  }, true);
}

function listenForKeys(area) {
  area.addEventListener("keydown", (event) => {
    const move = (event.shiftKey && shiftedKeys[event.key]) || moveKeys[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moves[move]();
  });
}

function listen() {
  const area = $("over-time");
  area.addEventListener("pointermove", (event) => mark(frameUnder(event), event));
  area.addEventListener("pointerdown", (event) => mark(frameUnder(event), event));
  area.addEventListener("pointerleave", (event) => mark(-1, event));
  area.addEventListener("dblclick", moves.all);
  listenForClicks(area);
  listenForKeys(area);
  document.querySelectorAll("[data-move]").forEach((button) => {
    button.addEventListener("click", moves[button.dataset.move]);
  });
  document.querySelectorAll("[data-go]").forEach((place) => place.addEventListener("click", () => {
    const at = Number(place.dataset.go), half = Math.min(about.end / 2, 2);
    show(at - half, at + half);
    player.seek(at);
    (player.ready() ? $("player") : $("time")).scrollIntoView({ block: "start" });
  }));
  document.querySelectorAll("[name=person]").forEach((button) => {
    button.addEventListener("change", () => choose(Number(button.value)));
  });
  listenForMaps();
  time.change.connect(later);
  model("lanes").properties.inner_width.change.connect(later);
}

async function begin() {
  const texts = [...document.querySelectorAll("script.frames")];
  const [unpacked] = await Promise.all([
    Promise.all(texts.map((text, i) => unpack(text.textContent, about, about.people[i]))),
    Bokeh.embed.embed_items(about.plots.documents, about.plots.items),
  ]);
  everyone.push(...unpacked);
  frames = everyone[0];
  const drawn = Bokeh.documents[Bokeh.documents.length - 1];
  model = (name) => drawn.get_model_by_name(name);
  time = model("time");
  if (matchMedia("(pointer: coarse)").matches) {
    // A finger that drags wants to scroll the page.
    for (const plot of plots()) plot.toolbar.active_drag = null;
  }
  makeNow();
  fillNow();
  makeBoxes();
  player = createPlayer(about.video, frames, follow);
  listen();
  const repaint = () => { paintFrames(); later(); };
  followTheme(repaint);
  repaint();
  document.documentElement.dataset.ready = "yes";
  await player.begin();
  document.documentElement.dataset.video = player.ready() ? "yes" : "no";
}

globalThis.rbdm = {
  signed, clock, show, player: () => player, current: () => current, frames: () => frames, model: (name) => model(name),
};

begin().catch((error) => {
  $("old").hidden = false;
  console.error(error);
});
