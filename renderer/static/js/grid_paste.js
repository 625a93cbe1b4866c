/** Pastes a block from a spreadsheet: fills cells, adds rows, has the server judge each cell before saving. */

import * as cell from "./grid_cells.js";
import { icon, setError } from "./fields.js";
import { addRow, isSaved, tell } from "./grid_rows.js";
import { during, settled } from "./rules.js";
import { request } from "./session.js";
import { announce } from "./swap.js";

/** Read tab-separated text as spreadsheets write it, quotes included. */
export function parseBlock(text) {
  const rows = [[]];
  let value = "";
  let quoted = false;
  const sheet = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < sheet.length; at += 1) {
    const sign = sheet[at];
    if (quoted) {
      if (sign === '"' && sheet[at + 1] === '"') {
        value += '"';
        at += 1;
      } else if (sign === '"') quoted = false;
      else value += sign;
    } else if (sign === '"' && value === "") quoted = true;
    else if (sign === "\t" || sign === "\n") {
      rows.at(-1).push(value);
      value = "";
      if (sign === "\n") rows.push([]);
    } else value += sign;
  }
  rows.at(-1).push(value);
  return rows;
}

/** Fill from `first` on; one undo takes the whole block back. What starts in a new row never goes on into saved ones. */
export async function pasteBlock(grid, first, block) {
  const before = [];
  const added = [];
  const filled = [];
  const column = cell.cells(first.parentElement).indexOf(first);
  const old = new Set();
  let row = first.parentElement;
  const isNew = !isSaved(row);
  for (const [place, texts] of block.entries()) {
    if (place) {
      const all = cell.rows(grid.table);
      const next = all[all.indexOf(row) + 1];
      const fits = next && !(isNew && isSaved(next));
      row = fits ? next : addRow(grid, { quiet: true, undoable: false, below: row });
      if (!fits) added.push(row);
    }
    const targets = cell.cells(row).slice(column);
    for (const [offset, text] of texts.entries()) {
      const td = targets[offset];
      if (!td || cell.isFixed(td)) continue;
      before.push(cell.snapshot(td));
      const was = cell.read(td);
      cell.write(td, text.trim());
      if (isSaved(row) && cell.read(td) !== was) old.add(row);
      filled.push(td);
    }
  }
  grid.remember(() => {
    before.reverse().forEach(cell.restore);
    added.forEach((each) => each.remove());
    report(grid, [], 0, 0);
  });
  cell.focus(grid.table, first);
  const form = grid.box.closest("form");
  await during(form, () => check(grid, filled));
  tell(grid); // only now: what cells hold is what the check made of them, and the rules are asked once
  await settled(form);
  const wrong = filled.filter((td) => td.classList.contains("is-wrong"));
  report(grid, wrong, filled.length, old.size);
}

/** Ask the server about cells; each gets its tidy text, its id when it is a link, or its error. */
export async function check(grid, cells) {
  const list = cells.filter((td) => !cell.fileBox(td)); // a file was judged when it came
  const asked = list.map((td) => ({ field: td.dataset.field, text: cell.control(td).value, row: td.parentElement.dataset.index }));
  const around = {};
  for (const td of list) around[td.parentElement.dataset.index] ??= context(td.parentElement);
  let answer;
  try {
    const response = await request(`/conferir/${grid.entity}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ cells: asked, rows: around }),
    });
    if (!response.ok) return [];
    answer = await response.json();
  } catch {
    // Out of reach: saving will judge the same cells.
    return [];
  }
  list.forEach((td, place) => apply(td, answer.cells[place], asked[place].text));
  return cells.filter((td) => td.classList.contains("is-wrong"));
}

/** The other posted texts of the row: lookups may depend on them. */
function context(row) {
  const texts = {};
  for (const part of row.querySelectorAll("[name]")) {
    const field = part.name.split(".").slice(3).join(".");
    if (field && !field.includes(".")) texts[field] = part.value;
  }
  return texts;
}

function apply(td, said, asked) {
  const part = cell.control(td);
  if (part.value !== asked && !part.matches("select")) return; // typed over meanwhile
  if (said.error) {
    setError(part, said.error);
    return;
  }
  if (part.matches("select")) return;
  setError(part, "");
  const [id, of] = td.querySelectorAll(":scope > input[type=hidden]");
  if (id && said.id !== undefined) {
    id.value = said.id;
    of.value = said.text;
  }
  if (part.value !== said.text) {
    part.value = said.text;
    cell.touch(td);
  }
}

/** Say above the grid what the paste brought, what it wrote over and which cells need a person. */
function report(grid, wrong, total, over) {
  const place = grid.box.querySelector("[data-report]");
  place.replaceChildren();
  if (!total) return;
  const words = wrong.length === 1 ? "1 célula precisa" : `${wrong.length} células precisam`;
  const pasted = wrong.length ? `${total} células coladas, ${words} de você` : `${total} células coladas e conferidas`;
  const changed = over === 1 ? "1 linha existente mudou" : `${over} linhas existentes mudaram`;
  const said = over ? `${pasted}. ${changed}` : pasted;
  announce(said);
  const banner = document.createElement("div");
  banner.className = `banner ${wrong.length ? "is-warn" : "is-good"}`;
  banner.innerHTML = `${icon(wrong.length ? "triangle-alert" : "circle-check")}<div class="banner-b"><h3></h3><ul class="t-s"></ul></div>`;
  banner.querySelector("h3").textContent = `${said}. Ctrl+Z desfaz a colagem.`;
  for (const td of wrong) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${cell.control(td).id}`;
    const line = cell.rows(grid.table).indexOf(td.parentElement) + 1;
    const label = document.getElementById(`h-${grid.name}-${td.dataset.field}`)?.dataset.label ?? td.dataset.field;
    link.textContent = `Linha ${line}, ${label}`;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      cell.focus(grid.table, td);
    });
    item.append(link, `: ${td.querySelector(".cell-error")?.textContent ?? ""}`);
    banner.querySelector("ul").append(item);
  }
  place.append(banner);
}
