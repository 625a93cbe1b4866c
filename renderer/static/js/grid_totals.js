/** The row of totals under a grid: follows every change, in whole units of the column, so that no cent is lost. */

import * as cell from "./grid_cells.js";
import { decimal, grouped } from "./masks.js";

/** What a text is worth in units of 10^-scale, or null when it is no number of the column. */
export function units(text, scale) {
  const { text: tidy } = decimal(text, { scale });
  if (tidy === undefined || (tidy.split(",")[1] ?? "").length !== scale) return null;
  return BigInt(tidy.replace(/[.,]/g, ""));
}

/** Write units as the cells of the column are written. */
export function written(sum, scale) {
  const digits = String(sum < 0n ? -sum : sum).padStart(scale + 1, "0");
  const whole = grouped(digits.slice(0, digits.length - scale));
  return `${sum < 0n ? "-" : ""}${whole}${scale ? `,${digits.slice(-scale)}` : ""}`;
}

function add(grid, place) {
  const { total: name, scale } = place.dataset;
  let sum = 0n;
  let left = 0;
  for (const row of cell.rows(grid.table)) {
    if (row.querySelector(".gone:checked")) continue;
    const text = cell.control(row.querySelector(`td[data-field="${CSS.escape(name)}"]`)).value;
    if (!text.trim()) continue;
    const worth = units(text, Number(scale));
    if (worth === null) left += 1;
    else sum += worth;
  }
  place.querySelector("[data-sum]").textContent = written(sum, Number(scale));
  const note = place.querySelector("[data-left]");
  note.hidden = !left;
  note.textContent = left === 1 ? "sem 1 célula" : `sem ${left} células`;
}

/** Keep the totals of a grid, if it has any, in step with its rows. */
export function startTotals(grid) {
  const places = [...grid.table.querySelectorAll("tfoot [data-total]")];
  if (!places.length) return;
  const follow = () => places.forEach((place) => add(grid, place));
  grid.box.closest("form").addEventListener("input", follow);
  follow();
}
