// What the picture, the list and the curves say alike about a face.

const ON_DARK = ["#5aa9ff", "#ffb000", "#3fd0a0", "#ff7a9c", "#c9a2ff", "#9fd356", "#ff8f4d", "#7fd8ff"];
const ON_LIGHT = ["#1d5fbf", "#a36a00", "#0b7d5c", "#c2255c", "#7d3fc4", "#4d7a0d", "#c2500f", "#0d7896"];
const NO_NUMBER = "#d0d5dc";

/** The colour of a person's number on a dark ground, such as a picture; a face that has no number yet is grey. */
export const colorOf = (person) => (person ? of(ON_DARK, person) : NO_NUMBER);

/** The colour of a person's number on the ground of the page. */
export const pageColorOf = (person) => of(document.body.classList.contains("body--dark") ? ON_DARK : ON_LIGHT, person);

/** The index of the most probable class. */
export const likeliest = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

function of(colors, person) {
  return colors[(Number(person) - 1) % colors.length];
}
