/** Selected rows: how many, all of the page, a range with Shift, none with Esc; and batches that go on by themselves. */

import { register, unregister } from "./keys.js";
import { announce } from "./swap.js";

const PAUSE_MS = 150;
const boxes = () => [...document.querySelectorAll("#lista td.sel input[type=checkbox]")];
const picked = () => boxes().filter((box) => box.checked);
let last = null;

function clear() {
  if (!picked().length) return false;
  for (const box of boxes()) box.checked = false;
  tell();
  announce("Seleção limpa");
  return true;
}

/** Show what the checkboxes say: marked rows, the count, the state of the box in the head. */
function tell() {
  const count = picked().length;
  for (const box of boxes()) box.closest("tr").classList.toggle("is-picked", box.checked);
  const words = `${count} ${count === 1 ? "selecionado" : "selecionados"}`;
  const label = document.querySelector("[data-selected]");
  if (label) label.textContent = words;
  const all = document.querySelector("[data-select-all]");
  if (all) {
    all.checked = count > 0 && count === boxes().length;
    all.indeterminate = count > 0 && count < boxes().length;
  }
  if (count) {
    register("selecao", [{ command: "clear", keys: ["Escape"], label: "Limpar a seleção", run: clear }]);
    announce(words);
  } else {
    unregister("selecao");
  }
}

function onChange(event) {
  const box = event.target;
  if (box.matches("[data-select-all]")) {
    for (const each of boxes()) each.checked = box.checked;
  } else if (!box.matches("#lista td.sel input")) {
    return;
  }
  tell();
}

/** Shift picks everything between the last box and this one. */
function onClick(event) {
  if (event.target.closest("[data-clear]")) {
    clear();
    document.querySelector("[data-select-all]")?.focus();
    return;
  }
  if (!event.target.matches?.("#lista td.sel input")) return;
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((one, other) => one - other);
  if (event.shiftKey && from >= 0) {
    for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
    tell();
  }
  last = event.target;
}

let listening = false;

export function start(root) {
  const onward = root.querySelector("form[data-goes-on]");
  if (onward) setTimeout(() => onward.requestSubmit(), PAUSE_MS);
  if (boxes().length) tell();
  if (listening) return;
  listening = true;
  document.addEventListener("change", onChange);
  document.addEventListener("click", onClick);
}
