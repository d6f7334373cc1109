// Pictures of what the labels rest on, in place of the plain ones.

/** Every picture exchanges its address with that of the other kind. */
function exchangePictures() {
  const buttons = [...document.querySelectorAll("[data-maps]")];
  if (!buttons.length) return;
  const shown = buttons[0].getAttribute("aria-pressed") !== "true";
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(shown));
    button.parentElement.querySelector("span").hidden = !shown;
  }
  for (const picture of document.querySelectorAll("img[data-map]")) {
    const other = picture.dataset.map;
    picture.dataset.map = picture.src;
    picture.src = other;
  }
}

function listenForMaps() {
  document.querySelectorAll("[data-maps]").forEach((button) => button.addEventListener("click", exchangePictures));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "m" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (!event.target.closest?.("input:not([type=radio]), textarea, select")) exchangePictures();
  });
}
