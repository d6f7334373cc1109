// Sorts and filters the rows of the table, which the page already has.

const body = document.querySelector("tbody");
const heads = [...document.querySelectorAll("thead th")];
const compareTexts = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
const plain = (text) => text.normalize("NFC").toLocaleLowerCase();
const texts = ["video", "person", "annotator", "most"];
const rows = [...body.rows].map((row) => {
  const cells = Object.fromEntries([...row.cells].map((cell) => [cell.dataset.column, cell]));
  const words = texts.filter((name) => cells[name]).map((name) => plain(cells[name].textContent));
  return { row, cells, words: words.join(" ") };
});

/** Compares two cells; a number that is not known is last in both orders. */
function compare(a, b, sign) {
  if (a.dataset.key === undefined) return sign * compareTexts(a.textContent, b.textContent);
  const [x, y] = [a.dataset.key, b.dataset.key];
  if (x === "" || y === "") return (x === "") - (y === "");
  return sign * (Number(x) - Number(y));
}

function sort(head, order) {
  const name = head.dataset.column, sign = order === "ascending" ? 1 : -1;
  rows.sort((a, b) => compare(a.cells[name], b.cells[name], sign));
  for (const each of heads) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  body.append(...rows.map((each) => each.row));
}

function filter() {
  const wanted = plain($("filter").value).split(/\s+/);
  let shown = 0;
  for (const { row, words } of rows) {
    row.hidden = !wanted.every((word) => words.includes(word));
    shown += !row.hidden;
  }
  $("state").textContent = shown === rows.length ? "" : `${shown} of ${rows.length} rows`;
  $("none").hidden = shown > 0;
}

for (const head of heads) {
  head.querySelector("button").addEventListener("click", () => {
    sort(head, head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
  });
}
$("filter").addEventListener("input", filter);
sort(heads[0], "ascending");
filter();
followTheme(() => {});
document.documentElement.dataset.ready = "yes";
