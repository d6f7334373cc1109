// What the picture, the list and the curves say alike about a face.

const COLORS = ["#5aa9ff", "#ffb000", "#3fd0a0", "#ff7a9c", "#c9a2ff", "#9fd356", "#ff8f4d", "#7fd8ff"];

/** The colour of a person's number; a face that has no number yet is grey. */
export const colorOf = (person) => (person ? COLORS[(Number(person) - 1) % COLORS.length] : "#d0d5dc");

/** The index of the most probable class. */
export const likeliest = (probabilities) => probabilities.indexOf(Math.max(...probabilities));
