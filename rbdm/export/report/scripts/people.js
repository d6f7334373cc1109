// Several people in one video: a row for each, and the choice of the one whom the other plots show.

function drawPeople(columns) {
  if (!model("people")) return;
  const gap = about.names.length, rows = everyone.flatMap((other, i) =>
    singleRow(other, time.start, time.end, columns, about.merge).map(({ left, right, row }) => ({
      left, right, top: i + 0.14, bottom: i + 0.86, color: row === gap ? color.gap : about.colors[row],
      alpha: i === person ? 1 : 0.7,
    })));
  set("people segments", pick(rows, ["left", "right", "top", "bottom", "color", "alpha"]));
}

/** Shows the plots, pictures, tables and facts of a person. */
function choose(number) {
  person = number;
  frames = everyone[number];
  marked = -1;
  for (const part of document.querySelectorAll("[data-person]")) part.hidden = Number(part.dataset.person) !== number;
  const button = document.querySelector(`[name=person][value="${number}"]`);
  if (button) button.checked = true;
  player.use(frames);
  later();
}

/** The person whose row a point of the screen is in; the chosen one if it is in none. */
function personAt(event) {
  const place = event.target.closest("#people");
  if (!place) return person;
  const { inner_height: height, min_border_top: above } = model("people");
  const row = Math.floor(((event.clientY - place.getBoundingClientRect().top - above) / height) * everyone.length);
  return row >= 0 && row < everyone.length ? row : person;
}
