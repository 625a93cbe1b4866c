/** Shows on a form what the server says of its rules: hidden, required, locked, computed, filled, told. */

import { go } from "./enter.js";
import { holder, icon, setError, setValue } from "./fields.js";
import { gridOf } from "./grid.js";
import { touch } from "./grid_cells.js";
import { gridStanding, isLocked, standGrid } from "./grid_lock.js";
import { exchangeRows, unbegun } from "./grid_rows.js";
import { announce } from "./swap.js";
import { openFirst } from "./tabs.js";

const named = (box, post) => box.querySelector(`[name="${CSS.escape(post)}"]`);

/** The rows of the form that an answer is about, by grid and number: one walk, however many cells it speaks of. */
let rows = new Map();

function walk(form) {
  const all = [...form.querySelectorAll("[data-grid] tbody tr[data-index]")];
  rows = new Map(all.map((row) => [`${row.closest("[data-grid]").dataset.grid}.${row.dataset.index}`, row]));
}

/** The field or cell of a posted name; computed ones post nothing and are found by their place. */
function boxOf(form, post) {
  const [kind, first, index, field] = post.split(".");
  if (kind === "f") return form.querySelector(`.field[data-field="${CSS.escape(first)}"]`);
  return rows.get(`${first}.${index}`)?.querySelector(`td[data-field="${CSS.escape(field)}"]`) ?? null;
}

const labelOf = (box) => {
  if (box.matches("[data-grid]")) return box.dataset.label;
  if (!box.matches("td")) return box.querySelector("label span, .label span")?.firstChild?.textContent.trim() ?? "";
  const grid = box.closest("[data-grid]").dataset.grid;
  const head = box.closest("table").querySelector(`th[id$="h-${grid}-${box.dataset.field}"]`); // in a panel ids are set apart
  return head?.dataset.label ?? box.dataset.field;
};

const mainOf = (box) => box.querySelector("[role=radiogroup]") ?? box.querySelector("[role=combobox], textarea, select, input:not([type=hidden], [type=checkbox], [type=radio])");

function mark(element, name, on) {
  if (on) element?.setAttribute(name, "true");
  else element?.removeAttribute(name);
}

// ── what one field is ───────────────────────────────────────────────────────────────────────────

