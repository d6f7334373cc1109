// The values of the frame under the mouse.

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

const frameName = (frame) => frames.isGap(frame)
  ? "no frame" : `frame ${(frame + 1 - frames.gapsIn(0, frame)).toLocaleString("en")}`;

function fillTip(frame) {
  const head = element("div", "tip-head"), parts = [head];
  head.append(element("b", "", clock(frames.start[frame], null, 3)), element("span", "", frameName(frame)));
  if (!frames.hasFace(frame)) {
    parts.push(element("div", "tip-class", "no face"));
  } else {
    const winner = frames.winner(frame), name = element("div", "tip-class", about.names[winner]);
    name.prepend(swatch(about.colors[winner]));
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
