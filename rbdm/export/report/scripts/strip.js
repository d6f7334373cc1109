// The strip of pictures over time.

function drawThumbnails() {
  const width = model("lanes").inner_width, pictures = [...$("strip").querySelectorAll("img:not([hidden])")];
  if (!pictures.length) { $("strip").classList.add("empty"); return; }
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
