/** Edits child rows like a sheet: one tab stop, arrows inside, type to overwrite, F2 to edit, undo. */

import * as cell from "./grid_cells.js";
import { choose, held, hold, look, take } from "./files.js";
import { addRow, prepare, tell } from "./grid_rows.js";
import { check, pasteBlock, parseBlock } from "./grid_paste.js";
import { isLocked, lockGrid } from "./grid_lock.js";
import { startTotals } from "./grid_totals.js";
import { register } from "./keys.js";
import { of as lookupOf, start as startLookups } from "./lookup.js";
import { tidy } from "./masks.js";
import { announce } from "./swap.js";

/** The keys that work in a grid, told in the list of keys; the grid itself answers them. */
const KEYS = [
  { command: "celula-seguinte", keys: ["Tab"], label: "Célula seguinte da tabela; depois da última, sai" },
  { command: "celula-anterior", keys: ["Shift+Tab"], label: "Célula anterior da tabela; antes da primeira, sai" },
  { command: "sair-da-tabela", keys: ["Escape+Tab"], label: "Sair da tabela, de qualquer célula (uma tecla, depois a outra)" },
  { command: "editar-celula", keys: ["F2"], label: "Editar a célula, ou escolher o arquivo; Esc devolve o que estava" },
  { command: "ver-arquivo", keys: [" "], label: "Abrir o arquivo da célula" },
  { command: "copiar-de-cima", keys: ["Ctrl+D"], label: "Copiar a célula de cima" },
  { command: "linha-nova", keys: ["ArrowDown"], label: "Linha nova, quando se está na última" },
  { command: "excluir-linha", keys: ["Ctrl+Delete"], label: "Marcar a linha para excluir" },
];

/** @type {WeakMap<HTMLElement, Grid>} */
const made = new WeakMap();

export class Grid {
  constructor(box) {
    this.box = box;
    this.table = box.querySelector("table[role=grid]");
    this.name = box.dataset.grid;
    this.entity = box.dataset.entity;
    /** @type {(() => void)[]} how to take back each act, latest last */
    this.done = [];
    this.editing = null;
    /** The cell where Esc was pressed: from it the next Tab leaves the grid. */
    this.leavesFrom = null;
    prepare(this);
    if (isLocked(box)) lockGrid(box, true);
    startTotals(this);
    this.table.addEventListener("keydown", (event) => this.key(event));
    this.table.addEventListener("keyup", (event) => this.released(event));
    this.table.addEventListener("focusin", (event) => this.entered(event));
    this.table.addEventListener("focusout", (event) => this.left(event));
    this.table.addEventListener("mousedown", (event) => this.pressed(event));
    this.table.addEventListener("paste", (event) => this.pasted(event));
    this.table.addEventListener("copy", (event) => this.copied(event));
    this.table.addEventListener("file-change", (event) => this.fileChanged(event));
    this.table.addEventListener("change", (event) => event.target.matches(".gone") && tell(this));
    box.querySelector("[data-add]")?.addEventListener("click", () => addRow(this, { focus: true }));
    this.undoButton = box.querySelector("[data-undo]");
    this.undoButton?.addEventListener("click", () => this.undo());
  }

  /** Remember how to take an act back. */
  remember(takeBack) {
    this.done.push(takeBack);
    if (this.undoButton) this.undoButton.hidden = false;
  }

  undo() {
    const takeBack = this.done.pop();
    if (!takeBack) return;
    takeBack();
    tell(this);
    if (this.undoButton) this.undoButton.hidden = !this.done.length;
    announce("Desfeito");
    if (!this.table.contains(document.activeElement)) this.home()?.focus();
  }

  /** Where the focus goes when its row is gone: the cell that Tab comes to, or the button that adds a row. */
  home() {
    const { table, box } = this;
    return table.querySelector("tbody td[tabindex='0']") ?? table.querySelector("tbody td") ?? box.querySelector("[data-add]");
  }

  /** A press on a cell only brings the focus; a second one, or F2, edits. */
  pressed(event) {
    const td = event.target.closest("td[role=gridcell]:not(.row-tools)");
    if (td && cell.isFixed(td) && event.target.matches("select")) {
      event.preventDefault(); // the list of a locked cell stays closed
      cell.focus(this.table, td);
    }
    if (!td || td === this.editing?.td || cell.isFixed(td)) return;
    const isOnPart = cell.fileBox(td) && event.target.closest("a, button");
    if (isOnPart) {
      event.preventDefault();
      cell.focus(this.table, td);
    } else if (document.activeElement === td || event.target.matches("select")) {
      this.edit(td, { all: false });
    } else {
      event.preventDefault();
      cell.focus(this.table, td);
    }
  }

