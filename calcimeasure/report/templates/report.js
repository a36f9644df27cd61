"use strict";
/* Tables sort by the head of a column. Without this script the report is complete. */
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, heads, column));
  });
}
function sort(table, heads, column) {
  const down = heads[column].getAttribute("aria-sort") === "ascending";
  const text = row => row.cells[column].textContent.trim();
  const rows = [...table.tBodies[0].rows];
  const isNumber = rows.every(row => text(row) === "" || /^[+-]?\d+(\.\d+)?(?=\s|$)/.test(text(row)));
  const compare = isNumber
    ? (a, b) => parseFloat(a) - parseFloat(b)
    : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  /* Rows without a value stay at the end, whatever the direction. */
  rows.sort((one, other) => {
    const [a, b] = [text(one), text(other)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return down ? compare(b, a) : compare(a, b);
  });
  table.tBodies[0].append(...rows);
  for (const head of heads) head.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const name = heads[column].textContent.trim();
  document.getElementById("sorted").textContent = `Sorted by ${name}, ${down ? "descending" : "ascending"}`;
}
