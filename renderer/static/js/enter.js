/** Enter goes to the next field, Shift+Enter to the one before; each person may switch it off, Tab always works. */

import { reveal } from "./tabs.js";

const SWITCH = "aroeira.enter";
const STOPS = "input:not([type=hidden], [type=file], [type=color], .gone, [tabindex='-1']), select:not([tabindex='-1']), textarea:not([tabindex='-1']), td[role=gridcell][tabindex='0']";

export const isOn = () => localStorage.getItem(SWITCH) !== "nao";
export const turn = (on) => localStorage.setItem(SWITCH, on ? "sim" : "nao");

/** Every place where something can be filled in, in reading order, closed tabs included. */
export function stops(form) {
  return [...form.querySelectorAll(STOPS)].filter((each) => {
    if (each.readOnly || each.matches(":disabled") || each.closest("[hidden]")) return false;
    if (each.type !== "radio") return true;
    const group = [...form.elements].filter((other) => other.name === each.name);
    return each === (group.find((other) => other.checked) ?? group[0]);
  });
}

/** Put the focus on the stop after (or before) an element; after the last comes the button that saves. */
export function go(form, from, step) {
  const all = stops(form);
  const here = all.findIndex((each) => each === from || each.contains(from) || (each.type === "radio" && each.name === from.name));
  const next = here < 0
    ? all[step > 0 ? all.findIndex((each) => from.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING) : 0]
    : all[here + step];
  if (!next) {
    if (step > 0) document.querySelector("[data-command=save]")?.focus();
    return;
  }
  reveal(next);
  next.focus();
  if (next.select && next.type !== "radio") next.select();
}

function onKeyDown(event) {
  const { target } = event;
  if (event.key !== "Enter" || event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey) return;
  if (!target.matches("input, select") || target.closest("td, dialog")) return;
  // Without the switch Enter does nothing here: it must not send a half-filled form by surprise.
  event.preventDefault();
  if (isOn()) go(event.currentTarget, target, event.shiftKey ? -1 : 1);
}

/** Leave a grid after its last cell. */
function onLeaveGrid(event) {
  const { direction } = event.detail;
  const form = event.currentTarget;
  const all = stops(form);
  const grid = event.target;
  const outside = all.filter((each) => !grid.contains(each));
  const side = direction > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const there = outside.filter((each) => grid.compareDocumentPosition(each) & side);
  const next = direction > 0 ? there[0] : there.at(-1);
  if (next) {
    reveal(next);
    next.focus();
  } else {
    document.querySelector("[data-command=save]")?.focus();
  }
}

const started = new WeakSet();

export function start(root) {
  for (const form of root.querySelectorAll("form[data-form], form[data-questions]")) {
    if (started.has(form)) continue;
    started.add(form);
    form.addEventListener("keydown", onKeyDown);
    form.addEventListener("leave-grid", onLeaveGrid);
  }
}