  entered(event) {
    const td = event.target.closest("td[role=gridcell]");
    if (!td) return;
    this.leavesFrom = null;
    cell.stop(this.table, td);
    if (event.target !== td && !td.matches(".row-tools") && !cell.fileBox(td) && !cell.isFixed(td) && this.editing?.td !== td) this.begin(td);
  }

  left(event) {
    const { editing } = this;
    if (editing && !editing.td.contains(event.relatedTarget)) this.commit({ stay: false });
  }

  begin(td) {
    this.editing = { td, before: cell.snapshot(td) };
    td.classList.add("is-editing");
  }

  edit(td, { text = null, all = true } = {}) {
    if (cell.isFixed(td)) return;
    const [part, box] = [cell.control(td), cell.fileBox(td)];
    if (box) {
      if (text === null) choose(box);
      return;
    }
    this.begin(td);
    this.editing.overwrites = text !== null;
    part.focus();
    if (text !== null) part.value = "";
    else if (part.select && all) part.select();
    if (part.matches("select") && part.showPicker && text === null) {
      try {
        part.showPicker();
      } catch { /* needs a person's own key or press */ }
    }
  }

  /** End editing: tidy, keep for undo, let the server judge the cell. */
  commit({ stay = true } = {}) {
    const { td, before } = this.editing ?? {};
    if (!td) return;
    this.editing = null;
    td.classList.remove("is-editing");
    const part = cell.control(td);
    const understood = tidy(part);
    cell.touch(td);
    const isChanged = before.values.some(([each, value]) => each.value !== value);
    if (isChanged) {
      this.remember(() => cell.restore(before));
      if (understood && !lookupOf(part)) check(this, [td]);
      tell(this);
    }
    if (stay) cell.focus(this.table, td);
  }

  cancel() {
    const { td, before } = this.editing;
    this.editing = null;
    td.classList.remove("is-editing");
    lookupOf(cell.control(td))?.close();
    cell.restore(before);
    cell.focus(this.table, td);
  }

  key(event) {
    const td = event.target.closest("td[role=gridcell]");
    if (!td || td.matches(".row-tools") || event.isComposing) return this.toolKey(event, td);
    const act = this.editing ? this.editKey(event, td) : this.moveKey(event, td);
    if (act === false) return undefined;
    event.preventDefault();
    event.stopPropagation();
    return undefined;
  }

  /** The list of a select takes the press of Esc for itself: only its release is heard here. */
  released(event) {
    if (event.key === "Escape" && this.editing && event.target.matches("select")) this.cancel();
  }

