/** Rows of a grid: new ones from the blank row, removal with a mark, the count above. */

import * as cell from "./grid_cells.js";
import { start as startFiles } from "./files.js";
import { start as startLookups } from "./lookup.js";
import { announce } from "./swap.js";

/** @type {WeakMap<HTMLElement, HTMLTableRowElement>} */
const patterns = new WeakMap();

/** The rows of a grid that nobody has begun, as far as a row can tell: the pattern of new ones, and the new ones. */
export function unbegun(box) {
  const pattern = patterns.get(box);
  return pattern ? [pattern, ...box.querySelectorAll("tbody tr[data-fresh]")] : [];
}

/** Take the blank row out as a pattern, and the controls of all cells out of the tab order. */
export function prepare(grid) {
  const blank = grid.table.querySelector("tr.is-blank");
  grid.pattern = blank.cloneNode(true);
  grid.next = Number(blank.dataset.index) + 1;
  grid.patternIndex = blank.dataset.index;
  patterns.set(grid.box, grid.pattern);
  blank.remove();
  for (const row of grid.table.tBodies[0].rows) still(row);
  const first = grid.table.querySelector("tbody td[role=gridcell]");
  if (first) first.tabIndex = 0;
  tell(grid);
}

/** In a row only the cells take the focus; their controls do while they are edited. */
function still(row) {
  for (const td of row.cells) {
    if (!td.matches(".row-tools")) td.tabIndex = -1;
    for (const part of td.querySelectorAll("input, select, textarea, a, button")) part.tabIndex = -1;
  }
}

/** A new row from the pattern, numbered so that its posted names are its own. */
function build(grid, number = grid.next) {
  const row = grid.pattern.cloneNode(true);
  const index = String(number);
  grid.next = Math.max(grid.next, number + 1);
  row.classList.remove("is-blank");
  row.dataset.index = index;
  row.dataset.fresh = "";
  const [from, to] = [`c.${grid.name}.${grid.patternIndex}.`, `c.${grid.name}.${index}.`];
  const [fromId, toId] = [`c-${grid.name}-${grid.patternIndex}-`, `c-${grid.name}-${index}-`];
  for (const part of row.querySelectorAll("[name], [id]")) {
    if (part.name) part.name = part.name.replace(from, to);
    if (part.id) part.id = part.id.replace(fromId, toId);
    const controls = part.getAttribute("aria-controls");
    if (controls) part.setAttribute("aria-controls", controls.replace(fromId, toId));
  }
  row.querySelector("[data-open]")?.remove();
  still(row);
  return row;
}

/** True for a row that is already saved: it carries its id. */
export const isSaved = (row) => [...row.querySelectorAll("input[type=hidden][name$='.id']")].some((part) => part.name.split(".").length === 4 && part.value !== "");

/** Add a row: below another one, at the end, or on top where the newest come first. */
export function addRow(grid, { focus = false, column = "", quiet = false, undoable = true, below = null, number = grid.next } = {}) {
  const row = build(grid, number);
  const body = grid.table.tBodies[0];
  if (below) below.after(row);
  else if (grid.box.hasAttribute("data-newest") && !quiet) body.prepend(row);
  else body.append(row);
  startLookups(row);
  startFiles(row);
  if (undoable) grid.remember(() => row.remove());
  if (!quiet) tell(grid); // a paste tells of all its rows at once
  if (focus || column) {
    const target = column ? row.querySelector(`td[data-field="${CSS.escape(column)}"]`) : cell.cells(row).find((td) => !cell.isFixed(td));
    cell.focus(grid.table, target ?? row.cells[0]);
    announce(`Linha ${cell.rows(grid.table).indexOf(row) + 1} incluída`);
  }
  return row;
}

/** Add rows with given numbers and let others go: saved ones are marked for it, new ones leave; one act to take back. */
export function exchangeRows(grid, added, gone) {
  const byIndex = (index) => grid.table.querySelector(`tbody tr[data-index="${CSS.escape(index)}"]`);
  const going = gone.map(byIndex).filter(Boolean);
  const marked = going.filter(isSaved);
  const leaving = going.filter((row) => !isSaved(row)).map((row) => [row, row.nextSibling]);
  const check = (on) => marked.forEach((row) => { row.querySelector(".gone").checked = on; });
  check(true);
  for (const [row] of leaving) row.remove();
  const come = added.map((index) => addRow(grid, { quiet: true, undoable: false, number: Number(index) }));
  grid.remember(() => {
    come.forEach((row) => row.remove());
    leaving.toReversed().forEach(([row, before]) => grid.table.tBodies[0].insertBefore(row, before));
    check(false);
  });
  tell(grid);
}

const rowsOf = (count) => (count ? `${count} ${count === 1 ? "linha" : "linhas"}` : "Ainda não há linhas; inclua a primeira");

/** The number of rows on the tab of the grid, where it has one of its own. */
function onTab(grid, count) {
  const badge = grid.box.closest(".sheet, form")?.querySelector(`[data-rows="${CSS.escape(grid.name)}"]`);
  if (!badge) return;
  badge.hidden = !count;
  badge.firstChild.textContent = count;
  badge.querySelector(".sr").textContent = count === 1 ? " linha" : " linhas";
}

/** Say how many rows there are and how many will go; tell the form that something may have changed. */
export function tell(grid) {
  const all = cell.rows(grid.table);
  const gone = all.filter((row) => row.querySelector(".gone:checked")).length;
  const count = grid.box.querySelector("[data-count]");
  count.textContent = gone ? `${rowsOf(all.length)}, ${gone} a excluir` : rowsOf(all.length);
  onTab(grid, all.length - gone);
  grid.box.closest("form")?.dispatchEvent(new Event("input", { bubbles: true }));
}
