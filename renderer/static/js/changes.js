/** What differs on the form from what is saved: counted, marked at each field, told to those who listen. */

import { entries, firstValue } from "./fields.js";

const WAIT_MS = 120;
const states = new WeakMap();

const tidy = (text) => text.replaceAll("\r\n", "\n");

/** The base of a form: the texts as first shown. */
function baseOf(form) {
  try {
    return JSON.parse(form.elements.namedItem("base").value);
  } catch {
    return { f: {}, c: {} };
  }
}

/** Names of fields and rows that differ: "f.nome", "c.faixas.3". */
export function changed(form) {
  const base = baseOf(form);
  const fields = new Map();
  const rows = new Map();
  for (const [name, value] of entries(form)) {
    const [kind, first, index, field, more] = name.split(".");
    if (kind === "f" && index === undefined) {
      // Many links post one text for each; together they are the text of the base.
      fields.set(first, [fields.get(first), tidy(value)].filter(Boolean).join(","));
    } else if (kind === "c" && field && more === undefined) {
      const row = `c.${first}.${index}`;
      if (!rows.has(row)) rows.set(row, { grid: first, texts: {} });
      rows.get(row).texts[field] = tidy(value);
    }
  }
  const found = new Set();
  for (const [name, text] of fields) {
    if (text !== (base.f?.[name] ?? "")) found.add(`f.${name}`);
  }
  for (const [row, { grid, texts }] of rows) {
    const { id, removed, ...rest } = texts;
    const known = id ? base.c?.[grid]?.[id] ?? {} : {};
    // A row just added differs from what a new row comes with, not from nothing.
    const fresh = !id && form.elements.namedItem(`${row}.id`)?.closest("tr")?.hasAttribute("data-fresh");
    const first = (field) => (fresh ? firstValue(form.elements.namedItem(`${row}.${field}`)) : known[field] ?? "");
    const differs = Object.entries(rest).some(([field, text]) => text !== first(field));
    if (removed ? id : differs) found.add(row);
  }
  // A linked text that does not belong to any record yet is a change too.
  for (const input of form.querySelectorAll("input[role=combobox]:not([data-many])")) {
    const of = form.elements.namedItem(input.name.replace(/\.texto$/, ".de"));
    if (of && of.value !== input.value) found.add(input.name.split(".").slice(0, input.name.startsWith("c.") ? 3 : 2).join("."));
  }
  return found;
}

export const isDirty = (form) => changed(form).size > 0;

function show(form) {
  const found = changed(form);
  // On a new record everything is new: a mark at each field would say nothing.
  const isNew = form.dataset.record === "novo";
  for (const box of form.querySelectorAll(".field[data-field]")) box.classList.toggle("is-changed", !isNew && found.has(`f.${box.dataset.field}`));
  const fields = [...found].filter((name) => name.startsWith("f.")).length;
  const rows = found.size - fields;
  const words = [fields && `${fields} ${fields === 1 ? "campo alterado" : "campos alterados"}`, rows && `${rows} ${rows === 1 ? "linha" : "linhas"}`];
  const badge = document.querySelector("[data-dirty]");
  if (badge) {
    badge.hidden = !found.size;
    badge.querySelector("[data-dirty-count]").textContent = words.filter(Boolean).join(" e ");
  }
  const chip = document.querySelector("[data-changed]");
  if (chip) chip.hidden = isNew || !found.size;
  form.dispatchEvent(new CustomEvent("changes", { detail: { count: found.size } }));
}

export function start(root) {
  for (const form of root.querySelectorAll("form[data-form]")) {
    if (states.has(form)) continue;
    const state = { timer: 0 };
    states.set(form, state);
    const later = () => {
      clearTimeout(state.timer);
      state.timer = setTimeout(() => show(form), WAIT_MS);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    show(form);
  }
}