  toolKey(event, td) {
    if (td && event.key === "Tab" && this.tab(td, event) !== false) event.preventDefault();
    if (!td || !["ArrowLeft", "ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const row = event.key === "ArrowLeft" ? cell.neighbour(this.table, td, -1, 0) : cell.neighbour(this.table, td, 0, event.key === "ArrowUp" ? -1 : 1);
    if (row) (row.matches(".row-tools") ? row.querySelector("a, input.gone") : row).focus();
  }

  editKey(event, td) {
    const open = lookupOf(cell.control(td))?.isOpen;
    if (event.key === "Escape" && !open) return this.cancel();
    if (event.key === "Enter" && !event.ctrlKey && !event.altKey && !open) {
      this.commit();
      return this.step(td, event.shiftKey ? -1 : 1);
    }
    if (event.key === "Tab") {
      this.commit();
      return this.tab(td, event);
    }
    // A cell being overwritten still moves with the arrows, as in a sheet.
    if (this.editing.overwrites && !open && ["ArrowUp", "ArrowDown"].includes(event.key) && !event.altKey && !event.target.matches("select")) {
      this.commit();
      return this.arrow(td, event.key);
    }
    return false;
  }

  moveKey(event, td) {
    const { key } = event;
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (key.startsWith("Arrow") && plain) return this.arrow(td, key);
    const box = cell.isFixed(td) ? null : cell.fileBox(td);
    if (box && key === "Enter" && plain && !held(box).id) return choose(box);
    if (box && key === " " && plain) return look(box);
    if (key === "Enter" && plain) return this.step(td, event.shiftKey ? -1 : 1);
    if (key === "Tab") return this.tab(td, event);
    if (key === "Escape") return this.mayLeave(td);
    if (key === "F2" || (key === "ArrowDown" && event.altKey)) return this.edit(td);
    if (key === "Home" || key === "End") {
      const all = event.ctrlKey ? cell.rows(this.table).flatMap(cell.cells) : cell.cells(td.parentElement);
      return cell.focus(this.table, key === "Home" ? all[0] : all.at(-1));
    }
    if ((key === "Delete" || key === "Backspace") && plain) return this.change(td, () => cell.write(td, ""));
    if (event.ctrlKey && key === "Delete") return this.toggleGone(td.parentElement);
    if (event.ctrlKey && key.toLowerCase() === "d") return this.copyAbove(td);
    if (event.ctrlKey && key.toLowerCase() === "z" && !event.shiftKey) return this.undo();
    if ((plain && [...key].length === 1) || key === "Dead" || key === "Process") {
      this.edit(td, { text: key });
      // The character itself, or the accent to come, now falls into the focused control.
      return false;
    }
    return false;
  }

  arrow(td, key) {
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    const next = cell.neighbour(this.table, td, right, down);
    if (next?.matches(".row-tools")) next.querySelector("a, input.gone").focus();
    else if (next) cell.focus(this.table, next);
    else if (key === "ArrowDown" && !isLocked(td)) addRow(this, { column: td.dataset.field, below: td.parentElement });
  }

  /** Tab goes to the next cell that can be filled; after the last, or after Esc, the browser goes on. */
  tab(td, event) {
    const leaves = event.ctrlKey || this.leavesFrom === td;
    const next = leaves ? null : cell.following(this.table, td, event.shiftKey ? -1 : 1);
    return next ? cell.focus(this.table, next) : false;
  }

  /** Esc on a cell that is not being edited: it may also close a layer, so it goes on. */
  mayLeave(td) {
    this.leavesFrom = td;
    announce("Tab sai da tabela");
    return false;
  }

  /** To the next cell that can be filled; after the last, a new row, or out when that one is still empty. */
  step(td, direction) {
    const next = cell.following(this.table, td, direction);
    if (next) return cell.focus(this.table, next);
    const isEmpty = cell.cells(td.parentElement).every((each) => !cell.read(each).trim());
    if (direction > 0 && !isEmpty && !isLocked(td)) return addRow(this, { focus: true, below: td.parentElement });
    this.box.dispatchEvent(new CustomEvent("leave-grid", { bubbles: true, detail: { direction, from: td } }));
    return undefined;
  }

  /** Mark a row to go, or unmark it; in a locked grid it can only be unmarked. */
  toggleGone(row) {
    const box = row.querySelector(".gone");
    if (box.checked || !isLocked(row)) box.click();
  }

  change(td, act) {
    if (cell.isFixed(td)) return;
    const before = cell.snapshot(td);
    act();
    this.remember(() => cell.restore(before));
    check(this, [td]);
    tell(this);
  }

  /** Another file came into a cell, or its file was taken away. */
  fileChanged(event) {
    const { before } = event.detail;
    const td = event.target.closest("td[role=gridcell]");
    this.remember(() => {
      hold(event.target, before);
      cell.touch(td);
    });
    cell.touch(td);
    tell(this);
  }

  copyAbove(td) {
    const above = cell.neighbour(this.table, td, 0, -1);
    if (above) this.change(td, () => cell.copy(above, td));
  }

  pasted(event) {
    const td = event.target.closest("td[role=gridcell]:not(.row-tools)");
    const [box, file] = [td && cell.fileBox(td), event.clipboardData?.files[0]];
    if (box && file && !cell.isFixed(td)) {
      event.preventDefault();
      take(box, file);
      return;
    }
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const block = parseBlock(text);
    if (!td || (this.editing && block.length < 2 && block[0]?.length < 2)) return;
    event.preventDefault();
    if (this.editing) this.cancel();
    if (isLocked(td)) announce("Esta tabela não pode mudar agora; Alt+? diz por quê");
    else pasteBlock(this, td, block);
  }

  copied(event) {
    const td = event.target.closest("td[role=gridcell]");
    if (!td || this.editing) return;
    event.clipboardData.setData("text/plain", cell.read(td));
    event.preventDefault();
  }
}

/** The grid that an element stands in. */
export const gridOf = (element) => made.get(element.closest("[data-grid]"));

export function start(root) {
  for (const box of root.querySelectorAll("[data-grid]")) {
    if (!made.has(box)) made.set(box, new Grid(box));
  }
  startLookups(root);
  if (document.querySelector("[data-grid]")) register("grid", KEYS);
}