/** Lock from around what HTML cannot make read-only; what it holds is posted from beside it. */
function hold(box, fieldset, on) {
  if (!on && !fieldset.disabled) return;
  const kept = box.querySelector("[data-kept]");
  kept.replaceChildren();
  fieldset.disabled = false;
  if (!on) return;
  const form = new FormData(fieldset.form);
  const names = new Set([...fieldset.querySelectorAll("[name]")].map((part) => part.name));
  for (const name of names) {
    for (const value of form.getAll(name).filter((text) => typeof text === "string")) {
      kept.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
  }
  fieldset.disabled = true;
}

function lockField(box, on) {
  const fieldset = box.querySelector("[data-held]");
  const main = mainOf(box);
  if (fieldset) hold(box, fieldset, on);
  else if (main && "readOnly" in main) main.readOnly = on;
}

function standField(box, { hidden, required, locked }) {
  box.hidden = hidden;
  const star = box.querySelector(".req");
  if (star) star.hidden = !required;
  mark(mainOf(box), "aria-required", required);
  lockField(box, locked);
}

function standCell(td, { hidden, required, locked }) {
  td.classList.toggle("is-fixed", hidden || locked);
  td.classList.toggle("is-off", hidden);
  td.classList.toggle("is-needed", required);
  mark(td, "aria-readonly", hidden || locked);
  const main = mainOf(td);
  mark(main, "aria-required", required);
  if (main && "readOnly" in main) main.readOnly = hidden || locked || isLocked(td);
}

/** How a field, a cell or a grid stands now, as the page shows it. */
function standing(box) {
  if (box.matches("[data-grid]")) return gridStanding(box);
  if (box.matches("td")) {
    const has = (name) => box.classList.contains(name);
    return { hidden: has("is-off"), required: has("is-needed"), locked: has("is-fixed") && !has("is-off") };
  }
  const [fieldset, main] = [box.querySelector("[data-held]"), mainOf(box)];
  return {
    hidden: box.hidden, required: main?.getAttribute("aria-required") === "true",
    locked: fieldset ? fieldset.disabled : Boolean(main?.readOnly),
  };
}

function standAll(form, fields, news) {
  for (const [post, stands] of Object.entries(fields)) {
    const box = boxOf(form, post);
    if (!box) continue;
    standOne(box, box.matches("td") ? standCell : standField, stands, news);
  }
}

function standOne(box, stand, stands, news) {
  const before = standing(box);
  stand(box, stands);
  if (before.hidden !== stands.hidden) news.add(stands.hidden ? "Saiu" : "Apareceu", labelOf(box));
  if (!stands.hidden && !before.required && stands.required) news.add("Agora é obrigatório", labelOf(box));
  if (!stands.hidden && before.locked !== stands.locked) news.add(stands.locked ? "Travado" : "Destravado", labelOf(box));
}

function standGrids(form, grids, news) {
  for (const [name, stands] of Object.entries(grids)) {
    standOne(form.querySelector(`[data-grid="${CSS.escape(name)}"]`), standGrid, stands, news);
  }
}

/** Rows that nobody has begun are not asked about one by one: all stand as the blank one. */
function standBlank(form, blank, answered) {
  for (const [name, { fields, values }] of Object.entries(blank)) {
    for (const row of unbegun(form.querySelector(`[data-grid="${CSS.escape(name)}"]`))) {
      if (row.isConnected && answered.has(`c.${name}.${row.dataset.index}`)) continue;
      const cellOf = (field) => row.querySelector(`td[data-field="${CSS.escape(field)}"]`);
      for (const [field, stands] of Object.entries(fields)) standCell(cellOf(field), stands);
      for (const [field, text] of Object.entries(values)) mainOf(cellOf(field)).value = text;
    }
  }
}

const rowOf = (post) => post.slice(0, post.lastIndexOf("."));

// ── values ──────────────────────────────────────────────────────────────────────────────────────

function compute(form, values) {
  const grids = new Set();
  for (const [post, text] of Object.entries(values)) {
    const box = boxOf(form, post);
    const part = box && mainOf(box);
    if (!part || part.value === text) continue;
    part.value = text;
    const grid = box.closest("[data-grid]");
    if (grid) grids.add(grid);
  }
  return grids.size > 0;
}

const FILLED = "Preenchido automaticamente";

function markFilled(box, post, on) {
  box.querySelector("[data-filled]")?.remove();
  if (!on) return;
  const isInRow = box.matches("td");
  const line = document.createElement(isInRow ? "span" : "p");
  line.className = isInRow ? "cell-filled" : "hint filled";
  if (isInRow) line.title = FILLED;
  line.dataset.filled = "";
  line.innerHTML = `${isInRow ? "" : icon("sparkles")}<span${isInRow ? ' class="sr"' : ""}>${FILLED}</span><input type="hidden" name="preenchido">`;
  line.querySelector("input").value = isInRow ? post : post.slice(2);
  box.append(line);
}

/** Write what the server filled, but nothing over what was typed since the question went out. */
function fill(form, filled, exchanged, sent, news) {
  const now = new FormData(form);
  for (const [post, { text, shown, marks = false }] of Object.entries(filled)) {
    const box = boxOf(form, post);
    const parts = box ? [...box.querySelectorAll(`[name="${CSS.escape(post)}"]`)] : [];
    if (!parts.length || box.matches(".is-editing")) continue;
    const isTyped = (name) => (now.get(name) ?? "") !== (sent.get(name) ?? "");
    const [, grid, index] = post.split(".");
    const isNew = box.matches("td") && exchanged[grid]?.added.includes(index); // it came with this answer
    if (!isNew && (isTyped(post) || isTyped(`${post}.texto`))) continue;
    if ((now.get(post) ?? "") !== text) {
      write(box, post, parts, text, shown);
      if (box.matches("td")) touch(box);
      if (text) news.add("Preenchido", labelOf(box));
    }
    markFilled(box, post, marks || Boolean(text));
    setError(mainOf(box), "");
  }
}

/** Rows that a fill makes come, and those it made before go; undoing in the grid takes both back. */
function exchange(form, exchanged, news) {
  for (const [name, { added, gone }] of Object.entries(exchanged)) {
    const box = form.querySelector(`[data-grid="${CSS.escape(name)}"]`);
    exchangeRows(gridOf(box), added, gone);
    const said = [added.length && `${added.length} a mais`, gone.length && `${gone.length} a menos`].filter(Boolean);
    if (said.length) news.say(`Linhas em ${box.dataset.label}: ${said.join(", ")}`);
  }
}

function write(box, post, parts, text, shown) {
  const [first] = parts;
  if (first.type === "radio") {
    for (const part of parts) part.checked = part.value === text;
    first.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  const [words, of] = [named(box, `${post}.texto`), named(box, `${post}.de`)];
  if (of) {
    [first.value, of.value] = [text, shown];
    setValue(words, shown);
  } else setValue(first, text);
}

// ── what is said ────────────────────────────────────────────────────────────────────────────────

function warn(box, main, text) {
  box.querySelector(":scope > .warning, :scope > .cell-warning")?.remove();
  const id = `${main.id}-w`;
  const described = (main.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
  box.classList.toggle("has-warning", Boolean(text));
  if (text) {
    const isCell = box.matches("td");
    const line = document.createElement(isCell ? "span" : "p");
    line.className = isCell ? "cell-warning" : "warning";
    line.dataset.rule = "";
    line.id = id;
    if (!isCell) line.innerHTML = `${icon("triangle-alert")}<span></span>`;
    (isCell ? line : line.lastChild).textContent = text;
    box.append(line);
    described.unshift(id);
  }
  if (described.length) main.setAttribute("aria-describedby", described.join(" "));
  else main.removeAttribute("aria-describedby");
}

const errorOf = (box) => box.querySelector(":scope > .error, :scope > .cell-error");

/** Say what checks say, each once; what they no longer say goes. Other errors of a field stay. */
function tell(form, told, news) {
  const before = new Map();
  for (const line of form.querySelectorAll("[data-rule]")) {
    const box = line.closest("td[role=gridcell], .field");
    if (box) before.set(box, (before.get(box) ?? "") + line.textContent);
    if (box && line.matches(".error, .cell-error")) setError(mainOf(box), "");
    else if (box) warn(box, mainOf(box), "");
    else line.remove();
  }
  for (const { at, grid, says, warns } of told) {
    if (grid) {
      tellGrid(form, grid, says);
      continue;
    }
    const box = boxOf(form, at);
    const main = box && mainOf(box);
    if (!main || (!warns && errorOf(box) && !errorOf(box).hasAttribute("data-rule"))) continue;
    const other = warns ? box.querySelector(":scope > .warning, :scope > .cell-warning") : errorOf(box);
    const text = other ? `${other.textContent.trim()} ${says}` : says;
    if (warns) warn(box, main, text);
    else {
      setError(main, text);
      errorOf(box).dataset.rule = "";
    }
    if (!before.get(box)?.includes(says)) news.say(says);
  }
}

/** Beside what a fill looked up and did not find, what it says; nothing is wrong with the field. */
function miss(form, missing, news) {
  for (const [post, says] of Object.entries(missing)) {
    const box = boxOf(form, post);
    const main = box && mainOf(box);
    if (!main) continue;
    const before = box.querySelector(":scope > [data-missing]");
    before?.remove();
    const id = `${main.id}-m`;
    const described = (main.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
    if (says) {
      const isCell = box.matches("td");
      const line = document.createElement(isCell ? "span" : "p");
      line.className = isCell ? "cell-missing" : "hint missing";
      line.dataset.missing = "";
      line.id = id;
      line.textContent = says;
      box.append(line);
      described.push(id);
      if (before?.textContent !== says) news.say(says);
    }
    if (described.length) main.setAttribute("aria-describedby", described.join(" "));
    else main.removeAttribute("aria-describedby");
  }
}

function tellGrid(form, grid, says) {
  const line = document.createElement("p");
  line.className = "warning";
  line.dataset.rule = "";
  line.innerHTML = `${icon("triangle-alert")}<span></span>`;
  line.lastChild.textContent = says;
  form.querySelector(`[data-grid="${CSS.escape(grid)}"] [data-said]`)?.append(line);
}

/** What is told of a change, in one sentence: screen readers hear it once. */
class News {
  constructor() {
    this.parts = new Map();
    this.sentences = [];
  }

  add(what, label) {
    if (!this.parts.has(what)) this.parts.set(what, new Set());
    this.parts.get(what).add(label);
  }

  say(sentence) {
    this.sentences.push(sentence);
  }

  tell() {
    const parts = [...this.parts].map(([what, labels]) => `${what}: ${[...labels].join(", ")}`);
    const all = [...parts, ...this.sentences];
    if (all.length) announce(all.map((one) => one.replace(/\.$/, "")).join(". "));
  }
}

/** Buttons that answer "por quê?" are there where there is something to answer. */
function ask(form) {
  for (const button of form.querySelectorAll("[data-why]")) {
    const box = holder(button) ?? button.closest("[data-grid]");
    const { required, locked } = standing(box);
    const { why } = button.dataset; // which conditions the field has
    const holds = (why.includes("locked") && locked) || (why.includes("required") && required);
    button.hidden = !(why.includes("computed") || holds || box.querySelector(":scope > [data-rule]"));
  }
}

/** The focus does not fall to the page when its field goes. */
function keepFocus(form, had) {
  if (!form.contains(had) || !(had.closest("[hidden]") || had.matches(":disabled"))) return;
  const button = had.closest("[hidden]") ? null : holder(had)?.querySelector("[data-why]:not([hidden])");
  if (button) button.focus();
  else go(form, had, 1);
}

/** Apply an answer of the server. */
export function patch(form, { fields, grids, values, blank, filled, rows: exchanged, told, missing, sent }) {
  const had = document.activeElement;
  const news = new News();
  exchange(form, exchanged, news); // the walk finds the rows that came
  walk(form);
  fill(form, filled, exchanged, sent, news); // before a lock keeps what a field holds
  standAll(form, fields, news);
  standGrids(form, grids, news);
  standBlank(form, blank, new Set([...Object.keys(fields), ...Object.keys(values)].map(rowOf)));
  const hasCells = compute(form, values);
  tell(form, told, news);
  miss(form, missing, news);
  ask(form);
  openFirst(form);
  keepFocus(form, had);
  if (hasCells) form.dispatchEvent(new Event("input", { bubbles: true }));
  news.tell();
}
