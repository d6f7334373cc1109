// The current frame: a line in the plots, the values beside the video, boxes over it.

const MARK_EVERY = 100, FIRST_SHARE = 0.05;
let lastMark = 0;

/** `index`: the number of the current frame among the chosen person's. */
function follow(index, playing, asked) {
  const before = current;
  current = index;
  bringIntoView(before, asked);
  drawCursor();
  fillNow();
  drawBoxes();
  if (playing && performance.now() - lastMark < MARK_EVERY) return;
  lastMark = performance.now();
  markPlane();
}

/** Unless the user asked for this frame, the plots follow only if they showed the one before. */
function bringIntoView(before, asked) {
  const at = frames.start[current], inside = (i) => frames.last(i) > time.start && frames.start[i] < time.end;
  if (inside(current) || !(asked || (before >= 0 && inside(before)))) return;
  const length = time.end - time.start, from = at - FIRST_SHARE * length;
  show(from, from + length);
}

/** As wide as the frame, but never invisible. */
function drawCursor() {
  const cursor = $("cursor"), width = model("lanes").inner_width, scale = width / (time.end - time.start);
  const left = current < 0 ? -1 : (frames.start[current] - time.start) * scale;
  const right = current < 0 ? -1 : (frames.last(current) - time.start) * scale;
  cursor.hidden = right < 0 || left > width;
  const from = Math.max(left, 0);
  cursor.style.left = `${about.margins[0] + from}px`;
  cursor.style.width = `${Math.max(2, Math.min(right, width) - from)}px`;
  cursor.style.opacity = right - left > 6 ? 0.3 : "";
}

const frameOf = (other) => other === frames ? current : other.at(frames.start[current] + ROUNDING);

function makeNow() {
  const several = about.people.length > 1, rows = about.people.map(({ name }) => {
    const line = element("tr"), head = element("th", "", name);
    head.scope = "row";
    line.append(...(several ? [head] : []), element("td"), element("td"), element("td"));
    return line;
  });
  const table = element("table"), top = element("thead"), body = element("tbody");
  for (const title of [...(several ? ["Person"] : []), "Expression", "Valence", "Arousal"]) {
    const head = element("th", "", title);
    head.scope = "col";
    top.append(head);
  }
  body.append(...rows);
  table.append(top, body);
  $("now").replaceChildren(element("b", "", ""), " ", element("span", "", ""), table);
}

function fillNow() {
  const now = $("now"), lines = now.querySelectorAll("tbody tr");
  now.hidden = current < 0;
  if (current < 0) return;
  now.querySelector("b").textContent = clock(frames.start[current], null, 3);
  now.querySelector("span").textContent = frameName(current);
  everyone.forEach((other, i) => {
    const frame = frameOf(other), face = other.hasFace(frame), winner = other.winner(frame);
    const [kind, valence, arousal] = lines[i].querySelectorAll("td");
    lines[i].classList.toggle("chosen", i === person);
    kind.textContent = face ? `${about.names[winner]} ${percent(other.shares[winner][frame] / other.steps)}` : "no face";
    if (face) kind.prepend(swatch(about.colors[winner]));
    valence.textContent = face ? signed(other.valence[frame], 2) : "";
    arousal.textContent = face ? signed(other.arousal[frame], 2) : "";
  });
}

function makeBoxes() {
  $("boxes").replaceChildren(...about.people.map(({ name }) => {
    const box = element("i");
    if (name) box.append(element("span", "", name));
    return box;
  }));
}

function drawBoxes() {
  [...$("boxes").children].forEach((box, i) => {
    const other = everyone[i], frame = current < 0 ? -1 : frameOf(other);
    box.hidden = frame < 0 || !other.hasFace(frame);
    box.classList.toggle("chosen", i === person);
    if (box.hidden) return;
    const [top, left, bottom, right] = other.box.map((edge) => 100 * edge[frame]);
    const color = about.colors[other.winner(frame)];
    Object.assign(box.style, {
      top: `${top}%`, left: `${left}%`, height: `${bottom - top}%`, width: `${right - left}%`, borderColor: color,
    });
  });
}
