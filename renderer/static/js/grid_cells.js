/** Cells of a grid: what they hold, how to put it back, how to move between them. */

import { firstValue, own, setError } from "./fields.js";
import { draw, held } from "./files.js";
import { isLocked } from "./grid_lock.js";

/** The control that a person edits in a cell. */
export const control = (cell) => cell.querySelector("input:not([type=hidden], [type=checkbox]), select, textarea");

/** The box of a file, in a cell that has one. */
export const fileBox = (cell) => cell.querySelector("[data-file]");

/** The parts of a cell that post a text and may be written; what chooses a file, or marks it as filled, may not. */
const posted = (cell) => [...cell.querySelectorAll("input:not([type=file], [name=preenchido]), select, textarea")];

export const cells = (row) => [...row.querySelectorAll("td[role=gridcell]:not(.row-tools)")];

export const rows = (table) => [...table.tBodies[0].rows].filter((row) => !row.classList.contains("is-blank"));

export const isFixed = (cell) => cell.classList.contains("is-fixed") || isLocked(cell);

/** Everything a cell posts, to be put back by `restore`. */
export function snapshot(cell) {
  const line = cell.querySelector(":scope > .cell-error");
  return {
    cell, wrong: line?.textContent ?? "",
    values: posted(cell).map((part) => [part, part.value]),
  };
}

export function restore({ cell, wrong, values }) {
  if (values.some(([part, value]) => part.value !== value)) own(control(cell));
  for (const [part, value] of values) part.value = value;
  setError(control(cell), wrong);
  touch(cell);
}

/** Mark the cell when it holds something else than when the page came, and tell the form. */
export function touch(cell) {
  const box = fileBox(cell);
  if (box) draw(box);
  const part = box?.querySelector("[data-id]") ?? control(cell);
  cell.classList.toggle("is-touched", part.value !== firstValue(part));
  part.form?.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Write a text into a cell as if it had been typed. */
export function write(cell, text) {
  const part = control(cell);
  own(part);
  if (fileBox(cell)) {
    if (!text) posted(cell).forEach((each) => Object.assign(each, { value: "" }));
    setError(part, text ? "Um texto não serve aqui; escolha um arquivo (F2)" : "");
  } else if (part.matches("select")) {
    const wanted = text.trim().toLowerCase();
    const option = [...part.options].find((o) => o.value.toLowerCase() === wanted || o.textContent.trim().toLowerCase() === wanted);
    // A word that is no option is kept, so that it is seen, refused by name and not lost.
    if (!option && wanted) part.append(new Option(text, text));
    part.value = option?.value ?? text.trim();
    setError(part, option || !wanted ? "" : `“${text}” não está entre as opções`);
  } else {
    part.value = text;
    setError(part, "");
  }
  touch(cell);
}

/** What a cell says, as text for copying. */
export function read(cell) {
  const [part, box] = [control(cell), fileBox(cell)];
  if (box) return held(box).name;
  return part.matches("select") ? part.selectedOptions[0]?.textContent.trim() ?? "" : part.value;
}

/** Copy what one cell holds into another of the same column, ids of links included. */
export function copy(from, to) {
  const [source, target] = [from, to].map(posted);
  target.forEach((part, place) => {
    part.value = source[place]?.value ?? "";
  });
  own(control(to));
  setError(control(to), "");
  touch(to);
}

/** Give the grid one tab stop: the cell, and only it. */
export function stop(table, cell) {
  table.querySelector("td[tabindex='0']")?.setAttribute("tabindex", "-1");
  cell.tabIndex = 0;
}

export function focus(table, cell) {
  stop(table, cell);
  cell.focus({ preventScroll: false });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** The cell `right` columns and `down` rows away, or null at the edge. */
export function neighbour(table, cell, right, down) {
  const all = rows(table);
  const row = all[all.indexOf(cell.parentElement) + down];
  if (!row) return null;
  const here = [...cell.parentElement.cells].indexOf(cell);
  const wanted = row.cells[here + right];
  return wanted?.matches("td[role=gridcell]") ? wanted : null;
}

/** The next cell to fill in reading order, or null after the last. */
export function following(table, cell, step) {
  const all = rows(table).flatMap((row) => [...row.cells]);
  for (let at = all.indexOf(cell) + step; all[at]; at += step) {
    if (!isFixed(all[at]) && !all[at].matches(".row-tools")) return all[at];
  }
  return null;
}
